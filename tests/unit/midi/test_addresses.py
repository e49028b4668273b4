"""How users name a MIDI port, and the error when the port does not exist."""

from __future__ import annotations

import pytest

from sequencer.midi.addresses import MidiError, Named, Socket, Virtual, address, choose, same_port

NAMES = (
    "Midi Through:Midi Through Port-0 14:0",
    "Digitakt:Digitakt MIDI 1 24:0",
    "Digitone:Digitone MIDI 1 28:0",
)


def test_addresses() -> None:
    assert address("tcp://synth:9900") == Socket("synth", 9900, listens=False)
    assert address("tcp-listen://:9900") == Socket("127.0.0.1", 9900, listens=True)
    assert address("virtual:show") == Virtual("show")
    assert address(" Digitakt ") == Named("Digitakt")
    assert str(address("tcp-listen://0.0.0.0:1")) == "tcp-listen://0.0.0.0:1"


@pytest.mark.parametrize(
    "text",
    ["tcp:", "tcp://host", "tcp://host:0", "tcp://host:70000", "tcp-listen://x:y", "virtual:", " "],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(MidiError) as caught:
        address(text)
    assert caught.value.hint


def test_a_port_by_name_part_or_number() -> None:
    assert choose(NAMES[1], NAMES, "input") == NAMES[1]
    assert choose("digitakt", NAMES, "input") == NAMES[1]
    assert choose("3", NAMES, "input") == NAMES[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [("digi", "several"), ("moog", "no MIDI input"), ("4", "number 4"), ("0", "number 0")],
)
def test_a_port_that_is_not_meant_clearly(text: str, message: str) -> None:
    with pytest.raises(MidiError, match=message) as caught:
        choose(text, NAMES, "input")
    assert "Digitakt" in str(caught.value)
    assert caught.value.hint


def test_no_ports_at_all() -> None:
    with pytest.raises(MidiError, match="there are no MIDI inputs"):
        choose("x", (), "input")


def test_alsa_numbers_change_when_a_port_comes_back() -> None:
    assert (
        same_port("Digitakt:Digitakt MIDI 1 24:0", ("Digitakt:Digitakt MIDI 1 32:0",))
        == "Digitakt:Digitakt MIDI 1 32:0"
    )
    assert same_port("a", ("b",)) is None
    assert same_port("x 24:0", ("x 25:0", "x 26:0")) is None, "two of a kind: nobody knows which"

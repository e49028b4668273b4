"""Operator commands: their text, the keyboard, and the remote control that `sequencer tell`
connects to.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.errors import UsageError
from sequencer.core.images import ImageFile
from sequencer.events.codec import Event
from sequencer.events.events import (
    ClipRequested,
    ControlChanged,
    Improvised,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    OscReceived,
    StopRequested,
    TransportChanged,
)
from sequencer.runtime.operator.commands import IgnoredError, parse_operator_command
from sequencer.runtime.operator.keyboard import KeyInterpreter, Keys, keys_in
from sequencer.runtime.operator.remote import (
    FILE,
    MAX_CALL_BYTES,
    RemoteControlServer,
    is_going_on,
    send_command,
)
from tests.support.builders import IMAGE_FILE
from tests.support.requirements import require

# ---- the text of commands ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("go exit", OperatorGo(7, "exit")),
        ("release C3 ch 2", NoteReceived(7, 60, 0, 2)),
        ("osc /drop", OscReceived(7, "/drop")),
        ('osc /drop 1 0.5 "a b" true', OscReceived(7, "/drop", (1, 0.5, "a b", True))),
        (
            "go e\u0301tage",
            OperatorGo(7, "\u00e9tage"),
        ),  # names are compared in their composed form
        ("  go the-rain  ", OperatorGo(7, "the-rain")),
        ("note C3", NoteReceived(7, 60, 100, 1)),
        ("note 60 ch 10 vel 90", NoteReceived(7, 60, 90, 10)),
        ("cc 20=70", ControlChanged(7, 20, 70, 1)),
        ("cc 20 70 ch 3", ControlChanged(7, 20, 70, 3)),
        ("pause", OperatorPause(7, True)),
        ("resume", OperatorPause(7, False)),
        ("offset -40ms", OffsetChanged(7, -40_000_000)),
        ("offset +15", OffsetChanged(7, 15_000_000)),
        ("clip", ClipRequested(7, 30)),
        ("clip 12s", ClipRequested(7, 12)),
        ("stop", TransportChanged(7, "stop")),
        ("finish", StopRequested(7, "finished by hand")),
        ("prompt A tram turns.", Improvised(at=7, prompt="A tram turns.")),
        ('prompt "A \\"tram\\" turns."', Improvised(at=7, prompt='A "tram" turns.')),
        ("prompt A\ntram turns.", Improvised(at=7, prompt="A\ntram turns.")),
        ("strength 0.5", Improvised(at=7, strength=Fraction(1, 2))),
        ("sr 4x", Improvised(at=7, sr="4x")),
        ("sr 4x at next bar", Improvised(at=7, sr="4x", unit="bars")),
        ("goto drop at next 2 bars", Improvised(at=7, section="drop", unit="bars", every=2)),
        (
            'prompt "A tram." at next beat',
            Improvised(at=7, prompt="A tram.", unit="beats"),
        ),
        ("goto e\u0301tage", Improvised(at=7, section="\u00e9tage")),
    ],
)
def test_which_commands_exist(text: str, event: Event) -> None:
    assert parse_operator_command(text)(7) == event


def test_an_image_is_found_by_the_path_that_is_given() -> None:
    paths: list[str] = []

    def find(path: str) -> ImageFile:
        paths.append(path)
        return IMAGE_FILE

    made = parse_operator_command('image "my tram.png"', find_image=find)
    assert (made(7), paths) == (Improvised(at=7, image=IMAGE_FILE), ["my tram.png"])
    with pytest.raises(UsageError, match="cannot read images"):
        parse_operator_command("image tram.png")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prompt", "this prompt is empty"),
        ('prompt " "', "this prompt is empty"),
        ("prompt " + "x" * 20_001, "this prompt has 20,001 characters; the maximum is 20,000"),
        ("prompt A\x07tram", "this prompt contains the control character U+0007"),
        ("prompt A\udc80tram", "this prompt is not valid text (UTF-8)"),
        ('prompt "A tram', "the quotes of this text do not match"),
        ('prompt "A "tram" turns."', "the quotes of this text do not match"),
        ("strength 1.5", "'strength 1.5': 1.5 is not from 0 to 1"),
        ("strength full", "'strength full' is not an operator command"),
        ("sr 3x", "'sr 3x' is not an operator command"),
        ("sr 4x at next 1001 bars", "'sr 4x at next 1001 bars': 1001 is not from 1 to 1000"),
        ("goto", "'goto' is not an operator command"),
    ],
)
def test_what_cannot_be_improvised_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_operator_command(text)
    assert raised.value.message == message


def test_the_longest_prompt_reaches_a_run(tmp_path: Path) -> None:
    longest = "prompt " + "\U0001f68b" * 20_000
    received, _ = with_server(tmp_path, lambda: send_command(tmp_path, longest))
    assert received == [longest]
    with pytest.raises(UsageError, match="this command has 300,000 characters"):
        send_command(tmp_path, "x" * 300_000)


def test_middle_c_is_the_scores() -> None:
    assert parse_operator_command("note C4", "C4")(0) == NoteReceived(0, 60, 100, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "go",
        "note",
        "note H2",
        "note 128",
        "cc 20",
        "cc 1=128",
        "program 0",
        "offset 10001",
        "clip 0",
        "dance",
        "pause now",
    ],
)
def test_unknown_commands_are_refused_with_a_list_of_commands(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_operator_command(text)
    assert raised.value.hint is not None
    assert "go NAME" in raised.value.hint


@given(st.text(max_size=60))
def test_any_operator_command_is_an_event_or_refused(text: str) -> None:
    try:
        made = parse_operator_command(text)
    except UsageError:
        return
    assert made(3).at == 3


# ---- keys ----------------------------------------------------------------------------------------


def typed(keys: str) -> list[str]:
    typing = KeyInterpreter()
    return [text for text in map(typing.feed, keys) if text is not None]


@pytest.mark.parametrize(
    ("keys", "commands"),
    [
        ("  ", ["pause", "resume"]),
        ("gexit\r", ["go exit"]),
        ("gexot\x7f\x7fit\n", ["go exit"]),
        ("gexit\x1b ", ["pause"]),
        ("g\r", ["go"]),
        (":\r", []),
        (":note C3\r", ["note C3"]),
        ("c", ["clip"]),
        ("\r", ["go"]),
        ("\n", ["go"]),
        ("q\rq", ["go"]),
        ("q", []),
        ("qxq", []),
        ("qq", ["finish"]),
        ("g q q\r", ["go  q q"]),
    ],
)
def test_keys(keys: str, commands: list[str]) -> None:
    assert typed(keys) == commands


def test_what_was_typed_is_shown() -> None:
    typing = KeyInterpreter()
    for key in "gex":
        typing.feed(key)
    assert typing.asks == "go ex"
    typing.feed("\x1b")
    typing.feed("q")
    assert typing.asks == "press q again to end the run"


def test_a_key_that_means_nothing_shows_the_keys_that_do() -> None:
    typing = KeyInterpreter()
    typing.feed("x")
    assert (
        typing.asks
        == "keys: space pause/resume · Enter go · g NAME go · : any command · c clip · q q end the run"
    )
    typing.feed("g")
    assert typing.asks == "go "


def test_space_resumes_what_a_rule_has_paused() -> None:
    paused = True
    typing = KeyInterpreter(lambda: paused)
    assert typing.feed(" ") == "resume"
    assert typing.feed(" ") == "resume", "as long as the model rests"
    paused = False
    assert typing.feed(" ") == "pause"


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b[A", ""),
        ("\x1b[1;5C", ""),
        ("\x1bOP", ""),
        ("g\x1b[3~o", "go"),
        ("\x1b", "\x1b"),
        ("[A", "[A"),
    ],
)
def test_arrows_and_function_keys_are_no_keys(sent: str, keys: str) -> None:
    assert keys_in(sent) == keys


@given(st.text(max_size=200))
def test_any_keys_are_survived_and_the_line_stays_short(keys: str) -> None:
    typing = KeyInterpreter()
    for key in keys:
        typing.feed(key)
        assert len(typing.line) <= 80


def test_keys_come_from_a_terminal_one_at_a_time_and_it_is_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require(os.name == "posix", "this terminal is a Unix one")
    import pty
    import termios

    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)

    async def scenario() -> list[str]:
        pressed: list[str] = []
        everything = asyncio.Event()

        def press(key: str) -> None:
            pressed.append(key)
            if len(pressed) == 3:
                everything.set()

        with os.fdopen(theirs, "r", closefd=False) as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            with Keys(press):
                os.write(ours, "gé ".encode())
                async with asyncio.timeout(20):
                    await everything.wait()
        return pressed

    assert asyncio.run(scenario()) == ["g", "é", " "]
    assert termios.tcgetattr(theirs)[3] == before[3]
    os.close(ours)
    os.close(theirs)


# ---- remote control ------------------------------------------------------------------------------


def with_server(folder: Path, knock: Callable[[], object]) -> tuple[list[str], object]:
    """Open a remote control server, call `knock` in another thread; return the received commands
    and its result.
    """

    async def scenario() -> tuple[list[str], object]:
        received: list[str] = []

        def handle(text: str) -> None:
            parse_operator_command(text)
            received.append(text)

        door = RemoteControlServer(folder, handle)
        await door.open()
        try:
            return received, await asyncio.to_thread(knock)
        finally:
            await door.close()

    return asyncio.run(scenario())


def test_what_is_sent_is_received(tmp_path: Path) -> None:
    received, _ = with_server(tmp_path, lambda: send_command(tmp_path, "go exit"))
    assert received == ["go exit"]
    assert not (tmp_path / FILE).exists(), "a closed door leaves no note"


def test_a_run_is_found_by_the_name_it_will_have(tmp_path: Path) -> None:
    partial = tmp_path / ".show.partial"
    partial.mkdir()
    received, _ = with_server(partial, lambda: send_command(tmp_path / "show", "pause"))
    assert received == ["pause"]


def test_nonsense_is_refused_at_the_door(tmp_path: Path) -> None:
    def knock() -> str:
        with pytest.raises(UsageError) as raised:
            send_command(tmp_path, "dance")
        return raised.value.message

    received, message = with_server(tmp_path, knock)
    assert received == []
    assert "not an operator command" in str(message)


def test_what_nothing_waits_for_comes_back_with_another_exit_code(tmp_path: Path) -> None:
    async def ask() -> UsageError:
        def handle(text: str) -> None:
            raise IgnoredError("nothing waits for go oot", "did you mean go out?")

        door = RemoteControlServer(tmp_path, handle)
        await door.open()
        try:
            with pytest.raises(IgnoredError) as raised:
                await asyncio.to_thread(lambda: send_command(tmp_path, "go oot"))
        finally:
            await door.close()
        return raised.value

    error = asyncio.run(ask())
    assert (error.message, error.hint, error.exit_code) == (
        "nothing waits for go oot",
        "did you mean go out?",
        1,
    )


def test_whether_a_run_goes_on_is_found_out_from_its_door(tmp_path: Path) -> None:
    _, answer = with_server(tmp_path, lambda: is_going_on(tmp_path))
    assert answer is True
    assert not is_going_on(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / FILE).write_text(json.dumps({"port": port, "word": "w"}))
    assert not is_going_on(tmp_path), "the note of a run that was killed"
    (tmp_path / FILE).unlink()

    def knock() -> bool:
        other = tmp_path / "other"
        other.mkdir()
        (other / FILE).write_text(
            json.dumps({**json.loads((tmp_path / FILE).read_text()), "word": "of another run"})
        )
        return is_going_on(other)

    assert with_server(tmp_path, knock)[1] is False, "the port is another run's by now"


def test_a_question_is_answered(tmp_path: Path) -> None:
    async def ask() -> str | None:
        door = RemoteControlServer(tmp_path, lambda text: f"answer to {text}")
        await door.open()
        try:
            return await asyncio.to_thread(lambda: send_command(tmp_path, "offset"))
        finally:
            await door.close()

    assert asyncio.run(ask()) == "answer to offset"


def test_only_who_may_read_the_folder_can_send_commands(tmp_path: Path) -> None:
    def knock() -> dict[str, str]:
        note = tmp_path / FILE
        if os.name == "posix":
            assert stat.S_IMODE(note.stat().st_mode) == 0o600
        port = json.loads(note.read_text())["port"]
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(json.dumps({"word": "guessed", "say": "finish"}).encode() + b"\n")
            answer: dict[str, str] = json.loads(connection.makefile("rb").readline())
        return answer

    received, answer = with_server(tmp_path, knock)
    assert received == []
    assert answer == {"error": "this is not the password of the run"}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"[]\n",
        b'{"word": 1}\n',
        b"\xff\xfe\n",
        b"x" * (MAX_CALL_BYTES * 4) + b"\n",
        b"[" * 3000 + b"\n",
    ],
)
def test_noise_at_the_door_harms_nobody(line: bytes, tmp_path: Path) -> None:
    def knock() -> None:
        port = json.loads((tmp_path / FILE).read_text())["port"]
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            try:
                connection.sendall(line)
                connection.shutdown(socket.SHUT_WR)
                connection.makefile("rb").read()
            except OSError:
                pass  # the server may close the connection at once, which is a valid answer too
        send_command(tmp_path, "go on")

    received, _ = with_server(tmp_path, knock)
    assert received == ["go on"]


def test_where_no_run_goes_on_it_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run is in progress"):
        send_command(tmp_path, "go x")
    (tmp_path / FILE).write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        send_command(tmp_path, "go x")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / FILE).write_text(json.dumps({"port": port, "word": "w"}))
    with pytest.raises(UsageError, match="does not answer"):
        send_command(tmp_path, "go x")

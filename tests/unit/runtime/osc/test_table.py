"""The table of OSC addresses: each input becomes the operator command that it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.core.errors import UsageError
from sequencer.runtime.operator.commands import parse_operator_command
from sequencer.runtime.osc.table import INPUTS, OUTPUTS, PREFIX, find_input, read_arguments


def command(address: str, *arguments: Any) -> str:
    found = find_input(address)
    assert found is not None
    row, names = found
    return row.command(*names, *read_arguments(row, arguments))


@pytest.mark.parametrize(
    ("address", "arguments", "expected"),
    [
        ("offset", (-40.0,), "offset -40ms"),
        ("offset", (12,), "offset +12ms"),
        ("clip", (30.0,), "clip 30s"),
        ("note", (60, 90, 10), "note 60 ch 10 vel 90"),
        ("note", (60.0, 90.0, 1.0), "note 60 ch 1 vel 90"),
        ("note", (60, 0), "release 60 ch 1"),
        ("cc", (20, 64), "cc 20=64 ch 1"),
        ("cc", (20, 64, 3), "cc 20=64 ch 3"),
        ("program", (5,), "program 5 ch 1"),
        ("go", (), "go"),
        ("go/out", (), "go out"),
        ("go/NAME", (), "go NAME"),
        ("go/to the end", (), "go to the end"),
    ],
)
def test_inputs_are_operator_commands(
    address: str, arguments: tuple[Any, ...], expected: str
) -> None:
    line = command(PREFIX + address, *arguments)
    assert line == expected
    if line != "go":  # which depends on the section
        parse_operator_command(line)


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("note", ("C3", 90, 1)),
        ("note", (60,)),
        ("note", (60, 90, 1, 1)),
        ("note", (60.5, 90)),
        ("note", (True, 90)),
        ("cc", (20, None)),
        ("cc", (20, [64])),
        ("offset", ()),
        ("offset", (float("nan"),)),
        ("offset", ("12",)),
        ("clip", (float("inf"),)),
    ],
)
def test_other_types_are_refused_with_the_right_ones(
    address: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        command(PREFIX + address, *arguments)
    assert caught.value.message.startswith("its arguments are not valid: ")
    assert caught.value.hint is not None and caught.value.hint.startswith("send ")


def test_addresses_are_distinct_and_begin_alike() -> None:
    addresses = [one.address for one in INPUTS] + [one.address for one in OUTPUTS]
    assert len(set(addresses)) == len(addresses)
    assert all(one.startswith(PREFIX) for one in addresses)
    assert find_input("/sequencer/go/") is None
    assert find_input("/sequencer/gone") is None

"""`sequencer osc` lists every address of the table, for people and as JSON."""

from __future__ import annotations

import json

import pytest

from sequencer.cli import main
from sequencer.runtime.osc.table import INPUTS, OUTPUTS


def test_every_address_is_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["osc"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 60
    rows = [(one.address, one.meaning) for one in INPUTS]
    rows += [(one.address, one.meaning) for one in OUTPUTS]
    for address, meaning in rows:
        assert f"  {address}" in shown
        assert meaning in " ".join(shown.split())


def test_as_json_it_is_the_same_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["osc", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert [one["address"] for one in table["in"][: len(INPUTS)]] == [one.address for one in INPUTS]
    note = next(one for one in table["in"] if one["address"] == "/sequencer/note")
    assert note["arguments"] == "i note i velocity [i channel]"
    assert [one["address"] for one in table["out"][: len(OUTPUTS)]] == [
        one.address for one in OUTPUTS
    ]

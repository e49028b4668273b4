"""For a score that follows time code, hints suggest seconds and chunks and never a tempo."""

from __future__ import annotations

import pytest

from sequencer.language.check import check_text


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('section a 30s {\n  at 2 "A tram."\n}\n', "E402"),
        ('section a 8 bars {\n  at 0s "A tram."\n}\n', "E402"),
        ('section a 30s, meter 3/4 {\n  at 0s "A tram."\n}\n', "E405"),
        ('at 0s "A tram."\nat 2s tempo 99\nend 9s\n', "E409"),
        ('at 0s "A tram.", midi note C3 for 1 beat\nend 9s\n', "E402"),
    ],
)
def test_hints_beside_time_code(line: str, code: str) -> None:
    (fault,) = check_text(f"clock mtc 25\n{line}", "a.score").errors
    assert (fault.code, fault.fixes) == (code, ())
    assert "bpm" not in (fault.hint or "")
    assert "time code" in fault.message

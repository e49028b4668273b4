"""Each value means the same in both notations, and is refused in both with the same code at its
position.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sequencer.core.diagnostics import Diagnostic
from sequencer.language.loader import LoadResult, Notation, load_text
from tests.unit.language.values.test_amounts import LENGTHS, REFUSED_LENGTHS
from tests.unit.language.values.test_clock import CLOCKS, REFUSED_CLOCKS
from tests.unit.language.values.test_midi import (
    MESSAGES,
    REFUSED_MESSAGES,
    REFUSED_TRIGGERS,
    TRIGGERS,
)
from tests.unit.language.values.test_positions import POSITIONS, REFUSED_POSITIONS
from tests.unit.language.values.test_settings import REFUSALS, VALUES
from tests.unit.language.values.test_strings import QUOTED


@dataclass(frozen=True)
class Home:
    """Where a kind of value is written: `@` in both notations."""

    text: str
    yaml: str

    def readings(self, written: str) -> tuple[LoadResult, LoadResult]:
        """Read a score of each notation with the value in it; quoted in YAML, so that no character
        is special.
        """
        quoted = "'" + written.replace("'", "''") + "'"
        return (
            load_text(self.text.replace("@", written), "x.score", notation=Notation.TEXT),
            load_text(self.yaml.replace("@", quoted), "x.yaml", notation=Notation.YAML),
        )


CUE = 'at 1 "A"\n'
YAML_CUE = 'cues:\n- {at: 1, prompt: "A"}\n'

HOMES = {
    "place": Home('at @ "A"\n', 'cues:\n- {at: @, prompt: "A"}\n'),
    "length": Home('every @ "A"\n', 'cues:\n- {every: @, prompt: "A"}\n'),
    "trigger": Home("on @ -> pause\n", "rules:\n- {when: @, pause: }\n"),
    "message": Home("at 1 midi @\n", "cues:\n- {at: 1, midi: @}\n"),
    "text": Home("at 1 @\n", "cues:\n- {at: 1, prompt: @}\n"),
    "read_meter": Home(
        f"at 1 meter @\n{CUE}", 'cues:\n- {at: 1, meter: @}\n- {at: 1, prompt: "A"}\n'
    ),
    "read_tempo": Home(
        f"at 1 tempo @\n{CUE}", 'cues:\n- {at: 1, tempo: @}\n- {at: 1, prompt: "A"}\n'
    ),
    "read_strength": Home(
        f"at 1 strength @\n{CUE}", 'cues:\n- {at: 1, strength: @}\n- {at: 1, prompt: "A"}\n'
    ),
    "read_fade": Home('at 1 "A", fade @\n', 'cues:\n- {at: 1, prompt: "A", fade: @}\n'),
    "read_grid": Home(f"grid @\n{CUE}", f"grid: @\n{YAML_CUE}"),
    "read_lead": Home(f"lead @\n{CUE}", f"lead: @\n{YAML_CUE}"),
    "read_seed": Home(f"seed @\n{CUE}", f"seed: @\n{YAML_CUE}"),
    "read_sr": Home(f"sr @\n{CUE}", f"sr: @\n{YAML_CUE}"),
    "read_snap": Home(f"snap @\n{CUE}", f"snap: @\n{YAML_CUE}"),
    "read_late": Home(f"late @\n{CUE}", f"late: @\n{YAML_CUE}"),
    "read_middle": Home(f"middle @\n{CUE}", f"middle: @\n{YAML_CUE}"),
    "read_clock": Home(f"clock @\n{CUE}", f"clock: @\n{YAML_CUE}"),
}

GAP_AFTER_PLUS = "+ 1/2 bar"
"""The text notation refuses this gap (E157): the gap may precede the next action there."""

VALID = {
    "place": [one for one in POSITIONS if one != GAP_AFTER_PLUS],
    "length": list(LENGTHS),
    "read_clock": list(CLOCKS),
    "trigger": list(TRIGGERS),
    "message": list(MESSAGES),
    **{reader.__name__: list(table) for reader, table in VALUES if reader.__name__ in HOMES},
}


@pytest.mark.parametrize(
    ("home", "written"),
    [
        pytest.param(home, one, id=f"{home}-{one[:24]}")
        for home, some in VALID.items()
        for one in some
    ],
)
def test_a_value_means_the_same(home: str, written: str) -> None:
    text, yaml = HOMES[home].readings(written)
    assert [one.code for one in (*text.diagnostics, *yaml.diagnostics)] == []
    assert text.score is not None
    assert text.score == yaml.score


@pytest.mark.parametrize(
    "written", [one for one in QUOTED if "\n" not in one and "\\" not in one and '"""' not in one]
)
def test_a_text_means_the_same(written: str) -> None:
    text = load_text(f"at 1 {written}\n", "x.score", notation=Notation.TEXT)
    yaml = load_text(f"cues:\n- {{at: 1, prompt: {written}}}\n", "x.yaml", notation=Notation.YAML)
    assert (text.diagnostics, yaml.diagnostics) == ((), ())
    assert text.score == yaml.score


REFUSED = {
    "place": REFUSED_POSITIONS,
    "length": REFUSED_LENGTHS,
    "read_clock": REFUSED_CLOCKS,
    "trigger": REFUSED_TRIGGERS,
    "message": REFUSED_MESSAGES,
    **{reader.__name__: table for reader, table in REFUSALS if reader.__name__ in HOMES},
}


OWN_IN_TEXT: dict[str, tuple[str, ...]] = {
    "place": (
        "",
        "drop",
        "+",
        "+-1b",
        "mark drop -1bar",
        "3 takt",
        "3 zz",
        "bars",
        "beats",
        "3 c",
        "3 C",
        "3 sec",
        "3 BARS",
        "mark",
        "mark +1bar",
        "mark drop extra",
        "bar 9",
        "bars 9",
        "bar 9 beat 3",
        "9.3 + 1/2",
        "mark 9",
    ),
    "length": (
        "",
        "foo",
        "eight bars",
        "thirty-two beats",
        "8 bars x2",
        "other bar",
        "4 bars from 3",
        "for 8 bars",
        "(8 bars)",
        "3 takte",
        "3 foo",
        "s",
        "3 s",
        "3 S",
    ),
    "trigger": ("", "???", "8 bars", "go a -> sr 4x"),
    "message": ("", "cc 20, 64"),
    "read_meter": ("", "4 / 4"),
    "read_grid": ("",),
    "read_lead": ("", "2 chunks"),
    "read_strength": ("", "8 %"),
    "read_fade": ("", "x", "2 takte", "half a chunk"),
    "read_seed": ("",),
    "read_sr": ("",),
    "read_snap": ("",),
    "read_late": ("",),
    "read_tempo": ("", "120 132"),
    "read_clock": ("",),
}
"""Values that the text notation's grammar splits elsewhere, so that the reader of values never
receives them complete.
"""


def _refused(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{one.code} {one.span.column}-{one.span.end_column}" for one in diagnostics]


def _expected(refusal: str, template: str, quotes: int) -> list[str]:
    """Return the refusal of a table, moved to the position of the value in a template."""
    start = len(template.split("@", maxsplit=1)[0].rsplit("\n", 1)[-1]) + quotes
    code, columns = refusal.split(" → ", maxsplit=1)[0].split(" ")
    first, last = (int(one) + start for one in columns.split("-"))
    return [f"{code} {first}-{last}"]


@pytest.mark.parametrize(
    ("home", "written", "refusal"),
    [
        pytest.param(home, written, refusal, id=f"{home}-{written[:24] or 'empty'}")
        for home, table in REFUSED.items()
        for written, refusal in table.items()
    ],
)
def test_a_refusal_is_where_the_value_is(home: str, written: str, refusal: str) -> None:
    text, yaml = HOMES[home].readings(written)
    assert _refused(yaml.diagnostics) == _expected(refusal, HOMES[home].yaml, quotes=1)
    is_same = _refused(text.diagnostics) == _expected(refusal, HOMES[home].text, quotes=0)
    assert is_same == (written not in OWN_IN_TEXT.get(home, ()))

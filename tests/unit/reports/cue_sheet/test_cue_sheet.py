"""The cue sheet in all its formats, for the scores that come with the project and for hostile ones."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.cli import main
from sequencer.core.diagnostics import display_width
from sequencer.language.compiler import compile_score
from sequencer.language.notations import read, reads
from sequencer.reports.cue_sheet.export import as_csv, as_json, as_markdown
from sequencer.reports.cue_sheet.html import as_html
from sequencer.reports.cue_sheet.rows import Sheet, sheet_of, summary_line
from sequencer.reports.cue_sheet.terminal import as_table, replace_unprintable
from sequencer.schedule.model import Schedule
from tests.support.golden import Golden

SCORES = Path(__file__).parents[4] / "scores"
MILE = "scores/"

HOSTILE = """score "</title><script>alert(1)</script> & \\"co\\""
clock 120 bpm, 4/4
section a 8 bars {
  at 1 "</script><img src=x onerror=alert(1)> *bold* | `code` _x_ [link](http://example.org) # \\\\ 'q' \\"Q\\""
  at 3 "שלום עולם, prompt מימין לשמאל"
  at 5 "👩‍👩‍👧 日本語の長い文章がここにあります。とても長いので折り返しが必要です。"
  at 7 "=HYPERLINK(1) \u202e reversed"
}
"""


def of(name: str) -> Schedule:
    return compile_score(read(SCORES / f"{name}.score"))


def sheet(name: str) -> Sheet:
    """Return the sheet of a score, with its sources named relative to the project folder."""
    return sheet_of(of(name))


def relative(text: str) -> str:
    return text.replace(f"{SCORES}/", MILE)


@pytest.mark.parametrize(
    "name", ["night-tram", "live-set", "tempo-and-meter", "first", "beats-and-sections"]
)
def test_table(golden: Golden, name: str) -> None:
    golden(f"{name}.txt", as_table(sheet(name), 110))


@pytest.mark.parametrize("name", ["night-tram", "live-set"])
def test_other_formats(golden: Golden, name: str) -> None:
    made = sheet(name)
    golden(f"{name}.csv", relative(as_csv(made)))
    golden(f"{name}.md", relative(as_markdown(made)))
    golden(f"{name}.json", relative(as_json(made)))
    golden(f"{name}.html", relative(as_html(made)))


def test_full_table(golden: Golden) -> None:
    golden("live-set-full.txt", as_table(sheet("live-set"), 90, full=True))


def test_rows_hold_exact_positions() -> None:
    rows = sheet("night-tram").rows
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    late = rows[2]
    assert (late.place, late.bar_beat, late.chunk, late.take) == ("5.3", "5.3", 7, 1)
    assert late.seconds == 9
    assert late.frame == 216
    assert late.error == Fraction(5, 8)
    assert rows[-1].take == 2
    for row in rows:
        assert row.error is not None
        assert row.chunk * Fraction(11, 8) - row.seconds == row.error


def test_a_position_in_seconds_shows_its_bar_and_beat_too() -> None:
    row = sheet("tempo-and-meter").rows[-1]
    assert (row.place, row.bar_beat) == ("12.5s", "5.1+2/3")
    inside_a_ramp = (
        'clock 100 bpm, 4/4\nsection a 8 bars, tempo 100 -> 140 { at 1 "A."\n at 3.3s sr 4x }\n'
    )
    assert sheet_of(compile_score(reads(inside_a_ramp))).rows[-1].bar_beat.startswith("≈2.2")
    assert sheet("first").rows[0].bar_beat == ""


def test_what_follows_a_live_section_counts_from_its_exit() -> None:
    made = sheet("live-set")
    intro, jam, outro = made.parts
    assert (intro.after, jam.after, outro.after) == (None, None, "jam")
    assert (jam.left_earliest, jam.end) == (9, 29)
    assert (outro.earliest, outro.chunk) == (9, 29)
    (row,) = outro.rows
    assert (row.seconds, row.frame, row.error) == (Fraction(0), None, None)
    assert row.error_at_latest == 29 * Fraction(11, 8) - 40
    assert jam.until == ("note 60 (C3)", "program 5 (4 on the wire)", "go out")


def test_rules_are_listed_once_with_where_they_listen_and_their_midi_numbers() -> None:
    rules = {rule.trigger: rule for rule in sheet("live-set").rules}
    assert rules["note 62 (D3) ch 10"].parts == ("jam",)
    assert rules["go rest"].everywhere
    assert rules["cc 20 > 64"].acts == ("sr 4x",)
    assert len(rules) == 7


def test_earliest_chunks_of_cues_after_an_exit_are_snapped_from_the_soonest_start() -> None:
    text = (
        'clock 120 bpm, 4/4\nsection live until go x, max 8 bars { at 1 "A." }\n'
        'section after 8 bars { at 1 "B."\n at 3.2 "C." }\n'
    )
    schedule = compile_score(reads(text))
    last = sheet_of(schedule).rows[-1]
    stretch = schedule.stretches[1]
    assert last.earliest == schedule.grid.snap(stretch.soonest + Fraction(9, 2), schedule.snap)
    assert last.earliest < last.chunk
    assert last.seconds == Fraction(9, 2)


# ---- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 72, 100, 200])
@pytest.mark.parametrize("full", [False, True])
def test_a_table_keeps_to_its_width(width: int, full: bool) -> None:
    made = sheet_of(compile_score(reads(HOSTILE)))
    lines = as_table(made, width, full=full).splitlines()
    fixed = 81  # the width of the numbers and of the narrowest text
    for line in lines[4:]:
        assert display_width(line) <= max(width, fixed), line


def test_a_table_shows_no_control_characters() -> None:
    text = as_table(sheet_of(compile_score(reads(HOSTILE))), 200, full=True)
    assert "\u202e" not in text
    assert replace_unprintable("a\u0007\u001b[31m\u202eb") == "a\ufffd\ufffd[31m\ufffdb"
    assert "👩‍👩‍👧" in text


def test_csv_reads_back_and_holds_no_formulas() -> None:
    made = sheet_of(compile_score(reads(HOSTILE)))
    rows = list(csv.DictReader(io.StringIO(as_csv(made))))
    assert len(rows) == len(made.rows)
    for row, cue in zip(rows, made.rows, strict=True):
        assert Fraction(row["seconds"]) == cue.seconds
        assert int(row["chunk"]) == cue.chunk
        assert row["action"] == ", ".join(cue.acts)
        assert row["action"][0] not in "=+-@\t\r"
        assert row["source"] == f"line {cue.origin.line}"


def test_json_holds_exact_numbers() -> None:
    document = json.loads(as_json(sheet("night-tram")))
    cues = [cue for part in document["parts"] for cue in part["cues"]]
    assert document["helios-sheet"] == 1
    assert document["chunks"] == 29
    assert [take["seed"] for take in document["takes"]] == [4271, 99]
    assert Fraction(cues[-1]["seconds"]) == Fraction(344, 11)
    assert cues[2]["snap_error_ms"] == "625"


class _Texts(HTMLParser):
    """Collects the tags and the text of a page as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_shows_texts_and_runs_nothing() -> None:
    made = sheet_of(compile_score(reads(HOSTILE)))
    page = as_html(made)
    parsed = _Texts()
    parsed.feed(page)
    assert parsed.tags.isdisjoint({"script", "img", "link", "b", "a"})
    shown = "".join(parsed.text)
    for row in made.rows:
        assert row.acts[0] in shown
    body = page[page.index("<body>") : page.index("</body>") + len("</body>")]
    ET.fromstring(body)  # noqa: S314  # our own output: what is tested is that it is well-formed
    assert "http" not in page.replace("http://example.org", "")


def test_markdown_tables_are_whole() -> None:
    lines = as_markdown(sheet_of(compile_score(reads(HOSTILE)))).splitlines()
    (head,) = [line for line in lines if line.startswith("| # |")]
    rows = [line for line in lines if line.startswith("| ") and line != head]
    assert len(rows) == 4
    for row in rows:
        assert row.replace("\\\\", "").replace("\\|", "").count("|") == head.count("|")
        assert "<img" not in row.replace("\\<", "")


# ---- one line ------------------------------------------------------------------------------------


def test_summary_lines(golden: Golden) -> None:
    names = (
        "first",
        "beats-and-sections",
        "night-tram",
        "cut-and-seed",
        "live-set",
        "tempo-and-meter",
    )
    golden(
        "summaries.txt", "".join(f"{name}: {relative(summary_line(of(name)))}\n" for name in names)
    )


def test_a_summary_is_one_line_and_names_the_worst() -> None:
    line = summary_line(of("night-tram"))
    assert "\n" not in line
    assert "+625 ms at worst (intro 5.3, line 18)" in line
    assert "2 takes" in line
    exact = summary_line(compile_score(reads('at 0c "A."\nend 4c\n')))
    assert exact == "4 chunks (5.5 s), 1 cue; every cue is exactly on a chunk"


# ---- the command ---------------------------------------------------------------------------------


def test_the_kind_goes_by_the_ending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score = str(SCORES / "first.score")
    for name, begins in (
        ("a.csv", "cue,"),
        ("a.md", "# Paper boat"),
        ("a.json", "{"),
        ("a.html", "<!DOCTYPE"),
        ("a.txt", "Paper"),
    ):
        assert main(["sheet", score, "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
        assert capsys.readouterr().out == f"{tmp_path / name}: 2 cues\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.csv",
        "a.html",
        "a.json",
        "a.md",
        "a.txt",
    ]
    assert main(["sheet", score, "--as", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Paper boat"


def test_where_nothing_can_be_written_it_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "missing" / "a.csv"
    assert main(["sheet", str(SCORES / "first.score"), "-o", str(target)]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_terminal_decides_the_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["sheet", str(SCORES / "night-tram.score")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines[4:]) == 100


SHARED = "The woman in the yellow raincoat remains at the tram stop."


def test_the_sheet_shows_the_part_of_a_prompt_that_changes() -> None:
    made = sheet("live-set")
    for width in (70, 90, 110):
        table = as_table(made, width)
        assert SHARED[:20] not in table
        for action in (
            "Now everything",
            "Now the rain",
            "Now she folds",
            "Now lightning",
            "Now a cat",
        ):
            assert action in table, (width, action)
    assert SHARED in as_table(made, 200, full=True)
    assert SHARED not in as_markdown(made)
    assert SHARED in as_markdown(made, full=True)
    reported = json.loads(as_json(made))
    cues = [cue for part in reported["parts"] for cue in part["cues"]]
    assert [cue["brief"] for cue in cues][1:] == [
        ["prompt “… Now everything stands still and quiet. …”"],
        ["prompt “… Now the rain grows stronger. …”"],
        ["prompt “… Now she folds the umbrella and walks away. …”"],
    ]
    assert all(SHARED in cue["acts"][0] for cue in cues[1:]), "the whole text is there too"
    assert reported["rules"][2]["brief"] == [
        "prompt “… Now lightning flashes; her reflection appears in the glass. …”"
    ]


def test_the_page_stresses_the_part_of_a_prompt_that_changes() -> None:
    page = as_html(sheet("live-set"))
    stressed = re.findall(r"<em>(.*?)</em>", page)
    assert "Now the rain grows stronger." in stressed
    assert "Now a cat crosses the rails." in stressed
    assert "Now a paper flies past." in stressed
    assert SHARED not in stressed
    assert f"{SHARED} <em>Now the rain" in page, "the rest of the prompt stays beside it"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab. …。\n“”|<", min_size=1, max_size=14), min_size=1, max_size=4))
def test_stress_changes_no_text(texts: list[str]) -> None:
    from html import unescape

    from sequencer.reports.cue_sheet.html import _mark_changes
    from sequencer.schedule.describe import describe_act
    from sequencer.schedule.model import PickAct, PromptAct
    from sequencer.schedule.prompt_actions import Actions

    actions = Actions(texts)
    for text in texts:
        whole, brief = (
            describe_act(PromptAct(text)),
            describe_act(PromptAct(actions.of(None, text))),
        )
        assert unescape(re.sub(r"</?em>", "", _mark_changes(whole, brief))) == whole
    pick = describe_act(PickAct(tuple(texts), "k"))
    brief = describe_act(PickAct(tuple(actions.of(None, text) for text in texts), "k"))
    assert unescape(re.sub(r"</?em>", "", _mark_changes(pick, brief))) == pick


def test_where_a_cell_is_narrow_sentences_that_only_reword_the_prompt_before_give_way() -> None:
    """Two prompts are too few to detect which words they share, but the new sentence must be
    visible all the same.
    """
    made = sheet("first")
    assert "Now it turns" in as_table(made, 110)
    assert "… Now it turns once in a small eddy. …" in as_table(made, 120)
    assert "drifts on between the leaves. Now it turns once in a small eddy. …" in as_table(
        made, 200
    ), "there is space for it"

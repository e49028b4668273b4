"""What a position is about, in plain text."""

from __future__ import annotations

import pytest

from sequencer.editing.hovering import MAX_LINES, hover
from sequencer.editing.looking import look
from sequencer.editing.texts import Position, start_of
from tests.support.editing import SCENE, SCORES, SOME_OR_EVERY, FindLooks, look_at_file, with_cursor
from tests.support.golden import Golden

TEXT = f"""clock 120 bpm, 4/4
let light = "Soft light."
{SCENE.replace('waits."', 'waits. {light}"', 1).replace("  follow", "  quiet W601" + chr(10) + "  follow")}section verse 8 bars {{
  at 1 tram, mark drop, sr 4x
  at 3 tram pick("It turns." , "It stops.")
  at 5 midi cc 20 64
  on note C3 ch 10 -> tram "It glows."
  on go again -> goto verse
}}
section jam until go out, max 8 bars {{ at 1 tram }}
play verse*2 jam
""".replace(" , ", " | ")


YAML = """score: Night at 5
clock: 120 bpm, 4/4
scenes:
  tram:
    base: A tram.
    follow: The tram waits. {action}
    quiet: [W601]
sections:
  - section: verse 8 bars
    cues:
      - {at: 1, show: tram, mark: drop}
      - {at: 3, show: tram, action: Now at 5.}
      - {at: 5, midi: note C3 ch 10 vel 100 for 1 beat}
    rules:
      - {when: note D3, show: tram, action: It glows.}
"""


def hovered(marked: str, mark: str = "¦") -> str | None:
    text, at = with_cursor(TEXT.replace(marked.replace(mark, ""), marked, 1), mark)
    known = look(text, "a.score", advice=False)
    assert known.schedule is not None, known.diagnostics
    found = hover(known, at)
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (
            "  at 1 tr¦am",
            "scene tram\nbase: A tram waits. Soft light.\nfollow: The tram waits. {action}\nquiet: W601",
        ),
        ("{li¦ght}", "variable light\nSoft light."),
        ("{acti¦on}", "The action of the scene: the text after its name in a cue."),
        (
            "goto ver¦se",
            "section verse\nverse 1/2: 0:00.000, 8 bars, c0–11\nverse 2/2: 0:16.000, 8 bars, c12–22",
        ),
        (
            "section ja¦m",
            "section jam\njam: 0:32.000, 8 bars at most, c23–34 at most, until go out",
        ),
        (
            "mark dr¦op",
            "mark drop\nverse 1/2: 0:00.000, chunk 0, exact\nverse 2/2: 0:16.000, chunk 12, +500 ms",
        ),
        ("go aga¦in", "go cue again\nwaited for in line 13"),
        (
            "¦at 5",
            'at 9.3 tram "Now she waves.", sr 4x\nDoes something at a position.',
        ),
        (
            "goto¦ verse",
            "goto SECTION\nContinues with a section at the next bar line that can be reached.",
        ),
        ("  on note C¦3", "on note 60 (C3) ch 10\nprompt “The tram waits. It glows.”"),
    ],
)
def test_what_is_described(marked: str, expected: str) -> None:
    assert hovered(marked) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("score: Night at ¦5", 'score "Night tram"\nThe title.'),
        ("clock: 120 b¦pm", "clock 120 bpm, 4/4\nThe clock of musical positions."),
        ("sc¦enes:", "scenes\nPrompt families: what stays the same, written once."),
        ("    ba¦se:", "base\nThe prompt that show: NAME shows."),
        ("quiet: [W60¦1]", "W601: a prompt that is cut off"),
        ("    cu¦es:", "cues\nCues: actions and their positions."),
        ("sh¦ow: tram, mark", "show\nThe scene to show: its base, or with action its follow."),
        ("mark: dr¦op", "mark drop\nverse: 0:00.000, chunk 0, exact"),
        ("midi: no¦te", "midi note …\nSends a MIDI message to external devices."),
        ("note D¦3", "on note 62 (D3)\nprompt “The tram waits. It glows.”"),
        ("action: Now a¦t 5", "verse: bar 3.1, 0:04.000, frame 96, chunk 3, 125 ms late"),
        ("section: ve¦rse", "section verse\nverse: 0:00.000, 8 bars, c0–11"),
    ],
)
def test_what_is_described_in_yaml(marked: str, expected: str) -> None:
    text, at = with_cursor(YAML.replace(marked.replace("¦", ""), marked, 1), "¦")
    known = look(text, "a.yaml", advice=False)
    assert known.schedule is not None, known.diagnostics
    found = hover(known, at)
    assert found is not None and found.text.startswith(expected)


def test_a_line_of_the_header_is_described_also_at_its_value() -> None:
    known = look(TEXT, "a.score", advice=False)
    found = hover(known, Position(1, 8))
    assert found is not None
    assert found.text == "clock 120 bpm, 4/4\nThe clock of musical positions."
    assert found.span.end_column > 8


def test_a_message_is_not_described_as_a_trigger() -> None:
    text = hovered("midi c¦c 20")
    assert text == "midi note …\nSends a MIDI message to external devices."


def test_a_code_in_quiet_is_explained() -> None:
    text = hovered("quiet W6¦01")
    assert text is not None and text.startswith("W601: ")
    assert "](" not in text and "`" not in text


def test_a_cue_with_a_random_choice() -> None:
    text = hovered("at 3¦ tram")
    assert text is not None
    lines = text.split("\n")
    assert lines[0] == "verse 1/2: bar 3.1, 0:04.000, frame 96, chunk 3, 125 ms late"
    assert all("(pick: " in line for line in lines if line.startswith("  The tram"))


def test_a_cue_without_a_choice_shows_its_prompt_once() -> None:
    text = hovered("at 1¦ tram, mark")
    assert text is not None and text.count("A tram waits. Soft light.") == 1
    assert text.endswith("sr 4x")


def test_midi_is_exact() -> None:
    text = hovered("at 5¦ midi")
    assert text == "0:08.000, exact: midi cc 20 64 ch 1\n0:24.000, exact: midi cc 20 64 ch 1"


def test_words_in_prompts_and_comments_are_not_words_of_the_language() -> None:
    known = look('at 0c "at every cut"  # at every cut\nend 4c\n', "a.score", advice=False)
    assert hover(known, Position(1, 12)) is not None
    for column in (9, 15, 24):
        found = hover(known, Position(1, column))
        assert found is None or "chunk 0" in found.text


def test_nothing_is_described_where_nothing_is() -> None:
    known = look(TEXT + "\n# comment\n", "a.score", advice=False)
    for position in (Position(99, 1), Position(0, 0), Position(19, 3)):
        assert hover(known, position) is None


def test_a_long_description_is_limited() -> None:
    known = look(f"clock 120 bpm\n{SCENE}every 1 bar tram\nend 200\n", "a.score", advice=False)
    found = hover(known, Position(6, 7))
    assert found is not None
    lines = found.text.split("\n")
    assert len(lines) == MAX_LINES + 1 and lines[-1].endswith("more lines")


def test_a_cue_of_the_last_valid_text() -> None:
    known = look(TEXT, "a.score", advice=False)
    wrong = look(TEXT.replace("at 5 midi", "# new\n  at 5 mid i"), "a.score", previous=known)
    assert wrong.schedule is None
    found = hover(wrong, Position(10, 6))
    assert found is not None and "chunk 3" in found.text


@pytest.mark.parametrize("name", ["live-set.yaml", "image-swap.score", "night-tram.yaml"])
def test_example_scores(name: str, golden: Golden) -> None:
    known = look_at_file(next(path for path in SCORES if path.name == name))
    shown: list[str] = []
    for line, text in enumerate(known.text.split("\n"), 1):
        seen: list[str] = []
        for column in range(1, len(text) + 1):
            found = hover(known, Position(line, column))
            if found is not None and found.text not in seen:
                seen.append(found.text)
        shown += [f"{line}: " + one.replace("\n", "\n    ") + "\n" for one in seen]
    golden(f"hover-{name}.txt", "".join(shown))


@SOME_OR_EVERY
def test_every_text_can_be_hovered_over(found: FindLooks) -> None:
    for known in found().values():
        for number, line in enumerate(known.text.split("\n")[:8], 1):
            for column in range(1, min(len(line), 60) + 2, 5):
                hover(known, Position(number, column))
        for one in known.names.occurrences[:10]:
            hover(known, start_of(one.span))

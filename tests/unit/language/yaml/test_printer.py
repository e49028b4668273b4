"""YAML round trips: what is printed reads back equal, printing again changes nothing, and both
notations agree.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.language.loader import Notation, load_text
from sequencer.language.notations import print_score, read
from sequencer.language.score import Score
from tests.support.example_scores import digest_of
from tests.support.strategies import scores

SCORES = Path(__file__).parents[4] / "scores"
EXAMPLES = sorted([*SCORES.rglob("*.score"), *SCORES.rglob("*.yaml")])


def through(score: Score, notation: Notation, folder: Path | None = None) -> Score:
    """Print a score in a notation and read it."""
    text = print_score(score, notation)
    reading = load_text(text, f"printed.{notation}", folder, notation)
    assert reading.score is not None, (text, reading.diagnostics)
    return reading.score


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_mean_the_same_in_yaml(path: Path) -> None:
    score = read(path)
    there = through(score, Notation.YAML, path.parent)
    assert there == score
    assert there.images == score.images
    assert sorted(one.text for one in there.comments) == sorted(one.text for one in score.comments)
    back = through(there, Notation.TEXT, path.parent)
    assert back == score
    assert sorted(one.text for one in back.comments) == sorted(one.text for one in score.comments)
    assert print_score(there, Notation.YAML) == print_score(score, Notation.YAML)
    if score.sections or score.items:
        assert digest_of(there) == digest_of(score) == digest_of(back)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_yaml_to_every_reader(path: Path) -> None:
    """PyYAML's own loader, which reads every scalar as text, finds the written values in a printed
    score.
    """
    text = print_score(read(path), Notation.YAML)
    loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes strings, lists and mappings only
    assert isinstance(loaded, dict)
    assert set(loaded) <= {
        *(
            "score",
            "model",
            "clock",
            "sound",
            "grid",
            "snap",
            "lead",
            "late",
            "seed",
            "sr",
            "middle",
        ),
        *("stages", "together"),
        *("use", "let", "scenes", "sections", "cues", "rules", "play", "end"),
    }


@settings(max_examples=100, deadline=None)
@given(scores)
def test_random_scores_come_back_from_yaml(score: Score) -> None:
    text = print_score(score, Notation.YAML)
    back = through(score, Notation.YAML)
    assert back == score
    assert print_score(back, Notation.YAML) == text


@settings(max_examples=60, deadline=None)
@given(scores)
def test_random_scores_go_from_notation_to_notation(score: Score) -> None:
    written = through(score, Notation.TEXT)
    there = through(written, Notation.YAML)
    back = through(there, Notation.TEXT)
    assert written == there == back == score


COMMENTED = """\
# about the whole

score: Night tram  # the title
# about the seed
seed: 7

let:
  # about the light
  light: Wet neon light.  # after the light

scenes:
  tram:
    # about the base
    base: "{light} A tram stop."  # after the base
    # the scene's last
  boat:
    base: A boat. {light}

# about the order in which it is played
play: intro outro

sections:
  - section: intro 4 bars  # after the head
    cues:
      # about the first cue
      - {at: 1, show: tram}  # after the first
      - at: 3
        # inside a cue
        prompt: >-  # after the key
          A text over
          several lines with a # in it.
      # the section's last
  # about outro
  - section: outro 4 bars
    rules:
      - {when: go on, show: "tram"}  #! after the rule
## the end
"""


def test_comments_stay_with_what_they_are_about() -> None:
    text = COMMENTED.replace("score: Night tram", "clock: 120 bpm, 4/4\nscore: Night tram")
    reading = load_text(text, "commented.yaml")
    assert reading.score is not None, reading.diagnostics
    printed = print_score(reading.score, Notation.YAML)
    expected = [
        "# about the whole\n\nclock: 120 bpm, 4/4\nscore: Night tram  # the title",
        "# about the seed\nseed: 7",
        "  # about the light\n  light: Wet neon light.  # after the light",
        (
            '    # about the base\n    base: "{light} A tram stop."  # after the base\n    # the '
            "scene's last\n"
        ),
        "  - section: intro 4 bars  # after the head\n    cues:\n      # about the first cue\n",
        "      - {at: 1, show: tram}  # after the first\n",
        "      # the section's last\n\n  # about outro\n  - section: outro 4 bars",
        "      - {when: go on, show: tram}  #! after the rule\n",
        "# about the order in which it is played\nplay: intro outro\n",
    ]
    for piece in expected:
        assert piece in printed, f"{piece!r} is missing in:\n{printed}"
    assert printed.endswith("## the end\n")
    assert (
        len(reading.score.comments) == text.count("#") - 2
    )  # one # is part of a text, and ## is one marker
    again = load_text(printed, "printed.yaml").score
    assert again == reading.score
    assert print_score(again, Notation.YAML) == printed
    inside_text = load_text(print_score(reading.score, Notation.TEXT), "printed.score").score
    assert inside_text is not None
    assert sorted(one.text for one in inside_text.comments) == sorted(
        one.text for one in reading.score.comments
    )


REMARKS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["# own", "  # deep", "        # deeper"])),
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(scores, REMARKS, st.lists(st.integers(0, 40), max_size=4))
def test_comments_are_never_lost(
    score: Score, own: list[tuple[int, str]], after: list[int]
) -> None:
    """Comments anywhere between and after lines survive printing, and the second printing changes
    nothing.
    """
    lines = print_score(score, Notation.YAML).splitlines()
    folded = _folded(lines)
    count = 0
    for number in sorted(set(after)):
        if number < len(lines) and number not in folded:
            lines[number] += "  # after"
            count += 1
    for number, remark in sorted(own, reverse=True):
        if number < len(lines) and number not in folded:
            lines.insert(number, remark)
            count += 1
    text = "\n".join(lines) + "\n"
    reading = load_text(text, "with.yaml")
    assert reading.score is not None, (text, reading.diagnostics)
    assert reading.score == score
    assert len(reading.score.comments) == count
    printed = print_score(reading.score, Notation.YAML)
    again = load_text(printed, "again.yaml").score
    assert again == score
    assert len(again.comments) == count
    assert print_score(again, Notation.YAML) == printed


def _folded(lines: list[str]) -> set[int]:
    """Return the numbers of the lines of folded texts, and of the line after each: no comment fits
    there.
    """
    found: set[int] = set()
    least = -1
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if least >= 0:
            found.add(number)
            if indent > least or not line:
                continue
            least = -1
        if line.endswith(">-"):
            least = indent + 2 * bool(re.match(r" *- [^ ]+: >-", line))
    return found

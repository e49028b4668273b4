"""Reading YAML scores: every form equals its twin in the text notation, every mistake has its
position and its fix.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from yaml.scanner import ScannerError

from sequencer.core.diagnostics import Diagnostic, Diagnostics, Fix, Span, render_all
from sequencer.language.loader import LoadResult, Notation, load, load_text
from sequencer.language.notations import print_score, reads
from sequencer.language.score import Score, Variable
from sequencer.language.source import Source
from sequencer.language.yaml import tree as yaml_tree
from sequencer.language.yaml.fast_path import mask_simple_cues
from sequencer.language.yaml.recovery import explain_yaml_error
from tests.support.golden import Golden
from tests.support.strategies import scores
from tests.support.yaml_mistakes import MISTAKES

TWINS = {
    "the design's example": (
        """
score "Night tram"
clock 120 bpm, 4/4
grid 33 frames @ 24 fps
seed 4271
let hero = "a woman in a yellow raincoat"
let camera = "Locked-off medium shot, 35mm."
scene tram {
  base "{hero} waits at a tram stop. {camera}"
  follow "{hero} remains. {action} {camera}"
}
section intro 8 bars {
  at 1 image "refs/tram.png", strength 0.8, tram
  at 3 tram "Now she opens a red umbrella."
  at +2bar sr 4x
  every 4 bars from 5 tram pick("Sparks fly." | "She smiles.")
}
section jam until note C3 or program 5 or go exit, max 32 bars {
  on note D3 ch 10 -> tram "Lightning flashes."
}
section finale 4 bars, cut seed 99 {
  at 1 "An empty tram stop at dawn."
}
play intro jam finale
""",
        """
score: Night tram
clock: 120 bpm, 4/4
grid: 33 frames @ 24 fps
seed: 4271
let: {hero: a woman in a yellow raincoat, camera: "Locked-off medium shot, 35mm."}
scenes:
  tram: {base: "{hero} waits at a tram stop. {camera}", follow: "{hero} remains. {action} {camera}"}
sections:
  - section: intro 8 bars
    cues:
      - {at: 1, image: refs/tram.png, strength: 0.8, show: tram}
      - {at: 3, show: tram, action: Now she opens a red umbrella.}
      - {at: +2bar, sr: 4x}
      - {every: 4 bars, from: 5, show: tram, action: {pick: [Sparks fly., She smiles.]}}
  - section: jam
    until: [note C3, program 5, go exit]
    max: 32 bars
    rules:
      - {when: note D3 ch 10, show: tram, action: Lightning flashes.}
  - section: finale 4 bars, cut seed 99
    cues:
      - {at: 1, prompt: An empty tram stop at dawn.}
play: intro jam finale
""",
    ),
    "what YAML would guess": (
        """
clock 120 bpm, 4/4
sr off
late drop
at 9.10 "One."
at 9:3:240 "Two."
at 17:1:0 "Three."
at 1m30s "Four."
at 0x "0123"
on note 60 -> "yes"
on cc 20 < 10 -> "null"
end 1.10
""".replace('at 0x "0123"\n', 'at 12 "0123"\n'),
        """
clock: 120 bpm, 4/4
sr: off
late: drop
cues:
  - {at: 9.10, prompt: One.}
  - {at: 9:3:240, prompt: Two.}
  - {at: 17:1:0, prompt: Three.}
  - {at: 1m30s, prompt: Four.}
  - {at: 12, prompt: 0123}
rules:
  - {on: note 60, prompt: yes}
  - {on: cc 20 < 10, prompt: null}
end: 1.10
""",
    ),
    "texts of every form": (
        """
let a = "x"
at 0c "She says {{no}} and {a}: it's # fine, or \\"so\\"."
at 1c \"\"\"
  One line
  and {a} another.
\"\"\"
at 2c "two  blanks"
at 3c "back\\\\slash"
at 4c \"\"\"
  One line
  and {a} another.
\"\"\"
at 5c \"\"\"first second {a}\"\"\"
at 6c \"\"\"first second {a}\"\"\"
at 7c "ünïcode 東京 🎥 {a}"
""",
        r"""
let: {a: x}
cues:
  - {at: 0c, prompt: "She says {{no}} and {a}: it's # fine, or \"so\"."}
  - at: 1c
    prompt: >
      One line
      and {a} another.
  - {at: 2c, prompt: two  blanks}
  - {at: 3c, prompt: back\slash}
  - at: 4c
    prompt: |-
      One line
      and {a} another.
  - at: 5c
    prompt: first
      second {a}
  - at: 6c
    prompt: "first \
      second
      {a}"
  - {at: 7c, prompt: "\xfcn\u00efcode 東京 \U0001F3A5 {a}"}
""",
    ),
    "more than once in a cue": (
        """
clock 120 bpm, 4/4
at 1 mark a, "One.", mark b, cut
at 3 cut seed 9, "Two."
on go x -> pause
on go y -> resume, sr 2x
at 5 midi note F#3 ch 10 vel 90 for 1 beat, midi cc 20 64, snap floor, midi program 5
at 6 "Three.", midi program 7 ch 2, midi note 60
every 1 beat midi note C1
""",
        """
clock: 120 bpm, 4/4
cues:
  - at: 1
    do: [{mark: a}, {prompt: One.}, {mark: b}, cut]
  - {at: 3, cut: seed 9, prompt: Two.}
  - {when: go x, do: pause}
  - {when: go y, resume: , sr: 2x}
  - {at: 5, midi: [note F#3 ch 10 vel 90 for 1 beat, cc 20 64], snap: floor, do: {midi: program 5}}
  - at: 6
    prompt: Three.
    midi:
      - program 7 ch 2
      - note 60
  - {every: 1 beat, midi: note C1}
""",
    ),
    "heads and options": (
        """
clock midi "Digi: takt", 7/8, nominal 960/11 bpm
section a 1 bar, tempo 120 -> 132, meter 3/4, cut {
}
section b until note C3 or go on, max 2 bars, tempo 90 {
}
section c 1/2 beat, cut seed 3 {
}
play a b*2 c
""",
        """
clock: 'midi "Digi: takt", 7/8, nominal 960/11 bpm'
sections:
  - {section: a 1 bar, tempo: 120 -> 132, meter: 3/4, cut: same seed}
  - section: b until note C3 or go on, max 2 bars
    tempo: 90
    cues:
  - section: c 1/2 beat, cut seed 3
play: [a, b*2, c]
""",
    ),
    "quiet scenes": (
        'scene a {\n  base "A."\n  quiet W601, W602\n}\nat 0c a\n',
        "scenes:\n  - a: {base: A., quiet: [W601, W602]}\ncues:\n- {at: 0c, show: a}\n",
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_both_notations_mean_the_same(name: str) -> None:
    text, twin = TWINS[name]
    assert reads(twin, file="twin.yaml") == reads(text, file="text.score")


@pytest.mark.parametrize("name", TWINS)
def test_without_libyaml_it_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML's own parser gives the same events, so the same score with the same positions."""
    twin = TWINS[name][1]
    with_it = reads(twin, file="twin.yaml")
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    without = reads(twin, file="twin.yaml")
    assert without == with_it
    assert list(spans(without)) == list(spans(with_it))
    assert without.comments == with_it.comments


def spans(node: object) -> Iterator[Span]:
    """Yield every span of a score."""
    if isinstance(node, Span):
        yield node
    elif isinstance(node, tuple):
        for one in node:
            yield from spans(one)
    elif is_dataclass(node):
        for field in fields(node):
            yield from spans(getattr(node, field.name))


def variables(node: object) -> Iterator[Variable]:
    """Yield every variable of a score's texts."""
    if isinstance(node, Variable):
        yield node
    elif isinstance(node, tuple):
        for one in node:
            yield from variables(one)
    elif is_dataclass(node):
        for field in fields(node):
            yield from variables(getattr(node, field.name))


def cut_out(text: str, span: Span) -> str:
    """Return the text at a span."""
    lines = text.split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    return "\n".join(
        [
            lines[span.line - 1][span.column - 1 :],
            *lines[span.line : span.end_line - 1],
            lines[span.end_line - 1][: span.end_column - 1],
        ]
    )


@pytest.mark.parametrize("name", TWINS)
def test_every_node_has_its_position(name: str) -> None:
    twin = TWINS[name][1]
    score = reads(twin, file="twin.yaml")
    found = 0
    for variable in variables(score):
        assert cut_out(twin, variable.span) == "{" + variable.name + "}"
        found += 1
    assert found == twin.count("{a}") + sum(
        twin.count(f"{{{word}}}") for word in ("hero", "camera", "action")
    )
    for section in score.sections:
        assert cut_out(twin, section.name_span) == section.name
        assert cut_out(twin, section.span).lstrip("{").startswith("section:")
    for cue in [*score.items, *(item for section in score.sections for item in section.items)]:
        assert cut_out(twin, cue.span).lstrip("{").startswith(("at:", "every:", "when:", "on:"))
        assert cut_out(twin, cue.actions[0].span)
    for span in spans(score):
        if span.line:
            assert cut_out(twin, span).strip(), span


def test_the_spans_of_positions() -> None:
    text = 'clock: 120 bpm, 4/4\ncues:\n  - {at: "3.2", show: \'tram\', action: "On."}\n'
    score = reads(text, file="x.yaml")
    (cue,) = score.items
    show = cue.actions[0]
    assert cut_out(text, show.span) == 'tram\', action: "On."'
    assert cut_out(text, cue.place.span) == "3.2"  # type: ignore[union-attr] # it is a cue


def test_mistakes_are_explained(golden: Golden) -> None:
    pieces: list[str] = []
    for name, text in MISTAKES:
        reading = load_text(text, "mistake.yaml")
        assert reading.score is None, name
        pieces.append(
            f"==== {name}\n{text}----\n{render_all(reading.diagnostics, reading.sources)}\n"
        )
    golden("yaml_mistakes.txt", "\n".join(pieces))


@pytest.mark.parametrize(
    ("name", "text"), MISTAKES, ids=lambda value: value if "\n" not in value else ""
)
def test_mistakes_read_alike_without_libyaml(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two parsers word their messages differently; ours stay the same."""
    with_it = load_text(text, "mistake.yaml").diagnostics
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    without = load_text(text, "mistake.yaml").diagnostics
    assert without == with_it, name


@pytest.mark.parametrize("parser", ["libyaml", "PyYAML"])
def test_no_message_repeats_the_words_of_a_parser(
    parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyYAML's messages differ between its two parsers, and may differ between its versions."""
    monkeypatch.setattr(yaml, "__with_libyaml__", parser == "libyaml")
    random_ = random.Random(11)
    characters = [
        *"{}[],:#&*!|>'\"%@`-?",
        "\n",
        "\\x",
        "\\u12",
        "!<",
        "&a ",
        "|2",
        "%TAG ! x\n",
        "? ",
        "- ",
        "%YAML 9.9\n",
        "...\n",
    ]
    words: set[str] = set()

    def remember(error: yaml.YAMLError, source: Source, faults: Diagnostics) -> None:
        problem = str(getattr(error, "problem", None) or error)
        before = faults.count
        explain_yaml_error(error, source, faults)
        for one in faults.diagnostics[before:]:
            assert problem not in f"{one.message} {one.hint}"
        words.add(problem)

    monkeypatch.setattr(yaml_tree, "explain_yaml_error", remember)
    for _ in range(1_500):
        text = random_.choice([twin for _, twin in TWINS.values()] + [text for _, text in MISTAKES])
        for _ in range(random_.randint(1, 3)):
            at = random_.randint(0, len(text))
            text = (
                text[:at] + random_.choice(characters) + text[at + random_.choice([0, 0, 1, 3]) :]
            )
        load_text(text, "x.yaml")
    assert len(words) > 10


def fixed(text: str, fixes: tuple[Fix, ...]) -> str:
    """Return a text with the replacements made, from the end on."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for fix in sorted(fixes, key=lambda one: (one.span.line, one.span.column), reverse=True):
        start = starts[fix.span.line - 1] + fix.span.column - 1
        end = starts[fix.span.end_line - 1] + fix.span.end_column - 1
        text = text[:start] + fix.text + text[end:]
    return text


def test_most_mistakes_are_fixed_by_what_is_proposed() -> None:
    """Applying a replacement fixes the mistake: in at least four of five cases, and never makes it
    worse.
    """
    tried = 0
    failed: list[str] = []
    for name, text in MISTAKES:
        now = text
        for _ in range(12):
            found = [one for one in load_text(now, "mistake.yaml").diagnostics if one.fixes]
            if not found:
                break
            now = fixed(now, found[0].fixes)
        if now != text:
            tried += 1
            reading = load_text(now, "mistake.yaml")
            if reading.score is None:
                failed.append(f"{name}: {now!r} {codes(reading)}")
    assert tried >= 35
    assert len(failed) <= tried // 5, failed


def codes(reading: LoadResult) -> list[str]:
    """Return the codes of the diagnostics, in order."""
    return [one.code for one in reading.diagnostics]


def test_all_faults_are_reported_at_once() -> None:
    text = dict(MISTAKES)["many at once"]
    assert codes(load_text(text, "x.yaml")) == [
        "E247",
        "E245",
        "E246",
        "E204",
        "E610",
        "E610",
        "E270",
    ]


def test_what_precedes_a_syntax_error_is_read() -> None:
    reading = load_text(
        'seed: -1\ncues:\n  - {at: 0.3, prompt: Rain.}\n  - {at: 1, prompt: "Snow.\n', "x.yaml"
    )
    assert codes(reading) == ["E245", "E204", "E105"]


def test_the_column_is_that_inside_a_long_text() -> None:
    text = (
        "cues:\n- at: 0c\n  prompt: |\n    The first line\n\n    the second {wrong name} line\n    "
        "and } more\n"
    )
    found = [
        (one.code, one.span.line, one.span.column, one.span.end_column)
        for one in load_text(text, "x.yaml").diagnostics
    ]
    assert found == [("E271", 6, 16, 28), ("E270", 7, 9, 10)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xef\xbb\xbfseed: 1\r\ncues: [{at: 0c, prompt: Rain.}]\r\n", None),
        (b"seed: 1\rcues: [{at: 0c, prompt: Rain.}]\r", None),
        (b"seed: 1\ncues: [{at: 0c, prompt: \xff}]\n", "E504"),
        (b"\xff\xfes\x00e\x00e\x00d\x00:\x00 \x001\x00", "E505"),
        (b"seed: 1\n\x00\x00\x00", "E506"),
        (b"seed: 1\ncues: [{at: 0c, prompt: a\x07b}]\n", "E146"),
        ("seed: 1\ncues: [{at: 0c, prompt: a\u2028b}]\n".encode(), "E146"),
        ("seed: 1\ncues: [{at: 0c, prompt: a\ufffeb}]\n".encode(), None),
        (b'seed: 1\ncues: [{at: 0c, prompt: "a\\x07b"}]\n', "E274"),
        (b"cues: [{at: 0c, prompt: " + b"a" * 10_000_000 + b"}]\n", "E148"),
        (b"", "E151"),
    ],
    ids=[
        "BOM and CRLF",
        "CR",
        "no UTF-8",
        "UTF-16",
        "binary",
        "control",
        "line separator",
        "no character",
        "escaped",
        "long",
        "empty",
    ],
)
def test_odd_files(data: bytes, code: str | None, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(data)
    reading = load(path)
    assert codes(reading) == ([] if code is None else [code])
    assert (reading.score is None) is (code is not None)


def test_surrogates_do_no_harm() -> None:
    reading = load_text('cues: [{at: 0c, prompt: "a\ud800b"}]\n', "x.yaml")
    assert reading.score is not None or reading.diagnostics


def test_nothing_executes_and_nothing_is_expanded() -> None:
    bomb = "let: {a: &a [x, x], b: &b [*a, *a], c: [*b, *b]}\n"
    assert set(codes(load_text(bomb, "x.yaml"))) <= {"E604", "E607"}
    call = "let: {a: !!python/object/apply:os.system ['true']}\n"
    assert codes(load_text(call, "x.yaml")) == ["E605"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_bounded(opening: str) -> None:
    reading = load_text("cues:\n  " + opening * 40_000, "x.yaml")
    assert reading.score is None
    assert "E603" in codes(reading)


@pytest.mark.parametrize("after", ["", "@", "]: ", "\n"])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("levels", [18, 300, 1_200])
def test_depth_is_reported_alike_by_every_parser(
    opening: str, levels: int, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libyaml before 0.2.6, the one that limits the depth itself, and PyYAML's own parser: one
    message at one position.
    """
    text = "cues:\n  " + opening * levels + after
    found = load_text(text, "x.yaml").diagnostics
    deep = [one for one in found if one.code == "E603"]
    assert [(one.span.line, one.span.column) for one in deep] == [(2, 3 + 15 * len(opening))]
    with monkeypatch.context() as patch:
        patch.setattr(yaml_tree, "make_parser", ShallowParser)
        assert load_text(text, "x.yaml").diagnostics == found
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert load_text(text, "x.yaml").diagnostics == found


class ShallowParser:
    """A parser that limits the depth of brackets as libyaml 0.2.6 does: while it reads ahead,
    before the first event.
    """

    def __init__(self, text: str) -> None:
        self.parser = yaml.Loader(text)
        levels = [match.start() for match in re.finditer(r"[\[{]", text)]
        self.limit = levels[1_000] if len(levels) > 1_000 else None
        self.text = text

    def get_event(self) -> object:
        if self.limit is not None:
            mark = yaml.Mark("x", self.limit, 1, self.limit, self.text, self.limit)
            raise ScannerError(
                "while increasing flow level", mark, "exceeded maximum nesting depth", mark
            )
        event: object = self.parser.get_event()  # type: ignore[no-untyped-call]  # its stubs have no types here
        return event


def test_many_faults_are_bounded() -> None:
    text = "cues:\n" + "".join(
        f"  - {{at: {number}x, promt: a, <<: b}}\n" for number in range(3_000)
    )
    reading = load_text(text, "x.yaml")
    assert len(reading.diagnostics) == 500
    assert reading.dropped > 0


def test_any_change_to_a_score_is_read_or_explained() -> None:
    """Random edits of a score never make the reader fail: it reads the score, or reports every
    mistake at its position.
    """
    random_ = random.Random(7)
    sources = [twin for _, twin in TWINS.values()] + [text for _, text in MISTAKES]
    characters = [
        *"{}[],:#&*!|>'\"%@`-?\n \t\\",
        "at",
        "é",
        "\x85",
        "\u2029",
        "<<",
        "---",
        "...",
        "%YAML 1.1\n",
    ]
    for _ in range(1_500):
        text = random_.choice(sources)
        for _ in range(random_.randint(1, 4)):
            at = random_.randint(0, len(text))
            text = (
                text[:at] + random_.choice(characters) + text[at + random_.choice([0, 0, 1, 3]) :]
            )
        reading = load_text(text, "x.yaml")
        assert reading.score is not None or reading.diagnostics
        check_spans(reading.diagnostics, text)
        render_all(reading.diagnostics, reading.sources)


def check_spans(diagnostics: tuple[Diagnostic, ...], text: str) -> None:
    """Every span is inside the text, and so is every replacement."""
    lines = text.split("\n")
    for one in diagnostics:
        assert "\n" not in one.message
        for span in [
            one.span,
            *(fix.span for fix in one.fixes),
            *(related.span for related in one.related),
        ]:
            assert 1 <= span.line <= span.end_line <= len(lines), (one, text)
            assert 1 <= span.column <= len(lines[span.line - 1]) + 1, (one, text)
            assert (span.line, span.column) <= (span.end_line, span.end_column), (one, text)
            assert span.end_column <= len(lines[span.end_line - 1]) + 1, (one, text)


def test_a_file_ending_in_yml_is_yaml(tmp_path: Path) -> None:
    path = tmp_path / "score.yml"
    path.write_text("cues: [{at: 0c, prompt: Rain.}]\n", encoding="utf-8")
    assert isinstance(load(path).score, Score)
    assert isinstance(load(path, Notation.YAML).score, Score)


def test_yaml_is_read_without_lark() -> None:
    """The YAML reader never opens the other notation's grammar."""
    import subprocess

    code = (
        "import sys; from sequencer.language.notations import reads; reads('cues: "
        "[{at: 0c, prompt: Rain.}]', file='x.yaml'); "
        "print('lark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@settings(max_examples=60, deadline=None)
@given(scores)
def test_the_fast_path_reads_what_the_full_reader_reads(score: Score) -> None:
    """Lines that are read without PyYAML give the same nodes at the same positions."""
    both_ways(print_score(score, Notation.YAML))


def test_the_quick_way_is_taken_only_where_it_is_one() -> None:
    line = '- {at: 1c, show: tram, action: "A {a}  b", sr: 4x, mark: m}'
    head = "let: {a: x}\nscenes: {tram: {base: A., follow: '{action}'}}\n"
    mixed = f"{head}cues:\n  {line}\n  - at: 2c\n    prompt: |\n      {line}\n"
    assert mask_simple_cues(mixed)[1] == 2
    both_ways(mixed)
    both_ways(f"cues:\n  {line}\n    more\n")
    both_ways(f"let:\n  {line}\ncues:\n  {line}  # remark\n")
    both_ways(
        "cues:\n  - {at: 1c, sr: 4x, sr: 2x}\n  - {at: 2c, prompt: It's 5 o'clock}\n  - "
        "{at: +2bar, show: cut}\n"
    )
    both_ways(
        'cues:\n  - {at: 1c, prompt: "'
        + "long " * 100
        + '"}\n  - {at: 2c, prompt: -}\n  - {at: 3c, show: "tram"}\n'
    )
    for name, text in MISTAKES:
        assert name
        both_ways(text)


def both_ways(text: str) -> None:
    """Read a score with the fast path and without it, and compare."""
    quick = load_text(text, "x.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_tree, "mask_simple_cues", lambda text: (text, 0))
        long = load_text(text, "x.yaml")
    assert quick.score == long.score
    assert quick.diagnostics == long.diagnostics
    assert list(spans(quick.score)) == list(spans(long.score))
    if quick.score is not None and long.score is not None:
        assert quick.score.comments == long.score.comments

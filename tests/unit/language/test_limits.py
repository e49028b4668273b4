"""Any bytes as a score give diagnostics or a score, never a traceback; limits are documented; work
grows only with the size.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sequencer.core.diagnostics import MAX_KEPT, MAX_SHOWN, render_all
from sequencer.language.loader import LoadLimits, LoadResult, Notation, load, load_text
from sequencer.language.notations import print_score
from sequencer.language.source import MAX_LINE_LENGTH
from sequencer.language.text.parser import get_parser
from sequencer.language.text.reader import MAX_DIAGNOSTICS

SCORES = Path(__file__).parents[3] / "scores"
EXAMPLES = [path.read_text(encoding="utf-8") for path in sorted(SCORES.glob("*.score"))]

CORPUS = [
    *(
        b"",
        b"\n",
        b"   \n\t\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\n",
        b"\x00",
        b"\xff\xfe",
        b"\xff",
        b"\x80abc",
        b"\r",
        b"\r\n\r\n",
    ),
    *(
        b'"',
        b'"""',
        b'""""',
        b'"" ""',
        b"#",
        b"#\n",
        b"{",
        b"}",
        b"{{{{",
        b"}}}}",
        b"()",
        b"(",
        b")",
        b"->",
        b",",
        b"|",
        b"=",
        b"\\",
    ),
    *(
        b"at",
        b"at 1",
        b"at 1 ",
        b"at 1 \\",
        b'at 1 "\\',
        b'at 1 "\\"',
        b"at 1 pick(",
        b"at 1 pick()",
        b"at 1 mark",
        b"at mark",
        b"at +",
    ),
    *(
        b"section",
        b"section {",
        b"section a {",
        b"section a 4 bars {{",
        b"scene a {}",
        b"scene {",
        b"let",
        b"let a",
        b"let a =",
        b"on ->",
    ),
    *(
        b"on note -> ",
        b"every",
        b"every 4 bars from",
        b"play",
        b"play *",
        b"play a*",
        b"end",
        b"use",
        b'use ""',
        b"clock",
        b"grid",
        b"sr",
    ),
    *(
        b"seed -1",
        b"seed 99999999999999999999",
        b"lead c",
        b"quiet W1",
        b"base",
        b"score",
        b"score {}",
        b"middle",
        b"late",
        b"snap ,",
    ),
    *(
        b'at 1 "a" }',
        b"section a 1 bar { at 1 x",
        b'at 1 "a" # \xe2\x80\xa8',
        b"at 1 \xe2\x80\x9cx\xe2\x80\x9d",
        b'at \xd9\xa1 "x"',
        b"\xf0\x9f\x8e\xac",
    ),
    *(
        b"PK\x03\x04" + bytes(range(256)),
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"GIF89a\x01\x00",
        bytes(range(256)),
    ),
    'at 1 "x"\n'.encode("utf-16"),
    'at 1 "x"\n'.encode("utf-32"),
    "score = Ü ß".encode("latin-1"),
]


def is_sound(reading: LoadResult) -> None:
    """Assert that a result is a score or reports what is wrong, and that its diagnostics can be
    rendered.
    """
    assert all(one.message and one.code for one in reading.diagnostics)
    assert (reading.score is None) == any(one.is_error for one in reading.diagnostics)
    shown = render_all(reading.diagnostics, reading.sources)
    assert bool(shown) == bool(reading.diagnostics)
    for one in reading.diagnostics:
        lines = reading.sources.get(one.span.file, "").split("\n")
        for span in [
            one.span,
            *(fix.span for fix in one.fixes),
            *(more.span for more in one.related),
        ]:
            if span.line == 0 or span.file not in reading.sources:
                continue  # concerns an entire file, or a file that is not text
            assert 1 <= span.line <= span.end_line <= len(lines), one
            assert 1 <= span.column <= len(lines[span.line - 1]) + 1, one
            assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1, one
            assert (span.line, span.column) <= (span.end_line, span.end_column), one
    if reading.score is not None:
        printed = load_text(print_score(reading.score), reading.score.file)
        assert printed.score == reading.score or reading.score.uses or reading.score.images


def read_bytes(data: bytes, folder: Path) -> LoadResult:
    path = folder / "any.score"
    path.write_bytes(data)
    return load(path)


@pytest.mark.parametrize("data", CORPUS, ids=lambda data: repr(data)[:40])
def test_a_corpus_of_odd_bytes(data: bytes, tmp_path: Path) -> None:
    is_sound(read_bytes(data, tmp_path))


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    is_sound(read_bytes(data, tmp_path_factory.getbasetemp()))


WORDS = st.sampled_from(
    [
        *re.findall(
            r"\w+",
            (
                "score clock sound grid snap lead late seed sr middle use let scene section at every on "
                "play end base follow"
            ),
        ),
        *re.findall(
            r"\w+",
            (
                "quiet from until or max image strength cut tempo meter mark pause resume goto "
                "pick over nominal midi"
            ),
        ),
        *re.findall(
            r"\w+", "link chunks bpm note cc program go start ch off a W601 é 中 1 120 2x 4b 2c"
        ),
        *(
            "'",
            ",,",
            "->",
            "=",
            "|",
            "(",
            ")",
            "{",
            "}",
            '"',
            '"""',
            "\\",
            "#",
            "//",
            "\n",
            "\t",
            "→",
            "“",
            "”",
            "b-c",
        ),
        *(
            "9.3",
            "9,3",
            "1:30",
            "+2bar",
            "4/4",
            "0.8",
            '"text"',
            '"{a}"',
            '"{"',
            '"}"',
            "at 1",
            "at 1 pick(",
            "section a 4 bars {",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(WORDS, st.sampled_from([" ", " ", "", "\n"])), max_size=40))
@example([("at", " "), ("1", " "), ("pick", ""), ("(", ""), ("a", "\n"), ("}", "")])
def test_any_words_of_the_language_in_any_order(words: list[tuple[str, str]]) -> None:
    is_sound(load_text("".join(word + gap for word, gap in words)))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_any_text(text: str) -> None:
    is_sound(load_text(text))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXAMPLES), st.randoms(use_true_random=False))
def test_mutated_scores(text: str, chance: random.Random) -> None:
    """Real scores with a few typing mistakes: letters lost, doubled, swapped, lines moved, quotes
    gone.
    """
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text)) if text else 0
        match chance.randrange(7):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + chance.choice('"{}(),|#=\\\n\t ->9:.“') + text[at:]
            case 2:
                text = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
            case 3:
                text = text[:at]
            case 4:
                lines = text.split("\n")
                line = lines.pop(chance.randrange(len(lines)))
                lines.insert(chance.randint(0, len(lines)), line)
                text = "\n".join(lines)
            case 5:
                character = chance.choice('"{}(),')
                text = text.replace(character, "", 1)
            case _:
                words = list(re.finditer(r"\w+", text))
                if words:
                    word = chance.choice(words)
                    text = (
                        text[: word.start()]
                        + chance.choice(["", "at", "{x}", "0", word.group() * 2])
                        + text[word.end() :]
                    )
    is_sound(load_text(text, "mutated.score"))


# ---- limits --------------------------------------------------------------------------------------


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.score"
    path.write_bytes(b'at 0c "x"\n' * 10)
    reading = load(path, limits=LoadLimits(bytes=99))
    assert [one.code for one in reading.diagnostics] == ["E502"]
    assert "99 bytes" in reading.diagnostics[0].message
    assert load(path, limits=LoadLimits(bytes=100)).diagnostics[:1] == ()
    assert [one.code for one in load_text("x" * 100, limits=LoadLimits(bytes=99)).diagnostics] == [
        "E502"
    ]


def test_a_line_of_ten_megabytes() -> None:
    reading = load_text('at 0c "' + "x" * 10_000_000 + '"\n')
    assert [one.code for one in reading.diagnostics] == ["E148"]
    assert reading.diagnostics[0].hint is not None
    assert len(render_all(reading.diagnostics, reading.sources)) < 1000
    assert load_text('at 0c "x" #' + "x" * (MAX_LINE_LENGTH - 11) + "\n").score is not None


def test_blocks_do_not_nest() -> None:
    reading = load_text("section a 4 bars {\n" * 5000)
    assert reading.score is None
    assert reading.diagnostics[0].code == "E111"
    is_sound(load_text("{" * 50_000))
    is_sound(load_text("at 1 pick(" * 10_000))


def test_a_score_of_too_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sequencer.language.text.reader.MAX_TOKENS", 300)
    assert load_text('at 0c "x"\n' * 100).score is not None
    reading = load_text('at 0c "x"\n' * 300)
    assert [(one.code, one.span.line) for one in reading.diagnostics] == [("E152", 152)]


def test_only_the_first_hundred_are_shown() -> None:
    reading = load_text('at 9,3 "x"\n' * 1000)
    assert len(reading.diagnostics) <= MAX_KEPT
    assert reading.diagnostics[-1].code == "E152"
    shown = render_all(reading.diagnostics, reading.sources)
    assert shown.count("error[") == MAX_SHOWN
    assert shown.endswith(f"and {MAX_DIAGNOSTICS + 1 - MAX_SHOWN} more")


def test_a_text_with_too_many_variables_or_letters() -> None:
    assert [one.code for one in load_text('at 0c "' + "{a}" * 2000 + '"').diagnostics] == ["E276"]
    block = 'at 0c """' + ("word " * 100 + "\n") * 300 + '"""\n'
    assert [one.code for one in load_text(block).diagnostics] == ["E276"]


# ---- work ----------------------------------------------------------------------------------------

GROWING = {
    "actions on lines": lambda size: "at 0c sr 2x" + ",\n sr 2x" * size,
    "names to play": lambda size: "play " + "a " * size,
    "options of a pick": lambda size: 'at 0c pick("a"' + ' | "b"' * size + ")",
    "triggers": lambda size: "section a until " + "note C3 or " * size + "go x, max 4 bars {\n}\n",
    "comments in a gap": lambda size: 'at 0c pick("a"' + "  # |\n" * size + '| "b")',
    "statements": lambda size: "at 0c sr 2x\n" * size,
    "advice codes": lambda size: 'scene a {\n base "x"\n quiet ' + "W601, " * size + "W602\n}\n",
}


@pytest.mark.parametrize("name", GROWING)
def test_steps_grow_with_the_size(name: str) -> None:
    """Twice as much of anything takes the parser twice as many steps, not more."""

    def steps(size: int) -> int:
        before = get_parser().steps
        load_text(GROWING[name](size), notation=Notation.TEXT)
        return get_parser().steps - before

    small, large = steps(200), steps(400)
    assert large <= 2 * small + 20
    assert large <= 3 * 400 + 20

"""The grammar: no collisions, matching tables, the tokens of every construct, one language from
both start rules.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from sequencer.language.text import parse_tables as tables
from sequencer.language.text.parser import Node, ParseError, Token, get_parser
from sequencer.language.text.statements import split_statements
from sequencer.language.values.strings import NAME_CHARACTER
from tests.support.golden import Golden

EXAMPLES = sorted((Path(__file__).parents[4] / "scores").rglob("*.score"))

CONSTRUCTS = """\
score "A \\"title\\""
clock 120 bpm, 4/4
clock midi "Digitakt", 4/4, nominal 960/11 bpm
clock link, 4/4, nominal 120 bpm
clock chunks
grid 33 frames @ 23.976 fps
snap nearest
lead 2c
late drop
seed 4271
seed -1
sr 2x
middle C4
use "scenes.score"
let camera-2 = "Locked-off, 35mm."
scene night-tram {
base "{hero} waits. {{really}}"
follow \"\"\"{hero} remains.
  {action}\"\"\"
quiet W601, W602
}
section intro 8 bars {
section drop 16 bars, tempo 120 -> 132, meter 7/8, cut seed 99 {
section jam until note C3 or program 5 ch 2 or go exit, max 32 bars {
section upbeat 1/2 beat {
at 9 "a bar"
at 9.3 "a beat"
at 9.3+1/2 "half a beat on"
at 9.10 "never a decimal"
at 9,3 "a slip"
at 9:3:240 "ticks"
at 1:30 "two readings"
at 32b "beats"
at 12.5s "seconds"
at 1m30s "minutes"
at 350ms tram
at 14c tram, sr off
at 396f frames
at +2bar tram
at +2 bars tram
at mark drop +1 bar tram "Now."
at mark drop
at 1 image "refs/tram.png", strength 0.8, tram
at 1 night-tram pick("a" | "b"
  | \"\"\"c\"\"\")
at 1 "one", "two"
at 1 tempo 120 -> 132 over 4 bars, meter 3/4, mark drop, snap floor
at 1 cut seed 5, cut, seed 5
every 4 bars from 5 tram
every 1/2b frames "a scene with a unit's name"
every 2 chunks tram
at 5 midi note F#3 ch 10 vel 90 for 1/2 beat, midi cc 20 64   # a kick and a light
on go dark -> midi program 5 ch 1, midi note C3, tram
on note F#3 ch 10 -> tram "Lightning."
on cc 20 > 64 -> sr 2x, pause, resume, goto intro
on stop -> cut, "Still."
play intro drop*2 jam, finale
end 12c
end mark drop +1bar
"""


def leaves(node: Token | Node) -> list[Token]:
    """Return the tokens below a node, in order."""
    return (
        [node]
        if isinstance(node, Token)
        else [leaf for child in node.children for leaf in leaves(child)]
    )


@pytest.mark.slow
def test_no_two_terminals_collide() -> None:
    """Lark's strict mode searches for strings that match two terminals of one state; it takes a few
    seconds.
    """
    lark = tables.build_lark_parser((tables.SCORE_RULE, tables.STATEMENT_RULE), strict=True)
    assert lark.options.strict


def test_the_grammar_has_the_characters_of_names() -> None:
    """Up to Latin-1 those of `\\w`, beyond it all characters: this covers combining marks, whatever
    the version of Unicode.
    """
    terminals = (tables.grammar_folder() / "terminals.lark").read_text(encoding="utf-8")
    assert terminals.count(NAME_CHARACTER) > 5
    inside = re.compile(NAME_CHARACTER)
    for code in range(sys.maxunicode + 1):
        expected = code > 0xFF or re.match(r"\w", chr(code)) is not None
        assert (inside.match(chr(code)) is not None) == expected


def test_the_tables_are_in_step_with_the_grammar(request: pytest.FixtureRequest) -> None:
    document = tables.build_tables()
    path = tables.grammar_folder() / tables.TABLE
    if request.config.getoption("--update-golden"):
        path.write_text(tables.to_json(document), encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == tables.to_json(document), (
        "pytest --update-golden writes it anew"
    )
    assert tables.build_tables() == document


def test_a_grammar_that_was_changed_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "TABLE", "there-is-none.json")
    assert tables.load_tables.__wrapped__() == tables.load_tables()


def test_tokens(golden: Golden) -> None:
    """Every construct with its tokens: shows what changes with a terminal."""
    statements, _ = split_statements(CONSTRUCTS)
    lines: list[str] = []
    for statement in statements:
        try:
            tree = get_parser().parse(CONSTRUCTS, statement.start, statement.end)
            message = "  ".join(f"{token.kind} {token.text!r}" for token in leaves(tree))
            name = tree.rule if isinstance(tree, Node) else "-"
        except ParseError as refusal:
            message = (
                f"refused at column {refusal.at - statement.start + 1}: "
                f"{', '.join(sorted(refusal.expected))}"
            )
            name = "-"
        lines.append(f"{CONSTRUCTS[statement.start : statement.end]}\n    {name}: {message}")
    golden("tokens.txt", "\n".join(lines) + "\n")


def test_tokens_have_the_right_spans() -> None:
    text = '# first\nat 9.3   tram "Now."  # last\n'
    (statement,) = split_statements(text)[0]
    tokens = leaves(get_parser().parse(text, statement.start, statement.end))
    assert [(token.kind, text[token.start : token.end]) for token in tokens] == [
        ("AT", "at 9.3"),
        ("SAY", 'tram "Now."'),
    ]
    assert all(token.text == text[token.start : token.end] for token in tokens)


def test_expected_tokens_are_exact() -> None:
    """A row of an LALR table includes terminals that are refused a few reductions later; the error
    does not.
    """
    text = "at 1 cut"
    with pytest.raises(ParseError) as refused:
        get_parser().parse(text + " -> ", 0, len(text) + 3)
    assert refused.value.at == len(text) + 1
    assert refused.value.expected == {"COMMA", "$END"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_whole_scores_and_single_statements_are_one_language(path: Path) -> None:
    """The reader uses the rule of one statement; the rule of the entire score, the normative one,
    must give the same result.
    """
    text = path.read_text(encoding="utf-8")
    whole = tables.build_lark_parser((tables.SCORE_RULE,)).parse(text)
    expected = [(str(token.type), str(token)) for token in whole.scan_values(lambda _: True)]
    statements, _ = split_statements(text)
    found = [
        (token.kind, token.text)
        for statement in statements
        for token in leaves(get_parser().parse(text, statement.start, statement.end))
    ]
    assert found == expected


def test_a_scan_has_all_tokens_of_what_the_grammar_accepts_and_what_it_expects_then() -> None:
    parser = get_parser()
    text = 'at 3 tram "It turns.", sr 4x'
    scan = parser.scan(text, 0, len(text))
    assert [(one.kind, one.text) for one in scan.tokens] == [
        ("AT", "at 3"),
        ("SAY", 'tram "It turns."'),
        ("COMMA", ","),
        ("SET_SR", "sr 4x"),
    ]
    assert scan.at == len(text) and {"COMMA", "$END"} <= scan.expected
    refused = parser.scan("at 3 tram tram", 0, 14)
    assert ([one.text for one in refused.tokens], refused.at) == (["at 3", "tram"], 9)
    assert {"BLOCK", "COMMA", "PICK"} <= refused.expected and "NAME" not in refused.expected
    begun = parser.scan("section a ", 0, 9)
    assert {"AMOUNT", "UNTIL", "LIKE"} <= begun.expected
    assert "AT" in parser.scan("", 0, 0).expected

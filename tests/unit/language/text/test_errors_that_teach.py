"""What people write who come from other tools: the first message states what to write instead, or
that it does not exist and why, and a suggestion that is applied never leads to another error.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.core.diagnostics import Diagnostic, Fix
from sequencer.language.check import check_text

HEAD = """clock 120 bpm, 4/4
scene tram {
  base "A tram."
  follow "A tram. {action}"
}
"""


def in_section(*lines: str) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f'{HEAD}section a 8 bars {{\n  at 1 "A tram waits."\n{body}}}\n'


def at_top(line: str) -> str:
    return f'{HEAD}{line}\nsection a 8 bars {{\n  at 1 "A tram waits."\n}}\n'


CASES = {
    # written: the source, what the first message or its hint states, whether there is a fix
    "at 5 image off": (in_section("at 5 image off"), "write cut", False),
    'at 5 image none, "…"': (in_section('at 5 image none, "B."'), "write cut instead", True),
    "at 5 no image": (in_section("at 5 no image"), "write cut", False),
    "strength 0.9 -> 0.4 over 4 bars": (
        in_section("at 5 strength 0.9 -> 0.4 over 4 bars"), "does not change gradually", True,
    ),
    "strength 0.9 to 0.4": (in_section("at 5 strength 0.9 to 0.4"), "write one number", True),
    "crossfade": (in_section("crossfade 2 bars"), 'at 9 "…", fade 2c', False),
    "fade": (in_section("fade 2c"), 'at 9 "…", fade 2c', False),
    "at 5 fade": (in_section("at 5 fade"), 'at 9 "…", fade 2c', False),
    "at 5 fade 2c": (in_section("at 5 fade 2c"), 'add the prompt that fades in: "…", fade 2c', False),
    "at 5 crossfade": (in_section("at 5 crossfade"), 'at 9 "…", fade 2c', False),
    "at 5 crossfade 4 bars": (in_section("at 5 crossfade 4 bars"), 'at 9 "…", fade 2c', False),
    "at 5 crossfade to tram": (
        in_section("at 5 crossfade to tram"), "write at 5 tram, fade 2c", True,
    ),
    'at 5 morph into "B.", sr 4x': (
        in_section('at 5 morph into "B.", sr 4x'), 'write at 5 "B.", fade 2c, sr 4x', True,
    ),
    'at 5 dissolve "B."': (in_section('at 5 dissolve "B."'), "remove `dissolve`", True),
    "…, fade": (in_section('at 5 tram "Now.", fade'), 'at 9 "…", fade 2c', False),
    "…, fade 2 bars": (in_section('at 5 tram "Now.", fade 2 bars'), "in chunks, not in bars", False),
    "…, fade 2": (in_section('at 5 tram "Now.", fade 2'), "write 2c", True),
    "…, fade 0c": (in_section('at 5 tram "Now.", fade 0c'), "write at least 1c", False),
    "…, fade 100c": (in_section('at 5 tram "Now.", fade 100c'), "write 99c, or less", False),
    "…, fade in 2 bars": (
        in_section('at 5 tram "Now.", fade in 2 bars'), "a fade follows its prompt", True,
    ),
    "…, crossfade 2 bars": (
        in_section('at 5 tram "Now.", crossfade 2 bars'), "a fade follows its prompt", True,
    ),
    "wait 2 bars": (in_section("wait 2 bars"), "at +2bar", False),
    "at 5 wait 2 bars": (in_section("at 5 wait 2 bars"), "at +2bar", False),
    "wait at the top": (at_top("wait 2s"), "at +2bar", False),
    "audio": (in_section('audio "a.wav"'), 'sound "song.wav"', False),
    "at 5 audio": (in_section('at 5 audio "a.wav"'), 'sound "song.wav"', False),
    "negative": (at_top('negative "blurry"'), "there is no negative prompt", False),
    "at 5 negative": (in_section('at 5 negative "blurry"'), "there is no negative prompt", False),
    "…, negative": (
        in_section('at 5 tram "Now.", negative "blurry"'), "there is no negative prompt", False,
    ),
    "video": (at_top('video "a.mp4"'), "cannot start from a video", False),
    "video in a section": (in_section('video "a.mp4"'), "cannot start from a video", False),
    "at 5 video": (in_section('at 5 video "a.mp4"'), "cannot start from a video", False),
    "section b = a": (f"{in_section()}section b = a\n", "write section b like a", True),
    "section b = a {": (f"{in_section()}section b = a {{\n}}\n", "write section b like a", True),
    "section b = a 4 bars {": (
        f"{in_section()}section b = a 4 bars {{\n}}\n", "write section b 4 bars like a", True,
    ),
    "section b extends a {": (f"{in_section()}section b extends a {{\n}}\n", "like a", True),
    "section b copy of a {": (f"{in_section()}section b copy of a {{\n}}\n", "like a", True),
    "section b 4 bars, like a {": (
        f"{in_section()}section b 4 bars, like a {{\n}}\n", "write section b 4 bars like a", True,
    ),
    "section b like a 4 bars, cut {": (
        f'{in_section()}section b like a 4 bars, cut {{\n}}\n', "write section b 4 bars like a, cut",
        True,
    ),
    "section b like {": (f"{in_section()}section b like {{\n}}\n", "like chorus", False),
    "loop 4": (in_section("loop 4"), "`every` repeats a cue", False),
    "loop at the top": (at_top("loop a 4"), "play intro*4", False),
    "loop 4 {": (in_section("loop 4 {", 'at 2 "B."', "}", 'at 5 "C."'), "`every` repeats", False),
    'prompt "…"': (in_section('prompt "A cat."'), "at +1 bar", True),
    'prompt = "…"': (in_section('prompt = "A cat."'), "at +1 bar", True),
    'at 5 prompt "…"': (in_section('at 5 prompt "A cat."'), "a text alone is a prompt", True),
    'prompt "…" at the top': (f'{HEAD}prompt "A cat."\n', 'at 0c "A cat."', True),
}  # fmt: skip


def with_fixes(text: str, fixes: tuple[Fix, ...]) -> str:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for fix in sorted(fixes, key=lambda one: (-one.span.line, -one.span.column)):
        start = starts[fix.span.line - 1] + fix.span.column - 1
        end = starts[fix.span.end_line - 1] + fix.span.end_column - 1
        text = text[:start] + fix.text + text[end:]
    return text


def errors_of(text: str) -> tuple[Diagnostic, ...]:
    return check_text(text, "a.score", advice=False).errors


@pytest.mark.parametrize("written", CASES)
def test_the_first_message_teaches(written: str) -> None:
    text, states, has_fix = CASES[written]
    first, *others = errors_of(text)
    assert states in f"{first.message}; {first.hint}"
    assert others == []
    assert bool(first.fixes) == has_fix
    if has_fix:
        corrected = with_fixes(text, first.fixes)
        assert errors_of(corrected) == (), corrected


TYPED = {
    # what a hint without a fix states, typed in place of the mistake
    "at 5 image off": in_section('at 5 cut, "…"'),
    "wait 2 bars": in_section('at +2bar "B."', 'at +4s "C."'),
    "fade": in_section('at 5 "…", fade 2c', 'at 7 "B.", fade 99c', 'at 8 "C.", fade 1c'),
    "loop": in_section('every 4 bars from 3 "B."') + "play a*4\n",
    "like": in_section() + "section last-chorus like a {\n}\n",
}


@pytest.mark.parametrize("hint", TYPED)
def test_what_a_hint_states_can_be_typed(hint: str) -> None:
    assert errors_of(TYPED[hint]) == ()


@pytest.mark.parametrize(
    ("lines", "states"),
    [
        ("cues:\n- {at: 0c, prompt: A.}\n- {at: 4c, image: off}\n", "cut: same seed, prompt:"),
        (
            "clock: 120 bpm\nsections:\n- {section: a 4 bars, cues: [{at: 1, prompt: A.}]}\n- section: b = a\n",
            "section: b like a",
        ),
        ("fade: 2c\ncues:\n- {at: 0c, prompt: A.}\n", '{at: 9, prompt: "…", fade: 2c}'),
        ("cues:\n- {at: 0c, prompt: A.}\n- {at: 4c, fade: 2c}\n", 'prompt: "…", fade: 2c'),
        (
            "cues:\n- {at: 0c, prompt: A.}\n- {at: 4c, prompt: B., crossfade: 2}\n",
            '{at: 9, prompt: "…", fade: 2c}',
        ),
        ("negative: blurry\ncues:\n- {at: 0c, prompt: A.}\n", "there is no negative prompt"),
        ("video: a.mp4\ncues:\n- {at: 0c, prompt: A.}\n", "cannot start from a video"),
    ],
)
def test_the_first_message_teaches_in_yaml(lines: str, states: str) -> None:
    first = check_text(lines, "a.yaml", advice=False).errors[0]
    assert states in f"{first.message}; {first.hint}"
    if first.fixes:
        fixed = with_fixes(lines, first.fixes)
        assert check_text(fixed, "a.yaml", advice=False).errors == (), fixed


def test_an_image_that_has_such_a_name_can_be_shown(tmp_path: Path) -> None:
    from sequencer.language.check import check
    from tests.support.image_fixtures import make_image, saved

    (tmp_path / "off.png").write_bytes(saved(make_image(), "PNG"))
    (tmp_path / "a.score").write_text('at 0c image "off.png", "A."\n')
    assert check(tmp_path / "a.score").errors == ()

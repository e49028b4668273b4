"""Advice on a score for several stages is about what each of them shows, and is given once."""

from __future__ import annotations

from sequencer.language.advice import advise
from sequencer.language.notations import reads

OPENING = 'at 0c "A tram waits. Locked-off medium shot, 35mm. Soft grey morning light."\n'


def lines_of(text: str, code: str) -> list[int]:
    return [one.span.line for one in advise(reads(text)) if one.code == code]


def test_prompts_of_other_stages_do_not_count() -> None:
    cues = "".join(
        f"at {n}c on {'left' if n % 2 else 'right'} "
        f'"A tram waits {n}. Locked-off medium shot, 35mm. Soft grey morning light."\n'
        for n in range(2, 10)
    )
    one_stage = OPENING + cues.replace("on left ", "").replace("on right ", "")
    assert lines_of(one_stage, "W608")
    assert not lines_of(f"stages left, right\n{OPENING}{cues}", "W608")


def test_advice_on_common_prompts_is_given_once() -> None:
    text = 'stages left, right\nat 0c "A tram waits."\nat 4c on right "A bus."\n'
    assert lines_of(text, "W604") == [2]
    assert lines_of(text.replace("on right ", ""), "W604") == [2]

"""Build requests for follow-up actions, and judge the answers of a language model.

All rules for prompts that a request contains come from the catalog of prompt advice, so that a
rule is written once. An answer is accepted if the score's own checks accept it as a cue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sequencer.core.catalog import find
from sequencer.core.diagnostics import Span
from sequencer.core.prompt_texts import find_prompt_fault
from sequencer.language.advice import advise
from sequencer.language.compiler import compile_all
from sequencer.language.score import AtOffset, Cue, Header, Prompt, Score, Show, Text, Unit
from sequencer.language.values.writing import render_quoted

GUIDE = ("W601", "W606", "W607", "W609", "W610", "W613", "W614")
"""The codes of the advice that applies to an action or a single prompt."""
GUIDE_FOR_PROMPTS = ("W602", "W603")
"""Further advice for complete prompts; a scene takes care of it by itself."""
MAX_ANSWERS = 50
"""The most answers of one reply that are judged."""
_OPENING = Span("opening", 1, 1, 1, 2)
_ANSWER = Span("answer", 1, 1, 1, 2)
_FENCE = re.compile(r"\A\s*```[a-z]*\n(?P<inside>.*)\n```\s*\Z", re.DOTALL)

Message = dict[str, str]
"""A message of a conversation: its `role` and its `content`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What answers are wanted for.

    Attributes:
        score: The score that has the scene; an empty one for a free prompt.
        scene: The scene, or None for a free prompt.
        prompt: The free prompt, or None for a scene.
    """

    score: Score = field(default_factory=Score)
    scene: str | None = None
    prompt: str | None = None

    def action(self, answer: str) -> Prompt | Show:
        """Return the action of a cue that shows an answer."""
        text = Text((answer,), _ANSWER)
        return Prompt(text, _ANSWER) if self.scene is None else Show(self.scene, text, _ANSWER)

    @property
    def opening(self) -> Prompt | Show:
        """The action of the cue before it."""
        if self.scene is None:
            return Prompt(Text((self.prompt or "",)), _OPENING)
        scene = next((one for one in self.score.scenes if one.name == self.scene), None)
        is_follow = scene is not None and scene.base is None
        return Show(self.scene, Text(("",)) if is_follow else None, _OPENING)


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that was not accepted, and why."""

    answer: str
    reason: str


def guide(*, is_scene: bool) -> str:
    """Return the rules for prompts, from the catalog of advice."""
    codes = GUIDE if is_scene else (*GUIDE, *GUIDE_FOR_PROMPTS)
    found = (find(code) for code in codes)
    return "\n".join(f"- {_rule(code.explanation)}" for code in found if code is not None)


def _rule(explanation: str) -> str:
    """Return the first paragraph of an explanation on one line."""
    return " ".join(explanation.strip().split("\n\n")[0].split())


def first_messages(subject: Subject, texts: tuple[str, str], count: int) -> list[Message]:
    """Return the conversation that asks for answers.

    Args:
        subject: What they are for.
        texts: The prompt that is shown before, and the follow-up text with `{action}` (empty for a
            free prompt), as the video model receives them.
        count: How many answers are wanted.
    """
    is_scene = subject.scene is not None
    what = "short actions" if is_scene else "complete prompts"
    system = (
        "You write prompts for a video model that changes a running video. Rules:\n"
        f"{guide(is_scene=is_scene)}\n"
        f"Answer with a JSON array of strings and nothing else: {what} in English, each different."
    )
    ask = f"The video shows: {texts[0]}\n"
    if is_scene:
        ask += (
            f"The next prompt will be: {texts[1]}\nWrite {count} different texts for "
            "{action}: each one complete sentence with one visible change."
        )
    else:
        ask += (
            f"Write {count} different prompts that could follow it, each with one visible change."
        )
    return [{"role": "system", "content": system}, {"role": "user", "content": ask}]


def ask_again(reply: str, refused: Sequence[Refused], missing: int) -> list[Message]:
    """Return what continues the conversation: the advice on each answer that was not accepted."""
    lines = [f"- {one.answer!r}: {one.reason}" for one in refused]
    why = "These answers were not accepted:\n" + "\n".join(lines) if lines else ""
    ask = f"Write {missing} others, as a JSON array of strings."
    return [
        {"role": "assistant", "content": reply},
        {"role": "user", "content": f"{why}\n{ask}".strip()},
    ]


def read_answers(reply: str) -> list[str] | None:
    """Return the answers in a reply; None if it is not a JSON array of strings."""
    fenced = _FENCE.match(reply)
    try:
        found = json.loads(fenced["inside"] if fenced is not None else reply)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict) and len(found) == 1:
        found = next(iter(found.values()))
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        return None
    return [" ".join(one.split()) for one in found[:MAX_ANSWERS]]


def fault_of(subject: Subject, answer: str, accepted: Sequence[str]) -> str | None:
    """Return why an answer cannot be used, in a sentence; None if it is accepted."""
    if answer.casefold() in {one.casefold() for one in accepted}:
        return "it repeats another answer"
    fault = find_prompt_fault(answer)
    if fault is not None:
        return f"{fault[0]}: {fault[1]}"
    score = _score_with(subject, answer)
    compiled = compile_all(score)
    error = next((one for one in compiled.diagnostics if one.is_error), None)
    if error is not None:
        return _sentence(error.message, error.hint)
    return next(
        (_sentence(one.message, one.hint) for one in advise(score) if one.span == _ANSWER),
        None,
    )


def _sentence(message: str, hint: str | None) -> str:
    return message if hint is None else f"{message}: {hint}"


def _score_with(subject: Subject, answer: str) -> Score:
    """Return a score that shows an answer after what it follows."""
    chunks = (Fraction(0), Fraction(6))
    places = [AtOffset(one, Unit.CHUNKS) for one in chunks]
    return replace(
        subject.score,
        header=Header(),
        sections=(),
        items=(
            Cue(places[0], (subject.opening,), _OPENING),
            Cue(places[1], (subject.action(answer),), _ANSWER),
        ),
        play=(),
        end=AtOffset(Fraction(12), Unit.CHUNKS),
        song=None,
        comments=(),
    )


def texts_of(subject: Subject) -> tuple[str, str]:
    """Return what the video model receives before, and the follow-up with `{action}` in it."""
    mark = "ACTION"
    compiled = compile_all(_score_with(subject, mark))
    schedule = compiled.schedule if compiled.ensemble is None else compiled.ensemble.reference
    prompts = [
        act.text
        for entry in (() if schedule is None else schedule.entries)
        for act in entry.acts
        if act.kind == "prompt"
    ]
    before, after = (*prompts, "", "")[:2]
    return before, "" if subject.scene is None else after.replace(mark, "{action}")


def as_cue(subject: Subject, answer: str) -> str:
    """Return the words of a cue that shows an answer, as a score has them."""
    quoted = render_quoted(Text((answer,)))
    return quoted if subject.scene is None else f"{subject.scene} {quoted}"


def with_suggestions(text: str, line: int, cues: Sequence[str]) -> str:
    """Return a score's text with comments above a line: the cues that are suggested.

    Everything else stays as it is.

    Args:
        text: The text of the file.
        line: The line of the scene, from 1.
        cues: The words of the cues.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    scene = lines[line - 1]
    indent = scene[: len(scene) - len(scene.lstrip())]
    lines[line - 1 : line - 1] = [f"{indent}# {cue}" for cue in cues]
    return end.join(lines)

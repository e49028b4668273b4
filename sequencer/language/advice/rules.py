"""The rules of prompt advice. Each takes the prompts of a score and yields its findings; `RULES` assigns each a code.

Sources: *the guide* is the prompt guide that the vendor of Helios publishes for it; *the surface* is the model's published
commands; *a sibling's guide* is that of the vendor's model LingBot; *neighbours* are habits that users bring from other
sequencers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from sequencer.core.diagnostics import Related, Span
from sequencer.language.advice.english import (
    find_camera_contradiction,
    find_content_words,
    has_camera,
    has_light,
    is_camera_line,
    is_english,
    is_light_line,
    split_sentences,
    split_words,
)
from sequencer.language.advice.prompts import Finding, PromptLine, PromptSequence, PromptSource, SceneTexts

AdviceRule = Callable[[PromptSequence], Iterator[Finding]]

MAX_PROMPT_WORDS = 350
"""The approximate number of English words that the model's text encoder reads; text beyond that is truncated."""

MAX_ARC_PROMPTS = 6
"""The number of prompts that one arc can hold before the video loses its coherence; four or five make a good one."""

MAX_ACTION_SENTENCES = 2
"""The number of sentences that an action may have and still count as one action."""

_PRONOUN = re.compile(r"(?:(?:now|then|suddenly|next),? )?(?:she|he|it|they|her|his|their|its)\b", re.IGNORECASE)
_THEN = re.compile(r"(?<=\S)(?<!now and)\s+then\b|\bafter(?:wards| that)\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(?:no|without|not|never|don['’]t|doesn['’]t|isn['’]t|aren['’]t|avoid)\b", re.IGNORECASE)
_WEIGHT = re.compile(r"\([^()\n]{1,80}:\d+(?:\.\d+)?\)|\(\([^()]{1,80}\)\)|--[a-z]{2,}\b|::\d|<lora:", re.IGNORECASE)


# ---- one prompt ----------------------------------------------------------------------------------------------------


def find_long_prompts(said: PromptSequence) -> Iterator[Finding]:
    """Text beyond about 350 English words is truncated by the model's encoder. Source: the guide."""
    for line in said.lines:
        long = [
            text for text in line.texts if len(text) > 2 * MAX_PROMPT_WORDS
        ]  # a word and its space are at least two characters
        count = max((len(split_words(text)) for text in long), default=0)
        if count > MAX_PROMPT_WORDS:
            yield Finding(
                f"this prompt has {count} words; the model reads about the first {MAX_PROMPT_WORDS}",
                line.span,
                "shorten it: what stands last is cut off first, and that is mostly camera and light",
                line.silenced,
            )


def find_negations(said: PromptSequence) -> Iterator[Finding]:
    """A prompt states what is present: there is no negative prompt, and what is named tends to appear. Source: the surface."""
    for line in said.lines:
        for text in line.own:
            found = _NEGATIVE.search(text)
            if found is not None and is_english(text):
                yield Finding(
                    f"`{found.group()}` names what should not be seen, and the model draws what is named",
                    line.span,
                    "say what is there instead: an empty street, calm water, bare walls",
                    line.silenced,
                )
                break


def find_weights(said: PromptSequence) -> Iterator[Finding]:
    """Weights and switches of other tools are ordinary text to this model. Source: neighbours (Deforum, Scope); the surface."""
    for line in said.lines:
        found = next((match for text in line.own if (match := _WEIGHT.search(text)) is not None), None)
        if found is not None:
            yield Finding(
                f"`{found.group()}` is another tool's spelling; this model reads it as plain words",
                line.span,
                "say it in words, the most important thing first",
                line.silenced,
            )


def find_keyword_lists(said: PromptSequence) -> Iterator[Finding]:
    """Prompts are paragraphs of complete sentences, not lists of keywords. Source: our reading of the guide."""
    for line in said.lines:
        if any(_is_list(text) for text in line.own):
            yield Finding(
                "this prompt is a list of words joined by commas; the model was taught with sentences",
                line.span,
                "write who does what and where, then the light, then the camera",
                line.silenced,
            )


def _is_list(text: str) -> bool:
    if text.count(",") < 5:
        return False
    pieces = [piece.strip() for piece in text.split(",")]
    short = sum(len(piece.split()) <= 3 for piece in pieces)
    return len(split_sentences(text)) == 1 and short >= len(pieces) - 1


def find_camera_contradictions(said: PromptSequence) -> Iterator[Finding]:
    """A camera that is both static and moving is a contradiction; a prompt must be consistent. Source: a sibling's guide."""
    for line in said.lines:
        found = next((both for text in line.texts if (both := find_camera_contradiction(text)) is not None), None)
        if found is not None:
            yield Finding(
                f"the camera cannot be both `{found[0]}` and `{found[1]}`",
                line.span,
                "keep the one that the whole scene has",
                line.silenced,
            )


# ---- openings ------------------------------------------------------------------------------------------------------


def _opening_texts(said: PromptSequence) -> Iterator[tuple[str, PromptLine | SceneTexts]]:
    """Return the texts that a video starts from: the first prompt of each take, and the base of each scene."""
    for take in said.takes:
        if take and take[0].scene is None:
            yield take[0].text, take[0]
    for family in said.families:
        if family.base is not None:
            yield family.base, family


def find_missing_camera(said: PromptSequence) -> Iterator[Finding]:
    """Every prompt states where the camera is; the first one sets it. Source: the guide."""
    for text, where in _opening_texts(said):
        if is_english(text) and not has_camera(text):
            yield Finding(
                "this opening says nothing of the camera, so the model will choose and may choose anew with every prompt",
                where.span,
                'add a line and keep it word for word: "Locked-off medium shot, 35mm."',
                where.silenced,
            )


def find_missing_light(said: PromptSequence) -> Iterator[Finding]:
    """Every prompt states what light there is; the first one sets it. Source: the guide."""
    for text, where in _opening_texts(said):
        if is_english(text) and not has_light(text):
            yield Finding(
                "this opening says nothing of the light, so the model will choose and may choose anew with every prompt",
                where.span,
                'add a line and keep it: "Soft grey morning light."',
                where.silenced,
            )


# ---- prompts that follow another -----------------------------------------------------------------------------------


def _consecutive_prompts(said: PromptSequence) -> Iterator[tuple[PromptLine, PromptLine]]:
    """Return pairs of consecutive prompts of one take that are both written out, the second continuing from the first."""
    for take in said.takes:
        for before, line in pairwise(take):
            if line.kind is PromptSource.PLAIN and not line.with_image and before.span != line.span and is_english(line.text):
                yield before, line


def _is_continuation(before: PromptLine, line: PromptLine) -> bool:
    """Return whether a prompt mentions something that the one before it mentions (identical sentences in both do not count)."""
    mine, other = split_sentences(line.text), split_sentences(before.text)
    ours = _find_content_words(set(mine).difference(other))
    theirs = _find_content_words(set(other).difference(mine))
    return bool(ours & theirs) or not ours or not theirs


def _find_content_words(of: Iterable[str]) -> frozenset[str]:
    """Return what several sentences name."""
    return frozenset().union(*map(find_content_words, of))


def find_lost_camera_lines(said: PromptSequence) -> Iterator[Finding]:
    """The camera line appears word for word in every prompt of a scene. Source: the guide."""
    yield from _find_lost_lines(said, is_camera_line, "camera")


def find_lost_light_lines(said: PromptSequence) -> Iterator[Finding]:
    """The light line appears in every prompt. Source: the guide."""
    yield from _find_lost_lines(said, is_light_line, "light")


def _find_lost_lines(said: PromptSequence, is_line: Callable[[str], bool], what: str) -> Iterator[Finding]:
    for family in said.families:
        if family.base is None or family.follow is None:
            continue
        lost = _lost_line(family.base, family.follow, is_line)
        if lost is not None:
            yield Finding(
                f"the follow of {family.name} lacks the {what} line of its base, “{_shorten(lost)}”",
                family.follow_span,
                f"repeat it word for word, best as a variable: let {what} = …",
                family.silenced,
            )
    for before, line in _consecutive_prompts(said):
        lost = _lost_line(before.text, line.text, is_line)
        if lost is not None and _is_continuation(before, line):
            yield Finding(
                f"this prompt lacks the {what} line of the one before it, “{_shorten(lost)}”",
                line.span,
                f"repeat it word for word, best as a variable: let {what} = …",
                line.silenced,
                (Related(before.span, "the one before"),),
            )


def _lost_line(before: str, after: str, is_line: Callable[[str], bool]) -> str | None:
    """Return the line of `before` (never its first sentence, which states the subject) that `after` does not contain."""
    if not is_english(before):
        return None
    kept = {one.rstrip(".!") for one in split_sentences(after)}
    for one in split_sentences(before)[1:]:
        if is_line(one) and one.rstrip(".!") not in kept:
            return one
    return None


def find_lost_subjects(said: PromptSequence) -> Iterator[Finding]:
    """A follow-up repeats the subject: the model has no knowledge of the previous prompt. Source: the guide."""
    for family in said.families:
        if family.base is None or family.follow is None or not is_english(family.base):
            continue
        first = find_content_words(split_sentences(family.base)[0]) if family.base else frozenset()
        rest = set(split_sentences(family.follow)).difference(split_sentences(family.base))
        if first and not first & _find_content_words(rest):
            yield Finding(
                f"the follow of {family.name} does not name what its base shows",
                family.follow_span,
                "begin it with the subject of the base, then {action}",
                family.silenced,
            )
    for _, line in _consecutive_prompts(said):
        if _PRONOUN.match(line.text) is not None:
            yield Finding(
                "this prompt begins with a pronoun, and the model does not know the prompt before it",
                line.span,
                "name the subject again as in the first prompt, then say what is new",
                line.silenced,
            )


def find_multiple_actions(said: PromptSequence) -> Iterator[Finding]:
    """A follow-up adds one new action. Source: the guide."""
    for line in said.lines:
        if line.kind is PromptSource.BASE:
            continue
        for text in line.own:
            many = line.kind is PromptSource.FOLLOW and len(split_sentences(text)) > MAX_ACTION_SENTENCES
            if (many or _THEN.search(text) is not None) and is_english(text):
                yield Finding(
                    "this prompt tells several actions; the model plays them all at once, or only one",
                    line.span,
                    "give each action a cue of its own",
                    line.silenced,
                )
                break


def find_hard_changes(said: PromptSequence) -> Iterator[Finding]:
    """A hard change is a reset and a new start; a new prompt alone blends one image into the other. Source: the surface."""
    for take in said.takes:
        for before, line in pairwise(take):
            same = before.span == line.span or (line.scene is not None and line.scene == before.scene)
            if line.with_image or same or not is_english(line.text) or not is_english(before.text):
                continue
            if not _is_continuation(before, line) and not _find_content_words(
                split_sentences(before.text)
            ) & _find_content_words(split_sentences(line.own[0])):
                yield Finding(
                    "this prompt has nothing in common with the one before it, so one picture will melt into the other",
                    line.span,
                    "for a hard change put `cut` before it; for a slow one name something that stays",
                    line.silenced,
                    (Related(before.span, "the one before"),),
                )


def find_long_arcs(said: PromptSequence) -> Iterator[Finding]:
    """Four or five prompts make an arc; more than six lose coherence. Source: the guide."""
    for take in said.takes:
        arc: set[Span] = set()
        scene: str | None = None
        for line in take:
            if arc and (line.with_image or line.scene != scene):
                arc = set()
            scene = line.scene
            if line.span in arc:
                continue
            arc.add(line.span)
            if len(arc) == MAX_ARC_PROMPTS + 1:
                yield Finding(
                    f"this is the {len(arc)}th prompt that goes on from one start; past {MAX_ARC_PROMPTS} the picture drifts",
                    line.span,
                    "start afresh here with a cut or an image, or show fewer prompts",
                    line.silenced,
                )


def find_repeated_prompts(said: PromptSequence) -> Iterator[Finding]:
    """A prompt that is already in force changes nothing. Source: the surface."""
    for take in said.takes:
        for before, line in pairwise(take):
            if before.text == line.text and len(line.texts) == 1 and before.span != line.span and not line.with_image:
                yield Finding(
                    "this prompt is the one that is shown already: nothing will change",
                    line.span,
                    "say what is new, or leave it out",
                    line.silenced,
                    (Related(before.span, "shown here"),),
                )


RULES: dict[str, AdviceRule] = {
    "W601": find_long_prompts,
    "W602": find_lost_camera_lines,
    "W603": find_lost_light_lines,
    "W604": find_missing_camera,
    "W605": find_missing_light,
    "W606": find_lost_subjects,
    "W607": find_multiple_actions,
    "W608": find_long_arcs,
    "W609": find_negations,
    "W610": find_weights,
    "W611": find_hard_changes,
    "W612": find_repeated_prompts,
    "W613": find_keyword_lists,
    "W614": find_camera_contradictions,
}
"""Every rule by its code."""


def _shorten(text: str) -> str:
    return text if len(text) <= 50 else text[:49] + "…"

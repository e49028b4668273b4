"""The rules of prompt advice.

Each takes the prompts of a score and yields its findings; `RULES` assigns each a code.

Sources: *the guide* is the prompt guide that the vendor of Helios publishes for it; *the surface*
is the model's published commands; *a sibling's guide* is that of the vendor's model LingBot;
*neighbours* are habits that users bring from other sequencers.
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
from sequencer.language.advice.prompts import (
    Finding,
    PromptLine,
    PromptSequence,
    PromptSource,
    SceneTexts,
)

AdviceRule = Callable[[PromptSequence], Iterator[Finding]]

MAX_PROMPT_WORDS = 350
"""About how many English words the model's text encoder reads; text beyond that is truncated."""

MAX_ARC_PROMPTS = 6
"""How many prompts an arc can hold before the video loses coherence; four or five are good."""

MAX_ACTION_SENTENCES = 2
"""The number of sentences that an action may have and still count as one action."""

_PRONOUN = re.compile(
    r"(?:(?:now|then|suddenly|next),? )?(?:she|he|it|they|her|his|their|its)\b", re.IGNORECASE
)
_THEN = re.compile(r"(?<=\S)(?<!now and)\s+then\b|\bafter(?:wards| that)\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"\b(?:no|without|not|never|don['’]t|doesn['’]t|isn['’]t|aren['’]t|avoid)\b", re.IGNORECASE
)
_WEIGHT = re.compile(
    r"\([^()\n]{1,80}:\d+(?:\.\d+)?\)|\(\([^()]{1,80}\)\)|--[a-z]{2,}\b|::\d|<lora:", re.IGNORECASE
)


# ---- one prompt ----------------------------------------------------------------------------------


def find_long_prompts(prompts: PromptSequence) -> Iterator[Finding]:
    """Text beyond about 350 English words is truncated by the model's encoder.

    Source: the guide.
    """
    for line in prompts.lines:
        long = [
            text for text in line.texts if len(text) > 2 * MAX_PROMPT_WORDS
        ]  # a word and its space are at least two characters
        count = max((len(split_words(text)) for text in long), default=0)
        if count > MAX_PROMPT_WORDS:
            yield Finding(
                message=(
                    f"this prompt has {count} words; the model reads about the first "
                    f"{MAX_PROMPT_WORDS}"
                ),
                span=line.span,
                hint=(
                    "shorten it: the end is cut off first, and that is usually the camera and the "
                    "light"
                ),
                silenced=line.silenced,
            )


def find_negations(prompts: PromptSequence) -> Iterator[Finding]:
    """A prompt states what is present: what is named tends to appear.

    There is no negative prompt. Source: the surface.
    """
    for line in prompts.lines:
        for text in line.own:
            found = _NEGATIVE.search(text)
            if found is not None and is_english(text):
                yield Finding(
                    message=(
                        f"`{found.group()}` names what should not be visible, but the model draws "
                        "whatever is named"
                    ),
                    span=line.span,
                    hint="describe what is there instead: an empty street, calm water, bare walls",
                    silenced=line.silenced,
                )
                break


def find_weights(prompts: PromptSequence) -> Iterator[Finding]:
    """Weights and switches of other tools are ordinary text to this model.

    Source: neighbours (Deforum, Scope); the surface.
    """
    for line in prompts.lines:
        found = next(
            (match for text in line.own if (match := _WEIGHT.search(text)) is not None), None
        )
        if found is not None:
            yield Finding(
                message=(
                    f"`{found.group()}` is the syntax of another tool; this model reads it as "
                    "plain words"
                ),
                span=line.span,
                hint="describe it in words, the most important thing first",
                silenced=line.silenced,
            )


def find_keyword_lists(prompts: PromptSequence) -> Iterator[Finding]:
    """Prompts are paragraphs of complete sentences, not lists of keywords.

    Source: our reading of the guide.
    """
    for line in prompts.lines:
        if any(_is_list(text) for text in line.own):
            yield Finding(
                message=(
                    "this prompt is a list of words separated by commas; the model was trained on "
                    "sentences"
                ),
                span=line.span,
                hint="write who does what and where, then the light, then the camera",
                silenced=line.silenced,
            )


def _is_list(text: str) -> bool:
    if text.count(",") < 5:
        return False
    pieces = [piece.strip() for piece in text.split(",")]
    short = sum(len(piece.split()) <= 3 for piece in pieces)
    return len(split_sentences(text)) == 1 and short >= len(pieces) - 1


def find_camera_contradictions(prompts: PromptSequence) -> Iterator[Finding]:
    """A camera that is both static and moving is a contradiction; a prompt must be consistent.

    Source: a sibling's guide.
    """
    for line in prompts.lines:
        found = next(
            (both for text in line.texts if (both := find_camera_contradiction(text)) is not None),
            None,
        )
        if found is not None:
            yield Finding(
                message=f"the camera cannot be both `{found[0]}` and `{found[1]}`",
                span=line.span,
                hint="keep the one that applies to the entire scene",
                silenced=line.silenced,
            )


# ---- openings ------------------------------------------------------------------------------------


def _opening_texts(prompts: PromptSequence) -> Iterator[tuple[str, PromptLine | SceneTexts]]:
    """Return the texts that a video starts from: each take's first prompt, each scene's base."""
    for take in prompts.takes:
        if take and take[0].scene is None:
            yield take[0].text, take[0]
    for family in prompts.families:
        if family.base is not None:
            yield family.base, family


def find_missing_camera(prompts: PromptSequence) -> Iterator[Finding]:
    """Every prompt states where the camera is; the first one sets it. Source: the guide."""
    for text, where in _opening_texts(prompts):
        if is_english(text) and not has_camera(text):
            yield Finding(
                message=(
                    "this opening does not mention the camera, so the model chooses one, perhaps a "
                    "different one for every prompt"
                ),
                span=where.span,
                hint='add a line and repeat it word for word: "Locked-off medium shot, 35mm."',
                silenced=where.silenced,
            )


def find_missing_light(prompts: PromptSequence) -> Iterator[Finding]:
    """Every prompt states what light there is; the first one sets it. Source: the guide."""
    for text, where in _opening_texts(prompts):
        if is_english(text) and not has_light(text):
            yield Finding(
                message=(
                    "this opening does not mention the light, so the model chooses it, perhaps "
                    "differently for every prompt"
                ),
                span=where.span,
                hint='add a line and repeat it word for word: "Soft grey morning light."',
                silenced=where.silenced,
            )


# ---- prompts that follow another -----------------------------------------------------------------


def _consecutive_prompts(prompts: PromptSequence) -> Iterator[tuple[PromptLine, PromptLine]]:
    """Return pairs of consecutive prompts of a take, the second continuing from the first.

    Both prompts are written out.
    """
    for take in prompts.takes:
        for before, line in pairwise(take):
            if (
                line.kind is PromptSource.PLAIN
                and not line.with_image
                and before.span != line.span
                and is_english(line.text)
            ):
                yield before, line


def _is_continuation(before: PromptLine, line: PromptLine) -> bool:
    """Return whether a prompt mentions something that the one before it mentions.

    Identical sentences in both do not count.
    """
    mine, other = split_sentences(line.text), split_sentences(before.text)
    ours = _find_content_words(set(mine).difference(other))
    theirs = _find_content_words(set(other).difference(mine))
    return bool(ours & theirs) or not ours or not theirs


def _find_content_words(of: Iterable[str]) -> frozenset[str]:
    """Return what several sentences name."""
    return frozenset().union(*map(find_content_words, of))


def find_lost_camera_lines(prompts: PromptSequence) -> Iterator[Finding]:
    """The camera line appears word for word in every prompt of a scene. Source: the guide."""
    yield from _find_lost_lines(prompts, is_camera_line, "camera")


def find_lost_light_lines(prompts: PromptSequence) -> Iterator[Finding]:
    """The light line appears in every prompt. Source: the guide."""
    yield from _find_lost_lines(prompts, is_light_line, "light")


def _find_lost_lines(
    prompts: PromptSequence, is_line: Callable[[str], bool], what: str
) -> Iterator[Finding]:
    for family in prompts.families:
        if family.base is None or family.follow is None:
            continue
        lost = _lost_line(family.base, family.follow, is_line)
        if lost is not None:
            yield Finding(
                message=(
                    f"the follow of {family.name} lacks the {what} line of its base, "
                    f"“{_shorten(lost)}”"
                ),
                span=family.follow_span,
                hint=f"repeat it word for word, preferably as a variable: let {what} = …",
                silenced=family.silenced,
            )
    for before, line in _consecutive_prompts(prompts):
        lost = _lost_line(before.text, line.text, is_line)
        if lost is not None and _is_continuation(before, line):
            yield Finding(
                message=(
                    f"this prompt lacks the {what} line of the previous prompt, “{_shorten(lost)}”"
                ),
                span=line.span,
                hint=f"repeat it word for word, preferably as a variable: let {what} = …",
                silenced=line.silenced,
                related=(Related(before.span, "the previous prompt"),),
            )


def _lost_line(before: str, after: str, is_line: Callable[[str], bool]) -> str | None:
    """Return the line of `before` that `after` does not contain.

    The first sentence is never returned, because it states the subject.
    """
    if not is_english(before):
        return None
    kept = {one.rstrip(".!") for one in split_sentences(after)}
    for one in split_sentences(before)[1:]:
        if is_line(one) and one.rstrip(".!") not in kept:
            return one
    return None


def find_lost_subjects(prompts: PromptSequence) -> Iterator[Finding]:
    """A follow-up repeats the subject: the model has no knowledge of the previous prompt.

    Source: the guide.
    """
    for family in prompts.families:
        if family.base is None or family.follow is None or not is_english(family.base):
            continue
        first = find_content_words(split_sentences(family.base)[0]) if family.base else frozenset()
        rest = set(split_sentences(family.follow)).difference(split_sentences(family.base))
        if first and not first & _find_content_words(rest):
            yield Finding(
                message=f"the follow of {family.name} does not name what its base shows",
                span=family.follow_span,
                hint="begin it with the subject of the base, then {action}",
                silenced=family.silenced,
            )
    for _, line in _consecutive_prompts(prompts):
        if _PRONOUN.match(line.text) is not None:
            yield Finding(
                message=(
                    "this prompt begins with a pronoun, but the model does not know the previous "
                    "prompt"
                ),
                span=line.span,
                hint="name the subject again as in the first prompt, then describe what changes",
                silenced=line.silenced,
            )


def find_multiple_actions(prompts: PromptSequence) -> Iterator[Finding]:
    """A follow-up adds one new action. Source: the guide."""
    for line in prompts.lines:
        if line.kind is PromptSource.BASE:
            continue
        for text in line.own:
            many = (
                line.kind is PromptSource.FOLLOW
                and len(split_sentences(text)) > MAX_ACTION_SENTENCES
            )
            if (many or _THEN.search(text) is not None) and is_english(text):
                yield Finding(
                    message=(
                        "this prompt describes several actions; the model shows them all at once, "
                        "or only one of them"
                    ),
                    span=line.span,
                    hint="give each action its own cue",
                    silenced=line.silenced,
                )
                break


def find_hard_changes(prompts: PromptSequence) -> Iterator[Finding]:
    """A hard change is a reset and a new start; a new prompt alone blends one image into the other.

    Source: the surface.
    """
    for take in prompts.takes:
        for before, line in pairwise(take):
            same = before.span == line.span or (
                line.scene is not None and line.scene == before.scene
            )
            if line.with_image or same or not is_english(line.text) or not is_english(before.text):
                continue
            if not _is_continuation(before, line) and not _find_content_words(
                split_sentences(before.text)
            ) & _find_content_words(split_sentences(line.own[0])):
                yield Finding(
                    message=(
                        "this prompt has nothing in common with the previous one, so one image "
                        "dissolves into the other"
                    ),
                    span=line.span,
                    hint=(
                        "for an abrupt change, put `cut` before it; for a gradual one, name "
                        "something that stays the same"
                    ),
                    silenced=line.silenced,
                    related=(Related(before.span, "the previous prompt"),),
                )


def find_long_arcs(prompts: PromptSequence) -> Iterator[Finding]:
    """Four or five prompts make an arc; more than six lose coherence. Source: the guide."""
    for take in prompts.takes:
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
                    message=(
                        f"this is prompt {len(arc)} since the last start; after {MAX_ARC_PROMPTS} "
                        "the image drifts"
                    ),
                    span=line.span,
                    hint="start again here with a cut or an image, or show fewer prompts",
                    silenced=line.silenced,
                )


def find_repeated_prompts(prompts: PromptSequence) -> Iterator[Finding]:
    """A prompt that is already in force changes nothing. Source: the surface."""
    for take in prompts.takes:
        for before, line in pairwise(take):
            if (
                before.text == line.text
                and len(line.texts) == 1
                and before.span != line.span
                and not line.with_image
            ):
                yield Finding(
                    message="this prompt is already shown, so nothing changes",
                    span=line.span,
                    hint="describe what changes, or remove it",
                    silenced=line.silenced,
                    related=(Related(before.span, "shown here"),),
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

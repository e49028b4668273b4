"""What is at a position: a description in plain text.

Plain, because prompts may come from strangers, and editors render Markdown, some of them into HTML
that is not sanitised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sequencer.core.catalog import find as find_code
from sequencer.core.diagnostics import Span
from sequencer.core.display import counted
from sequencer.core.lazy_dataclass import dataclass
from sequencer.editing.hints import (
    Landing,
    describe_chunks,
    describe_landing,
    find_landings,
    find_origins,
    signed_milliseconds,
)
from sequencer.editing.looking import Look
from sequencer.editing.names import NameKind, Occurrence, find_file
from sequencer.editing.nodes import nodes_in, nodes_of
from sequencer.editing.texts import (
    Position,
    clip,
    contains,
    line_text,
    start_of,
    text_of,
    word_at,
)
from sequencer.editing.words import known_words, plain_text, yaml_keys
from sequencer.language.loader import Notation
from sequencer.language.score import (
    Cue,
    Every,
    Let,
    Pick,
    Rule,
    Scene,
    Score,
    Section,
    Text,
    Use,
)
from sequencer.language.spec import SETTING_BY_FIELD
from sequencer.schedule.describe import (
    clock_time,
    describe_act,
    describe_pass,
    describe_rule,
    describe_trigger,
    length_in_words,
)
from sequencer.schedule.model import PromptAct, Schedule

MAX_LINES = 40
"""How many lines a description has; a cue may be played thousands of times."""

_CODE = re.compile(r"[EW][0-9]{3}")
_MESSAGE = re.compile(r"\bmidi[\"']?\s*:?\s+[\"']?\Z")
_COLON = re.compile(r"[\"']?\s*:(?:\s|\Z)")


@dataclass(frozen=True, slots=True)
class Hover:
    """The description of what is in a span: plain text, of several lines."""

    span: Span
    text: str


def hover(known: Look, at: Position) -> Hover | None:
    """Return the description of what is at a position, or None if there is nothing to describe."""
    found = (
        _hover_code(known, at)
        or _hover_name(known, at)
        or _hover_word(known, at)
        or _hover_setting(known, at)
        or _hover_item(known, at)
    )
    if found is None:
        return None
    lines = found.text.split("\n")
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"and {len(lines) - MAX_LINES} more lines"]
    return Hover(found.span, "\n".join(lines))


# ---- codes and words -----------------------------------------------------------------------------


def _hover_code(known: Look, at: Position) -> Hover | None:
    """Describe a code of the catalog, in `quiet`."""
    span = word_at(known.source, at)
    scenes = () if known.score is None else known.score.scenes
    if span is None or not any(at.is_in(scene.quiet_span) for scene in scenes):
        return None
    code = text_of(known.source, span)
    found = find_code(code) if _CODE.fullmatch(code) else None
    if found is None:
        return None
    explanation = "\n".join(plain_text(line) for line in found.explanation.split("\n"))
    return Hover(span, f"{found.code}: {found.title}\n\n{explanation}")


def _hover_word(known: Look, at: Position) -> Hover | None:
    """Describe a word of the language."""
    span = word_at(known.source, at)
    if span is None or _is_in_text(known, span):
        return None
    line = line_text(known.source, span.line)
    before, after = line[: span.column - 1], line[span.end_column - 1 :]
    written = text_of(known.source, span)
    if known.notation is Notation.YAML and _COLON.match(after) and written in yaml_keys():
        return Hover(span, f"{written}\n{yaml_keys()[written]}")
    is_message = _MESSAGE.search(before) is not None  # its kinds are the names of triggers, too
    word = known_words().get("midi" if is_message else written)
    if word is None:
        return None
    return Hover(span, f"{word.form}\n{word.description}".rstrip())


def _hover_setting(known: Look, at: Position) -> Hover | None:
    """Describe the line of the header at a position, also where its value is."""
    score = known.score
    for field, span in () if score is None else score.header.spans:
        if at.is_in(span):
            word = known_words()[SETTING_BY_FIELD[field].keyword]
            return Hover(clip(known.source, span), f"{word.form}\n{word.description}")
    return None


def _is_in_text(known: Look, span: Span) -> bool:
    """Return whether a word is in a prompt, a title, a path or a comment."""
    score = known.score
    if score is None:
        return False
    if any(contains(one.span, span) for one in score.comments):
        return True
    if any(
        field == "title" and contains(title, span) and start_of(title) != start_of(span)
        for field, title in score.header.spans
    ):
        return True
    here = known.names.at(known.file, start_of(span))
    if here is not None and here.kind.is_path:
        return True
    return any(isinstance(node, Text) and contains(node.span, span) for node in nodes_of(score))


# ---- names ---------------------------------------------------------------------------------------


def _hover_name(known: Look, at: Position) -> Hover | None:
    here = known.names.at(known.file, at)
    if here is None:
        return None
    lines = list(_describe_name(known, here))
    return Hover(here.span, "\n".join(lines)) if lines else None


def _describe_name(known: Look, here: Occurrence) -> Iterator[str]:
    match here.kind:
        case NameKind.SCENE:
            yield from _describe_scene(known, here.name)
        case NameKind.VARIABLE:
            yield from _describe_variable(known, here.name)
        case NameKind.SECTION:
            yield from _describe_section(known, here.name)
        case NameKind.MARK:
            yield from _describe_mark(known, here)
        case NameKind.STAGE:
            yield from _describe_stage(known, here.name)
        case NameKind.GO:
            yield from _describe_go(known, here)
        case NameKind.IMAGE:
            yield from _describe_image(known, here.name)
        case NameKind.FILE:
            yield from _describe_file(known, here)


def definitions_in(known: Look) -> tuple[Mapping[str, Let], Mapping[str, Scene]]:
    """Return the variables and the scenes that the text knows, by name."""
    lets: dict[str, Let] = {}
    scenes: dict[str, Scene] = {}
    score = known.score
    if score is not None:
        sources: tuple[Use | Score, ...] = (*score.uses, score)
        for source in sources:
            for let in source.lets:
                lets.setdefault(let.name, let)
            for scene in source.scenes:
                scenes.setdefault(scene.name, scene)
    return lets, scenes


def fill(text: Text, lets: Mapping[str, Let], action: str = "{action}", depth: int = 8) -> str:
    """Return a text with its variables filled in, as far as they are defined.

    Args:
        text: The text.
        lets: The variables by name.
        action: What `{action}` becomes.
        depth: How deep variables may contain others; in a text with errors they may be cyclic.
    """
    parts: list[str] = []
    for part in text.parts:
        if isinstance(part, str):
            parts.append(part)
        elif part.name == "action":
            parts.append(action)
        elif part.name in lets and depth:
            parts.append(fill(lets[part.name].text, lets, action, depth - 1))
        else:
            parts.append(f"{{{part.name}}}")
    return "".join(parts)


def _describe_scene(known: Look, name: str) -> Iterator[str]:
    lets, scenes = definitions_in(known)
    scene = scenes.get(name)
    if scene is None:
        return
    yield f"scene {name}"
    if scene.base is not None:
        yield f"base: {fill(scene.base, lets)}"
    if scene.follow is not None:
        yield f"follow: {fill(scene.follow, lets)}"
    if scene.silenced:
        yield f"quiet: {', '.join(scene.silenced)}"


def _describe_variable(known: Look, name: str) -> Iterator[str]:
    lets, _ = definitions_in(known)
    if name in lets:
        yield f"variable {name}"
        yield fill(lets[name].text, lets)
    elif name == "action":
        yield "The action of the scene: the text after its name in a cue."


def _describe_section(known: Look, name: str) -> Iterator[str]:
    yield f"section {name}"
    schedule = None if known.valid is None else known.valid.schedule
    if schedule is None:
        return
    following = [*(one.latest for one in schedule.stretches[1:]), schedule.end]
    mine = [
        (one, end)
        for one, end in zip(schedule.stretches, following, strict=True)
        if one.section == name
    ]
    if not mine:
        yield "It is not played."
    for one, end in mine:
        until = " or ".join(describe_trigger(trigger, schedule.middle) for trigger in one.until)
        length = f"{length_in_words(one)}{' at most' if until else ''}"
        yield (
            f"{describe_pass(name, one.occurrence, len(mine))}: {clock_time(one.start)}, {length}, "
            f"{describe_chunks(one, end)}{', until ' if until else ''}{until}"
        )


def _describe_mark(known: Look, here: Occurrence) -> Iterator[str]:
    yield f"mark {here.name}"
    schedule = None if known.valid is None else known.valid.schedule
    if schedule is None:
        return
    section = here.scope[1]
    passes = sum((one.section or "") == section for one in schedule.stretches)
    is_known = True
    for stretch in schedule.stretches:
        marks = stretch.marks if (stretch.section or "") == section else ()
        for mark in marks:
            if mark.name == here.name:
                time = stretch.start + mark.offset
                chunk = schedule.grid.snap(time, schedule.snap)
                error = signed_milliseconds(schedule.grid.snap_error(time, chunk)) or "exact"
                name = describe_pass(stretch.section, stretch.occurrence, passes)
                exact = f"{clock_time(time)}, chunk {chunk}, {error}"
                yield f"{name}: {exact if is_known else f'chunk {chunk} at the latest'}"
        is_known = is_known and not stretch.is_live


def _describe_stage(known: Look, name: str) -> Iterator[str]:
    yield f"stage {name}"
    ensemble = None if known.valid is None else known.valid.checked.ensemble
    if ensemble is not None and name in ensemble.names:
        schedule = ensemble.part(name)
        rules = sum(len(one.rules) for one in schedule.stretches)
        parts = [counted(len(schedule.entries), "cue"), counted(len(schedule.takes), "take")]
        parts += [counted(rules, "rule")] if rules else []
        yield f"{', '.join(parts)}, seed {schedule.seed}"


def _describe_go(known: Look, here: Occurrence) -> Iterator[str]:
    uses = known.names.of(here.key)
    yield f"go cue {here.name}"
    lines = ", ".join(str(one.span.line) for one in uses[:MAX_LINES])
    yield f"waited for in line{'' if len(uses) == 1 else 's'} {lines}"


def _describe_image(known: Look, path: str) -> Iterator[str]:
    score = known.score
    image = next((one for one in (score.images if score else ()) if one.path == path), None)
    if image is not None:
        kind = image.mime_type.removeprefix("image/").upper()
        yield f"{path}\n{kind}, {image.width} × {image.height}, {image.size:,} bytes"


def _describe_file(known: Look, here: Occurrence) -> Iterator[str]:
    yield here.name
    score = known.loaded.files.get(find_file(known, here))
    if score is not None:
        scenes = ", ".join(one.name for one in score.scenes) or "none"
        lets = ", ".join(one.name for one in score.lets) or "none"
        yield f"scenes: {scenes}\nvariables: {lets}"


# ---- cues and rules ------------------------------------------------------------------------------


def _hover_item(known: Look, at: Position) -> Hover | None:
    """Describe the cue or the rule at a position: when it happens, and what the model receives."""
    score = known.score
    schedule = None if known.valid is None else known.valid.schedule
    if score is None or schedule is None:
        return None
    for item in _items_of(score):
        if at.is_in(item.span):
            origin = find_origins(known)(item.span)
            lines: Iterator[str]
            if isinstance(item, Rule):
                lines = _describe_rules(schedule, origin)
            else:
                lines = _describe_cue(known, schedule, item, origin)
            stages = ", ".join(one.name for one in item.stages)
            text = "\n".join([f"on {stages}", *lines] if stages else lines)
            return Hover(clip(known.source, item.span), text) if text else None
    section = _section_at(score, at)
    if section is not None and at.line == section.span.line:
        return Hover(section.name_span, "\n".join(_describe_section(known, section.name)))
    return None


def _items_of(score: Score) -> Iterator[Cue | Every | Rule]:
    for items in (score.items, *(section.items for section in score.sections)):
        yield from items


def _section_at(score: Score, at: Position) -> Section | None:
    return next((one for one in score.sections if at.is_in(one.span)), None)


def _describe_rules(schedule: Schedule, origin: Span) -> Iterator[str]:
    seen: set[str] = set()
    for stretch in schedule.stretches:
        for entry in stretch.rules:
            if entry.origin == origin:
                acts = [describe_act(act) for act in entry.acts]
                text = "\n".join([f"on {describe_rule(entry, schedule.middle)}", *acts])
                if text not in seen:
                    seen.add(text)
                    yield text


def _describe_cue(
    known: Look, schedule: Schedule, item: Cue | Every, origin: Span
) -> Iterator[str]:
    landings = find_landings(schedule, known.file).get(origin, [])
    prompts = [_prompt_of(one) for one in landings]
    picks = [node for node in nodes_in(item) if isinstance(node, Pick)]
    is_same = len(set(prompts)) <= 1
    for one, prompt in zip(landings, prompts, strict=True):
        yield describe_landing(one, schedule.grid)
        if not is_same and prompt is not None:
            yield f"  {prompt}{_describe_choice(known, picks, prompt)}"
    if is_same and prompts and prompts[0] is not None:
        yield f"\n{prompts[0]}{_describe_choice(known, picks, prompts[0])}"
    acts = [act for one in landings[:1] for act in one.entry.acts]
    yield from (describe_act(act) for act in acts if not isinstance(act, PromptAct))
    sends = [
        (stretch, send)
        for stretch in schedule.stretches
        for send in stretch.sends
        if send.origin == origin
    ]
    for stretch, send in sends[:MAX_LINES]:
        words = ", ".join(describe_act(act) for act in send.acts)
        yield f"{clock_time(stretch.start + send.offset)}, exact: {words}"


def _prompt_of(landing: Landing) -> str | None:
    return next((act.text for act in landing.entry.acts if isinstance(act, PromptAct)), None)


def _describe_choice(known: Look, picks: Iterable[Pick], prompt: str) -> str:
    """Return which option of a random choice a prompt contains."""
    lets, _ = definitions_in(known)
    for pick in picks:
        for number, option in enumerate(pick.options, 1):
            if " ".join(fill(option, lets).split()) in " ".join(prompt.split()):
                return f" ({pick.keyword}: {number} of {len(pick.options)})"
    return ""

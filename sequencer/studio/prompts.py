"""The prompt of the cue at a position as the model receives it, where it lands, and its exits.

Everything is that of the last valid text; a position in a line that was changed since has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sequencer.core.diagnostics import Span
from sequencer.editing.hints import Landing, find_landings, find_origins
from sequencer.editing.looking import Look
from sequencer.editing.texts import Position
from sequencer.language.score import Cue, Every, Rule, Score
from sequencer.schedule.describe import (
    bar_beat_of,
    describe_act,
    describe_pass,
    firing_by_name,
    rule_by_name,
)
from sequencer.schedule.model import (
    CutAct,
    PickAct,
    PromptAct,
    RuleEntry,
    Schedule,
    ShuffleAct,
    Stretch,
)
from sequencer.schedule.prompt_actions import ELLIPSIS, Actions, sentences
from sequencer.schedule.rewording import shortest_action
from sequencer.studio.text_buffer import TextBuffer

MAX_EXITS = 64
"""How many bars of a live section are listed at which it can be left."""


def describe_prompt(look: Look, at: Position, chosen: int = 0) -> dict[str, Any] | None:
    """Return what the model receives for the cue or the rule at a position.

    Args:
        look: What is known about the text.
        at: The position in it.
        chosen: Which pass of its section, from 0. One that does not exist counts as the last.

    Returns:
        `line`, `title`, `outdated` (whether it is that of an earlier text), `acts` (what else it
        does), `prompts` (each with `label`, `text`, and `changed`: what differs from the prompt
        before, in UTF-16 code units), `landing` (None for a rule), `pass` and `passes`, `exits`
        (`bar`, `chunk`, `error_ms`) and `live` (what its live section waits for). Times are in
        seconds, errors in milliseconds. None if there is no cue and no rule.
    """
    score = look.score
    schedule = None if look.valid is None else look.valid.schedule
    if score is None or schedule is None:
        return None
    item = next((one for one in _items(score) if at.is_in(one.span)), None)
    if item is None:
        return None
    origin = find_origins(look)(item.span)
    found = (
        _describe_rule(schedule, origin)
        if isinstance(item, Rule)
        else _describe_cue(look, schedule, origin, chosen)
    )
    return (
        None if found is None else {**found, "line": item.span.line, "outdated": look.is_outdated}
    )


def _items(score: Score) -> Iterator[Cue | Every | Rule]:
    for items in (score.items, *(section.items for section in score.sections)):
        yield from items


# ---- cues ----------------------------------------------------------------------------------------


def _describe_cue(
    look: Look, schedule: Schedule, origin: Span, chosen: int
) -> dict[str, Any] | None:
    landings = find_landings(schedule, look.file).get(origin, [])
    if not landings:
        return None
    number = max(0, min(chosen, len(landings) - 1))
    landing = landings[number]
    before, own = _prompts_around(schedule, landing)
    text = before if own is None else own
    label = "unchanged by this cue" if own is None and before is not None else ""
    changed = [] if own is None or before is None else changed_parts(before, own)
    name = describe_pass(landing.stretch.section, landing.stretch.occurrence, landing.passes)
    place = f"{name} {landing.entry.place}" if landing.stretch.section else landing.entry.place
    exits = _exits(schedule, landing.stretch)
    return {
        "title": f"{place} · chunk {landing.chunk}",
        "acts": [describe_act(act) for act in landing.entry.acts if not isinstance(act, PromptAct)],
        "prompts": [] if text is None else [{"label": label, "text": text, "changed": changed}],
        "landing": _describe_landing(schedule, landing),
        "pass": number,
        "passes": len(landings),
        "exits": exits,
        "live": "" if not exits else _describe_live(schedule, landing.stretch),
    }


def _prompts_around(schedule: Schedule, landing: Landing) -> tuple[str | None, str | None]:
    """Return the prompt in force before a cue, and the cue's own. A cut forgets the one before."""
    before: str | None = None
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            own = next((act.text for act in entry.acts if isinstance(act, PromptAct)), None)
            if stretch is landing.stretch and entry is landing.entry:
                cuts = any(isinstance(act, CutAct) for act in entry.acts)
                return (None if cuts and own is not None else before), own
            before = own or before
    return None, None


def changed_parts(before: str, text: str) -> list[tuple[int, int]]:
    """Return where a prompt differs from the one before: its new sentences, in UTF-16 code units.

    Sentences that only reword one of the prompt before are left out, if others remain.
    """
    action = shortest_action(Actions((before, text)), before, text)
    buffer = TextBuffer.of(text)
    found: list[tuple[int, int]] = []
    at = 0
    for sentence in sentences(action.replace(ELLIPSIS, " ")):
        words = r"\s+".join(re.escape(word) for word in sentence.split())
        match = re.compile(words).search(text, at)
        if match is not None:
            at = match.end()
            found.append((_units(buffer, match.start()), _units(buffer, match.end())))
    return [] if found == [(0, len(buffer))] else found


def _units(buffer: TextBuffer, offset: int) -> int:
    return len(TextBuffer.of(buffer.text[:offset]))


def _describe_landing(schedule: Schedule, landing: Landing) -> dict[str, Any]:
    grid, chunk, error = schedule.grid, landing.chunk, landing.error
    neighbour = None
    if error:
        other = chunk - 1 if error > 0 else chunk + 1
        if other >= 0:
            neighbour = {
                "chunk": other,
                "error_ms": float(grid.snap_error(landing.time, other) * 1000),
            }
    bar = bar_beat_of(landing.stretch, landing.entry.quarter, landing.entry.offset)
    return {
        "chunk": chunk,
        "earliest": landing.earliest,
        "error_ms": None if error is None else float(error * 1000),
        "bar": f"Bar {bar}" if bar else "",
        "section": landing.stretch.section or "",
        "seconds": float(landing.time),
        "chunk_at": float(grid.boundary(chunk)),
        "neighbour": neighbour,
    }


# ---- live sections -------------------------------------------------------------------------------


def _exits(schedule: Schedule, stretch: Stretch) -> list[dict[str, Any]]:
    """Return the bar lines at which a live section can be left, if its beginning is known."""
    tempo, meters, quarters = stretch.tempo, stretch.meters, stretch.quarters
    earlier = schedule.stretches[: stretch.index]
    if not stretch.is_live or tempo is None or meters is None or quarters is None:
        return []
    if any(one.is_live for one in earlier):
        return []
    found: list[dict[str, Any]] = []
    grid = schedule.grid
    for bar in range(2, MAX_EXITS + 2):
        quarter = meters.bar_start(bar - 1)  # it counts from 0
        if quarter > quarters:
            break
        time = stretch.start + tempo.seconds_at(quarter)
        chunk = grid.snap(time, schedule.snap)
        error = float(grid.snap_error(time, chunk) * 1000)
        found.append({"bar": bar, "chunk": chunk, "error_ms": error})
    return found


def _describe_live(schedule: Schedule, stretch: Stretch) -> str:
    waits = " or ".join(firing_by_name(one, schedule.middle) for one in stretch.until)
    return f"{stretch.section or 'The section'} (until {waits})"


# ---- rules ---------------------------------------------------------------------------------------


def _describe_rule(schedule: Schedule, origin: Span) -> dict[str, Any] | None:
    rules = (rule for one in schedule.stretches for rule in one.rules if rule.origin == origin)
    rule = next(rules, None)
    if rule is None:
        return None
    prompts = list(islice(_texts(rule), MAX_EXITS))
    return {
        "title": f"on {rule_by_name(rule, schedule.middle)}",
        "acts": [
            describe_act(act)
            for act in rule.acts
            if not isinstance(act, PromptAct | PickAct | ShuffleAct)
        ],
        "prompts": prompts,
        "landing": None,
        "pass": 0,
        "passes": 1,
        "exits": [],
        "live": "",
    }


def _texts(rule: RuleEntry) -> Iterator[dict[str, Any]]:
    for act in rule.acts:
        match act:
            case PromptAct():
                yield {"label": "", "text": act.text, "changed": []}
            case PickAct() | ShuffleAct():
                texts: Sequence[str] = act.texts
                for number, text in enumerate(texts, 1):
                    changed = _differing(texts, text)
                    yield {
                        "label": f"{act.kind}: {number} of {len(texts)}",
                        "text": text,
                        "changed": changed,
                    }
            case _:
                pass


def _differing(texts: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Return where one of several prompts differs from the others."""
    other = next((one for one in texts if one != text), None)
    return [] if other is None else changed_parts(other, text)

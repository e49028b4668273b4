"""What an edit changes in a score, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sequencer.core.display import counted
from sequencer.runtime.output.action_excerpt import elided
from sequencer.schedule.describe import bare, describe_act, describe_pass, length_in_words
from sequencer.schedule.model import CueAct, PromptAct, Schedule, Stretch
from sequencer.schedule.prompt_actions import Actions, actions_of

MAX_CHANGES = 12
"""The most changes that are described; further ones are counted."""
QUOTED = 80
"""The longest quotation of a prompt, in characters."""

_Key = tuple[str | None, int]
_Cues = dict[str, list[tuple[CueAct, ...]]]


def describe_changes(before: Schedule, after: Schedule) -> list[str]:
    """Return what an edit changes, one sentence each.

    Sections are compared by their names and passes, cues by their positions in them.
    """
    found = list(_changes(before, after))
    if len(found) > MAX_CHANGES:
        more = len(found) - MAX_CHANGES + 1
        found[MAX_CHANGES - 1 :] = [f"and {counted(more, 'more change')}"]
    return found


def _changes(before: Schedule, after: Schedule) -> Iterator[str]:
    old, new = _passes(before), _passes(after)
    actions = actions_of(after)
    passes = Counter(stretch.section for stretch in after.stretches)
    old_passes = Counter(stretch.section for stretch in before.stretches)
    for key in old:
        if key not in new:
            yield f"{describe_pass(*key, old_passes[key[0]])} is no longer played"
    for key, stretch in new.items():
        name = describe_pass(*key, passes[key[0]])
        earlier = old.get(key)
        if earlier is None:
            cues = counted(len(stretch.entries), "cue")
            yield f"{name} is new, with {cues}"
            continue
        if length_in_words(earlier) != length_in_words(stretch):
            yield f"{name} lasts {length_in_words(stretch)} instead of {length_in_words(earlier)}"
        elif (earlier.seconds, earlier.tempo, earlier.meters) != (
            stretch.seconds,
            stretch.tempo,
            stretch.meters,
        ):
            yield f"{name} has another tempo or meter"
        if earlier.until != stretch.until:
            yield f"{name} is left by other triggers"
        yield from _cue_changes(name, _cues(earlier), _cues(stretch), actions)
        if _rules(earlier) != _rules(stretch):
            yield f"{name} has other rules"
        if [(one.place, one.acts) for one in earlier.sends] != [
            (one.place, one.acts) for one in stretch.sends
        ]:
            yield f"{name} sends other messages"
    order_before = [(one.section, one.occurrence) for one in before.stretches]
    order_after = [(one.section, one.occurrence) for one in after.stretches]
    if set(order_before) == set(order_after) and order_before != order_after:
        yield "the sections are played in another order"
    for what, one, other in (
        ("seed", before.seed, after.seed),
        ("lead", before.lead, after.lead),
        ("snap", before.snap.value, after.snap.value),
        ("late", before.late, after.late),
        ("sr", before.sr, after.sr),
    ):
        if one != other:
            yield f"{what} is {other} instead of {one}"


def _passes(schedule: Schedule) -> dict[_Key, Stretch]:
    return {(one.section, one.occurrence): one for one in schedule.stretches}


def _cues(stretch: Stretch) -> _Cues:
    found: _Cues = {}
    for entry in stretch.entries:
        found.setdefault(entry.place, []).append(entry.acts)
    return found


def _cue_changes(name: str, old: _Cues, new: _Cues, actions: Actions) -> Iterator[str]:
    for place, acts in new.items():
        if place not in old:
            yield f"{name} {place} is new: {_deeds(acts, actions)}"
        elif old[place] != acts:
            yield f"{name} {place} is changed: {_deeds(acts, actions)}"
    for place in old:
        if place not in new:
            yield f"{name} {place} is removed"


def _deeds(cues: list[tuple[CueAct, ...]], actions: Actions) -> str:
    words = [
        f"“{bare(actions.of(None, act.text))}”" if isinstance(act, PromptAct) else describe_act(act)
        for acts in cues
        for act in acts
    ]
    return elided(", ".join(words), QUOTED)


def _rules(stretch: Stretch) -> list[object]:
    return [(one.trigger, one.acts, one.quantisation) for one in stretch.rules]

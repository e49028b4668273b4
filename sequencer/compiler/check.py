"""Last pass: what only shows once every cue stands on its chunk."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from sequencer.errors import Faults, Related
from sequencer.schedule import Bundle, CutTake, Entry, Schedule, ShowImage, ShowPrompt, Strength, SuperResolution

MOST_CHUNKS = 1_000_000
"""The longest score, in chunks (about sixteen days): beyond it a slip is likelier than a show."""


def check(schedule: Schedule, faults: Faults) -> None:
    """Tell what is wrong with a whole schedule."""
    if not schedule.entries:
        return
    if schedule.end > MOST_CHUNKS:
        span = schedule.stretches[-1].origin
        faults.error("E420", f"this score is {schedule.end:,} chunks long; {MOST_CHUNKS:,} is the most", span)
        return
    by_id = {entry.id: entry for entry in schedule.entries}
    _openings(schedule, by_id, faults)
    for take in schedule.takes:
        for bundle in take.bundles:
            _one_chunk(bundle, by_id, schedule, faults)
    _behind_live(schedule, faults)


def _openings(schedule: Schedule, by_id: dict[int, Entry], faults: Faults) -> None:
    """Every take opens with a prompt."""
    for take in schedule.takes:
        if take.opening.prompt:
            continue
        cut = _cut_entry(take.bundles[:1], by_id)
        if cut is not None and take.start > 0:
            faults.error(
                "E421",
                f"the cut opens a take at chunk {take.start}, and no prompt lands on that chunk",
                cut.origin,
                "give the prompt the place of the cut",
            )
            continue
        first = next((entry for entry in schedule.entries if any(isinstance(act, ShowPrompt) for act in entry.acts)), None)
        if first is None:
            faults.error(
                "E422", "this score shows no prompt", schedule.entries[0].origin, 'the model starts with one: at 0c "…"'
            )
            return
        where = "1" if schedule.stretches[0].meters is not None else "0c"
        faults.error(
            "E423",
            f"no prompt lands on chunk 0: the first one lands on chunk {first.chunk}, and the model starts with a prompt",
            first.origin,
            f"write `at {where}` for the first prompt" + (", or snap floor" if first.chunk == 1 else ""),
        )
        return


def _cut_entry(bundles: tuple[Bundle, ...], by_id: dict[int, Entry]) -> Entry | None:
    for bundle in bundles:
        for number in bundle.entries:
            if any(isinstance(act, CutTake) for act in by_id[number].acts):
                return by_id[number]
    return None


_KINDS = ((ShowPrompt, "prompts"), (ShowImage, "images"), (SuperResolution, "sr settings"), (CutTake, "cuts"))


def _one_chunk(bundle: Bundle, by_id: dict[int, Entry], schedule: Schedule, faults: Faults) -> None:
    entries = [by_id[number] for number in bundle.entries]
    if len(entries) > 1:
        for kind, words in _KINDS:
            having = [entry for entry in entries if any(isinstance(act, kind) for act in entry.acts)]
            for first, second in pairwise(having):
                _collision(first, second, words, schedule, faults)
    if bundle.strength is not None and bundle.image is None:
        entry = next(one for one in entries if any(isinstance(act, Strength) for act in one.acts))
        faults.warn(
            "W402",
            "strength without an image in its chunk acts with the next image",
            entry.origin,
            "give it the place of the image",
        )


def _collision(first: Entry, second: Entry, words: str, schedule: Schedule, faults: Faults) -> None:
    """Two of a kind on one chunk: an error for prompts and cuts of a fixed score, elsewhere a warning (the later wins)."""
    message = f"two {words} land on chunk {second.chunk}: {first.place} and {second.place}"
    related = (Related(first.origin, "the first one"),)
    chunk = float(schedule.grid.chunk)
    hint = f"a chunk lasts {chunk:.3f} s; move one of them, or leave it out"
    if words in ("prompts", "cuts") and schedule.is_fixed:
        faults.error("E424", message, second.origin, hint, related=related)
    else:
        faults.warn("W403", f"{message}; the later one wins", second.origin, hint, related=related)


def _behind_live(schedule: Schedule, faults: Faults) -> None:
    """Behind a live stretch (or under an outer clock) chunks are not known: a cut there carries its prompt itself."""
    loose = schedule.clock.is_outer
    for stretch in schedule.stretches:
        if loose:
            for entry in stretch.entries:
                if any(isinstance(act, CutTake) for act in entry.acts) and not _prompt_at(entry, stretch.entries):
                    faults.error(
                        "E425",
                        "this cut's chunk is not known before the run, so its prompt must have the very same place",
                        entry.origin,
                        f"put the prompt at {entry.place} too",
                    )
        loose = loose or stretch.is_live or bool(stretch.rules)


def _prompt_at(cut: Entry, entries: Iterable[Entry]) -> bool:
    """Whether a prompt stands at the exact time of a cut and snaps as it does."""
    return any(
        entry.offset == cut.offset and entry.snap == cut.snap and any(isinstance(act, ShowPrompt) for act in entry.acts)
        for entry in entries
    )

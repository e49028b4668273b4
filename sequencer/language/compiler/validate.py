"""Last pass: check what can only be known once every cue has its chunk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Set as AbstractSet
from fractions import Fraction
from itertools import pairwise

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.core.timebase import Snap
from sequencer.language.compiler.fades import check_fades
from sequencer.language.compiler.fixes import free_position_fix, is_yaml
from sequencer.language.compiler.ir import Resolved, ResolvedCue
from sequencer.language.compiler.local_time import describe_number
from sequencer.language.compiler.model_checks import check_model
from sequencer.language.score import Duration
from sequencer.schedule.document import MAX_BARS, MAX_CHUNKS, bars
from sequencer.schedule.model import (
    ChunkActs,
    CutAct,
    Entry,
    ImageAct,
    PromptAct,
    Schedule,
    StrengthAct,
    Stretch,
    SuperResolutionAct,
)


def _find_played_span(resolved: Resolved) -> Span | None:
    """Return where a score without cues indicates that it is meant to be played.

    The result is None for a library that other scores use.
    """
    score = resolved.score
    if score.sections:
        return score.sections[0].span
    if score.items:
        return score.items[0].span
    if score.end is not None or score.lets or score.scenes or score.uses:
        return score.end_span if score.end is not None else None
    return next((span for _, span in score.header.spans), None)


def _first_position(schedule: Schedule) -> str:
    """Return how the beginning of a score is written: in bars if it has any."""
    has_bars = bool(schedule.stretches) and schedule.stretches[0].meters is not None
    return "1" if has_bars else "0c"


def check_schedule(schedule: Schedule, resolved: Resolved, faults: Diagnostics) -> None:
    """Report what is wrong with a complete schedule.

    `resolved` knows where the positions of its cues are written.
    """
    if not schedule.entries:
        sends = [send for stretch in schedule.stretches for send in stretch.sends]
        where = sends[0].origin if sends else _find_played_span(resolved)
        if where is not None:
            faults.error(
                "E422",
                "this score shows no prompt",
                where,
                hint=f'the model starts with one: at {_first_position(schedule)} "…"',
            )
        return
    if schedule.end > MAX_CHUNKS:
        span = schedule.stretches[-1].origin
        faults.error(
            "E420",
            f"this score is {schedule.end:,} chunks long; the maximum is {MAX_CHUNKS:,}",
            span,
            hint="shorten it",
        )
        return
    for stretch in schedule.stretches:
        if bars(stretch) > MAX_BARS:
            message = f"this is {bars(stretch):,} bars long; the maximum is {MAX_BARS:,}"
            faults.error("E420", message, stretch.origin, hint="shorten it")
            return
    by_id = {entry.id: entry for entry in schedule.entries}
    lookup = _CueLookup(schedule, resolved)
    _check_openings(schedule, by_id, lookup, faults)
    for take in schedule.takes:
        for bundle in take.bundles:
            _check_chunk_collisions(bundle, by_id, lookup, faults)
            _check_strength(bundle, by_id, faults)
    check_fades(schedule, resolved, faults)
    check_model(schedule, resolved.score.header, faults)
    _check_sound(schedule, faults)
    _check_cuts_without_chunk(schedule, faults)


def _check_sound(schedule: Schedule, faults: Diagnostics) -> None:
    """Report a sound that is not played in time with the score, because nothing can wait for it."""
    track = schedule.sound
    if track is None:
        return
    live = next((stretch for stretch in schedule.stretches if stretch.is_live), None)
    if schedule.clock.is_external:
        message = "the sound does not follow the external clock: it is played at its own speed"
        hint = "play the music from the device that sends the clock, and remove this line"
    elif live is not None:
        message = f"the sound does not wait for the live section `{live.section}`"
        hint = "give the section a fixed length, or remove this line and have the music follow too"
    else:
        return
    faults.warn("W540", message, track.origin, hint=hint)


def check_collisions(schedule: Schedule, resolved: Resolved, faults: Diagnostics) -> None:
    """Report only collisions on a chunk, for a score with other errors that do not move cues."""
    if schedule.end > MAX_CHUNKS:
        return
    by_id = {entry.id: entry for entry in schedule.entries}
    lookup = _CueLookup(schedule, resolved)
    for take in schedule.takes:
        for bundle in take.bundles:
            _check_chunk_collisions(bundle, by_id, lookup, faults)


class _CueLookup:
    """Where the positions of cues are written, and which other position would fix a cue."""

    def __init__(self, schedule: Schedule, resolved: Resolved) -> None:
        self.schedule = schedule
        self._blocks = resolved.blocks
        self._sources = resolved.score.sources
        self._cues: dict[Span, ResolvedCue] | None = None
        self._taken: set[int] | None = None
        self._played = [one for one in schedule.stretches if one.entries]
        self._first_ids = [min(inner.id for inner in one.entries) for one in self._played]
        self._repeats: dict[Span, list[Entry]] | None = None
        self._prompt_offsets: dict[int, frozenset[Fraction]] = {}
        """By the id of a stretch's first entry."""

    def find_cue(self, entry: Entry) -> ResolvedCue | None:
        """Return the cue of an entry.

        The result is None for the cut of a section and for a score that was not read from a file.
        """
        if self._cues is None:  # built only when the first diagnostic needs it
            self._cues = {
                cue.span: cue for block in self._blocks for cue in block.cues if cue.span.line
            }
        return self._cues.get(entry.origin)

    def suggest_first_position(self, entry: Entry) -> tuple[str, tuple[Fix, ...]]:
        """Return a position for a score's first prompt, and a fix if it has a written position."""
        stretch = self.schedule.stretches[0]
        where = _first_position(self.schedule)
        cue = self.find_cue(entry)
        position = None if cue is None else cue.place
        inside = any(one.id == entry.id for one in stretch.entries)
        return where, (Fix(position.span, where),) if position is not None and inside else ()

    def suggest_free_position(self, entry: Entry) -> Fix | None:
        """Return a fix that moves an entry to a chunk without a prompt."""
        cue = self.find_cue(entry)
        if cue is not None and cue.every is not None and cue.place is None:
            return self._suggest_later_start(entry, cue.every)
        if cue is None or cue.place is None or cue.every is not None:
            return None
        if self._taken is None:
            prompts = (
                one
                for one in self.schedule.entries
                if any(isinstance(act, PromptAct) for act in one.acts)
            )
            self._taken = {one.chunk for one in prompts}
        text = free_position_fix(entry, self._find_stretch(entry), self.schedule, self._taken)
        return None if text is None else Fix(cue.place.span, text)

    def _find_stretch(self, entry: Entry) -> Stretch:
        """Return the stretch of an entry: entries are numbered in the order of stretches."""
        return self._played[bisect_right(self._first_ids, entry.id) - 1]

    def prompt_offsets(self, entry: Entry) -> frozenset[Fraction]:
        """Return the offsets of the prompts in an entry's stretch."""
        stretch = self._find_stretch(entry)
        first = stretch.entries[0].id
        if first not in self._prompt_offsets:
            offsets = frozenset(one.offset for one in _entries_with_prompt(stretch))
            self._prompt_offsets[first] = offsets
        return self._prompt_offsets[first]

    def _find_next(self, entry: Entry) -> Entry | None:
        """Return the next entry that came from the same cue."""
        if self._repeats is None:
            self._repeats = {}
            for one in self.schedule.entries:
                self._repeats.setdefault(one.origin, []).append(one)
        alike = self._repeats[entry.origin]
        index = bisect_right(alike, entry.id, key=lambda one: one.id)
        return alike[index] if index < len(alike) else None

    def _suggest_later_start(self, entry: Entry, every: Duration) -> Fix | None:
        """Return a fix that adds a start to an `every` that has none and collides with a prompt.

        The start is the next repetition.
        """
        following = self._find_next(entry)
        span = every.span
        end = Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)
        if following is None or not is_yaml(span.file):
            return None if following is None else Fix(end, f" from {following.place}")
        lines_after = dict(self._sources).get(span.file, "").split("\n")[span.end_line - 1 :][:1]
        in_braces = bool(lines_after) and lines_after[0][span.end_column - 1 :].lstrip().startswith(
            (",", "}")
        )
        return Fix(end, f", from: {following.place}") if in_braces else None


def _check_openings(
    schedule: Schedule, by_id: dict[int, Entry], lookup: _CueLookup, faults: Diagnostics
) -> None:
    """Report takes that do not open with a prompt."""
    for take in schedule.takes:
        nothing_before = (
            take.index == 0 and take.start > 0
        )  # the score begins with a cut, and the model has nothing to start with
        if take.opening.prompt and not nothing_before:
            continue
        cut = _find_cut(take.bundles[:1], by_id)
        if cut is not None and take.start > 0 and not nothing_before:
            faults.error(
                "E421",
                f"the cut opens a take at chunk {take.start}, but no prompt lands on that chunk",
                cut.origin,
                hint=_hint_for_cut(cut, lookup.prompt_offsets(cut), schedule.snap),
            )
            continue
        first = next(
            (
                entry
                for entry in schedule.entries
                if any(isinstance(act, PromptAct) for act in entry.acts)
            ),
            None,
        )
        if first is None:
            faults.error(
                "E422",
                "this score shows no prompt",
                schedule.entries[0].origin,
                hint=f'the model starts with one: at {_first_position(schedule)} "…"',
            )
            return
        where, fixes = lookup.suggest_first_position(first)
        faults.error(
            "E423",
            (
                f"no prompt lands on chunk 0: the first one lands on chunk {first.chunk}, but the "
                "model starts with a prompt"
            ),
            first.origin,
            hint=f"write `at {where}` for the first prompt"
            + (", or snap floor" if first.chunk == 1 else ""),
            fix=fixes,
        )
        return


def _find_cut(bundles: tuple[ChunkActs, ...], by_id: dict[int, Entry]) -> Entry | None:
    for bundle in bundles:
        for one in bundle.entries:
            if any(isinstance(act, CutAct) for act in by_id[one].acts):
                return by_id[one]
    return None


EXCLUSIVE_ACTS = (
    (PromptAct, "prompts"),
    (ImageAct, "images"),
    (SuperResolutionAct, "sr settings"),
    (CutAct, "cuts"),
)
"""What a chunk can have one of, and what several are called."""


def _check_chunk_collisions(
    bundle: ChunkActs, by_id: dict[int, Entry], lookup: _CueLookup, faults: Diagnostics
) -> None:
    if len(bundle.entries) > 1:
        entries = [by_id[number] for number in bundle.entries]
        for kind, words in EXCLUSIVE_ACTS:
            having = [
                entry for entry in entries if any(isinstance(act, kind) for act in entry.acts)
            ]
            for first, second in pairwise(having):
                _report_collision(first, second, words, lookup, faults)


def _check_strength(bundle: ChunkActs, by_id: dict[int, Entry], faults: Diagnostics) -> None:
    if bundle.strength is not None and bundle.image is None:
        entries = (by_id[number] for number in bundle.entries)
        entry = next(
            one for one in entries if any(isinstance(act, StrengthAct) for act in one.acts)
        )
        faults.warn(
            "W402",
            "a strength without an image in its chunk applies to the next image",
            entry.origin,
            hint="give it the position of the image",
        )


def _report_collision(
    first: Entry, second: Entry, words: str, lookup: _CueLookup, faults: Diagnostics
) -> None:
    """Report two acts of a kind on a chunk.

    For prompts or cuts in a fixed score it is an error, else a warning: the later act wins.
    """
    message = f"two {words} land on chunk {second.chunk}: {first.place} and {second.place}"
    related = (Related(first.origin, "the first one"),)
    schedule = lookup.schedule
    lasts = f"a chunk lasts {describe_number(schedule.grid.chunk)} s"
    hint = f"{lasts}; move one of them, or remove it"
    if words in ("prompts", "cuts") and schedule.is_fixed:
        fix = (
            lookup.suggest_free_position(second)
            if words == "prompts" and not faults.is_full
            else None
        )
        if fix is not None:
            hint = f"{lasts}; write {fix.text.lstrip(', ')} for this one, or remove one of them"
        faults.error(
            "E424",
            message,
            second.origin,
            hint=hint,
            fix=() if fix is None else (fix,),
            related=related,
        )
    else:
        faults.warn(
            "W403",
            f"{message}; the later one takes effect",
            second.origin,
            hint=hint,
            related=related,
        )


def _check_cuts_without_chunk(schedule: Schedule, faults: Diagnostics) -> None:
    """Report cuts without a prompt of their own where chunks are not known.

    That is after a live stretch or with an external clock.
    """
    loose = schedule.clock.is_external
    for stretch in schedule.stretches:
        if loose:
            _report_cuts_without_prompt(stretch, schedule.snap, faults)
        loose = loose or stretch.is_live or bool(stretch.rules)


def _report_cuts_without_prompt(stretch: Stretch, default_snap: Snap, faults: Diagnostics) -> None:
    """Report a stretch's cuts without a prompt of the same exact time and the same snap."""
    with_prompt = _entries_with_prompt(stretch)
    prompts = {(one.offset, one.snap) for one in with_prompt}
    offsets = {one.offset for one in with_prompt}
    for entry in stretch.entries:
        if (
            any(isinstance(act, CutAct) for act in entry.acts)
            and (entry.offset, entry.snap) not in prompts
        ):
            faults.error(
                "E425",
                (
                    "this cut's chunk is not known before the run, so its prompt must have exactly "
                    "the same position"
                ),
                entry.origin,
                hint=_hint_for_cut(entry, offsets, default_snap),
            )


def _entries_with_prompt(stretch: Stretch) -> list[Entry]:
    return [one for one in stretch.entries if any(isinstance(act, PromptAct) for act in one.acts)]


def _hint_for_cut(cut: Entry, prompts: AbstractSet[Fraction], default_snap: Snap) -> str:
    """Return what to write so that a prompt lands on the chunk of a cut.

    `prompts` are the offsets of the prompts in the cut's stretch.
    """
    if cut.offset in prompts:
        return f"give the prompt at {cut.place} the snap of the cut: snap {cut.snap}"
    snap = "" if cut.snap is default_snap else f", with snap {cut.snap}"
    return f"put the prompt at {cut.place} too{snap}"

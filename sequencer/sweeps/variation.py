"""Change a score by the values of a row, and a schedule by its noise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.errors import SequencerError
from sequencer.core.images import ImageFile
from sequencer.language.assets import find_image
from sequencer.language.score import (
    Action,
    ClockKind,
    Let,
    Score,
    SetStrength,
    Text,
    UseImage,
)
from sequencer.language.source import closest_word
from sequencer.language.values import (
    read_bpm,
    read_seed,
    read_snap,
    read_sr,
    read_strength,
)
from sequencer.language.values.strings import read_unquoted_text
from sequencer.schedule.model import (
    MAX_SEED,
    CutAct,
    Entry,
    GotoAct,
    PromptAct,
    RuleEntry,
    Schedule,
    draw,
)
from sequencer.schedule.takes import grid_with_cuts, takes_of
from sequencer.sweeps.plan import NUMBERED, Axis, PlanError, PlannedFileError

Act = TypeVar("Act")
_DASHED = re.compile(r"(\d{1,10}) *[-–] *(\d{1,10})", re.ASCII)
"""A range as it is written elsewhere."""


class Variation:
    """Changes one score by values of axes. What is read of a value is kept for other rows.

    Args:
        score: The score.
        folder: Where its images are.
    """

    def __init__(self, score: Score, folder: Path) -> None:
        self._score = score
        self._folder = folder
        self._read: dict[tuple[str, str], Any] = {}

    def check(self, axes: Iterable[Axis]) -> None:
        """Check that the score has what the axes vary, and that all values can be read.

        Raises PlanError.
        """
        for axis in axes:
            try:
                for value in axis.values:
                    self.apply({axis.name: value})
                    if axis.name == "noise":
                        self._value("noise", value)
            except PlanError as error:
                raise type(error)(f"{axis.where}{error.message}", error.hint) from None

    def apply(self, values: Mapping[str, str]) -> Score:
        """Return the score with the values of a row. Raises PlanError."""
        score = self._score
        for name, text in values.items():
            what, _, part = name.partition(".")
            change = _CHANGES.get(what)
            if change is not None:
                score = change(self, score, part, self._value(what, text))
        return score

    def noise(self, values: Mapping[str, str]) -> int:
        """Return the noise of a row; 0 leaves the seeds of a score as they are."""
        found: int = self._value("noise", values["noise"]) if "noise" in values else 0
        return found

    def _value(self, what: str, text: str) -> Any:
        known = (what, text)
        if known not in self._read:
            self._read[known] = self._parse(what, text)
        return self._read[known]

    def _parse(self, what: str, text: str) -> Any:
        if what == "image":
            try:
                return find_image(text, self._folder)
            except SequencerError as error:
                raise PlannedFileError(error.message, error.hint) from None
        reader = _READERS.get(what)
        if reader is None:
            return text
        faults = Diagnostics()
        value = reader(text, Span("", 1, 1, 1, len(text) + 1), faults)
        if value is None or faults.has_errors:
            fault = faults.diagnostics[0]
            dashed = _DASHED.fullmatch(text) if what in NUMBERED else None
            hint = fault.hint if dashed is None else f"write a range as {dashed[1]}..{dashed[2]}"
            raise PlanError(f"{text[:60]} is not valid: {fault.message}", hint)
        return value

    # ---- one change for each axis ----------------------------------------------------------------

    def _set_seed(self, score: Score, _: str, seed: int) -> Score:
        return replace(score, header=replace(score.header, seed=seed))

    def _set_snap(self, score: Score, _: str, snap: Any) -> Score:
        return replace(score, header=replace(score.header, snap=snap))

    def _set_sr(self, score: Score, _: str, sr: Any) -> Score:
        return replace(score, header=replace(score.header, sr=sr))

    def _set_tempo(self, score: Score, _: str, bpm: Fraction) -> Score:
        clock = score.header.clock
        if clock is None or clock.kind is not ClockKind.BPM:
            raise PlanError(
                "the score has no tempo of its own to vary", "give it one: clock 120 bpm, 4/4"
            )
        return replace(score, header=replace(score.header, clock=replace(clock, bpm=bpm)))

    def _set_strength(self, score: Score, _: str, strength: Fraction) -> Score:
        found = False

        def change(action: Action) -> Action:
            nonlocal found
            if not isinstance(action, SetStrength):
                return action
            found = True
            return replace(action, value=strength)

        changed = _with_actions(score, change)
        if not found:
            raise PlanError(
                "the score sets no strength that could vary", "add to its image: strength 0.8"
            )
        return changed

    def _set_image(self, score: Score, path: str, image: ImageFile) -> Score:
        paths = dict.fromkeys(one.path for one in self._score.images)
        if path not in paths:
            raise PlanError(f"the score shows no image {path[:100]}", _others(path, paths))

        def change(action: Action) -> Action:
            if isinstance(action, UseImage) and action.path == path:
                return replace(action, path=image.path)
            return action

        images = [one for one in score.images if one.path not in (path, image.path)]
        still_shown = path in (image.path, *(one.path for one in images))
        kept = [] if still_shown else [one for one in score.images if one.path == path]
        return replace(_with_actions(score, change), images=(*images, *kept, image))

    def _set_let(self, score: Score, name: str, text: Text) -> Score:
        found = False

        def change(lets: tuple[Let, ...]) -> tuple[Let, ...]:
            nonlocal found
            found = found or any(one.name == name for one in lets)
            return tuple(replace(one, text=text) if one.name == name else one for one in lets)

        changed = replace(
            score,
            lets=change(score.lets),
            uses=tuple(replace(use, lets=change(use.lets)) for use in score.uses),
        )
        if not found:
            lets = (*score.lets, *(one for use in score.uses for one in use.lets))
            known = [one.name for one in lets]
            raise PlanError(f"the score has no variable {name[:60]}", _others(name, known))
        return changed


_CHANGES: Mapping[str, Callable[[Variation, Score, str, Any], Score]] = {
    "seed": Variation._set_seed,
    "snap": Variation._set_snap,
    "sr": Variation._set_sr,
    "tempo": Variation._set_tempo,
    "strength": Variation._set_strength,
    "image": Variation._set_image,
    "let": Variation._set_let,
}
_READERS: Mapping[str, Callable[[str, Span, Diagnostics], Any]] = {
    "seed": read_seed,
    "noise": read_seed,
    "snap": read_snap,
    "sr": read_sr,
    "tempo": read_bpm,
    "strength": read_strength,
    "let": read_unquoted_text,
}


def _others(wanted: str, known: Iterable[str]) -> str:
    """Return a hint with what the score has instead."""
    names = list(dict.fromkeys(known))
    meant = closest_word(wanted, names)
    if meant is not None:
        return f"did you mean {meant}?"
    return f"it has {', '.join(names[:10])}" if names else "it has none"


def _with_actions(score: Score, change: Callable[[Action], Action]) -> Score:
    """Return a score with each of its actions changed."""

    def items(given: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            replace(item, actions=tuple(change(action) for action in item.actions))
            for item in given
        )

    return replace(
        score,
        items=items(score.items),
        sections=tuple(replace(one, items=items(one.items)) for one in score.sections),
    )


def self_contained(score: Score) -> Score:
    """Return a score with the variables and scenes of the files that it uses as its own."""
    if not score.uses:
        return score

    def merged(name: str) -> tuple[Any, ...]:
        return tuple(one for part in (*score.uses, score) for one in getattr(part, name))

    return replace(score, uses=(), lets=merged("lets"), scenes=merged("scenes"), comments=())


def with_noise(schedule: Schedule, noise: int) -> Schedule:
    """Return a schedule with the same texts, and other seeds of its takes.

    A seed also decides every random choice of a score. Here the choices are made, and only the
    seeds that the model gets are changed, the first one by a cut on the first chunk.

    Args:
        schedule: The schedule.
        noise: Which other seeds; 0 changes nothing.

    Raises:
        PlanError: The score has no prompt on its first chunk, or goes back to its first section,
            where the cut would act again.
    """
    if noise == 0:
        return schedule
    opening = _opening_of(schedule)

    def changed(entry: Entry) -> Entry:
        acts = tuple(_with_other_seed(act, noise) for act in entry.acts)
        if entry is opening and not any(
            isinstance(act, CutAct) and act.seed is not None for act in acts
        ):
            others = tuple(act for act in acts if not isinstance(act, CutAct))
            acts = (CutAct(_mixed(schedule.seed, noise)), *others)
        return replace(entry, acts=acts)

    def changed_rule(rule: RuleEntry) -> RuleEntry:
        return replace(rule, acts=tuple(_with_other_seed(act, noise) for act in rule.acts))

    stretches = tuple(
        replace(
            one,
            entries=tuple(changed(entry) for entry in one.entries),
            rules=tuple(changed_rule(rule) for rule in one.rules),
        )
        for one in schedule.stretches
    )
    entries = [entry for stretch in stretches for entry in stretch.entries]
    plain = schedule.grid.first is None
    return replace(
        schedule,
        stretches=stretches,
        takes=takes_of(entries, schedule.seed, schedule.sr),
        grid=schedule.grid if plain else grid_with_cuts(schedule.grid, stretches),
    )


def _opening_of(schedule: Schedule) -> Entry:
    """Return the entry with which a schedule begins."""
    first = schedule.stretches[0] if schedule.stretches else None
    for entry in () if first is None else first.entries:
        if entry.chunk == 0 and any(isinstance(act, PromptAct) for act in entry.acts):
            break
    else:
        raise PlanError(
            "noise needs a prompt on the first chunk", "let the score begin with one, or vary seed"
        )
    for stretch in schedule.stretches:
        for rule in stretch.rules:
            for act in rule.acts:
                if isinstance(act, GotoAct) and first is not None and act.section == first.section:
                    raise PlanError(
                        "noise cannot vary a score whose rules go back to its first section",
                        "vary seed instead",
                    )
    return entry


def _with_other_seed(act: Act, noise: int) -> Act | CutAct:
    """Return a cut with another seed, and every other act as it is."""
    if isinstance(act, CutAct) and act.seed is not None:
        return CutAct(_mixed(act.seed, noise))
    return act


def _mixed(seed: int, noise: int) -> int:
    """Return another seed, by the same hash as every random choice."""
    return draw(seed, "noise", noise, MAX_SEED + 1)

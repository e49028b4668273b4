"""Compile each row of a plan, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

from sequencer.core.diagnostics import render_all
from sequencer.core.errors import ScoreError, SequencerError, UsageError
from sequencer.core.images import ImageFile
from sequencer.language.check import check
from sequencer.language.compiler import compile_all
from sequencer.language.notations import print_score
from sequencer.language.score import Score
from sequencer.media.score_sounds import ScoreSound, read_score_sound
from sequencer.renderers.choosing import HELIOS
from sequencer.renderers.choosing import inputs_of as inputs_of_renderer
from sequencer.runs.keys import MIN_PREFIX, inputs_of, key_of
from sequencer.schedule.model import ImageAct, Schedule
from sequencer.sweeps.plan import Plan, PlanError, PlannedFileError
from sequencer.sweeps.variation import Variation, self_contained, with_noise

SIMULATED, REACTOR = "simulated", "reactor"
MODEL = "helios"
"""The model of the stage `reactor`."""
MAX_FAULTY_ROWS = 3
"""How many rows with errors are shown."""
MAX_LABEL = 60
"""The longest value in a label, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run of a sweep, compiled and checked.

    Attributes:
        number: Its number in the plan, from 1. It identifies a row for people; runs are identified
            by their key.
        values: Its values by axis.
        take: Which of several runs with these values it is, from 0.
        score: The text of the score with these values, for the journal.
        inputs: What determines the result, as JSON values.
        key: The digest of that.
    """

    number: int
    values: Mapping[str, str]
    take: int
    schedule: Schedule
    score: str
    inputs: Mapping[str, Any]
    key: str
    label: str

    @property
    def stage(self) -> str:
        """The stage that it plays on."""
        return str(self.inputs["stage"]["kind"])

    @property
    def is_paid(self) -> bool:
        """Whether a run costs money: on the platform, not on a runtime of one's own."""
        return self.stage == REACTOR and not self.inputs["stage"].get("local")

    @property
    def renderer(self) -> str:
        """What makes the video: one of `plan.RENDERERS`."""
        return self.values.get("renderer", "full")

    @property
    def seconds(self) -> Fraction:
        """Its length; the longest one of a score with live sections."""
        return self.schedule.grid.boundary(self.schedule.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a plan, and what their runs need beside them.

    Attributes:
        warnings: Each different warning of the compiler, rendered.
        sound: The sound of the score, if it has one.
    """

    plan: Plan
    rows: Sequence[Row]
    title: str | None
    warnings: str
    sound: ScoreSound | None

    def find(self, name: str) -> Row:
        """Return the row of a number, or of the first characters of a key. Raises UsageError."""
        if name.isascii() and name.isdigit() and 1 <= int(name[:6]) <= len(self.rows):
            return self.rows[int(name) - 1]
        wanted = name.lower()
        found = [one for one in self.rows if one.key.startswith(wanted)]
        if len(wanted) < MIN_PREFIX or not found:
            raise UsageError(
                f"{name[:80]!r} is not a row of this plan",
                f"name its number (1 to {len(self.rows)}) or the first {MIN_PREFIX} characters or "
                "more of its key; sequencer sweep show lists both",
            )
        if len({one.key for one in found}) > 1:
            raise UsageError(
                f"several keys begin with {wanted[:80]}", "write more characters of the key"
            )
        return found[0]


def compile_rows(plan: Plan, progress: Callable[[int, int], object] = lambda *_: None) -> Rows:
    """Return all rows of a plan.

    Args:
        plan: The plan.
        progress: Called with the number of rows that are done, and of all rows.

    Raises:
        ScoreError: The score is not valid.
        PlanError: A value cannot be read, the score lacks what it varies, or rows have errors.
        SoundFileError: The sound of the score cannot be read.
    """
    checked = check(plan.score, advice=False)
    if checked.ensemble is not None:
        raise PlannedFileError(
            f"{plan.score} is for several stages ({', '.join(checked.ensemble.names)}), and a "
            "sweep plays one",
            "make a copy of the score without stages",
        )
    base = checked.performable()
    assert checked.score is not None  # noqa: S101  # there is a schedule
    variation = Variation(checked.score, plan.score.parent)
    variation.check(plan.axes)
    model = _model_of(plan)
    sound = _sound_of(base, plan.score.parent)
    faults: list[str] = []
    warnings: dict[str, None] = {}
    rows: list[Row] = []
    count = plan.count()
    for number, (values, take) in enumerate(plan.combinations(), 1):
        label = _label(plan, values, take)
        score = variation.apply(values)
        compiled = compile_all(score)
        if compiled.schedule is None:
            text = str(ScoreError(compiled.diagnostics, checked.sources))
            faults.append(f"row {number} ({label}):\n{text}")
            if len(faults) >= MAX_FAULTY_ROWS:
                break
            continue
        for one in compiled.diagnostics:
            warnings.setdefault(render_all([one], checked.sources))
        schedule = with_noise(compiled.schedule, variation.noise(values))
        stage = _stage(plan, values)
        _check_take(plan, stage)
        inputs = inputs_of(schedule, stage, _video(plan, values, sound, model), take)
        rows.append(
            Row(
                number=number,
                values=values,
                take=take,
                schedule=schedule,
                score=_text_of(score),
                inputs=inputs,
                key=key_of(inputs),
                label=label,
            )
        )
        progress(number, count)
    if faults:
        raise PlannedFileError(
            "\n".join(faults), "every row has to be valid before anything runs: change its values"
        )
    return Rows(
        plan=plan,
        rows=rows,
        title=base.title,
        warnings="\n".join(one for one in warnings if one),
        sound=sound,
    )


def _text_of(score: Score) -> str:
    return print_score(self_contained(score))


def _check_take(plan: Plan, stage: Mapping[str, Any]) -> None:
    if plan.takes > 1 and stage["kind"] == SIMULATED:
        raise PlanError(
            f"{plan.file or 'the plan'} asks for {plan.takes} takes, but the simulator gives the "
            "same result each time",
            f"vary noise instead: {'noise:' if plan.file else '--noise'} 0..3",
        )


def _stage(plan: Plan, values: Mapping[str, str]) -> dict[str, Any]:
    """Return what identifies the stage of a row."""
    if values.get("stage", SIMULATED) == SIMULATED:
        return {"kind": SIMULATED}
    return {
        "kind": REACTOR,
        "model": MODEL,
        **({"revision": plan.revision} if plan.revision else {}),
        **({"url": plan.url} if plan.url else {}),
        **({"local": True} if plan.local else {}),
    }


def _video(
    plan: Plan,
    values: Mapping[str, str],
    sound: ScoreSound | None,
    model: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    """Return what changes the video of a row; None if it has none.

    `model` is what determines the frames of a renderer with a model.
    """
    renderer = values.get("renderer", "full")
    if renderer == "none":
        return None
    with_sound = {} if sound is None else {"sound": [sound.sound.sha256, str(sound.track.start)]}
    if renderer == HELIOS:
        own_size = {} if plan.size is None else {"size": list(plan.size)}
        return {**own_size, "renderer": model, **with_sound}
    from sequencer.stages.simulated.renderer.drawn import DRAFT_SIZE, VIDEO_SIZE
    from sequencer.stages.simulated.renderer.frames import version

    is_draft = renderer == "draft"
    size = plan.size or (DRAFT_SIZE if is_draft else VIDEO_SIZE)
    is_simulated = values.get("stage", SIMULATED) == SIMULATED
    return {
        "size": list(size),
        **({"renderer": version(draft=is_draft)} if is_simulated else {}),
        **with_sound,
    }


def _model_of(plan: Plan) -> dict[str, Any] | None:
    """Return what determines the frames of a renderer with a model; None if no row uses one.

    Raises PlanError.
    """
    model = plan.model
    if model is None:
        unused = "weights" if plan.weights is not None else "renderer-options"
        if plan.weights is not None or plan.renderer_options:
            raise PlanError(
                f"{plan.file or 'the plan'} has {unused}, but no row has the renderer {HELIOS}",
                f"add renderer: {HELIOS}, or remove {unused}"
                if plan.file
                else f"add --renderer {HELIOS}, or omit what belongs to it",
            )
        return None
    live = any(axis.name == "stage" and REACTOR in axis.values for axis in plan.axes)
    if live:
        raise PlanError(
            f"{plan.file or 'the plan'} combines the stage {REACTOR} with the renderer {HELIOS}, "
            "but a live model makes its own frames",
            f"remove the stage {REACTOR}, or use another renderer: "
            f"{'full' if plan.file else '--renderer full'}",
        )
    try:
        return inputs_of_renderer(model)
    except SequencerError as error:
        raise PlanError(f"{plan.file or 'the plan'}: {error.message}", error.hint) from None


def _sound_of(schedule: Schedule, folder: Path) -> ScoreSound | None:
    """Return the sound of a score, decoded to its end, so that a bad file is reported now."""
    return None if schedule.sound is None else read_score_sound(schedule.sound, folder)


def _label(plan: Plan, values: Mapping[str, str], take: int) -> str:
    """Return what distinguishes a row, for people."""
    parts = [f"{axis.label} {_short(values[axis.name])}" for axis in plan.varying]
    if plan.takes > 1:
        parts.append(f"take {take + 1}")
    return ", ".join(parts) or "the only row"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def dollars_of(rows: Sequence[Row], price_per_hour: Fraction) -> Fraction:
    """Return what the model's time of rows costs; setting a session up takes longer."""
    return sum((one.seconds for one in rows if one.is_paid), Fraction(0)) * price_per_hour / 3600


def images_of(rows: Sequence[Row]) -> Iterator[ImageFile]:
    """Yield each different image of rows."""
    seen: set[str] = set()
    for row in rows:
        for stretch in row.schedule.stretches:
            acts = (one.acts for one in stretch.entries), (one.acts for one in stretch.rules)
            for group in chain(*acts):
                for act in group:
                    if isinstance(act, ImageAct) and act.image.sha256 not in seen:
                        seen.add(act.image.sha256)
                        yield act.image

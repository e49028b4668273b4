"""Shows on several stages: drawn from one number, played in virtual time, and checked.

A show has two to five simulators with rates, delays and faults of their own, an operator at bad
moments, and a score whose parts differ. `ENSEMBLES` is the first seed of these shows.
"""

from __future__ import annotations

import asyncio
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from sequencer.engine import ensemble as ensemble_module
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.ensemble import Ensemble
from sequencer.engine.ensemble_report import report_of
from sequencer.engine.journal import JournalWriter, ensemble_header_of, read_journal
from sequencer.engine.replay import replay
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Resume, SchedulePrompt, Start
from sequencer.events.events import ConnectionLost, Paused, Resumed
from sequencer.language.compiler import compile_ensemble
from sequencer.language.notations import reads
from sequencer.runtime.ensemble_loop import EnsemblePerformance
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.stages.simulated.faults import Delays, Drop, End, Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.simulation.invariants import Violation

RunState.checks_transitions = True  # as in the other tests

ENSEMBLES = 20_000_000
_MS = 1_000_000
_NAMES = ("left", "middle", "right", "floor", "ceiling")
NEVER = 400_000
"""A connection time in milliseconds after which a stage is not waited for any longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleScript:
    """A show on several stages."""

    score: str
    faults: Mapping[str, Faults]
    operator_events: tuple[str, ...]
    trouble: str = ""
    """What goes wrong: nothing (calm), `end`, `drop` or `never`."""
    troubled: str = ""
    """The stage on which it does."""
    largest_ppm: int = 0
    largest_jitter_ms: int = 0

    def __str__(self) -> str:
        faults = "\n".join(
            f"{name}: {one.model_dump(mode='json', exclude_defaults=True)}"
            for name, one in self.faults.items()
        )
        events = "\n".join(self.operator_events)
        return f"=== score\n{self.score}=== stages\n{faults}\n=== operator\n{events}\n"


def draw_ensemble(seed: int) -> EnsembleScript:
    """Return the show of a seed from `ENSEMBLES` on."""
    rng = Random(seed)
    names = _NAMES[: 2 + rng.randrange(4)]
    is_live = rng.randrange(2) == 0
    rates = ((1_000, 20), (20_000, 0), (40_000, 0)) if is_live else ((0, 0), (100, 5), (1_000, 20))
    ppm, jitter = rng.choice(rates)
    trouble = rng.choice(("", "", "", "end", "drop", "never"))
    troubled = rng.choice(names) if trouble else ""
    faults: dict[str, Faults] = {}
    for name in names:
        delays = Delays(
            connect=rng.randrange(300, 5_000) * _MS,
            answer=rng.randrange(1, 60) * _MS,
            shown_jitter=rng.choice((0, 20)) * _MS,
        )
        one = Faults(
            seed=rng.randrange(10**6),
            fps=24 * (1 + Fraction(rng.randint(-ppm, ppm), 1_000_000)),
            jitter=jitter * _MS,
            delays=delays,
        )
        if name == troubled:
            one = one.model_copy(update=_trouble(trouble, rng, delays))
        faults[name] = one
    score = _live_score(rng, names) if is_live else _fixed_score(rng, names)
    return EnsembleScript(
        score=score,
        faults=faults,
        operator_events=_operator_events(rng) if is_live else (),
        trouble=trouble,
        troubled=troubled,
        largest_ppm=ppm,
        largest_jitter_ms=jitter,
    )


def _trouble(trouble: str, rng: Random, delays: Delays) -> dict[str, object]:
    match trouble:
        case "end":
            return {"end": End(chunk=rng.randrange(12))}
        case "drop":
            seconds = rng.randrange(1, 20)
            return {
                "drops": (Drop.model_validate({"chunk": rng.randrange(12), "for": f"{seconds}s"}),)
            }
        case _:
            return {"delays": delays.model_copy(update={"connect": NEVER * _MS})}


def _head(rng: Random, names: tuple[str, ...]) -> list[str]:
    lines = ["seed 1", f"stages {', '.join(names)}"]
    if rng.randrange(4):
        lines.append(f"together realign {rng.choice((2, 4, 8, 16))}c")
    return lines


def _on(rng: Random, names: tuple[str, ...]) -> str:
    """Return for which stages a cue is: all, or some."""
    if rng.randrange(3) == 0:
        return ""
    some = rng.sample(names, 1 + rng.randrange(len(names) - 1))
    return f"on {', '.join(some)} "


def _fixed_score(rng: Random, names: tuple[str, ...]) -> str:
    lines = [*_head(rng, names), 'at 0c "Picture 0."']
    chunk = 0
    for number in range(1, 3 + rng.randrange(8)):
        chunk += 1 + rng.randrange(4)
        cut = "cut, " if rng.randrange(5) == 0 else ""
        lines.append(f'at {chunk}c {_on(rng, names)}{cut}"Picture {number}."')
    lines.append(f"end {chunk + 2 + rng.randrange(4)}c")
    return "\n".join(lines) + "\n"


def _live_score(rng: Random, names: tuple[str, ...]) -> str:
    lines = [*_head(rng, names), "clock 120 bpm, 4/4"]
    for number in range(2 + rng.randrange(2)):
        lines.append(f"section part{number} until go exit, max {8 + rng.randrange(16)} bars {{")
        cut = "cut, " if number and rng.randrange(2) else ""
        lines += [
            f'  at 1 {cut}"Part {number}."',
            f'  at 3 {_on(rng, names)}"Part {number} goes on."',
            f'  on go show -> {_on(rng, names)}"Shown in {number}."',
            "  on go rest -> pause",
            "  on go on -> resume",
            "}",
        ]
    lines.append('section end 2 bars { at 1 "The end." }')
    return "\n".join(lines) + "\n"


def _operator_events(rng: Random) -> tuple[str, ...]:
    found: list[tuple[int, str]] = []
    for _ in range(2 + rng.randrange(4)):
        at = rng.randrange(500, 40_000)
        kind = rng.randrange(8)
        if kind == 0:
            found.append((at, "go show"))
        elif kind <= 5:
            found.append((at, "go exit"))
        else:
            pause, resume = ("pause", "resume") if kind == 6 else ("go rest", "go on")
            found += [(at, pause), (at + rng.randrange(200, 9_000), resume)]
    return tuple(f"{what}@{at}ms" for at, what in sorted(found))


# ---- playing -------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class EnsembleShow:
    """What was played, and what happened."""

    script: EnsembleScript
    schedule: EnsembleSchedule
    ensemble: Ensemble
    commands: list[tuple[int, str | None, Command]] = field(default_factory=list)
    events: list[tuple[str | None, Event]] = field(default_factory=list)
    journal: Path = field(default_factory=Path)
    crash: str = ""

    def times_of(self, kind: type) -> dict[str, list[int]]:
        """Return when each stage was sent commands of a type."""
        found: dict[str, list[int]] = {}
        for at, stage, command in self.commands:
            if stage is not None and isinstance(command, kind):
                found.setdefault(stage, []).append(at)
        return found


def play_drawn(script: EnsembleScript, folder: Path) -> EnsembleShow:
    """Play a script in virtual time; the journal is written into the folder."""
    schedule = compile_ensemble(reads(script.score))
    clock, journal = VirtualClock(), folder / "ensemble.jsonl"
    journal.unlink(missing_ok=True)
    stages = {
        name: SimulatedStage(clock, settings=SimulatedSettings(part.grid, script.faults[name]))
        for name, part in schedule.parts
    }
    performance = EnsemblePerformance(
        schedule,
        stages,
        clock,
        journal=JournalWriter(journal, ensemble_header_of(schedule, {}, {}, following=False)),
        script=[parse_scripted_event(one) for one in script.operator_events],
        following=False,
    )
    show = EnsembleShow(
        script=script, schedule=schedule, ensemble=performance.ensemble, journal=journal
    )
    receive = performance.ensemble.receive

    def recorded(stage: str | None, event: Event) -> tuple[tuple[str | None, Command], ...]:
        show.events.append((stage, event))
        answers = receive(stage, event)
        show.commands += [(event.at, name, command) for name, command in answers]
        return answers

    performance.ensemble.receive = recorded  # type: ignore[method-assign]  # it only notes what passes
    clock.call_at(3_600 * 10**9, lambda: performance.close("it took more than an hour"))
    try:
        asyncio.run(performance.run())
    except Exception:  # noqa: BLE001  # whatever it is, it is a violation
        show.crash = traceback.format_exc()
    return show


# ---- invariants ----------------------------------------------------------------------------------


def ensemble_violations(show: EnsembleShow) -> tuple[Violation, ...]:
    """Return every invariant that a show breaks."""
    if show.crash:
        return (Violation("no-crash", show.crash.strip().splitlines()[-1]),)
    return tuple(
        Violation(name, sentence)
        for name, check in ENSEMBLE_INVARIANTS.items()
        for sentence in check(show)
    )


def _undisturbed(show: EnsembleShow) -> list[str]:
    """Return the stages on which nothing goes wrong."""
    return [name for name in show.schedule.names if name != show.script.troubled]


def _stage_ends(show: EnsembleShow) -> Iterator[str]:
    for name in _undisturbed(show):
        conductor = show.ensemble.conductors[name]
        if not conductor.view.is_complete and not _may_rest(show):
            yield f"{name} did not come to its end: {conductor.ended}"


def _may_rest(show: EnsembleShow) -> bool:
    """Return whether an operator may have left the stages paused."""
    return any("pause" in one or "rest" in one for one in show.script.operator_events)


def _starts_together(show: EnsembleShow) -> Iterator[str]:
    firsts = {name: times[0] for name, times in show.times_of(Start).items()}
    early = min(firsts.values(), default=0)
    for name in _undisturbed(show):
        if firsts.get(name) != early:
            yield f"{name} was started at {firsts.get(name)}, and another stage at {early}"


def _same_position(show: EnsembleShow) -> Iterator[str]:
    if show.script.trouble == "drop":
        return  # commands may be lost, so that the score cannot pause that stage
    positions = {
        name: [
            (one.stretch.section, one.stretch.occurrence, one.start)
            for one in show.ensemble.conductors[name].view.passes
        ]
        for name in _undisturbed(show)
    }
    first = next(iter(positions.values()))
    for name, passes in positions.items():
        if passes != first:
            yield f"{name} played {passes}, and another stage {first}"


def _resumes_paired(show: EnsembleShow) -> Iterator[str]:
    if _may_rest(show):
        return
    paused: set[str] = set()
    for stage, event in show.events:
        if stage is not None and isinstance(event, Paused):
            paused.add(stage)
        elif stage is not None and isinstance(event, Resumed | ConnectionLost):
            paused.discard(stage)
    for name in paused & set(_undisturbed(show)):
        yield f"{name} was left paused"


def _aligned_together(show: EnsembleShow) -> Iterator[str]:
    if show.script.trouble or _may_rest(show):
        return
    for at, times in _by_time(show, Resume).items():
        if times != set(show.schedule.names) and not _cuts_alone(show):
            yield f"only {', '.join(sorted(times))} went on at {at}"


def _by_time(show: EnsembleShow, kind: type) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for name, times in show.times_of(kind).items():
        for at in times:
            found.setdefault(at, set()).add(name)
    return found


def _cuts_alone(show: EnsembleShow) -> bool:
    """Return whether some stages begin a take that others do not begin."""
    cuts = {tuple(take.start for take in part.takes) for part in show.schedule.schedules}
    return len(cuts) > 1


def _lost_stops_nobody(show: EnsembleShow) -> Iterator[str]:
    expected = (show.script.troubled,) if show.script.trouble in ("end", "never") else ()
    for name in show.ensemble.lost:
        if name not in expected:
            yield f"{name} was lost, and nothing was wrong with it"
    if show.script.trouble == "never" and show.ensemble.lost != expected:
        yield f"{show.script.troubled} was never ready, and it is not reported as lost"


def _part_lands(show: EnsembleShow) -> Iterator[str]:
    if show.script.operator_events:
        return
    for name in _undisturbed(show):
        for cue in show.ensemble.conductors[name].report().cues:
            if cue.landed is None or cue.landed != cue.planned:
                yield f"{name}: the cue at {cue.place} landed on {cue.landed}: {cue.reason}"


def _spread_is_small(show: EnsembleShow) -> Iterator[str]:
    realign = show.schedule.realign
    if realign is None or show.script.trouble or _may_rest(show) or _cuts_alone(show):
        return
    chunk_ms = 1_375.0
    apart = realign * (
        2 * chunk_ms * show.script.largest_ppm / 1e6 + 2 * show.script.largest_jitter_ms
    )
    limit = apart + 60 + 20 + 20  # answers, the display, and what both are read with
    report = report_of(show.ensemble)
    if report.spread is not None and report.spread.worst_ms > limit:
        yield f"stages were {report.spread.worst_ms} ms apart, and at most {limit:.0f} are expected"


def _replays(show: EnsembleShow) -> Iterator[str]:
    replayed = replay(read_journal(show.journal))
    if not replayed.is_equal:
        yield str(replayed.divergence)
    for name, conductor in show.ensemble.conductors.items():
        if replayed.reports.get(name) != conductor.report():
            yield f"the report of {name} differs"


ENSEMBLE_INVARIANTS: dict[str, Callable[[EnsembleShow], Iterator[str]]] = {
    "stages-end": _stage_ends,
    "starts-together": _starts_together,
    "same-position": _same_position,
    "resumes-paired": _resumes_paired,
    "aligned-together": _aligned_together,
    "lost-stops-nobody": _lost_stops_nobody,
    "part-lands": _part_lands,
    "spread-small": _spread_is_small,
    "ensemble-replays": _replays,
}
"""Name → check, which yields a sentence for each violation."""


def broken_ensemble(script: EnsembleScript) -> tuple[Violation, ...]:
    """Return the violations of a script."""
    with tempfile.TemporaryDirectory(prefix="simulation-") as folder:
        return ensemble_violations(play_drawn(script, Path(folder)))


# ---- planted faults ------------------------------------------------------------------------------


def starts_that_are_not_held(patch: pytest.MonkeyPatch) -> None:
    original = Ensemble._is_held

    def held(self: Ensemble, member: object, command: Command, at: int, *, is_own: bool) -> bool:
        if isinstance(command, Start):
            return False
        return original(self, member, command, at, is_own=is_own)  # type: ignore[arg-type]  # a member

    patch.setattr(Ensemble, "_is_held", held)


def common_events_at_once(patch: pytest.MonkeyPatch) -> None:
    def drain(self: Ensemble, member: object) -> None:
        pending = member.pending  # type: ignore[attr-defined]  # a member
        while pending:
            self._pass_on_common(member, pending.popleft()[1])  # type: ignore[arg-type]  # a member

    patch.setattr(Ensemble, "_drain", drain)


def a_lost_stage_that_is_waited_for(patch: pytest.MonkeyPatch) -> None:
    original = Ensemble._is_missing

    def missing(self: Ensemble, member: object, chunk: int) -> bool:
        return member.is_over or original(self, member, chunk)  # type: ignore[attr-defined, arg-type]  # a member

    patch.setattr(Ensemble, "_is_missing", missing)


def each_resumes_by_itself(patch: pytest.MonkeyPatch) -> None:
    original = Ensemble._is_missing

    def missing(self: Ensemble, member: object, chunk: int) -> bool:
        return member.view.phase != "playing" and original(self, member, chunk)  # type: ignore[attr-defined, arg-type]  # a member

    patch.setattr(Ensemble, "_is_missing", missing)


def an_alignment_that_is_left_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ensemble, "_align", lambda self, member, at: None)


def a_resumption_that_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    original = Ensemble._go_on

    def go_on(self: Ensemble, member: object, at: int) -> None:
        name = member.name  # type: ignore[attr-defined]  # a member
        if name == "left" and not member.is_start_held:  # type: ignore[attr-defined]  # a member
            member.paused_for = None  # type: ignore[attr-defined]  # a member
            return
        original(self, member, at)  # type: ignore[arg-type]  # a member

    patch.setattr(Ensemble, "_go_on", go_on)


def a_stage_that_is_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ensemble_module, "READY_LIMIT_NS", 100 * _MS)


def a_journal_without_stages(patch: pytest.MonkeyPatch) -> None:
    original = JournalWriter.event

    def event(self: JournalWriter, event: Event, stage: str | None = None) -> None:
        original(self, event, "left" if stage == "middle" else stage)

    patch.setattr(JournalWriter, "event", event)


def reports_that_stop(patch: pytest.MonkeyPatch) -> None:
    """Nothing of the first stage is passed on after its second chunk."""
    original = Ensemble._receive_from

    def receive_from(self: Ensemble, member: object, event: Event) -> None:
        is_first = member.name == self.schedule.reference_name  # type: ignore[attr-defined]  # a member
        if not is_first or member.view.next_chunk < 2:  # type: ignore[attr-defined]  # a member
            original(self, member, event)  # type: ignore[arg-type]  # a member

    patch.setattr(Ensemble, "_receive_from", receive_from)


def a_part_that_is_sent_late(patch: pytest.MonkeyPatch) -> None:
    """The prompts of the first stage, except those that open a take, come a chunk late."""
    original = Ensemble.receive

    def receive(
        self: Ensemble, stage: str | None, event: Event
    ) -> tuple[tuple[str | None, Command], ...]:
        return tuple(
            (name, replace(command, chunk=command.chunk + 1))
            if name == self.schedule.reference_name
            and isinstance(command, SchedulePrompt)
            and command.chunk > 0
            else (name, command)
            for name, command in original(self, stage, event)
        )

    patch.setattr(Ensemble, "receive", receive)


def a_late_pause(patch: pytest.MonkeyPatch) -> None:
    """Live acts of a stage that pauses are sent as if it went on."""
    original = Ensemble._pass_on

    def pass_on(self: Ensemble, member: object, event: Event, *, is_own: bool = False) -> None:
        original(self, member, event, is_own=is_own)  # type: ignore[arg-type]  # a member
        if is_own:
            member.view._run.playing.pause_requested_in = None  # type: ignore[attr-defined]  # a member

    patch.setattr(Ensemble, "_pass_on", pass_on)


ENSEMBLE_PLANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "starts that are not held": (starts_that_are_not_held, "starts-together"),
    "common events at once": (common_events_at_once, "same-position"),
    "a lost stage that is waited for": (a_lost_stage_that_is_waited_for, "starts-together"),
    "each resumes by itself": (each_resumes_by_itself, "aligned-together"),
    "an alignment that is left out": (an_alignment_that_is_left_out, "spread-small"),
    "a resumption that is forgotten": (a_resumption_that_is_forgotten, "resumes-paired"),
    "a stage that is not waited for": (a_stage_that_is_not_waited_for, "lost-stops-nobody"),
    "reports that stop": (reports_that_stop, "stages-end"),
    "a part that is sent late": (a_part_that_is_sent_late, "part-lands"),
    "a journal without stages": (a_journal_without_stages, "ensemble-replays"),
}
"""Each planted fault, and the invariant that has to find it."""

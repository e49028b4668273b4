"""Freeze: what a run really showed, chunk by chunk, as a fixed score. The same show again, seed and all."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sequencer.core.errors import JournalError
from sequencer.engine.conductor.deliveries import ActKind, ChunkSlot, kind_of
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.midi_output import SentMidi
from sequencer.engine.journal import Journal
from sequencer.language.score import (
    Action,
    AtOffset,
    ClockKind,
    ClockLine,
    Cue,
    Cut,
    Duration,
    GridLine,
    Header,
    Prompt,
    Score,
    SendControl,
    SendNote,
    SendProgram,
    SetSr,
    SetStrength,
    SuperResolution,
    Text,
    Unit,
    UseImage,
)
from sequencer.language.source import is_encodable
from sequencer.schedule.model import ControlAct, CutAct, NoteAct, ProgramAct


def freeze(journal: Journal) -> Score:
    """A score in chunks with everything that landed, where it landed: prompts, images, strengths, SR, cuts with their seeds.

    What gear was told stands at its own seconds of the model's time.

    Pauses and the gear's clock are not in it: the model's own chunks count. Raises JournalError where nothing was shown.
    """
    conductor = Conductor(journal.schedule, journal.following, journal.revision)
    for record in journal.records:
        if record.event is not None:
            conductor.receive(record.event)
    run = conductor.run
    if run.takes == 0 or run.making == 0:
        raise JournalError("this run ended before its first chunk: there is nothing to freeze")
    shown: dict[int, dict[ActKind, Action]] = {}
    for chunk in sorted(run.ledger.slots):
        for kind, at, action in _landed(run.ledger.slots[chunk]):
            if at < run.making:
                shown.setdefault(at, {})[kind] = action
    cues = [
        Cue(AtOffset(Fraction(at), Unit.CHUNKS), tuple(acts[kind] for kind in _ORDER if kind in acts))
        for at, acts in sorted(shown.items())
    ]
    cues += [Cue(AtOffset(sent.seconds, Unit.SECONDS), _sent(sent)) for sent in run.sends.log if sent.was_sent]
    schedule = journal.schedule
    header = Header(
        title=None if schedule.title is None else is_encodable(schedule.title),
        clock=ClockLine(ClockKind.CHUNKS),
        grid=GridLine(schedule.grid.frames, schedule.grid.fps),
        seed=schedule.seed,
        sr=SuperResolution(schedule.sr),
        lead=schedule.lead,
    )
    return Score(header=header, items=tuple(cues), end=AtOffset(Fraction(run.making), Unit.CHUNKS), images=schedule.images)


def _sent(sent: SentMidi) -> tuple[Action, ...]:
    """What gear was told, as actions."""
    actions: list[Action] = []
    for act in sent.acts:
        match act:
            case NoteAct():
                lasts = Duration(Fraction(round(act.seconds * 1000) or 1, 1000), Unit.SECONDS)
                actions.append(SendNote(str(act.note), act.channel, act.velocity, lasts))
            case ControlAct():
                actions.append(SendControl(act.control, act.value, act.channel))
            case ProgramAct():
                actions.append(SendProgram(act.program, act.channel))
    return tuple(actions)


_ORDER: tuple[ActKind, ...] = ("cut", "sr", "strength", "image", "prompt")


def _landed(slot: ChunkSlot) -> Iterator[tuple[ActKind, int, Action]]:
    """What of a slot's lines landed, and on which chunk: per kind the last line counts."""
    for kind in _ORDER:
        for line in reversed(slot.lines):
            acts = any(kind_of(act) == kind for act in line.acts)
            if acts and line.landed is not None and kind not in line.open and f"without its {kind}" not in line.reason:
                yield kind, line.landed, _action(kind, slot)
                break


def _action(kind: ActKind, slot: ChunkSlot) -> Action:
    match kind:
        case "cut":
            cut = slot.cut
            return Cut(cut.seed if isinstance(cut, CutAct) else None)
        case "sr":
            return SetSr(SuperResolution(slot.sr or "2x"))
        case "strength":
            return SetStrength(slot.strength if slot.strength is not None else Fraction(1))
        case "image":
            path = slot.image.path if slot.image is not None else ""
            if path != is_encodable(path):
                raise JournalError("this run shows an image whose name cannot stand in a score")
            return UseImage(path)
        case "prompt":
            return Prompt(Text((is_encodable(slot.prompt or ""),)))

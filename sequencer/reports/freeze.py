"""Freeze a run: write what it really showed, chunk by chunk, as a fixed score that shows the same again, seeds included."""

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
from sequencer.language.source import replace_forbidden
from sequencer.schedule.model import ControlAct, CutAct, NoteAct, ProgramAct


def freeze(journal: Journal) -> Score:
    """Return a score in chunks with everything that landed, on the chunk where it landed.

    It contains the prompts, images, strengths, super-resolution, and cuts with their seeds. MIDI messages that were sent are at
    their own seconds of the model's time. Pauses and the external clock are left out: the model's own chunks count.

    Raises:
        JournalError: The run ended before its first chunk, or shows an image whose name cannot be written in a score.
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
        for kind, at, action in _landed_actions(run.ledger.slots[chunk]):
            if at < run.making:
                shown.setdefault(at, {})[kind] = action
    cues = [
        Cue(AtOffset(Fraction(at), Unit.CHUNKS), tuple(acts[kind] for kind in _ORDER if kind in acts))
        for at, acts in sorted(shown.items())
    ]
    cues += [Cue(AtOffset(sent.seconds, Unit.SECONDS), _send_actions(sent)) for sent in run.sends.log if sent.was_sent]
    schedule = journal.schedule
    header = Header(
        title=None if schedule.title is None else replace_forbidden(schedule.title),
        clock=ClockLine(ClockKind.CHUNKS),
        grid=GridLine(schedule.grid.frames, schedule.grid.fps),
        seed=schedule.seed,
        sr=SuperResolution(schedule.sr),
        lead=schedule.lead,
    )
    return Score(header=header, items=tuple(cues), end=AtOffset(Fraction(run.making), Unit.CHUNKS), images=schedule.images)


def _send_actions(sent: SentMidi) -> tuple[Action, ...]:
    """Return the MIDI messages that were sent, as actions."""
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


def _landed_actions(slot: ChunkSlot) -> Iterator[tuple[ActKind, int, Action]]:
    """Yield (kind, chunk, action) of what landed in a slot. Of each kind, only the last delivery counts."""
    for kind in _ORDER:
        for line in reversed(slot.lines):
            acts = any(kind_of(act) == kind for act in line.acts)
            if acts and line.landed is not None and kind not in line.open and f"without its {kind}" not in line.reason:
                yield kind, line.landed, _slot_action(kind, slot)
                break


def _slot_action(kind: ActKind, slot: ChunkSlot) -> Action:
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
            if path != replace_forbidden(path):
                raise JournalError("this run shows an image whose name cannot stand in a score")
            return UseImage(path)
        case "prompt":
            return Prompt(Text((replace_forbidden(slot.prompt or ""),)))

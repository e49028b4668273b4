"""Freeze a run: write what it showed, chunk by chunk, as a fixed score with the same result.

The fixed score includes the seeds.
"""

from __future__ import annotations

from fractions import Fraction

from sequencer.core.errors import JournalError
from sequencer.engine.conductor.deliveries import ActKind, ChunkSlot, Delivery, kind_of
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.conductor.view import RunView
from sequencer.engine.journal import Journal
from sequencer.engine.replay import replayed
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
    SendOsc,
    SendProgram,
    SetFade,
    SetSr,
    SetStrength,
    SoundLine,
    SuperResolution,
    Text,
    Unit,
    UseImage,
)
from sequencer.language.source import replace_forbidden
from sequencer.models.catalog import find_spec
from sequencer.schedule.model import DEFAULT_MODEL, ControlAct, CutAct, NoteAct, OscAct, ProgramAct


def freeze(journal: Journal, *, keeps_chunks: bool = False) -> Score:
    """Return a score in chunks with everything that landed, on the chunk where it landed.

    It contains the prompts, images, strengths, super-resolution, and cuts with their seeds.
    Messages that were sent are at their own seconds of the model's time. Pauses and the external
    clock are left out: the model's own chunks count. The score begins where the run did, which is
    after the beginning of its score if the run played a range.

    Args:
        journal: The run.
        keeps_chunks: Whether to keep the chunk numbers of a run that played a range, so that the
            same range of the result can be played. The result then begins with an opening that
            the range does not include.

    Raises:
        JournalError: The run ended before its first chunk, or shows an image whose name cannot be
            written in a score.
    """
    run = replayed(journal).view
    if run.take == 0 or run.chunk == run.first_chunk:
        raise JournalError("this run ended before its first chunk: there is nothing to freeze")
    shown: dict[int, dict[ActKind, tuple[Action, ...]]] = {}
    for (at, kind), (_, slot) in landed_acts(run).items():
        shown.setdefault(at, {})[kind] = _slot_actions(kind, slot)
    first = run.first_chunk
    if keeps_chunks and first and first in shown:
        shown[0] = {kind: act for kind, act in shown[first].items() if kind != "cut"}
    moved = 0 if keeps_chunks else first
    cues = [
        Cue(
            AtOffset(Fraction(at - moved if at else 0), Unit.CHUNKS),
            tuple(action for kind in _ORDER for action in acts.get(kind, ())),
        )
        for at, acts in sorted(shown.items())
    ]
    schedule = run.opening_schedule
    later = run.grid.opening_time(moved) if moved else Fraction(0)
    cues += [
        Cue(AtOffset(_thousandths(sent.seconds - later), Unit.SECONDS), send_actions(sent))
        for sent in run.sent_messages
        if sent.was_sent
    ]
    track = schedule.sound
    header = Header(
        title=None if schedule.title is None else replace_forbidden(schedule.title),
        clock=ClockLine(kind=ClockKind.CHUNKS),
        sound=None
        if track is None or track.path != replace_forbidden(track.path)
        else SoundLine(track.path, _thousandths(track.start + later)),
        grid=GridLine(schedule.grid.frames, schedule.grid.fps, schedule.grid.first),
        seed=run.opening_seed,
        sr=None if find_spec(schedule.model).sr is None else SuperResolution(schedule.sr),
        lead=schedule.lead,
        model=None if schedule.model == DEFAULT_MODEL else schedule.model,
    )
    return Score(
        header=header,
        items=tuple(cues),
        end=AtOffset(Fraction(run.chunk - moved), Unit.CHUNKS),
        images=run.images,
    )


def _thousandths(seconds: Fraction) -> Fraction:
    return Fraction(round(seconds * 1000), 1000)


def send_actions(sent: SentMessages) -> tuple[Action, ...]:
    """Return the messages that were sent, as actions."""
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
            case OscAct():
                actions.append(SendOsc(act.address, act.arguments))
    return tuple(actions)


_ORDER: tuple[ActKind, ...] = ("cut", "sr", "strength", "image", "prompt")


def landed_acts(run: RunView) -> dict[tuple[int, ActKind], tuple[Delivery, ChunkSlot]]:
    """Return what landed: by score chunk and kind, the delivery and the slot that it is in.

    Of each kind, only the last delivery of a chunk counts.
    """
    found: dict[tuple[int, ActKind], tuple[Delivery, ChunkSlot]] = {}
    for chunk in sorted(run.slots):
        slot = run.slots[chunk]
        for kind in _ORDER:
            line = _landed_line(slot, kind)
            if line is not None and line.landed is not None and line.landed < run.chunk:
                found[line.landed, kind] = line, slot
    return found


def _landed_line(slot: ChunkSlot, kind: ActKind) -> Delivery | None:
    """Return the last delivery of a slot whose act of a kind landed."""
    for line in reversed(slot.lines):
        acts = any(kind_of(act) == kind for act in line.acts)
        if (
            acts
            and line.landed is not None
            and kind not in line.open
            and f"without its {kind}" not in line.reason
        ):
            return line
    return None


def _slot_actions(kind: ActKind, slot: ChunkSlot) -> tuple[Action, ...]:
    """Return what a slot performed of a kind; a prompt with the fade that the stage performed."""
    action = _slot_action(kind, slot)
    fades = kind == "prompt" and slot.sent_fade > 0
    return (action, SetFade(slot.sent_fade)) if fades else (action,)


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
                raise JournalError("this run shows an image whose name is not allowed in a score")
            return UseImage(path)
        case "prompt":
            return Prompt(Text((replace_forbidden(slot.prompt or ""),)))

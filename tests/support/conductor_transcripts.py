"""Runs of the conductor as text: a line for each event, and after the arrow the resulting commands.

::

    0.0 ready          -> seed 3, sr off, prompt 0 a, wake 10
    0.1 took a         -> start, wake 10.1
    0.2 started        ->
    ---
    0c: sent, planned 0, lead 200
    takes 1, chunks 0, not ended

Times are seconds. After `---` follows the report: a line for each cue, and one with the reason if
it has one; then the moves of the run, the messages to external devices, refusals and notes; the
last line is how the run ended. The normal case is omitted: a landing as planned, an error of 0.
Images are uploaded at once, unless the script states when they are.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from textwrap import dedent

from sequencer.core.images import ImageFile
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import CueReport, Report
from sequencer.engine.revisions import CURRENT
from sequencer.events.codec import Event
from sequencer.events.commands import (
    Command,
    Finish,
    Pause,
    Reset,
    Resume,
    SchedulePrompt,
    SendMidi,
    SendOsc,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
    Upload,
    WakeAt,
)
from sequencer.events.events import (
    BeginRequested,
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    ClockFitted,
    CommandRefused,
    ConditionsReady,
    ConnectionLost,
    ConnectionRestored,
    ControlChanged,
    ImageAccepted,
    Improvised,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    OscReceived,
    Paused,
    ProgramChanged,
    PromptAccepted,
    Ready,
    ResetDone,
    Resumed,
    SessionEnded,
    Started,
    StateReported,
    StopRequested,
    TimerFired,
    TransportChanged,
    TransportLocated,
    Uploaded,
    UploadFailed,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule

SECOND = 1_000_000_000
HEAD = "grid 24 frames @ 24 fps\nseed 3\nlead 2c\n"
IMAGE_FILES = tuple(
    ImageFile(
        path=f"{letter}.png",
        sha256=letter * 64,
        mime_type="image/png",
        width=640,
        height=384,
        size=1000,
    )
    for letter in "ab"
)
IMAGES = {one.path: one.sha256 for one in IMAGE_FILES}


def ns(text: str) -> int:
    """Convert seconds, as written, to nanoseconds."""
    return int(Decimal(text) * SECOND)


def seconds(time: int) -> str:
    """Convert nanoseconds to seconds, without trailing zeros."""
    assert isinstance(time, int), "times are whole nanoseconds"
    return (
        f"{Decimal(time) / SECOND:f}".rstrip("0").rstrip(".")
        if time % SECOND
        else str(time // SECOND)
    )


def _number(word: str | None) -> int | None:
    return None if word is None else int(word)


def _state(at: int, *words: str) -> StateReported:
    """Parse `state 3 a`, then `paused` or `stopped`, and `4=b` for scheduled prompts."""
    chunk, prompt, *more = words
    scheduled = [one.partition("=") for one in more if "=" in one]
    started = "stopped" not in more
    paused = "paused" in more
    pairs = tuple((int(number), text) for number, _, text in scheduled)
    return StateReported(
        at, started and not paused, started, paused, 24 * int(chunk), int(chunk), prompt, pairs
    )


def _clock(at: int, what: str) -> TransportChanged:
    assert what in ("start", "stop", "continue")
    return TransportChanged(at, what)  # type: ignore[arg-type]  # one of the three


def _improvised(at: int, what: str, value: str) -> Improvised:
    """Parse `improvise prompt a`, `improvise image b.png`, `improvise strength 0.5` and so on."""
    match what:
        case "prompt":
            return Improvised(at=at, prompt=value)
        case "image":
            return Improvised(at=at, image=next(one for one in IMAGE_FILES if one.path == value))
        case "strength":
            return Improvised(at=at, strength=Fraction(value))
        case "goto":
            return Improvised(at=at, section=value)
        case _:
            assert what == "sr"
            return Improvised(at=at, sr="off" if value == "off" else "4x")


EVENTS: dict[str, Callable[..., Event]] = {
    "ready": lambda at, *what: Ready(at, fades="fades" in what),
    "uploaded": lambda at, name: Uploaded(at, IMAGES[name]),
    "upload-failed": lambda at, name, why: UploadFailed(at, IMAGES.get(str(name), str(name)), why),
    "conditions": lambda at, *what: ConditionsReady(at, "prompt" in what, "image" in what),
    "took": PromptAccepted,
    "encoded": ImageAccepted,
    "started": Started,
    "made": lambda at, chunk, prompt=None, frames="24": ChunkDone(
        at, int(chunk), int(frames), prompt
    ),
    "shown": lambda at, chunk, take=None: ChunkShown(at, int(chunk), take=_number(take)),
    "state": _state,
    "refused": CommandRefused,
    "paused": lambda at, chunk=None: Paused(at, _number(chunk)),
    "resumed": lambda at, chunk=None: Resumed(at, _number(chunk)),
    "reset": ResetDone,
    "woke": lambda at, due=None: TimerFired(at, at if due is None else ns(due)),
    "lost": ConnectionLost,
    "restored": ConnectionRestored,
    "session-ended": SessionEnded,
    "closing": StopRequested,
    "hand-pause": lambda at: OperatorPause(at, True),
    "hand-resume": lambda at: OperatorPause(at, False),
    "go": OperatorGo,
    "begin": BeginRequested,
    "osc": OscReceived,
    "improvise": _improvised,
    "note": lambda at, note, velocity="100", channel="1": NoteReceived(
        at, int(note), int(velocity), int(channel)
    ),
    "cc": lambda at, control, value, channel="1": ControlChanged(
        at, int(control), int(value), int(channel)
    ),
    "program": lambda at, program, channel="1": ProgramChanged(at, int(program), int(channel)),
    "clock": _clock,
    "locate": lambda at, quarter: TransportLocated(at, float(quarter)),
    "fit": lambda at, quarter, bpm, quality="locked": ClockFitted(
        at, float(quarter), at, float(bpm) / 60e9, quality=quality
    ),
    "boundary": lambda at, chunk, time, length, lag="0": BoundariesFitted(
        at, int(chunk), ns(time), float(length) * SECOND, lag=ns(lag)
    ),
    "offset": lambda at, by: OffsetChanged(at, ns(by)),
}
"""The first word of an event, and a function that makes the event from the others."""


def event_of(text: str) -> Event:
    """Parse an event:

    `1.5 made 0 a` means that a chunk is reported a second and a half after the beginning.
    """
    time, what, *words = shlex.split(text)
    return EVENTS[what](ns(time), *words)


def _quoted(text: str) -> str:
    return text if text and " " not in text else f'"{text}"'


def _image(sha256: str) -> str:
    return next(name for name, known in IMAGES.items() if known == sha256)


def command_in_words(command: Command) -> str:
    """Return a command in its short form."""
    match command:
        case Upload():
            return f"upload {command.image.path}"
        case SetSeed():
            return f"seed {command.seed}"
        case SetSrScale():
            return f"sr {command.scale}"
        case SetImageStrength():
            return f"strength {command.strength}"
        case SetConditioning():
            return f"show {_image(command.image)} {_quoted(command.prompt)}"
        case SetImage():
            return f"show {_image(command.image)}"
        case SchedulePrompt():
            fade = f" fade {command.fade}" if command.fade else ""
            return f"prompt {command.chunk} {_quoted(command.prompt)}{fade}"
        case SendMidi():
            return f"midi {seconds(command.due)} {command.message}"
        case SendOsc():
            arguments = "".join(f" {json.dumps(one)}" for one in command.arguments)
            return f"osc {seconds(command.due)} {command.address}{arguments}"
        case WakeAt():
            return f"wake {seconds(command.due)}"
        case Finish():
            return f"finish ({command.reason})"
        case Start() | Pause() | Resume() | Reset():
            return command.kind


def cue_in_words(cue: CueReport) -> str:
    """Return the result of a cue; whatever is as expected is omitted."""
    found = [f"{cue.place}: {cue.status}"]
    if cue.planned is not None and cue.planned != cue.landed:
        found.append(f"planned {cue.planned}")
    found += [
        f"{name} {value}"
        for name, value in (
            ("at", cue.landed),
            ("shown", None if cue.shown == cue.landed else cue.shown),
            ("error", cue.error_ms or None),
            ("lead", cue.lead_ms),
            ("waited", cue.waited_ms),
            ("off", cue.shown_off_ms),
            ("beyond", cue.beyond_ms or None),
        )
        if value is not None
    ]
    return ", ".join(found) + (f"\n{cue.reason}" if cue.reason else "")


def report_in_words(report: Report) -> list[str]:
    """Return a report, line by line."""
    lines = [cue_in_words(cue) for cue in report.cues]
    for move in report.moves:
        chunk = "" if move.chunk is None else f" at {move.chunk} after {move.waited_ms}"
        lines.append(
            f"{move.what} by {move.place}: {move.status}{chunk}"
            + (f"\n{move.reason}" if move.reason else "")
        )
    for sent in report.sends:
        late = f", late by {sent.late_ms}" if sent.late_ms else ""
        lines.append(
            f"{sent.place}: {sent.what} {'sent' if sent.was_sent else 'left out'} as "
            f"{float(sent.seconds)}{late}"
        )
    lines += [f"refused: {one}" for one in report.refused]
    lines += [f"note: {one}" for one in report.notes]
    ended = (
        "ended well" if report.ended_well else "stopped" if report.stopped else "ended"
    ) + f" ({report.ended})"
    return [
        *lines,
        f"takes {report.takes}, chunks {report.chunks}, {ended if report.ended else 'not ended'}",
    ]


@cache
def compiled(text: str) -> Schedule:
    """Compile a score with chunks of one second and two images that it may show."""
    return compile_score(replace(reads(HEAD + dedent(text)), images=IMAGE_FILES))


def conduct(
    score: str,
    script: str,
    following: bool | None = None,
    revision: int = CURRENT,
    *,
    waits_for_go: bool = False,
) -> Conductor:
    """Give the events of a script to a conductor, and compare its commands and report with the
    script.
    """
    written = [line.strip() for line in dedent(script).strip().splitlines()]
    conductor = Conductor(compiled(score), following, revision, waits_for_go=waits_for_go)
    found: list[str] = []
    for line in written:
        if line == "---":
            found += ["---", *"\n".join(report_in_words(conductor.report())).splitlines()]
            break
        event, arrow, _ = line.partition("->")
        if not arrow or line.startswith("#"):
            found.append(line)
            continue
        parsed = event_of(event)
        commands = [*conductor.receive(parsed)]
        if (
            isinstance(parsed, Ready)
            and " uploaded " not in script
            and " upload-failed " not in script
        ):
            commands += [
                one
                for image in conductor.view.schedule.images
                for one in conductor.receive(Uploaded(parsed.at, image.sha256))
            ]
        answers = ", ".join(command_in_words(one) for one in commands)
        found.append(f"{event.ljust(28)}-> {answers}".strip())
    tidy = [
        f"{line.partition('->')[0].ljust(28)}-> {line.partition('->')[2].strip()}".strip()
        if "->" in line
        else line
        for line in written
    ]
    assert found == tidy, "\n" + "\n".join(found)
    return conductor

"""Answers to a page's questions that are not about the score's text: files, links, scores, MIDI."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import OutputError, UsageError
from sequencer.core.midi_notes import MiddleC, note_name
from sequencer.events.events import ControlChanged, NoteReceived, OscReceived, ProgramChanged
from sequencer.runtime.results import EnsembleResult
from sequencer.studio.finished_stages import stages_report
from sequencer.studio.protocol import (
    ImageChoices,
    Learned,
    PageLink,
    PageLinks,
    ScoreCards,
)
from sequencer.studio.run_results import RunResult
from sequencer.studio.runs import one_input
from sequencer.studio.score_cards import FolderCards, list_scores
from sequencer.studio.workspace import Workspace

if TYPE_CHECKING:
    from sequencer.api.ensembles import EnsembleInput
    from sequencer.api.sources import RunInput
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.events.codec import Event
    from sequencer.studio.connection import PageConnection
    from sequencer.studio.studio import Studio

LEARN_SECONDS = 20.0
"""How long MIDI learn waits for a message, in seconds."""
MAX_IMAGES = 200
"""The most images of a folder that are offered."""
IMAGE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp"})
RUN_FILES = {
    "video.mp4": "video/mp4",
    "contact-sheet.png": "image/png",
    "contact.png": "image/png",
    "timeline.svg": "image/svg+xml",
    "timeline.html": "text/html",
    "report.json": "application/json",
    "journal.jsonl": "application/json",
    "bundle.zip": "application/zip",
    "frozen.score": "text/plain",
}
"""The files of a run's folder that a page may fetch, with their media types."""
SHOWN = frozenset({"video.mp4", "contact-sheet.png", "contact.png", "timeline.svg"})
"""Those that are shown; the others are saved."""
SOUND_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
}
SOUND = "sound"
"""The name under which a page fetches the sound of the score."""


class Answers:
    """The answers of one studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._cards = FolderCards(studio.settings.folder)
        self._folder: Path | None = None
        """The folder of the run that is reported, …"""
        self._found: RunInput | None = None
        """… what it played, …"""
        self._conductor: Conductor | None = None
        """… and its conductor."""
        self._files: list[str] = []
        """The files of that run, also those in the folders of its stages."""
        self._learning: tuple[PageConnection, asyncio.Future[str]] | None = None

    async def ask(self, page: PageConnection, what: str, fields: Mapping[str, Any]) -> Any:
        """Answer a question. Raises SequencerError if it has no answer."""
        match what:
            case "links":
                return await asyncio.to_thread(self._links)
            case "scores":
                return await asyncio.to_thread(self._scores)
            case "card_image":
                return await asyncio.to_thread(self._cards.image, _text(fields, "file"))
            case "images":
                return await asyncio.to_thread(self._images)
            case "file":
                return await self._file(page, _text(fields, "name"))
            case "freeze":
                return await asyncio.to_thread(self._freeze)
            case "bundle":
                return await asyncio.to_thread(self._bundle)
            case _:
                return await self._studio.workspace.ask(page.name, what, fields)

    # ---- files -----------------------------------------------------------------------------------

    def report_of(self, result: RunResult, found: RunInput | EnsembleInput) -> dict[str, Any]:
        """Return the report of a finished run: `report.json`, with its folder and its files."""
        folder = result.folder
        self._folder, self._found = folder, one_input(found)
        if isinstance(result, EnsembleResult):
            self._conductor, document = None, stages_report(result)
            names = [
                *RUN_FILES,
                *(f"{one}/{file}" for one in result.schedule.names for file in RUN_FILES),
            ]
        else:
            self._conductor, document = result.conductor, dict(result.document)
            names = list(RUN_FILES)
        self._files = (
            [] if folder is None else sorted(one for one in names if (folder / one).is_file())
        )
        return {
            **document,
            "folder": "" if folder is None else str(folder),
            "files": self._files,
            "failures": list(result.failures),
        }

    async def _file(self, page: PageConnection, name: str) -> dict[str, Any] | None:
        """Return where a page fetches a file; None for the sound of a score that has none."""
        schedule = self._studio.schedule
        track = None if schedule is None else schedule.sound
        if name == SOUND and track is None:
            return None
        path, kind, filename = await asyncio.to_thread(self._find_file, name)
        found: dict[str, Any] = {
            "url": self._studio.tickets.issue(page, path, kind, filename),
            "content_type": kind,
        }
        if name == SOUND and track is not None:
            found |= {"name": track.path, "start": list(track.start.as_integer_ratio())}
        return found

    def _find_file(self, name: str) -> tuple[Path, str, str | None]:
        if name == SOUND:
            schedule = self._studio.schedule
            track = None if schedule is None else schedule.sound
            if track is None:
                raise UsageError("this score has no sound", "write for example: sound song.flac")
            path = self._studio.workspace.folder / track.path
            kind = SOUND_TYPES.get(path.suffix.lower(), "application/octet-stream")
            filename = None
        else:
            file = name.rpartition("/")[2]
            if self._folder is None or name not in (*RUN_FILES, *self._files):
                raise UsageError(f"the run has no file {name!r}", "the report lists its files")
            path, kind = self._folder / name, RUN_FILES[file]
            filename = None if file in SHOWN else file
        if not path.is_file():
            raise OutputError(f"{path} does not exist (any more)")
        return path, kind, filename

    def _reported_folder(self) -> Path:
        if self._folder is None:
            raise UsageError("no run was saved", "rehearse the score first")
        return self._folder

    def _freeze(self) -> dict[str, Any]:
        from sequencer.api.reporting import freeze

        folder = self._reported_folder()
        notes: list[str] = []
        freeze(folder, output=folder / "frozen.score", force=True, warn=notes.append)
        return {"path": str(folder / "frozen.score"), "name": "frozen.score", "notes": notes}

    def _bundle(self) -> dict[str, Any]:
        from sequencer.engine.bundle import bundle_of
        from sequencer.media.score_sounds import read_score_sound
        from sequencer.runtime.output.run_folder import bytes_of

        folder = self._reported_folder()
        found, conductor = self._found, self._conductor
        if found is None or conductor is None:
            raise UsageError(
                "a run on several stages cannot be bundled so far",
                "its folder has everything: copy it with the score and its images",
            )
        track = found.schedule.sound
        sound = None if track is None else read_score_sound(track, found.folder)
        bundle_of(
            folder,
            bytes_of(conductor.view.images, found.image),
            None if sound is None else (sound.sound.sha256, sound.file),
        )
        return {"path": str(folder / "bundle.zip"), "name": "bundle.zip"}

    # ---- links -----------------------------------------------------------------------------------

    def _links(self) -> PageLinks:
        studio = self._studio
        names = studio.network_names()
        host = names[0] if names else None
        keys = studio.keys
        links: list[PageLink] = []
        pages = (
            ("operator", "/", keys.operator),
            ("remote", "/remote", keys.remote),
            ("output", "/output", keys.viewer),
        )
        for page, path, key in pages:
            url = studio.address_of(path, key, host)
            links.append(
                {"page": page, "url": url, "qr": [] if host is None else qr_rows(url)}  # type: ignore[typeddict-item]  # one of the four
            )
        note = (
            "These addresses work on this machine only. For a phone, start the studio with "
            "--host 0.0.0.0, in a network that you trust: the connection is not encrypted."
            if host is None
            else "Whoever has an address can use it. The connection is not encrypted."
        )
        return {"links": links, "note": note}

    # ---- scores and images -----------------------------------------------------------------------

    def _scores(self) -> ScoreCards:
        return {"scores": self._cards.cards()}

    async def open(self, name: str) -> Workspace:
        """Return the score of the studio's folder with a name; an empty name for a new one.

        Raises SequencerError.
        """
        folder = self._studio.settings.folder
        if name == "":
            return Workspace.untitled(folder, NEW_SCORE)
        paths = await asyncio.to_thread(list_scores, folder)
        for path in paths:
            if path.relative_to(folder).as_posix() == name:
                return await asyncio.to_thread(Workspace.open, path)
        raise UsageError(f"{name!r} is not a score of {folder}", "start the studio with its folder")

    def _images(self) -> ImageChoices:
        folder = self._studio.workspace.folder
        found: list[str] = []
        for inside in (folder, folder / "images"):
            if inside.is_dir():
                found += [
                    one.relative_to(folder).as_posix()
                    for one in sorted(inside.iterdir())
                    if one.suffix.lower() in IMAGE_ENDINGS and one.is_file()
                ]
        return {"images": found[:MAX_IMAGES]}

    # ---- MIDI learn ------------------------------------------------------------------------------

    async def learn(self, page: PageConnection, pad: str | None) -> Learned | None:
        """Wait for a MIDI message, and write it into the rule of a pad as its trigger.

        Raises UsageError: No message came, it was cancelled, or the rule cannot have this trigger.
        """
        self.cancel_learning(None)
        if pad is None:
            return None
        found = self._studio.find_pad(pad)
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._learning = (page, waiting)
        try:
            trigger = await asyncio.wait_for(waiting, LEARN_SECONDS)
        except TimeoutError:
            raise UsageError(
                f"no MIDI message came within {LEARN_SECONDS:.0f} s", "check --midi-in"
            ) from None
        except asyncio.CancelledError:
            if asyncio.current_task() is not None and waiting.cancelled():
                raise UsageError("learning was cancelled") from None
            raise
        finally:
            self._learning = None
        workspace = self._studio.workspace
        fields = {"line": found["line"], "trigger": trigger, "old": found["trigger"]}
        edit = await workspace.ask(page.name, "learn", fields)
        if not workspace.edit("", workspace.version, edit["edits"]):
            raise UsageError("the score was changed meanwhile", "press the pad's learn again")
        return {"trigger": trigger, "line": found["line"]}

    def cancel_learning(self, page: PageConnection | None) -> None:
        """Cancel what waits for a MIDI message; if a page is given, only its own."""
        if self._learning is not None and (page is None or self._learning[0] is page):
            self._learning[1].cancel()

    def handle(self, event: Event) -> None:
        """Handle an event of the run: a MIDI message may be the one that is waited for."""
        if self._learning is None or self._learning[1].done():
            return
        middle = None if self._studio.schedule is None else self._studio.schedule.middle
        trigger = describe_message(event, middle)
        if trigger is not None:
            self._learning[1].set_result(trigger)


NEW_SCORE = 'score "Untitled"\nseed 1\n\nat 0c "A tram stop in the rain."\n\nend 12c\n'
"""The text of a new score: it plays."""


def describe_message(event: Event, middle: MiddleC | None = None) -> str | None:
    """Return a MIDI or OSC message as an operator command; None for an event that is none.

    Args:
        event: The event.
        middle: The name of the middle C, with which notes are named; None for their numbers.
    """
    match event:
        case NoteReceived() if event.velocity > 0:
            note = str(event.note) if middle is None else note_name(event.note, middle)
            return f"note {note} ch {event.channel}"
        case ControlChanged():
            return f"cc {event.control}={event.value} ch {event.channel}"
        case ProgramChanged():
            return f"program {event.program} ch {event.channel}"
        case OscReceived():
            return f"osc {event.address}"
        case _:
            return None


def qr_rows(text: str) -> list[str]:
    """Return the QR code of a text, without its light margin: a row per text, `1` is dark."""
    import segno

    return ["".join("1" if module else "0" for module in row) for row in segno.make_qr(text).matrix]


def network_names(wildcard: str) -> list[str]:
    """Return the address under which other machines reach a server that is bound to all of them.

    Args:
        wildcard: The address that it is bound to, `0.0.0.0` or `::`.
    """
    family, target = (
        (socket.AF_INET6, "2001:db8::1") if ":" in wildcard else (socket.AF_INET, "192.0.2.1")
    )
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:  # no datagram is sent: the system only selects the interface
            probe.connect((target, 9))
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise UsageError(f"this question needs {name}, a text", "reload the page")
    return value

"""The process that checks the score's text, so that the process of the show never waits for it.

It keeps the text as the studio has it, and what the last check found, of which the next one uses
what did not change. One thread reads messages, one checks, and one answers what pages ask. It opens
files of the score's folder to read them, and writes nothing.

Messages to it (`do`): `open` (a file name, a folder, the text as bytes), `edit` (changes), `check`,
`ask`. From it (`is`): `checked` and `plot` (with the message for the page as bytes), `answer`.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from sequencer.core.errors import SequencerError
from sequencer.core.file_stamps import stamp
from sequencer.core.gc_pause import paused_collection
from sequencer.editing.looking import Look, ReadScore, look, with_advice
from sequencer.language.loader import load_text
from sequencer.studio.asking import Question, answer
from sequencer.studio.check_messages import Header, pack, receive
from sequencer.studio.checked_text import CheckedText, checked_message, dump, files_of, title_of
from sequencer.studio.plots import schedule_plot
from sequencer.studio.stage_plots import ensemble_plot
from sequencer.studio.text_buffer import TextBuffer, read_changes

ADVICE_PAUSE_S = 0.4
"""How long nothing is typed before the advice on prompts is computed, in seconds."""

LARGE_UNITS = 100_000
"""From which length on the timeline is made only after that pause, too: it takes longer than a
check of a change."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A version of a score's text, and where it is."""

    version: int
    buffer: TextBuffer
    file: str
    folder: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question that waits for its answer."""

    id: int
    page: str
    what: str
    fields: dict[str, Any]


class Worker:
    """The state of the process.

    Args:
        send: Sends a message to the studio. It is called from several threads, one at a time.
        wait: Waits on a condition for some seconds, or for ever with None; tests replace it.
    """

    def __init__(
        self,
        send: Callable[[Header, bytes], None],
        wait: Callable[[threading.Condition, float | None], object] = lambda change, seconds: (
            change.wait(seconds)
        ),
    ) -> None:
        self._send = send
        self._wait = wait
        self._sending = threading.Lock()
        self._change = threading.Condition()
        self._text: _Text | None = None
        self._wanted = -1
        """The version whose check was requested."""
        self._is_stale = False
        """Whether another file has changed that the score uses."""
        self._checked: CheckedText | None = None
        self._asked: list[_Asked] = []
        self._is_ended = False

    # ---- messages --------------------------------------------------------------------------------

    def receive(self, header: Header, payload: bytes) -> None:
        """Act on a message."""
        with self._change:
            match header["do"]:
                case "open":
                    folder = header["folder"]
                    self._text = _Text(
                        version=header["version"],
                        buffer=TextBuffer(payload),
                        file=header["file"],
                        folder=None if folder is None else Path(folder),
                    )
                    self._wanted = header["version"]
                    self._checked = None
                case "edit" if self._text is not None:
                    buffer = self._text.buffer.changed(read_changes(header["changes"]))
                    self._text = _Text(
                        version=header["version"],
                        buffer=buffer,
                        file=self._text.file,
                        folder=self._text.folder,
                    )
                case "check":
                    self._wanted = header["version"]
                    self._is_stale = self._is_stale or header.get("again", False)
                case "ask":
                    names = ("id", "page", "what", "fields")
                    self._ask(_Asked(**{name: header[name] for name in names}))
                case other:
                    raise ValueError(f"{other!r} is not a message")
            self._change.notify_all()

    def _ask(self, asked: _Asked) -> None:
        """Keep a question. It replaces one of the same page and kind that was not answered yet."""
        kept = []
        for one in self._asked:
            if (one.page, one.what) == (asked.page, asked.what):
                self._answer(one.id, {"error": {"message": "asked again since", "hint": ""}})
            else:
                kept.append(one)
        self._asked = [*kept, asked]

    def end(self) -> None:
        """End the threads, after what they are doing."""
        with self._change:
            self._is_ended = True
            self._change.notify_all()

    def _post(self, header: Header, payload: bytes = b"") -> None:
        with self._sending:
            self._send(header, payload)

    def _answer(self, request: int, found: dict[str, Any]) -> None:
        self._post({"is": "answer", "id": request}, dump(found))

    # ---- checking --------------------------------------------------------------------------------

    def check_all(self) -> None:
        """Check each version that is wanted, until the end."""
        while (text := self._next_text()) is not None:
            try:
                with paused_collection():
                    self._check(text)
            except Exception as error:
                logger.exception("the check of %s failed", text.file)
                self._post({"is": "failed", "version": text.version, "reason": repr(error)})
                with self._change:
                    if self._wanted == text.version:
                        self._wanted = -1

    def _next_text(self) -> _Text | None:
        """Wait for a text to check. None at the end."""
        with self._change:
            while not self._is_ended:
                text, checked = self._text, self._checked
                version = -1 if checked is None else checked.version
                is_new = self._is_stale or (text is not None and text.version != version)
                if text is not None and is_new and self._wanted == text.version:
                    self._is_stale = False
                    return text
                self._wait(self._change, None)
        return None

    def _check(self, text: _Text) -> None:
        """Check a text: first errors and warnings, then, if nothing is typed, advice."""
        started = monotonic()
        found = self._look(text, partial(load_text, folder=text.folder))
        checked = self._keep(text, found)
        self._report(text, checked, started)
        is_large = len(text.buffer) > LARGE_UNITS
        if found.is_outdated or self._is_changed(text, ADVICE_PAUSE_S if is_large else 0):
            return
        self._plot(text, found)
        if self._is_changed(text, 0 if is_large else ADVICE_PAUSE_S):
            return
        started = monotonic()
        advised = with_advice(found)
        has_more = advised.diagnostics != found.diagnostics
        checked = self._keep(text, advised)
        if has_more and not self._is_changed(text, 0):
            self._report(text, checked, started)

    def _look(self, text: _Text, read: ReadScore) -> Look:
        """Read and check a text, using the last check. If that fails, everything is read again."""
        before = None if self._checked is None else self._checked.look
        try:
            return look(text.buffer.text, text.file, read, advice=False, previous=before)
        except Exception:
            if before is None:
                raise
            logger.exception("the check of a change of %s failed", text.file)
        return look(text.buffer.text, text.file, read, advice=False)

    def _keep(self, text: _Text, found: Look) -> CheckedText:
        checked = CheckedText(text.version, text.buffer, found)
        with self._change:
            self._checked = checked
            self._change.notify_all()
        return checked

    def _report(self, text: _Text, checked: CheckedText, started: float) -> None:
        message = checked_message(checked, 1000 * (monotonic() - started))
        header = {
            "is": "checked",
            "version": text.version,
            "valid": not checked.look.is_outdated,
            "title": title_of(checked.look),
            "files": stamp(files_of(checked.look, text.folder)),
            "ms": message["ms"],
        }
        self._post(header, dump(message))

    def _plot(self, text: _Text, found: Look) -> None:
        """Send the timeline of a valid text."""
        ensemble = found.checked.ensemble
        if found.schedule is not None:
            plot = schedule_plot(found.schedule) if ensemble is None else ensemble_plot(ensemble)
            message = {"t": "plot", "revision": 0, "live": False, "plot": plot}
            self._post({"is": "plot", "version": text.version}, dump(message))

    def _is_changed(self, text: _Text, seconds: float) -> bool:
        """Return whether a text is changed within some seconds, or was already."""
        until = monotonic() + seconds
        with self._change:
            while (left := until - monotonic()) > 0 and self._text is text and not self._is_ended:
                self._wait(self._change, left)
            return self._text is not text or self._is_ended

    # ---- answers ---------------------------------------------------------------------------------

    def answer_all(self) -> None:
        """Answer each question, until the end. The first one waits for the first check."""
        while (found := self._next_question()) is not None:
            asked, question = found
            try:
                result = {"answer": answer(asked.what, question)}
            except SequencerError as error:
                result = {"error": {"message": error.message, "hint": error.hint or ""}}
            except Exception:
                logger.exception("%s could not be answered", asked.what)
                message = "this could not be answered: it is a bug, and the log has the details"
                result = {"error": {"message": message, "hint": ""}}
            self._answer(asked.id, result)

    def _next_question(self) -> tuple[_Asked, Question] | None:
        with self._change:
            while not self._is_ended:
                text, checked = self._text, self._checked
                if self._asked and text is not None and checked is not None:
                    asked = self._asked.pop(0)
                    question = Question(
                        fields=asked.fields, now=text.buffer, checked=checked, folder=text.folder
                    )
                    return asked, question
                self._wait(self._change, None)
        return None


def run(source: BinaryIO, target: BinaryIO) -> None:
    """Check until the input ends."""

    def send(header: Header, payload: bytes) -> None:
        try:
            target.write(pack(header, payload))
            target.flush()
        except OSError:
            worker.end()  # the studio has ended

    worker = Worker(send)
    threads = [
        threading.Thread(target=worker.check_all, name="check", daemon=True),
        threading.Thread(target=worker.answer_all, name="answer", daemon=True),
    ]
    for thread in threads:
        thread.start()
    while (message := receive(source.read)) is not None:
        worker.receive(*message)
    worker.end()


def main() -> None:
    """Run the process. Ctrl-C in the terminal is for the studio, which ends the input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    target = sys.stdout.buffer
    sys.stdout = sys.stderr
    run(sys.stdin.buffer, target)

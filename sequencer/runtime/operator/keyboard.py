"""Read keys from the terminal, one at a time and without Enter.

If standard input is not a terminal, nothing is read.
"""

from __future__ import annotations

import asyncio
import codecs
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.)")
"""What a terminal sends for an arrow or another key without a character.

It is neither a command key nor Escape.
"""


def keys_in(text: str) -> str:
    """Return the keys in what a terminal sent at once, without arrow and function keys.

    The sequences that a terminal sends for those keys are left out.
    """
    return _SEQUENCE.sub("", text)


class Keys:
    """A context manager that calls `press(key)` in the loop's thread for every key.

    Ctrl-C remains a signal.
    """

    def __init__(self, press: Callable[[str], None]) -> None:
        self._press = press
        self._loop = asyncio.get_running_loop()
        self._undo: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        if sys.stdin is not None and sys.stdin.isatty():
            self._undo = self._open_windows() if sys.platform == "win32" else self._open_terminal()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._undo is not None:
            self._undo()
            self._undo = None

    def _open_terminal(self) -> Callable[[], None]:
        import os
        import termios
        import tty

        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
        tty.setcbreak(number, termios.TCSADRAIN)

        decode = codecs.getincrementaldecoder("utf-8")("replace").decode

        def read() -> None:
            try:
                data = os.read(number, 64)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:  # the terminal is gone, and would be reported as readable for ever
                self._loop.remove_reader(number)
                return
            for key in keys_in(decode(data)):
                self._press(key)

        self._loop.add_reader(number, read)

        def undo() -> None:
            self._loop.remove_reader(number)
            with suppress(termios.error):  # a terminal that was closed needs no reset
                termios.tcsetattr(number, termios.TCSADRAIN, before)

        return undo

    def _open_windows(self) -> Callable[[], None]:
        """Start a thread that polls for keys: event loops on Windows cannot wait for a console."""
        import importlib

        console: Any = importlib.import_module("msvcrt")
        over = threading.Event()

        def read() -> None:
            while not over.wait(0.03):
                while console.kbhit():
                    self._loop.call_soon_threadsafe(self._press, console.getwch())

        thread = threading.Thread(target=read, name="keys", daemon=True)
        thread.start()

        def undo() -> None:
            over.set()
            thread.join()

        return undo


MAX_LINE_LENGTH = 80
ENTER = ("\r", "\n")
ERASE = ("\x7f", "\b")
ESCAPE = "\x1b"
HELP = "space pause/resume · Enter go · g NAME go · : any command · c clip · q q end the run"
ACTING = (" ", "c", *ENTER)
"""The keys that act with one press, so that a held one would act many times."""


class KeyInterpreter:
    """Interprets keys as operator commands.

    Space pauses or resumes. Enter: go, by the section's own go-cue. `g`, a name and Enter: go to
    that name. `:`, a command and Enter: any operator command. `c`: clip. `q` twice: finish.

    `line` is the text typed so far, for the screen; Escape clears it. `is_paused` returns whether
    the model is paused, so that space also resumes after a rule has paused it; if it is omitted,
    only the space key counts.
    """

    def __init__(self, is_paused: Callable[[], bool] | None = None) -> None:
        self.line = ""
        self._is_paused = is_paused
        self._paused = False
        self._asked_to_finish = False
        self._help = False

    def feed(self, key: str) -> str | None:
        """Handle a key; return the command that it completes, or None."""
        if self.line:
            return self._in_line(key)
        asked, self._asked_to_finish, self._help = self._asked_to_finish, False, False
        match key:
            case " ":
                self._paused = not (self._paused if self._is_paused is None else self._is_paused())
                return "pause" if self._paused else "resume"
            case "g":
                self.line = "go "
            case ":":
                self.line = ":"
            case "c":
                return "clip"
            case "\r" | "\n":
                return "go"
            case "q" if asked:
                return "finish"
            case "q":
                self._asked_to_finish = True
            case _:
                self._help = (
                    key != ESCAPE
                )  # other keys have no meaning: the screen lists those that do
        return None

    @property
    def asks(self) -> str:
        """The text to show on the screen."""
        if self._help:
            return f"keys: {HELP}"
        return "press q again to end the run" if self._asked_to_finish else self.line

    def _in_line(self, key: str) -> str | None:
        if key in ENTER:
            text, self.line = self.line.removeprefix(":").strip(), ""
            return text or None
        if key == ESCAPE:
            self.line = ""
        elif key in ERASE:
            self.line = self.line[:-1]
        elif key.isprintable() and len(self.line) < MAX_LINE_LENGTH:
            self.line += key
        return None

"""What keys mean: one key at a time in, what the operator said out. Knows nothing of terminals."""

from __future__ import annotations

from collections.abc import Callable

LONGEST = 80
ENTER = ("\r", "\n")
ERASE = ("\x7f", "\b")
ESCAPE = "\x1b"
HELP = "space pause/resume · g NAME go · : any command · c clip · q q end the run"


class Typing:
    """Space: pause or resume. `g`, a name, Enter: go. `:`, words, Enter: whatever can be said. `c`: clip. `q` twice: finish.

    `line` is what has been typed so far, for the screen; Escape forgets it. `is_paused` says whether the model rests, so that
    space resumes what a rule has paused; without it only the space key itself counts.
    """

    def __init__(self, is_paused: Callable[[], bool] | None = None) -> None:
        self.line = ""
        self._is_paused = is_paused
        self._paused = False
        self._asked_to_finish = False
        self._help = False

    def feed(self, key: str) -> str | None:
        """Take a key; returns what has been said with it, if that is anything."""
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
            case "q" if asked:
                return "finish"
            case "q":
                self._asked_to_finish = True
            case _:
                self._help = key != ESCAPE  # other keys mean nothing: the screen lists those that do
        return None

    @property
    def asks(self) -> str:
        """What the screen should show of it."""
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
        elif key.isprintable() and len(self.line) < LONGEST:
            self.line += key
        return None

"""The text of a score, line by line: statements, comments, and what was dropped where."""

from __future__ import annotations

from sequencer.core.prompt_texts import MAX_PROMPT_LENGTH
from sequencer.language.interchange.imported import Tally, UnreadableError
from sequencer.language.score import Duration, Position, Text
from sequencer.language.values.writing import (
    render_duration,
    render_position,
    render_quoted,
    render_string,
)

MAX_TITLE_LENGTH = 200
MAX_COMMENT_LENGTH = 300


def one_line(text: str, most: int = MAX_COMMENT_LENGTH) -> str:
    """Return a text on one line, without what cannot be printed, shortened to `most` characters."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def render_title(title: str) -> str:
    """Return a title in quotes; any text is accepted."""
    return render_string(one_line(title, MAX_TITLE_LENGTH) or "song")


def render_prompt(text: str, *, line: int = 0, pointer: str = "") -> str:
    """Return a prompt in quotes, with its braces and quotes escaped, on one line.

    Args:
        text: The prompt.
        line: Its line in the file, for the error.
        pointer: Its path in the file, for the error.

    Raises:
        UnreadableError: It is empty, or longer than a prompt of a score.
    """
    shown = one_line(text, len(text) + 1)
    if not shown:
        raise UnreadableError("this prompt is empty", "write a text", line=line, pointer=pointer)
    if len(shown) > MAX_PROMPT_LENGTH:
        raise UnreadableError(
            f"this prompt has {len(shown):,} characters; the maximum is {MAX_PROMPT_LENGTH:,}",
            "shorten it",
            line=line,
            pointer=pointer,
        )
    return render_quoted(Text((shown,)))


class ScoreLines:
    """Collects the lines of a score.

    Args:
        title: The title; any text is accepted.
        tally: Counts what `dropped` comments are written for.
    """

    def __init__(self, title: str, tally: Tally) -> None:
        self._tally = tally
        self._lines = [f"score {render_title(title)}"]
        self._indent = ""

    def header(self, statement: str) -> None:
        """Add a statement of the header, such as `clock 120 bpm, 4/4`."""
        self._lines.append(statement)

    def comment(self, text: str) -> None:
        """Add a comment on a line of its own."""
        self._lines.append(f"{self._indent}# {one_line(text)}")

    def dropped(self, what: str, detail: str, count: int = 1) -> None:
        """Count something that a score cannot hold, and add a comment where it was.

        Args:
            what: Its kind, for the count: `weights`.
            detail: What it was, for the comment.
            count: How many entries it stands for.
        """
        self._tally.drop(what, count)
        self.comment(f"dropped: {detail}")

    def open_section(
        self, name: str, length: Duration, comment: str = "", *, head: str = ""
    ) -> None:
        """Begin a section. `head` is what else its head contains, such as `cut seed 9`."""
        further = f", {head}" if head else ""
        self._lines += [
            "",
            f"section {name} {render_duration(length)}{further} {{{_trailing(comment)}",
        ]
        self._indent = "  "

    def close_section(self) -> None:
        """End the section."""
        self._indent = ""
        self._lines.append("}")

    def cue(self, position: Position, *actions: str, comment: str = "") -> None:
        """Add a cue with its actions as they are written: `mark drop`, `tempo 96`, a prompt."""
        where = render_position(position)
        self._lines.append(f"{self._indent}at {where} {', '.join(actions)}{_trailing(comment)}")

    def end(self, position: Position) -> None:
        """Add the end of a score without sections."""
        self._lines += ["", f"end {render_position(position)}"]

    def text(self) -> str:
        """Return the score in the text notation, with the blank lines as they were added."""
        return "\n".join(self._lines) + "\n"


def _trailing(comment: str) -> str:
    return f"  # {shown}" if (shown := one_line(comment)) else ""

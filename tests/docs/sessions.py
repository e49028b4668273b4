"""A page played from top to bottom in one folder, as a reader would: its scores are written and
checked, its commands run.

The fence of a block and the HTML comment before it define its kind; CONTRIBUTING.md has the list.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import sequencer
from sequencer.cli import main
from sequencer.schedule.document import digest
from tests.docs.pages import ROOT, Block, Page

COLUMNS = "110"
"""The width of printed cue sheets."""

_DIGEST = re.compile(r'"d":"[0-9a-f]{16}"')
_PROGRESS = re.compile(r"^(?:rehearsing|playing) (?:\d+/\d+|writing ).*\n", re.MULTILINE)
_PYTHON = re.compile(r"Python 3\.\d+\.\w+")
_MADE_UP = re.compile(r"runs/\d{4}-\d\d-\d\d-\d{6}")


def _digest(checked: sequencer.CheckResult) -> str:
    """Return the digest of what a valid score performs."""
    if checked.ensemble is not None:
        return checked.ensemble.digest()
    return digest(checked.performable())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What the comment before a score states about it."""

    file: str
    wrong: frozenset[str] = frozenset()
    warns: frozenset[str] = frozenset()
    same: bool = False


def _read_note(note: tuple[str, str] | None, file: str) -> _Note:
    """Read `file NAME, wrong CODES, warns CODES, same`. Raises ValueError for anything else."""
    note_read = _Note(file=file)
    for part in () if note is None else note[1].split(","):
        word, _, rest = part.strip().partition(" ")
        match word:
            case "file" if rest:
                note_read = replace(note_read, file=rest)
            case "wrong" if rest:
                note_read = replace(note_read, wrong=frozenset(rest.split()))
            case "warns" if rest:
                note_read = replace(note_read, warns=frozenset(rest.split()))
            case "same" if not rest:
                note_read = replace(note_read, same=True)
            case _:
                raise ValueError(f"{part.strip()!r} is not a statement about a score")
    return note_read


@dataclass(kw_only=True)
class Session:
    """One page in one folder.

    `faults` describe mismatches; `shown` maps the line of an output block to its expected text.
    """

    page: Page
    folder: Path
    faults: list[str] = field(default_factory=list)
    shown: dict[int, str] = field(default_factory=dict)
    ran: int = 0
    _score: Path | None = None

    def play(self) -> None:
        """Play the page; the working folder must be `folder`."""
        for block in self.page.blocks():
            kind = block.info.split()
            if kind[:1] == ["score"] or kind[:2] == ["yaml", "score"]:
                self._write(block, ".score" if kind[0] == "score" else ".yaml")
            elif block.note is not None and block.note[0] == "output":
                self._compare(block, self._output(block, block.note[1]))
            elif kind == ["console"]:
                self._compare(block, self._console(block))
            elif block.note is not None:
                self._complain(
                    block, f"nothing reads this block, but it is declared as {block.note}"
                )

    def _complain(self, block: Block, what: str) -> None:
        self.faults.append(f"{self.page.name}:{block.line}: {what}")

    # ---- scores ----------------------------------------------------------------------------------

    def _write(self, block: Block, ending: str) -> None:
        try:
            note_read = _read_note(block.note, f"line-{block.line}{ending}")
        except ValueError as error:
            self._complain(block, str(error))
            return
        self.ran += 1
        before, path = self._score, self.folder / note_read.file
        path.write_text(block.text, encoding="utf-8", newline="\n")
        self._score = path
        found = self._check(path)
        if not isinstance(found, sequencer.CheckResult):
            self._complain(block, str(found))
            return
        if {one.code for one in found.errors} != note_read.wrong:
            errors = "\n".join(str(one) for one in found.errors)
            self._complain(
                block, f"should have {set(note_read.wrong) or 'no'} errors, but has\n{errors}"
            )
        if {one.code for one in found.warnings} != note_read.warns:
            self._complain(
                block,
                f"should have {set(note_read.warns) or 'no'} warnings, but has\n{found.warnings}",
            )
        if note_read.same:
            other = None if before is None else self._check(before)
            if (
                not isinstance(other, sequencer.CheckResult)
                or not found.is_valid
                or not other.is_valid
            ):
                self._complain(block, "cannot be the same as the score before it")
            elif _digest(found) != _digest(other):
                self._complain(block, "is not the same as the score before it")

    @staticmethod
    def _check(path: Path) -> sequencer.CheckResult | sequencer.ScoreError:
        try:
            return sequencer.check(path, advice=False)
        except sequencer.ScoreError as error:
            return error

    # ---- outputs ---------------------------------------------------------------------------------

    def _compare(self, block: Block, text: str) -> None:
        self.ran += 1
        if _plain(text) != _plain(block.text):
            self.shown[block.line] = text
            self._complain(block, f"shows\n{block.text}\nbut there is\n{text}")

    def _output(self, block: Block, what: str) -> str:
        words = what.split()
        if words[:1] == ["lines"] and len(words) == 4:  # lines FROM TO FILE
            lines = (self.folder / words[3]).read_text(encoding="utf-8").split("\n")
            return "".join(line + "\n" for line in lines[int(words[1]) - 1 : int(words[2])])
        if words[:1] == ["file"]:
            return (self.folder / words[1]).read_text(encoding="utf-8")
        if self._score is None:
            self._complain(block, "there is no score before it")
            return ""
        name = self._score.name
        if what == "sheet":
            return self._run(["sheet", name])
        if what == "cues":
            text = self._run(["sheet", name])
            start = re.search(r"^ *#  place", text, re.MULTILINE)
            return text if start is None else text[start.start() :]
        if what == "check":
            return self._run(["check", name])
        if what in ("text", "yaml"):
            return self._run(["format", "--to", what, "--stdout", name])
        self._complain(block, f"{what!r} is no output")
        return ""

    def _console(self, block: Block) -> str:
        text = ""
        for line in block.text.splitlines():
            if not line.startswith("$ "):
                continue
            text += line + "\n"
            words = shlex.split(line[2:], comments=True)
            if words[:1] == ["sequencer"]:
                text += self._run(words[1:])
            elif words[:1] == ["cp"] and len(words) == 3:
                shutil.copy(words[1], words[2])
            else:
                self._complain(
                    block,
                    (
                        f"{line!r} is not run here; commands that are only shown belong in a block "
                        "marked sh"
                    ),
                )
        return text

    def _run(self, words: list[str]) -> str:
        """Return what a command prints, both streams together."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                main(words)
            except SystemExit as error:  # --help and --version exit this way
                if error.code not in (0, None):
                    raise
        return printed.getvalue()


def _plain(text: str) -> str:
    """Return a text without what differs from machine to machine: a journal's chain of digests (its
    header names versions), the version of Python, the time in the generated name of a folder, and
    the progress lines of commands that take long.
    """
    text = _PROGRESS.sub("", _PYTHON.sub("Python 3", text))
    return _MADE_UP.sub("runs/TIME", _DIGEST.sub('"d":""', text))


def rewritten(page: Page, shown: dict[int, str]) -> str:
    """Return the page with the outputs that its blocks should show."""
    lines = page.text.split("\n")
    for block in reversed(list(page.blocks())):
        if block.line in shown:
            lines[block.line - 1 : block.line - 1 + block.text.count("\n")] = (
                shown[block.line].rstrip("\n").split("\n")
            )
    return "\n".join(lines)


def prepare(folder: Path) -> Path:
    """Create a working folder next to the example scores, as a reader has after a clone."""
    shutil.copytree(ROOT / "scores", folder / "scores")
    work = folder / "my-show"
    work.mkdir()
    shutil.copytree(ROOT / "scores" / "images", work / "images")
    for name in ("ferry.mid", "ferry.flac", "drummer.beats"):
        shutil.copy(ROOT / "scores" / name, work)
    return work

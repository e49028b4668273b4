"""Manage the folder of a run: renamed when complete, never shared by two runs.

Until it is complete, the folder is written under a temporary name.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sequencer.core.errors import InputError, OutputError, UsageError
from sequencer.core.images import ImageFile
from sequencer.core.paths import exists, is_file, is_folder, partial_of, possible_name, remove

RUNS_FOLDER = Path("runs")
"""Where the folders of runs are made if no other place is requested.

The help of `--out` names it too.
"""
_UNSAFE = re.compile(r"[^\w.-]+")
MAX_NAME_BYTES = 120
"""The most bytes of a title in a folder's name; most systems allow 255 for the complete name."""
MAX_NAMED = 5
"""The most interrupted runs that a hint lists."""


class RunFolder:
    """A run's folder.

    `path` is where files are written now; `final` is its name once it is complete.

    Raises:
        UsageError: The folder exists, or another run is writing it.
        OutputError: The folder cannot be created.
    """

    def __init__(self, final: Path) -> None:
        self.final = final
        if exists(final) or not final.name:
            raise UsageError(
                f"{final} already exists", "choose another folder with --out, or remove it"
            )
        self.path = partial_of(final)
        self._made = [one for one in final.parents if not exists(one)]
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._remove_made()
            raise OutputError(
                f"{final.parent} cannot be created: {error.strerror}",
                "choose another folder with --out",
            ) from None
        try:
            self.path.mkdir()
        except FileExistsError:
            raise UsageError(
                (
                    f"{self.path} already exists: another run is writing it, or an earlier one was "
                    "killed"
                ),
                f"if no run is in progress, keep its contents (sequencer replay {final}), or "
                "resume it: "
                f"sequencer perform --resume {final}",
            ) from None
        except OSError as error:
            self._remove_made()
            raise OutputError(
                f"{final} cannot be created: {error.strerror}", "choose another folder with --out"
            ) from None

    @classmethod
    def make(cls, out: Path | None, title: str) -> RunFolder:
        """Return the requested folder, or a new one under `runs/` named by time and title."""
        if out is not None:
            return cls(out)
        words = (
            possible_name(_UNSAFE.sub("-", title).strip("-."), MAX_NAME_BYTES).strip("-.") or "run"
        )
        stamp = time.strftime("%Y-%m-%d-%H%M%S")
        name = f"{stamp}-{words}"
        number = 1
        while exists(RUNS_FOLDER / name) or exists(partial_of(RUNS_FOLDER / name)):
            number += 1
            name = f"{stamp}-{words}-{number}"
        return cls(RUNS_FOLDER / name)

    @classmethod
    def adopt(cls, run: Path) -> RunFolder:
        """Return the folder of an interrupted run, by its present or its final name.

        `runs/` may be omitted from the name.

        Raises:
            InputError: There is no such run, or its folder contains a link.
        """
        if (
            run.parent == Path()
            and not exists(run)
            and not exists(partial_of(run))
            and exists(partial_of(RUNS_FOLDER / run))
        ):
            run = RUNS_FOLDER / run
        final = run
        if run.name.startswith(".") and run.name.endswith(".partial"):
            final = run.with_name(run.name[1 : -len(".partial")])
        found = cls.__new__(cls)
        found.final = final
        found.path = partial_of(final)
        found._made = []
        if not is_file(found.path / "journal.jsonl"):
            hint = "it was completed" if is_folder(final) else _interrupted_beside(final)
            raise InputError(f"there is no interrupted run in {run}", hint)
        link = next(
            (path for path in (found.path, *found.path.iterdir()) if path.is_symlink()), None
        )
        if link is not None:  # a foreign link could make the run overwrite any file of the user
            raise InputError(
                f"{link} is a link, and runs do not create links", "is this a run of your own?"
            )
        return found

    def remove(self) -> None:
        """Remove the folder of a run that never began, and the folders made for it if empty."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._remove_made()

    def _remove_made(self) -> None:
        with suppress(OSError):  # one that is in use by now stays, as do those around it
            for folder in self._made:
                folder.rmdir()

    def write(self, name: str, text: str) -> None:
        """Write a complete text file into the folder, or nothing. Raises OutputError."""
        try:
            (self.path / name).write_text(
                text, encoding="utf-8", errors="backslashreplace", newline="\n"
            )
        except OSError as error:
            remove(self.path / name)
            raise OutputError(
                f"{name} cannot be written to {self.path}: {error.strerror}", "is the disk full?"
            ) from None

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file into the folder. Raises OutputError."""
        self.write(name, json.dumps(value, ensure_ascii=False, indent=1) + "\n")

    def finish(self) -> Path:
        """Give the folder its final name: the run is over. Raises OutputError."""
        try:
            self.path.replace(self.final)
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be renamed to {self.final}: {error.strerror}"
            ) from None
        return self.final

    def finish_with(
        self, parts: Iterable[Callable[[], object]], failures: Iterable[str] = ()
    ) -> tuple[Path, tuple[str, ...]]:
        """Write all parts that can be written, then give the folder its final name.

        Args:
            parts: Functions that each write a file, or raise OutputError if they cannot; the others
                are still written.
            failures: A sentence for each failure so far.

        Returns:
            The folder's path now, and a sentence for everything that could not be written.
        """
        found = list(failures)
        for write in parts:
            try:
                write()
            except OutputError as error:
                found.append(error.message)
        try:
            final = self.finish()
        except OutputError as error:
            return self.path, (*found, error.message)
        return final, tuple(one.replace(str(self.path), str(final)) for one in found)


def _interrupted_beside(run: Path) -> str:
    """Return a hint that lists the interrupted runs, the latest first.

    These are the runs beside this one and in `runs/`.
    """
    found: list[tuple[float, str]] = []
    for folder in {run.parent, RUNS_FOLDER}:
        with suppress(OSError):
            for path in folder.glob(".*.partial"):
                if is_file(path / "journal.jsonl"):
                    name = path.name[1 : -len(".partial")]
                    found.append((path.stat().st_mtime, str(path.with_name(name))))
    if not found:
        return "name the folder that `sequencer perform` was writing"
    names = [name for _, name in sorted(found, reverse=True)]
    return (
        "these runs were interrupted: "
        + ", ".join(names[:MAX_NAMED])
        + (", …" if len(names) > MAX_NAMED else "")
    )


def bytes_of(images: Iterable[ImageFile], read: Callable[[ImageFile], bytes]) -> dict[str, bytes]:
    """Return the bytes of images by SHA-256.

    Raises OutputError if one cannot be read or has changed.
    """
    found: dict[str, bytes] = {}
    for image in images:
        try:
            data = read(image)
        except OSError as error:
            raise OutputError(
                f"{image.path} cannot be bundled: {error.strerror or error}"
            ) from None
        if hashlib.sha256(data).hexdigest() != image.sha256:
            raise OutputError(
                f"{image.path} has changed since the score was read: it cannot be bundled",
                "run the score again",
            )
        found[image.sha256] = data
    return found

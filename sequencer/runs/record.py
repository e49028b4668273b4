"""What `run.json` contains: how a run of a store was made, and how it ended."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1
"""The format of `run.json`. A later reader reads earlier formats."""
FILE = "run.json"
MAX_RECORD_BYTES = 1_000_000
"""The largest `run.json` that is read, in bytes."""
NAME = re.compile(r"([0-9a-f]{64})(?:\.([1-9][0-9]{0,3}))?")
"""The name of a run: its key, and the attempt if it is not the first."""
MAX_ATTEMPTS = 9_999
_PREFIX = re.compile(r"[0-9a-f]{16}")


def name_of(key: str, attempt: int) -> str:
    """Return the name of a run in a store."""
    return key if attempt == 1 else f"{key}.{attempt}"


def split_name(name: str) -> tuple[str, int] | None:
    """Return the key and the attempt of a run's name; None if it is none."""
    found = NAME.fullmatch(name)
    return None if found is None else (found[1], int(found[2] or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run of a store. It may come from anybody: its texts are shown, never executed.

    Attributes:
        name: Its name in the store.
        failed: Why it failed; None if it is complete.
        values: The values that it was made with, by axis, as texts.
        summary: Numbers of its report.
        facts: Everything else: inputs, versions, machine, time.
        files: Its files with their sizes, in bytes.
        folder: The random part of where its files are in an object store; empty in a folder.
    """

    name: str
    failed: str | None
    values: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    folder: str = ""

    @property
    def key(self) -> str:
        """The key of the run."""
        return self.name.partition(".")[0]

    @property
    def attempt(self) -> int:
        """Which attempt it is, from 1."""
        found = split_name(self.name)
        return 1 if found is None else found[1]

    @property
    def is_complete(self) -> bool:
        """Whether the run was played to its end and saved."""
        return self.failed is None

    def to_json(self) -> str:
        """Return the content of `run.json`."""
        return (
            json.dumps(
                {
                    "format": FORMAT,
                    "name": self.name,
                    **({} if self.failed is None else {"failed": self.failed}),
                    "values": dict(self.values),
                    "summary": dict(self.summary),
                    "facts": dict(self.facts),
                    "files": dict(self.files),
                    **({"folder": self.folder} if self.folder else {}),
                },
                ensure_ascii=True,
                indent=1,
            )
            + "\n"
        )


def read_record(data: bytes | str, name: str) -> RunRecord | None:
    """Return the record of a run called `name`; None if the data is not one of this format."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT or found.get("name") != name:
        return None
    failed, folder = found.get("failed"), found.get("folder", "")
    parts: list[dict[str, Any]] = [
        one
        for one in map(found.get, ("values", "files", "summary", "facts"))
        if isinstance(one, dict)
    ]
    if len(parts) != 4:
        return None
    values, files, summary, facts = parts
    if (
        not (failed is None or isinstance(failed, str))
        or not (folder == "" or (isinstance(folder, str) and _PREFIX.fullmatch(folder)))
        or not all(isinstance(one, str) for one in values.values())
        or not all(isinstance(one, int) and one >= 0 for one in files.values())
    ):
        return None
    return RunRecord(
        name=name,
        failed=failed,
        values=values,
        summary=summary,
        facts=facts,
        files=files,
        folder=folder,
    )

"""What people chose and rejected in a sweep. Every decision is a file of its own in the store.

So two people can decide at once, and no file is ever changed, which object stores cannot do.
"""

from __future__ import annotations

import getpass
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sequencer.core.errors import UsageError
from sequencer.runs.keys import KEY
from sequencer.runs.store import RunStore

FOLDER = "chosen"
MAX_NOTE = 1_000
"""The longest note, in characters."""
MAX_WHO = 100

Verdict = Literal["chosen", "rejected", "undecided"]
VERDICTS: tuple[Verdict, ...] = ("chosen", "rejected", "undecided")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One decision about a run."""

    key: str
    verdict: Verdict
    who: str
    when: str
    note: str = ""


def user_name() -> str:
    """Return the name of the user for choices."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        return "unknown"


def choose(
    store: RunStore,
    sweep: str,
    keys: Iterable[str],
    verdict: Verdict,
    *,
    who: str,
    note: str = "",
) -> None:
    """Keep a decision about runs.

    Raises:
        UsageError: The name or the note is too long.
        OutputError: It cannot be written.
    """
    if not who or len(who) > MAX_WHO or len(note) > MAX_NOTE:
        raise UsageError(
            f"a name has 1 to {MAX_WHO} characters, and a note at most {MAX_NOTE:,}", "shorten it"
        )
    now = datetime.now(UTC)
    for key in keys:
        document = {
            "key": key,
            "verdict": verdict,
            "who": who,
            "when": now.isoformat(timespec="microseconds"),
            "note": note,
        }
        name = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.json"
        store.add_document(sweep, f"{FOLDER}/{name}", json.dumps(document) + "\n")


def read_choices(store: RunStore, sweep: str) -> Mapping[str, list[Choice]]:
    """Return the decisions about each run, the latest one last; undecided ends what was before.

    A file that is not a decision is left out: the store may come from anybody.
    """
    found: dict[str, list[Choice]] = {}
    for name in store.documents(sweep, FOLDER):
        choice = _read(store.document(sweep, f"{FOLDER}/{name}") or "")
        if choice is not None:
            found.setdefault(choice.key, []).append(choice)
    return {key: sorted(group, key=lambda one: one.when) for key, group in found.items()}


def latest(choices: Iterable[Choice]) -> dict[str, Choice]:
    """Return the last decision of each person, by name; without those who are undecided."""
    found = {one.who: one for one in choices}
    return {who: one for who, one in found.items() if one.verdict != "undecided"}


def _read(text: str) -> Choice | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    fields = [document.get(name, "") for name in ("key", "verdict", "who", "when", "note")]
    if not all(isinstance(one, str) for one in fields):
        return None
    key, verdict, who, when, note = fields
    if KEY.fullmatch(key) is None or verdict not in VERDICTS:
        return None
    return Choice(key=key, verdict=verdict, who=who[:MAX_WHO], when=when[:40], note=note[:MAX_NOTE])

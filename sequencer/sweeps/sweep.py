"""Find out which rows of a sweep are missing, and have them played."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from sequencer.core.errors import OutputError, UsageError
from sequencer.core.image_files import read_image
from sequencer.core.images import ImageFile
from sequencer.renderers.choosing import HELIOS
from sequencer.runs.executors import MAX_LOSSES, Engine, Work, WorkerLostError
from sequencer.runs.index import RunIndex, index_path
from sequencer.runs.keys import key_of
from sequencer.runs.record import RunRecord, split_name
from sequencer.runs.store import Claim, RunStore
from sequencer.schedule.document import to_json
from sequencer.sweeps.playing import Ending, Job, JobResult, play_jobs
from sequencer.sweeps.rows import Row, Rows, dollars_of, images_of

BATCH = 25
"""How many rehearsals without video are sent to a worker at once: each takes some 10 ms."""
MAX_SESSIONS = 5
"""How many sessions an account of the platform may have at once."""


class Status(StrEnum):
    """What the store has of a row."""

    COMPLETE = "complete"
    FAILED = "failed"
    CLAIMED = "claimed"
    """It is being played, or was when its worker was killed, and it costs money."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """A row, and its last run in the store."""

    row: Row
    status: Status
    record: RunRecord | None = None
    claim: Claim | None = None

    @property
    def reason(self) -> str:
        """Why it failed, or who plays it."""
        if self.status is Status.CLAIMED and self.claim is not None:
            return f"claimed by {self.claim.who} since {self.claim.since}"
        return "" if self.record is None else self.record.failed or ""


def find_states(rows: Rows, store: RunStore) -> list[RowState]:
    """Return the state of every row."""
    with RunIndex(store, index_path(store)) as index:
        index.refresh()
        runs = index.find(row.key for row in rows.rows)
    claims: dict[str, Claim] = {}
    if any(row.is_paid for row in rows.rows):
        for claim in store.claims():
            found = split_name(claim.name)
            if found is not None:
                claims[found[0]] = claim
    return [_state(row, runs.get(row.key, []), claims.get(row.key)) for row in rows.rows]


def _state(row: Row, runs: Sequence[RunRecord], claim: Claim | None) -> RowState:
    last = runs[-1] if runs else None
    if last is not None and last.is_complete:
        status = Status.COMPLETE
    elif claim is not None:
        status = Status.CLAIMED
    else:
        status = Status.MISSING if last is None else Status.FAILED
    return RowState(row=row, status=status, record=last, claim=claim)


def keep_plan(rows: Rows, store: RunStore) -> bool:
    """Keep the rows of a sweep in its store.

    Returns:
        Whether these are the rows that were kept when the sweep was first run: False if its plan,
            its score or an image has changed since.
    """
    document = json.dumps(
        {
            "format": 1,
            "title": rows.title,
            "rows": [
                {"number": row.number, "key": row.key, "values": dict(row.values), "take": row.take}
                for row in rows.rows
            ],
        },
        indent=1,
    )
    if store.add_document(rows.plan.name, "plan.json", document):
        return True
    if store.document(rows.plan.name, "plan.json") == document:
        return True
    name = f"plan-{key_of({'keys': [row.key for row in rows.rows]})[:16]}.json"
    store.add_document(rows.plan.name, name, document)
    return False


def parse_shard(text: str) -> tuple[int, int]:
    """Return the number of a shard, from 1, and how many there are. Raises UsageError."""
    number, slash, count = text.partition("/")
    digits = all(one.isascii() and one.isdigit() and len(one) <= 6 for one in (number, count))
    if not (slash and digits and 1 <= int(number) <= int(count)):
        raise UsageError(
            f"{text[:40]!r} is not a shard: write K/N, the K-th of N parts, with K from 1 to N",
            "for example: --shard 3/40",
        )
    return int(number), int(count)


def select(rows: Rows, shard: tuple[int, int] | None, names: Sequence[str]) -> Sequence[Row]:
    """Return the rows of a shard, or those that are named; all without either.

    Shards take every so many rows, so that slow values of the first axis are divided evenly.
    """
    if names:
        return list({row.number: row for row in map(rows.find, names)}.values())
    if shard is None:
        return rows.rows
    number, count = shard
    return rows.rows[number - 1 :: count]


@dataclass(slots=True, kw_only=True)
class SweepRun:
    """One execution of the missing rows of a sweep.

    Attributes:
        rows: The sweep.
        selected: The rows that are wanted.
        store: Where runs are kept.
        engine: Where rows are played.
        again: Whether rows that failed are played again.
        sessions: How many sessions that cost money may be open at once.
        batch: How many rows without video are sent at once.
        price_per_hour: The hourly rate of the platform, in dollars.
        most_dollars: The most that all missing rows may cost; None only if they are free.
        key_file: The file of the API key, on the workers' machines.
        handle: Called with each row that ended, and how.
        handle_loss: Called when a worker was killed, before its rows are played again.
    """

    rows: Rows
    selected: Sequence[Row]
    store: RunStore
    engine: Engine
    handle: Callable[[Row, JobResult], object]
    again: bool = False
    sessions: int = MAX_SESSIONS
    batch: int = BATCH
    price_per_hour: Fraction = Fraction(0)
    most_dollars: Fraction | None = None
    key_file: Path | None = None
    handle_loss: Callable[[], object] = lambda: None
    results: dict[int, JobResult] = field(default_factory=dict)

    def missing(self, states: Iterable[RowState]) -> list[Row]:
        """Return the selected rows that have to be played, each key once."""
        wanted = {row.number for row in self.selected}
        found: dict[str, Row] = {}
        for state in states:
            is_due = state.status is Status.MISSING or (
                state.status is Status.FAILED and self.again
            )
            if state.row.number in wanted and is_due:
                found.setdefault(state.row.key, state.row)
        return list(found.values())

    def check_price(self, missing: Sequence[Row]) -> None:
        """Check what the missing rows cost, before anything is opened. Raises UsageError."""
        paid = [row for row in missing if row.is_paid]
        if not paid:
            return
        dollars = dollars_of(paid, self.price_per_hour)
        text = f"{len(paid)} rows on a paid stage cost about ${float(dollars):.2f}"
        if self.most_dollars is None:
            raise UsageError(
                text, f"if that is right, confirm it: --most-dollars {_rounded_up(dollars)}"
            )
        if dollars > self.most_dollars:
            raise UsageError(
                f"{text}, more than --most-dollars {float(self.most_dollars):g}",
                "play fewer rows (--row, --shard), or allow more",
            )
        self.store.check_exclusive()

    def play(self, missing: Sequence[Row]) -> None:
        """Play rows. Results are in `results`, by number.

        Raises:
            OutputError: An image or a sound cannot be written to the store.
            StageError: A cluster cannot be reached.
        """
        if not missing:
            return
        self.check_price(missing)
        self._keep_inputs(missing)
        waiting = list(missing)
        # Rows that another process seems to be playing are left for the end. If one is still
        # unfinished then, its worker was killed, or plays it at the same time: it is played here.
        for defer in (True, False):
            self._work(waiting, defer)
            waiting = [row for row in waiting if self.results[row.number].ending is Ending.BUSY]
            if not waiting:
                return

    def _work(self, waiting: Sequence[Row], defer: bool) -> None:
        by_number = {row.number: row for row in waiting}
        quick = all(row.renderer == "none" and not row.is_paid for row in waiting)
        # not more at once than divides the rows evenly
        batch = min(self.batch, -(-len(waiting) // self.engine.workers)) if quick else 1

        def handle(job: Job, result: JobResult | WorkerLostError) -> None:
            if isinstance(result, WorkerLostError):
                reason = f"its worker was killed {MAX_LOSSES} times"
                result = JobResult(
                    number=job.number, key=job.key, ending=Ending.FAILED, reason=reason
                )
            self.results[job.number] = result
            if not (result.ending is Ending.BUSY and defer):
                self.handle(by_number[job.number], result)

        Work(
            tasks=(self.job_of(row, defer) for row in waiting),
            function=play_jobs,
            engine=self.engine,
            handle=handle,
            handle_loss=self.handle_loss,
            batch=max(1, batch),
            is_scarce=lambda job: job.is_paid,
            most_scarce=self.sessions,
        ).run()

    def job_of(self, row: Row, defer: bool) -> Job:
        """Return the job of a row; `defer` leaves a row that is played elsewhere for later."""
        sound = self.rows.sound
        return Job(
            number=row.number,
            key=row.key,
            label=row.label,
            store=self.store.url,
            schedule=to_json(row.schedule),
            score=row.score,
            name=self.rows.plan.score.stem or "score",
            values=dict(row.values),
            inputs=dict(row.inputs),
            renderer=row.renderer,
            size=self.rows.plan.size,
            is_paid=row.is_paid,
            price_per_hour=self.price_per_hour,
            sound_sha256=None if sound is None else sound.sound.sha256,
            again=self.again,
            defer=defer,
            key_file=self.key_file,
            model=self.rows.plan.model if row.renderer == HELIOS else None,
        )

    def _keep_inputs(self, missing: Sequence[Row]) -> None:
        """Put the images and the sound into the store, where workers find them."""
        folder = self.rows.plan.score.parent
        for image in images_of(missing):
            self.store.add_blob("images", image.sha256, _image_bytes(folder, image))
        sound = self.rows.sound
        if sound is not None and missing:
            try:
                data = sound.file.read_bytes()
            except OSError as error:
                raise OutputError(f"{sound.file} cannot be read: {error.strerror}") from None
            self.store.add_blob("sounds", sound.sound.sha256, data)


def _image_bytes(folder: Path, image: ImageFile) -> bytes:
    try:
        return read_image(folder, image)
    except OSError as error:
        raise OutputError(
            f"{image.path} cannot be read: {error.strerror or error}", "is it still there?"
        ) from None


def _rounded_up(dollars: Fraction) -> str:
    return str(-(-dollars // 1))

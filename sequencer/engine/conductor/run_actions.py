"""Moves: what rules and exits do to the run itself (pause, resume, goto, leaving a live section), and what became of each."""

from __future__ import annotations

from dataclasses import dataclass

from sequencer.engine.conductor.deliveries import FINAL, Status
from sequencer.engine.conductor.plan import Pass

LEAVES = "leaves"


@dataclass(slots=True)
class RunAction:
    """One firing that moved the run. `fired` and `came` are nanoseconds; `kind` is `pause`, `resume` or `LEAVES`.

    `chunk` is the score chunk behind which the model rested, from which it went on, or from which on what follows is played.
    """

    kind: str
    what: str
    place: str
    section: str | None
    pass_number: int
    line: int
    fired: int
    chunk: int | None = None
    came: int | None = None
    status: Status = Status.WAITING
    reason: str = ""
    occurrence: int = 1
    """Which pass of its section it fired in, as the cue sheet numbers them."""

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet what becomes of it."""
        return self.status not in FINAL

    def land(self, chunk: int, at: int) -> None:
        """It has come about."""
        self.status, self.chunk, self.came = Status.LANDED, chunk, at

    def end(self, status: Status, reason: str) -> None:
        """It will not come about."""
        self.status, self.reason = status, reason


class RunActions:
    """All moves of a run, in the order in which they were fired."""

    def __init__(self) -> None:
        self.all: list[RunAction] = []
        self._guessed: list[RunAction] = []
        """Pauses of a model that rests and did not say after which chunk: one that is still made moves them on."""

    def fired(self, kind: str, what: str, place: str, current: Pass, line: int, at: int) -> RunAction:
        """A rule or an exit of this pass fired. Who leaves a pass anew does so instead of the one before."""
        if kind == LEAVES:
            self.give_up_leaving(f"{place} came before it had left")
        stretch = current.stretch
        move = RunAction(kind, what, place, stretch.section, current.number, line, at, occurrence=stretch.occurrence)
        self.all.append(move)
        return move

    def _open(self, kind: str) -> list[RunAction]:
        return [one for one in self.all if one.kind == kind and one.is_open]

    def give_up_leaving(self, reason: str) -> None:
        """Whatever was on its way out of a pass is not any more."""
        for move in self._open(LEAVES):
            move.end(Status.OVERTAKEN, reason)

    def paused(self, chunk: int, at: int, *, is_guess: bool = False) -> None:
        """The model rests after a score chunk, or as far as is known (`is_guess`) not before it."""
        for move in self._open("pause"):
            move.land(chunk, at)
            if is_guess:
                self._guessed.append(move)

    def resumed(self, chunk: int, at: int) -> None:
        """The model goes on with a score chunk; a pause that had not come by then does not come any more."""
        self._guessed.clear()
        for move in self._open("resume"):
            move.land(chunk, at)
        for move in self._open("pause"):
            move.end(Status.SKIPPED, "it was taken back before its chunk was done")

    def plays(self, pass_number: int, chunk: int, at: int) -> None:
        """A score chunk of this pass begins: what came before it has been left."""
        for move in self._guessed:
            move.chunk = max(move.chunk or 0, chunk - 1)
        for move in self._open(LEAVES):
            if pass_number > move.pass_number:
                move.land(chunk, at)

    def cut(self) -> None:
        """A new take runs: whether the one before rested or went on matters no more."""
        self._guessed.clear()
        for move in [*self._open("pause"), *self._open("resume")]:
            move.end(Status.MISSED, "the take was cut first")

    def refused(self, command: str, reason: str) -> None:
        """The model refused a pause or a resume: the latest that was asked for."""
        for move in self._open(command)[-1:]:
            move.end(Status.REFUSED, reason)

    def finish(self, chunk: int, at: int, ended: str, well: bool, stopped: bool) -> None:
        """The run ends before a score chunk. Where the score is over, that is where the last pass was left.

        Where an operator ended it (`stopped`), what had not come about by then is skipped, not missed.
        """
        for move in [one for one in self.all if one.is_open]:
            if well and move.kind == LEAVES:
                move.land(chunk, at)
            else:
                move.end(Status.SKIPPED if stopped else Status.MISSED, f"the run ended first: {ended}")

"""Invariants of shows whose scores are edited while they play."""

from __future__ import annotations

from collections.abc import Iterator

from sequencer.engine.conductor.deliveries import FINAL, Status
from sequencer.events.events import ReloadRequested, TransportLocated
from tests.simulation.evidence import Evidence
from tests.simulation.oracle.parts import Parts
from tests.simulation.playing import read_score


def edits_are_reported(seen: Evidence) -> Iterator[str]:
    """Every edit that was asked for is in the report, with a result, and with a reason if it did
    not take over.
    """
    asked = [event for event in seen.events if isinstance(event, ReloadRequested)]
    moves = [move for move in seen.report.moves if move.place == "reload"]
    if [f"version {one.version}" for one in asked] != [move.what for move in moves]:
        yield f"{len(asked)} edits were asked for, and {len(moves)} are reported"
    for move in moves:
        if move.status not in FINAL or (move.status is not Status.LANDED and not move.reason):
            yield f"{move.what} is {move.status}, and the report does not state why"
        if move.status is Status.LANDED and (move.chunk is None or (move.waited_ms or 0) < 0):
            yield f"{move.what} took over at chunk {move.chunk}, {move.waited_ms} ms later"
        if move.status is Status.MISSED and seen.calm and seen.report.ended_well:
            yield f"{move.what} is missed though nothing went wrong: {move.reason}"


def edits_are_shown(seen: Evidence) -> Iterator[str]:
    """In a calm show a chunk shows a prompt of the version that plays, of a rule, or the prompt that
    was in force when that version took over.
    """
    show = seen.show
    jumps = any(isinstance(event, TransportLocated) for event in seen.events)
    if not seen.calm or not seen.report.ended_well or jumps or seen.answers_late:
        return
    texts = [_prompts(show.script.score)]
    texts += [_prompts(edit.score) for edit in show.script.edits if edit.score]
    fired = {text for _, rules in texts for text in rules}
    conductor = show.conductor
    takeovers = [
        (move.chunk, int(move.what.split()[-1]))
        for move in (conductor.view.run_actions if conductor is not None else ())
        if move.place == "reload" and move.status is Status.LANDED and move.chunk is not None
    ]
    before: str | None = None
    carried: set[str | None] = set()
    version = 1
    for made in sorted(seen.made, key=lambda one: one.chunk):
        if made.chunk > seen.last_reported:
            return
        while takeovers and takeovers[0][0] <= made.chunk:
            version = takeovers.pop(0)[1]
            carried = {before}
        prompt = made.look.prompt.strip()
        if prompt not in texts[version - 1][0] | fired | carried:
            yield (
                f"chunk {made.chunk} shows {prompt!r}, which is neither of version {version} of the "
                "score nor was in force when it took over"
            )
        before = prompt


def _prompts(score: str) -> tuple[set[str | None], set[str]]:
    """Return the prompts of the cues of a score, and those of its rules."""
    parts = Parts(read_score(score))
    answers = [answer for part in parts.play for answer in part.answers]
    cues: set[str | None] = {
        str(deed.does["prompt"])
        for part in parts.play
        for deed in part.deeds
        if "prompt" in deed.does
    }
    rules = {str(one.does["prompt"]) for one in answers if "prompt" in one.does}
    return cues, rules | {str(text) for one in answers for text in one.options or ()}

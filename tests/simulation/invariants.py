"""What must hold after every show, whatever went wrong in it.

Each invariant has a name, and describes what violates it.

Some always hold. Others hold only in a *calm* show: the model may be odd or slow, but it loses,
refuses and corrupts nothing, and the operator lets it play; there every cue has to land where it
was planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sequencer.engine.replay import replay
from sequencer.events.commands import Finish, SendMidi, SendOsc, WakeAt
from sequencer.events.events import Paused, Resumed
from tests.simulation.agreeing import (
    sends_the_score,
    shows_nothing_else,
    shows_the_score,
    ticks_the_score,
)
from tests.simulation.arriving import (
    answers_known,
    commands_in_order,
    events_in_order,
    messages_read_once,
    time_code_read,
)
from tests.simulation.editing import edits_are_reported, edits_are_shown
from tests.simulation.evidence import Evidence
from tests.simulation.leaving import (
    committed_stays,
    images_have_prompts,
    live_commands_leave_in_time,
    nothing_for_the_past,
    one_prompt_a_chunk,
    opening_order,
    prompts_leave_in_time,
    seeds_are_kept,
    sent_once,
)
from tests.simulation.playing import Show
from tests.simulation.reporting import (
    calm_lands,
    figures_are_right,
    firings_are_reported,
    missed_is_not_shown,
    moves_are_reported,
    nothing_lost,
    report_is_true,
    seen_on_the_beat,
    seen_on_the_tape,
    shown_as_reported,
    skipped_is_not_shown,
)
from tests.simulation.showing import (
    clock_ticks,
    nothing_after_stop,
    shown_before_closing,
    shown_is_the_models,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated invariant, and how it was violated."""

    name: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


def session_closed(seen: Evidence) -> Iterator[str]:
    """The stage is closed when the show is over, and nothing is sent to it afterwards."""
    show = seen.show
    if show.closes == 0:
        yield "the session was left open"
    if show.sent_after_close:
        yield f"{show.sent_after_close} commands were sent to a closed session"
    finishes = [command for command in seen.commands if isinstance(command, Finish)]
    if len(finishes) != 1:
        yield f"the run finished {len(finishes)} times"
    elif not isinstance(show.steps[-1].commands[-1], Finish):
        yield "something came after the finish"


def reactor_is_left(seen: Evidence) -> Iterator[str]:
    """At Reactor the session is ended, and its connection closed, when the run is over."""
    yield from seen.show.left


def comes_to_an_end(seen: Evidence) -> Iterator[str]:
    """A show ends by itself, unless somebody paused it or the clock that it follows is stopped."""
    show = seen.show
    stuck = show.capped or "nothing more can happen" in seen.report.ended
    if not stuck or show.following or seen.was_paused:
        return
    if any(isinstance(step.event, Paused | Resumed) for step in show.steps):
        return
    yield (
        f"it did not end by itself: {seen.report.ended}; {show.steps[-1].phase}, chunk "
        f"{show.steps[-1].making}"
    )


def replay_is_clean(seen: Evidence) -> Iterator[str]:
    """The journal replays to the same commands and the same report."""
    journal = seen.journal
    if journal.cut_off or not journal.is_whole:
        yield "the journal is not whole"
    again = replay(journal)
    if again.divergence is not None:
        yield f"the replay parts: {again.divergence}"
    elif again.report != seen.report:
        yield "the replay's report is another one"


def journal_agrees(seen: Evidence) -> Iterator[str]:
    """The journal contains every event and every command, in order, and the stage received what the
    journal contains.
    """
    happened: list[object] = []
    for step in seen.show.steps:
        happened.append(step.event)
        happened += step.commands
    written = [
        one.event if one.event is not None else one.command
        for one in seen.journal.records
        if one.end is None and one.score is None
    ]
    if written != happened:
        part = next(
            (n for n, (a, b) in enumerate(zip(written, happened, strict=False)) if a != b),
            min(len(written), len(happened)),
        )
        yield (
            f"the journal and the run part at record {part + 1}: {written[part : part + 1]}, "
            f"{happened[part : part + 1]}"
        )
    given = [command for _, _, command in seen.show.sent]
    wanted = [
        command
        for command in seen.commands
        if not isinstance(command, WakeAt | Finish | SendMidi | SendOsc)
    ]
    if given != wanted:
        yield (
            f"{len(wanted)} commands are in the journal, {len(given)} were given to the stage, "
            "or others"
        )


INVARIANTS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "session-closed": session_closed,
    "comes-to-an-end": comes_to_an_end,
    "replay-clean": replay_is_clean,
    "journal-agrees": journal_agrees,
    "events-in-order": events_in_order,
    "commands-in-order": commands_in_order,
    "messages-read-once": messages_read_once,
    "answers-known": answers_known,
    "nothing-for-the-past": nothing_for_the_past,
    "prompts-in-time": prompts_leave_in_time,
    "live-in-time": live_commands_leave_in_time,
    "sent-once": sent_once,
    "opening-order": opening_order,
    "seeds-kept": seeds_are_kept,
    "images-have-prompts": images_have_prompts,
    "committed-stays": committed_stays,
    "one-prompt-a-chunk": one_prompt_a_chunk,
    "edits-reported": edits_are_reported,
    "edits-shown": edits_are_shown,
    "nothing-lost": nothing_lost,
    "firings-reported": firings_are_reported,
    "moves-reported": moves_are_reported,
    "calm-lands": calm_lands,
    "report-true": report_is_true,
    "shown-as-reported": shown_as_reported,
    "skipped-not-shown": skipped_is_not_shown,
    "missed-not-shown": missed_is_not_shown,
    "on-the-beat": seen_on_the_beat,
    "on-the-tape": seen_on_the_tape,
    "time-code-read": time_code_read,
    "figures-right": figures_are_right,
    "reactor-left": reactor_is_left,
    "shown-before-closing": shown_before_closing,
    "shown-is-the-models": shown_is_the_models,
    "clock-ticks": clock_ticks,
    "nothing-after-stop": nothing_after_stop,
    "shows-the-score": shows_the_score,
    "shows-nothing-else": shows_nothing_else,
    "sends-the-score": sends_the_score,
    "ticks-the-score": ticks_the_score,
}


OF_ONE_SCORE = frozenset(
    {
        "calm-lands",
        "figures-right",
        "firings-reported",
        "moves-reported",
        "nothing-lost",
        "seeds-kept",
        "sends-the-score",
        "shows-nothing-else",
        "shows-the-score",
        "ticks-the-score",
    }
)
"""Invariants that compare a show with the score that it began with: not of shows with edits."""


def violations(show: Show) -> tuple[Violation, ...]:
    """Return every violation of a show; one that crashed violates only `no-crash` (and
    `session-closed`).
    """
    if show.refused:
        return (Violation("valid-taken", f"a valid score is refused: {show.refused}"),)
    if show.crash:
        left_open = (
            (Violation("session-closed", "the session was left open"),) if show.closes == 0 else ()
        )
        return (Violation("no-crash", show.crash), *left_open)
    if show.unopened:
        return tuple(Violation("reactor-left", sentence) for sentence in show.left)
    seen = Evidence(show)
    skipped = OF_ONE_SCORE if show.script.edits else frozenset()
    return tuple(
        Violation(name, sentence)
        for name, check in INVARIANTS.items()
        if name not in skipped
        for sentence in check(seen)
    )

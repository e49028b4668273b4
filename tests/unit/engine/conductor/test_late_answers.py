"""Answers that arrive late, omit something, or arrive during a lost connection: cues are reported
where they landed.
"""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.image_landing import ImageLandings
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.pending_commands import PendingCommand
from sequencer.events.commands import SetSrScale
from sequencer.events.events import (
    ChunkDone,
    ConnectionLost,
    ConnectionRestored,
    ImageAccepted,
    Paused,
    PromptAccepted,
    Ready,
    Started,
    StateReported,
)
from sequencer.language.compiler import compile_score
from sequencer.language.score import Cut, Score, SetSr, SuperResolution, UseImage
from sequencer.language.score import Pause as PauseAction
from sequencer.language.score import Resume as ResumeAction
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios import HeliosModel
from tests.support.builders import (
    IMAGE_FILE,
    OTHER_IMAGE_FILE,
    at_bar,
    at_chunk,
    live,
    on_beats,
    on_chunks,
    on_go,
    play,
    section,
)

SHOW = on_chunks(
    at_chunk(0, "first"),
    at_chunk(4, UseImage(IMAGE_FILE.path), "second"),
    at_chunk(8, UseImage(OTHER_IMAGE_FILE.path)),
    at_chunk(12, UseImage(IMAGE_FILE.path), "third"),
    end=16,
)


A_CHUNK_LATE: dict[str, Any] = {
    "delays": {"at_chunk": True},
    "messages": [{"do": "delay", "type": "image_accepted", "by": "300ms"}],
}
"""Answers wait for the end of the current chunk, and arrive when the next chunk is reported."""


def _landed(score: Score, **faults: Any) -> dict[str, tuple[Status, int | None]]:
    played = play(score, faults=Faults.model_validate(faults))
    return {cue.place: (cue.status, cue.landed) for cue in played.cues}


def test_an_image_whose_answer_waits_for_the_boundary_has_landed_on_its_chunk() -> None:
    """`image_accepted` for chunk 4 arrives while 4 is made.

    Its prompt proves the landing, and settles that at 8.
    """
    played = play(SHOW, faults=Faults.model_validate(A_CHUNK_LATE))
    events = [one for one in played.log if isinstance(one, ImageAccepted | ChunkDone)]
    late = [events[n - 1] for n, one in enumerate(events) if isinstance(one, ImageAccepted)]
    assert [one.chunk for one in late if isinstance(one, ChunkDone)] == [3, 7, 11], (
        "no answer was late"
    )
    assert [(cue.status, cue.landed) for cue in played.cues] == [
        (Status.LANDED, chunk) for chunk in (0, 4, 8, 12)
    ]


def test_an_image_whose_answer_is_slow_has_landed_on_its_chunk() -> None:
    """Its chunk is reported before the command is answered at all."""
    found = _landed(SHOW, delays={"answer": "3s"})
    assert found["4c"] == (Status.LANDED, 4)
    assert found["12c"] == (Status.LANDED, 12)


def test_an_image_that_is_slow_to_encode_has_landed_on_the_chunk_after() -> None:
    found = _landed(SHOW, delays={"image": "1500ms"})
    assert found["4c"] == (Status.LANDED, 5)
    assert found["8c"] == (Status.LANDED, 9)
    assert found["12c"] == (Status.LANDED, 13)


def test_an_image_whose_answer_comes_after_a_cut_has_landed_where_its_prompt_shows_it() -> None:
    score = on_chunks(
        at_chunk(0, "a"),
        at_chunk(5, UseImage(IMAGE_FILE.path), "b"),
        at_chunk(6, Cut(7), "c"),
        end=12,
    )
    assert _landed(score, **A_CHUNK_LATE)["5c"] == (Status.LANDED, 5)


def test_what_one_prompt_reveals_about_late_answers_is_forgotten_where_another_contradicts() -> (
    None
):
    images = ImageLandings()

    def answered(slot: int, prompt: str, shows: str) -> list[tuple[int, int]]:
        proves_landing = images.proves_landing(prompt, None, "before")
        assert (
            images.accepted(
                PendingCommand(
                    command="set_conditioning",
                    chunk=slot,
                    prompt=prompt,
                    proves_landing=proves_landing,
                    during=slot - 1,
                ),
                slot + 1,
                0,
                slot - 1,
            )
            is None
        )
        return images.made(slot, shows, ()) + images.made(slot + 1, prompt, ())

    assert answered(4, "a", "a") == [(4, 4)]
    assert answered(8, "a", "a") == [(8, 8)], "its prompt reveals nothing: as the one before"
    assert answered(12, "b", "a") == [(12, 13)]
    assert answered(16, "b", "b") == [(16, 17)]
    assert answered(20, "c", "c") == [(20, 20)]
    assert answered(24, "c", "c") == [(24, 25)], "nobody knows any more"


def test_a_prompt_that_was_shown_before_its_image_reveals_nothing() -> None:
    images = ImageLandings()
    flight = PendingCommand(
        command="set_conditioning",
        chunk=8,
        prompt="a",
        proves_landing=images.proves_landing("a", None, "before"),
        during=7,
    )
    assert flight.proves_landing
    images.made(7, "a", [flight])
    assert not flight.proves_landing
    images.made(8, "a", [flight])
    assert images.accepted(flight, 9, 0, 8) is None
    assert images.made(9, "a", ()) == [(8, 9)]


# ---- without a report of the chunk

CALM = on_chunks(*(at_chunk(chunk, f"prompt {chunk}") for chunk in (0, 4, 5, 7, 12)), end=16)


@pytest.mark.parametrize("lost", [(5,), (6,), (5, 6), (5, 6, 7, 8, 9)])
def test_a_prompt_whose_chunk_was_not_reported_has_landed_there(lost: tuple[int, ...]) -> None:
    found = _landed(
        CALM, messages=[{"do": "lose", "type": "chunk_complete", "nth": nth} for nth in lost]
    )
    assert found == {f"{chunk}c": (Status.LANDED, chunk) for chunk in (0, 4, 5, 7, 12)}


def test_prompts_that_land_while_the_connection_is_lost_have_landed_on_their_chunks() -> None:
    played = play(CALM, faults=Faults.model_validate({"drops": [{"chunk": 3, "for": "7s"}]}))
    seen = [one.chunk for one in played.log if isinstance(one, ChunkDone)]
    assert not {4, 5, 7} & set(seen), "somebody looked"
    assert [(cue.status, cue.landed) for cue in played.cues] == [
        (Status.LANDED, chunk) for chunk in (0, 4, 5, 7, 12)
    ]


def _reported(*chunks: tuple[int, str]) -> dict[str, tuple[Status, int | None]]:
    """Return where each cue of `CALM` ended after reports of (chunk, prompt).

    All prompts were accepted in time.
    """
    conductor = Conductor(compile_score(CALM))
    conductor.receive(Ready(0))
    for chunk in (0, 4, 5, 7, 12):
        conductor.receive(PromptAccepted(1, f"prompt {chunk}"))
    conductor.receive(Started(2))
    newest = 0
    for chunk, prompt in chunks:
        newest = max(newest, chunk)
        conductor.receive(
            ChunkDone(2 + (newest + 1) * 1_375_000_000, chunk, 33 * (chunk + 1), prompt)
        )
    return {cue.place: (cue.status, cue.landed) for cue in conductor.report().cues}


BEFORE = tuple((chunk, "prompt 0") for chunk in range(4))
MISSED = (Status.MISSED, None)


@pytest.mark.parametrize(
    ("reports", "fourth", "fifth"),
    [
        (((6, "prompt 5"),), 4, 5),
        (((6, "prompt 5"), (4, "prompt 4"), (5, "prompt 5")), 4, 5),
        (((6, "prompt 5"), (5, "prompt 4")), 4, 6),
        (((6, "prompt 5"), (4, "prompt 0")), None, 5),
        (((7, "prompt 7"), (6, "prompt 5"), (5, "prompt 4")), 4, 6),
        (((7, "prompt 7"), (5, "prompt 4"), (6, "prompt 4")), 4, None),
    ],
)
def test_what_a_late_report_shows_corrects_where_a_prompt_has_landed(
    reports: tuple[tuple[int, str], ...], fourth: int | None, fifth: int | None
) -> None:
    """The model accepted the prompts of chunks 4 and 5, and their reports came late; they had not
    always acted there.
    """
    found = _reported(*BEFORE, *reports)
    assert found["4c"] == (MISSED if fourth is None else (Status.LANDED, fourth))
    assert found["5c"] == (MISSED if fifth is None else (Status.LANDED, fifth))


@pytest.mark.parametrize(("made_by", "landed"), [(2, 4), (3, 5), (4, 6)])
def test_a_setting_that_left_after_a_chunk_was_made_acts_on_none_that_had_begun(
    made_by: int, landed: int
) -> None:
    """After a reconnect, messages that arrived before the connection was restored are handled with
    their original times.
    """
    conductor = Conductor(
        compile_score(on_chunks(at_chunk(0, "a"), at_chunk(4, SetSr(SuperResolution.OFF)), end=9))
    )
    conductor.receive(Ready(0))
    conductor.receive(PromptAccepted(1, "a"))
    conductor.receive(Started(2))
    for chunk in (0, 1):
        conductor.receive(ChunkDone(2 + (chunk + 1) * 1_375_000_000, chunk, 33 * (chunk + 1), "a"))
    conductor.receive(ConnectionLost(3_000_000_000, "gone"))
    conductor.receive(ConnectionRestored(2 + (made_by + 1) * 1_375_000_000 + 1000))
    state = StateReported(2 + 3 * 1_375_000_000, True, True, False, 99, 3, "a", (), False, 1.0)
    assert SetSrScale("off") in conductor.receive(state)
    for chunk in range(3, 8):
        conductor.receive(ChunkDone(2 + (chunk + 1) * 1_375_000_000, chunk, 33 * (chunk + 1), "a"))
    assert [cue.landed for cue in conductor.report().cues] == [0, landed]


@pytest.mark.parametrize(("lasts", "landed"), [("1s", 4), ("2s", 5), ("8s", None)])
def test_a_setting_that_was_lost_with_the_connection_has_not_landed(
    lasts: str, landed: int | None
) -> None:
    """The connection breaks as super-resolution is sent.

    After 8 s the model is beyond the end of the score.
    """
    score = on_chunks(at_chunk(0, "a"), at_chunk(4, SetSr(SuperResolution.OFF)), end=6)
    faults = Faults.model_validate({"drops": [{"chunk": 3, "for": lasts}]})
    played = play(score, faults=faults)
    cue = played.cue("4c")
    assert (cue.status, cue.landed) == (Status.MISSED if landed is None else Status.LANDED, landed)
    assert landed or cue.reason == "its sr may have been lost with the connection"


def test_a_resume_after_a_prompt_that_nobody_saw_land() -> None:
    """The run is paused while the report of the prompt's chunk is lost; it resumes, and the next
    report comes too late.
    """
    rests = on_beats(
        section("intro", 4, at_bar(1, "in")),
        live(
            "jam",
            16,
            at_bar(1, "still"),
            on_go("rest", PauseAction()),
            on_go("on", ResumeAction()),
            on_go("next", "new"),
        ),
        section("outro", 4, at_bar(1, "end")),
    )
    calm = play(rests, "go next@12c", "go rest@14c", "go on@40s")
    landed = next(cue.landed for cue in calm.cues if cue.rule is not None)
    assert landed is not None
    faults = Faults.model_validate(
        {"messages": [{"do": "lose", "type": "chunk_complete", "nth": landed + 1}]}
    )
    played = play(rests, "go next@12c", "go rest@14c", "go on@40s", faults=faults)
    assert landed not in [one.chunk for one in played.log if isinstance(one, ChunkDone)]
    assert [(cue.place, cue.status, cue.landed) for cue in played.cues] == [
        (cue.place, cue.status, cue.landed) for cue in calm.cues
    ]
    assert [(one.what, one.chunk) for one in played.outcome.report.moves] == [
        (one.what, one.chunk) for one in calm.outcome.report.moves
    ]


# ---- pauses without a chunk


def _jam() -> Score:
    return on_beats(
        section("intro", 4, at_bar(1, "in")),
        live(
            "jam", 16, at_bar(1, "still"), on_go("rest", PauseAction()), on_go("on", ResumeAction())
        ),
        section("outro", 4, at_bar(1, "end")),
    )


def test_a_pause_that_names_no_chunk_is_reported_where_the_model_rested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sequencer.stages.simulated.helios.Paused", lambda at, _: Paused(at))
    played = play(_jam(), "go rest@13100ms", "go on@40s")
    assert Paused in {type(one) for one in played.log}
    assert all(one.chunk is None for one in played.log if isinstance(one, Paused))
    assert [(one.what, one.status, one.chunk) for one in played.outcome.report.moves] == [
        ("pause", Status.LANDED, 9),
        ("resume", Status.LANDED, 10),
    ]


def test_a_pause_that_is_reported_before_its_chunk_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model may report at once that it will pause: it pauses after the current chunk, not after
    the one before.
    """

    def at_once(self: HeliosModel, at: int) -> None:
        self._pausing = True
        self._outgoing.report(Paused(at), at)

    def at_rest(self: HeliosModel, at: int, _: int) -> None:
        self._pausing, self._paused = False, True
        self._state(at)

    monkeypatch.setattr(HeliosModel, "_pause", at_once)
    monkeypatch.setattr(HeliosModel, "_rest", at_rest)
    played = play(_jam(), "go rest@13100ms", "go on@40s")
    done = [one.at for one in played.log if isinstance(one, ChunkDone) and one.chunk == 9]
    assert next(one.at for one in played.log if isinstance(one, Paused)) < done[0]
    assert [(one.what, one.status, one.chunk) for one in played.outcome.report.moves] == [
        ("pause", Status.LANDED, 9),
        ("resume", Status.LANDED, 10),
    ]


def test_a_state_that_pauses_needs_no_message() -> None:
    faults = Faults.model_validate(
        {"messages": [{"do": "lose", "type": "generation_paused", "nth": 1}]}
    )
    played = play(_jam(), "go rest@13100ms", "go on@40s", faults=faults)
    assert any(one.paused for one in played.log if isinstance(one, StateReported))
    assert played.outcome.report.moves[0].chunk == 9

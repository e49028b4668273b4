"""An event that nothing waits for is answered with what the score is waiting for, whatever the
operator did before.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sequencer.engine.conductor.expected_input import (
    Unanswered,
    describe_awaited,
    explain_unanswered,
    find_unfired_crossings,
    is_too_late,
)
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
    ChunkDone,
    ControlChanged,
    Improvised,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    ProgramChanged,
    StopRequested,
    TransportChanged,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule
from tests.support.builders import (
    at_bar,
    at_chunk,
    live,
    on_beats,
    on_chunks,
    on_go,
    on_note,
    play,
    section,
)

SCORE = """clock 120 bpm, 4/4
section intro 4 bars {
  at 1 "A tram stop."
}
section jam until go out or note D3 ch 10, max 32 bars {
  at 1 "The tram stop. It rains."
  on cc 20 > 64 -> sr 4x
  on program 5 -> sr off
}
section coda until go out, max 8 bars {
  at 1 "The tram stop. Dawn."
}
"""


def conducted(schedule: Schedule, chunks: int) -> Conductor:
    """Return a conductor that has received this many chunks of an undisturbed run."""
    played = play(schedule)
    conductor = Conductor(schedule)
    for one in played.log:
        if isinstance(one, Command):
            continue
        if conductor.making >= chunks and isinstance(one, ChunkDone):
            return conductor
        conductor.receive(one)
    raise AssertionError("the run is shorter")


def answer(chunks: int, event: Event) -> str | None:
    found = explain_unanswered(conducted(compile_score(reads(SCORE)), chunks).view, event)
    return None if found is None else f"{found.message}; {found.hint}"


IN_INTRO, IN_JAM = 2, 10
OFF = (
    "a note with velocity 0 is a note-off, which triggers nothing; give it a velocity from 1 to "
    "127, or omit vel"
)
JAM = "ection jam waits for: go out, note D3 ch 10, cc 20 > 64, program 5"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (OperatorGo(1, "oot"), f"nothing waits for go oot; did you mean go out? S{JAM}"),
        (OperatorGo(1, "Out"), f"nothing waits for go Out; did you mean go out? S{JAM}"),
        (OperatorGo(1, "zzz"), f"nothing waits for go zzz; s{JAM}"),
        (
            NoteReceived(1, 62, 90, 1),
            f"nothing waits for note D3; did you mean note D3 ch 10? S{JAM}",
        ),
        (
            NoteReceived(1, 50, 90, 10),
            f"nothing waits for note D2 ch 10; did you mean note D3 ch 10? S{JAM}",
        ),
        (NoteReceived(1, 61, 90, 10), f"nothing waits for note C#3 ch 10; s{JAM}"),
        (ControlChanged(1, 21, 70, 1), f"nothing waits for cc 21; s{JAM}"),
        (ProgramChanged(1, 4, 1), f"nothing waits for program 4; did you mean program 5? S{JAM}"),
        (TransportChanged(1, "stop"), f"nothing waits for stop; s{JAM}"),
        (
            NoteReceived(1, 62, 0, 10),
            OFF,
        ),
    ],
    ids=str,
)
def test_what_nothing_waits_for(event: Event, message: str) -> None:
    assert answer(IN_JAM, event) == message


@pytest.mark.parametrize(
    "event",
    [
        OperatorGo(1, "out"),
        NoteReceived(1, 62, 90, 10),
        ControlChanged(1, 20, 3, 7),
        ProgramChanged(1, 5, 16),
        OperatorPause(1, True),
        StopRequested(1, "finished by hand"),
    ],
    ids=str,
)
def test_what_is_waited_for_needs_no_answer(event: Event) -> None:
    assert answer(IN_JAM, event) is None


def test_what_belongs_to_another_section_reports_to_which() -> None:
    assert answer(IN_INTRO, OperatorGo(1, "out")) == (
        "nothing waits for go out now: sections jam and coda wait for it; section intro waits "
        "for: nothing"
    )
    assert answer(IN_INTRO, ProgramChanged(1, 5, 1)) == (
        "nothing waits for program 5 now: section jam waits for it; section intro waits for: "
        "nothing"
    )


def test_a_score_that_waits_for_nothing_reports_it() -> None:
    run = Conductor(compile_score(on_chunks(at_chunk(0, "One."), end=4))).view
    assert explain_unanswered(run, OperatorGo(1, "out")) == Unanswered(
        "nothing waits for go out",
        "this score waits for nothing: it has no live section and no rule",
    )


def test_a_score_without_sections_lists_its_rules() -> None:
    run = Conductor(
        compile_score(on_chunks(at_chunk(0, "One."), on_go("night", "Night."), end=4))
    ).view
    assert describe_awaited(run) == "the score waits for: go night"
    assert explain_unanswered(run, OperatorGo(1, "night")) is None, (
        "also before it begins: it is held"
    )


def test_an_offset_needs_something_that_it_moves() -> None:
    schedule = compile_score(reads(SCORE))
    found = explain_unanswered(Conductor(schedule).view, OffsetChanged(1, 5))
    assert found is not None and "has neither" in found.message
    assert explain_unanswered(Conductor(schedule, following=True).view, OffsetChanged(1, 5)) is None


def test_nothing_waits_when_the_run_is_over() -> None:
    conductor = conducted(compile_score(reads(SCORE)), IN_JAM)
    conductor.receive(StopRequested(10**12, "finished by hand"))
    for event in (OperatorGo(1, "out"), OperatorPause(1, True)):
        found = explain_unanswered(conductor.view, event)
        assert found == Unanswered("the run is over", "it ended because of this: finished by hand")


def test_while_a_take_is_opened_the_section_after_the_cut_listens() -> None:
    from sequencer.engine.conductor.transitions import Phase
    from sequencer.language.score import Cut

    score = on_beats(
        section("a", 4, at_bar(1, "One."), on_note("C3", "Two.")),
        live("b", 8, at_bar(1, "Three."), cut=Cut(4)),
    )
    schedule = compile_score(score)
    played = play(schedule)
    conductor = Conductor(schedule)
    seen = 0
    for one in played.log:
        if not isinstance(one, Command):
            conductor.receive(one)
            if conductor.phase is Phase.CUTTING:
                seen += 1
                assert explain_unanswered(conductor.view, OperatorGo(1, "out")) is None
                assert explain_unanswered(conductor.view, NoteReceived(1, 60)) is not None
    assert seen


def crossings(*values: int) -> Sequence[int]:
    """Return how many crossings each value of a controller leaves unfired."""
    conductor = conducted(compile_score(reads(SCORE)), IN_JAM)
    found = []
    for value in values:
        event = ControlChanged(conductor.view.chunk_began_at + 1, 20, value)
        found.append(len(find_unfired_crossings(conductor.view, event)))
        conductor.receive(event)
    return found


def test_a_controller_that_crosses_nothing_yet_is_known() -> None:
    assert crossings(70, 60, 70, 71) == [1, 1, 0, 1], "the first value only shows where it is"


@pytest.mark.parametrize(
    ("section", "answer"),
    [
        ("jam", None),
        (
            "jem",
            (
                "this score plays no section jem",
                "did you mean jam? The sections that it plays are SECTIONS",
            ),
        ),
        ("zzz", ("this score plays no section zzz", "the sections that it plays are SECTIONS")),
    ],
)
def test_a_section_to_go_to_has_to_be_played(section: str, answer: tuple[str, str] | None) -> None:
    schedule = compile_score(reads(SCORE))
    names = list(dict.fromkeys(one.section or "" for one in schedule.stretches))
    found = explain_unanswered(conducted(schedule, IN_JAM).view, Improvised(at=1, section=section))
    if answer is None:
        assert found is None
        return
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    assert found == Unanswered(answer[0], answer[1].replace("SECTIONS", listed))


def test_a_score_without_sections_has_none_to_go_to() -> None:
    schedule = compile_score(reads('at 0c "A."\nend 4c\n'))
    found = explain_unanswered(Conductor(schedule).view, Improvised(at=1, section="jam"))
    assert found is not None
    assert found.message == "this score has no sections to go to"
    assert explain_unanswered(Conductor(schedule).view, Improvised(at=1, prompt="B.")) is None


def test_an_exit_that_comes_too_late_is_known() -> None:
    schedule = compile_score(reads(SCORE))
    assert not is_too_late(conducted(schedule, IN_JAM).view, OperatorGo(1, "out"))
    last = schedule.stretches[2].latest - 1  # jam lasts its max here: its last chunk
    late = conducted(schedule, last).view
    assert is_too_late(late, OperatorGo(1, "out"))
    assert not is_too_late(late, ProgramChanged(1, 5, 1)), "a rule still acts"
    assert not is_too_late(conducted(schedule, IN_INTRO).view, OperatorGo(1, "out"))


def test_whether_the_model_rests_counts_what_is_held() -> None:
    conductor = Conductor(compile_score(reads(SCORE)))
    assert not conductor.view.will_be_paused
    conductor.receive(OperatorPause(1, True))
    assert conductor.view.will_be_paused
    conductor.receive(OperatorPause(2, False))
    assert not conductor.view.will_be_paused

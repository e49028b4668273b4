"""Changes of the plan: a committed cue is overtaken once, and the cue that it had overtaken acts
again.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from sequencer.core.diagnostics import Span
from sequencer.core.timebase import Snap
from sequencer.engine.conductor.deliveries import Delivery, Status, kind_of
from sequencer.engine.conductor.ledger import Ledger
from sequencer.engine.conductor.passes import Pass
from sequencer.events.commands import (
    Command,
    SchedulePrompt,
    SetConditioning,
    SetImageStrength,
    SetSrScale,
)
from sequencer.events.events import ConnectionLost, StateReported
from sequencer.language.compiler import compile_score
from sequencer.language.score import ClockKind, ClockLine, Cut, Goto, Header, SetStrength, UseImage
from sequencer.schedule.model import (
    CueAct,
    CutAct,
    ImageAct,
    PromptAct,
    Quantisation,
    StrengthAct,
    SuperResolutionAct,
)
from sequencer.stages.simulated.faults import Faults
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
    prompt_of,
    section,
)

WHERE = Span("", 0, 0, 0, 0)
PASS = Pass(
    number=0,
    stretch=compile_score(on_chunks(at_chunk(0, prompt_of("first")), end=1)).stretches[0],
    start=Fraction(0),
    end=Fraction(1),
)
REASON = "the plan changed"


def line(number: int, *acts: CueAct, rule: int | None = None) -> Delivery:
    """Return a delivery that belongs to no plan, for tests of the ledger alone."""
    return Delivery(
        number=number,
        time=Fraction(number),
        nominal=0,
        acts=acts,
        snap=Snap.NEAREST,
        place=f"{number}c",
        section=None,
        scheduled_in=PASS,
        origin=WHERE,
        entry=None if rule is not None else number,
        rule=rule,
        open={kind_of(act) for act in acts},
    )


def ledger(*committed: tuple[Delivery, int], making: int = 3) -> Ledger:
    """Return a ledger whose opening and whose prompts have been sent."""
    found = Ledger(0, "2x")
    found.commit(line(0, PromptAct("first")), 0)
    found.opening(0, 0)
    for one, chunk in committed:
        found.commit(one, chunk)
    found.prompts_due(0, making, True, 0)
    return found


def due(one: Ledger, making: int = 3) -> list[tuple[int, str]]:
    """Return (chunk, text) of the prompts that are sent now."""
    commands = one.prompts_due(0, making, True, 0)
    assert all(isinstance(command, SchedulePrompt) for command in commands)
    return [
        (command.chunk, command.prompt)
        for command in commands
        if isinstance(command, SchedulePrompt)
    ]


def everything(_: Delivery) -> bool:
    return True


def test_what_was_sent_is_overwritten_with_what_is_active_there_and_only_once() -> None:
    book = ledger((line(1, PromptAct("a")), 6), (line(2, PromptAct("b")), 8))
    book.withdraw(4, everything, REASON)
    assert due(book) == [(6, "first"), (8, "first")]
    assert due(book) == []


def test_the_replacement_is_reported_once() -> None:
    book = ledger((line(1, PromptAct("a")), 6), (line(2, PromptAct("b")), 8))
    book.withdraw(4, everything, REASON)
    book.commit(line(3, PromptAct("there")), 8)
    assert due(book) == [(8, "there"), (6, "first")]
    assert due(book) == []


def test_what_the_model_has_already_is_not_sent_again() -> None:
    gone = line(1, PromptAct("a"))
    book = ledger((gone, 6))
    book.withdraw(4, everything, REASON)
    again = line(2, PromptAct("a"))
    book.commit(again, 6)
    assert due(book) == []
    assert (gone.status, again.status) == (Status.SKIPPED, Status.SENT)


def test_a_new_take_holds_nothing_of_what_was_taken_back_in_the_one_before() -> None:
    book = ledger((line(1, PromptAct("a")), 6))
    book.withdraw(4, everything, REASON)
    assert due(book) == [(6, "first")]
    book.reset_for_take(5)
    book.commit(line(2, PromptAct("first")), 6)
    assert due(book, 5) == [(6, "first")]


def test_what_was_refused_is_sent_though_its_text_is_the_same() -> None:
    book = ledger((line(1, PromptAct("a")), 6))
    flight = book.refused("schedule_prompt")  # that of the opening, which is the oldest
    flight = book.refused("schedule_prompt")
    assert flight is not None
    assert flight.chunk == 6
    book.withdraw(4, everything, REASON)
    book.commit(line(2, PromptAct("a")), 6)
    assert due(book) == [(6, "a")]


def test_a_refusal_of_what_was_replaced_does_not_end_its_replacement() -> None:
    faults = Faults.model_validate(
        {
            "refuse": [{"command": "schedule_prompt", "nth": 2, "reason": "no"}],
            "delays": {"answer": "800ms"},
        }
    )
    score = on_chunks(at_chunk(0, "first"), on_go("x", "flash"), on_go("y", "other"), end=12)
    played = play(score, "go x@4c", "go y@4c", faults=faults)
    assert [(cue.place, cue.status) for cue in played.cues if cue.rule is not None] == [
        ("go x", Status.OVERTAKEN),
        ("go y", Status.LANDED),
    ]


def test_what_was_overtaken_by_a_cue_that_is_taken_out_acts_again() -> None:
    fired, cue = line(1, PromptAct("flash"), rule=0), line(2, PromptAct("cue"))
    book = ledger((fired, 6), (cue, 6))
    assert (fired.status, fired.reason) == (Status.OVERTAKEN, "2c acts on the same chunk")
    book.withdraw(4, lambda one: one.rule is None, REASON)
    assert due(book) == [(6, "flash")]
    assert (fired.status, fired.reason) == (Status.SENT, "")


def test_what_was_overtaken_and_leaves_as_well_does_not_act_again() -> None:
    first, second = line(1, PromptAct("a")), line(2, PromptAct("b"))
    book = ledger((first, 6), (second, 6))
    book.withdraw(4, everything, REASON)
    assert due(book) == [(6, "first")]
    assert (first.status, second.status) == (Status.OVERTAKEN, Status.SKIPPED)


def test_a_cue_whose_setting_has_left_does_not_hold_the_prompt_that_it_lost() -> None:
    both, other = line(1, SuperResolutionAct("off"), PromptAct("a")), line(2, PromptAct("b"))
    book = ledger((both, 4), (other, 4))
    assert book.live_due(0, 3, 0)
    book.withdraw(4, everything, REASON)
    assert due(book) == [(4, "first")], "b was sent, and neither a nor b is in the new plan"
    assert both.reason == "without its prompt: 2c acts on the same chunk"


def test_of_a_line_that_lost_two_things_to_two_lines_only_one_comes_back() -> None:
    all_, prompt, sr = (
        line(1, SuperResolutionAct("off"), PromptAct("a"), rule=0),
        line(2, PromptAct("b")),
        line(3, SuperResolutionAct("4x"), rule=1),
    )
    book = ledger((all_, 6), (prompt, 6), (sr, 6))
    assert all_.status is Status.OVERTAKEN
    book.withdraw(4, lambda one: one.rule is None, REASON)
    assert due(book) == [(6, "a")]
    assert all_.open == {"prompt"}
    assert all_.reason == "without its sr: 3c acts on the same chunk"


def firing(number: int, *acts: CueAct) -> Delivery:
    """Return a firing of a quantised rule."""
    found = line(number, *acts, rule=0)
    found.quantisation = Quantisation(count=1, unit="beats")
    return found


def named(*numbers: int) -> Callable[[Delivery], bool]:
    return lambda one: one.number in numbers


def test_what_was_overtaken_by_what_was_overtaken_acts_again_if_both_leave() -> None:
    first, second, third = (line(n, PromptAct(text)) for n, text in enumerate("abc", 1))
    book = ledger((first, 6), (second, 6), (third, 6))
    book.withdraw(4, named(2, 3), REASON)
    assert due(book) == [(6, "a")]
    assert (first.status, first.reason, first.open) == (Status.SENT, "", {"prompt"})
    assert (second.status, third.status) == (Status.OVERTAKEN, Status.SKIPPED)
    assert second.reason == "3c acts on the same chunk"
    book.chunk_done(6, "a", 0)
    assert (first.status, first.landed) == (Status.LANDED, 6)


def test_earlier_revisions_did_not_let_it_act_again() -> None:
    book = Ledger(0, "2x", forgets_overtaken=False)
    book.commit(line(0, PromptAct("first")), 0)
    book.opening(0, 0)
    for number, text in enumerate("abc", 1):
        book.commit(line(number, PromptAct(text)), 6)
    book.prompts_due(0, 3, True, 0)
    book.withdraw(4, named(2, 3), REASON)
    assert due(book) == [(6, "first")]


@pytest.mark.parametrize(
    ("leaving", "acting"), [((2, 3), "a"), ((3, 2), "a"), ((3,), "b"), ((2,), "c")]
)
def test_what_left_while_it_was_overtaken_does_not_act_again_later(
    leaving: tuple[int, ...], acting: str
) -> None:
    book = ledger(*((line(n, PromptAct(text)), 6) for n, text in enumerate("abcd", 1)))
    for number in leaving:
        book.withdraw(4, named(number), REASON)
    assert due(book) == []
    book.withdraw(4, named(4), REASON)
    assert due(book) == [(6, acting)]


def test_what_overtook_a_cue_that_leaves_is_named_instead() -> None:
    first, second, third = (line(n, PromptAct(text)) for n, text in enumerate("abc", 1))
    book = ledger((first, 6), (second, 6), (third, 6))
    book.withdraw(4, named(2), REASON)
    assert due(book) == []
    assert (first.status, first.reason) == (Status.OVERTAKEN, "3c acts on the same chunk")


def test_a_cue_that_leaves_with_its_setting_does_not_bring_back_what_another_still_overtakes() -> (
    None
):
    first, both, third = (
        line(1, PromptAct("a")),
        line(2, SuperResolutionAct("off"), PromptAct("b")),
        line(3, PromptAct("c")),
    )
    book = ledger((first, 6), (both, 6), (third, 6))
    book.withdraw(4, named(2), REASON)
    assert due(book) == []
    assert (first.status, both.status) == (Status.OVERTAKEN, Status.SKIPPED)
    book.chunk_done(6, "c", 0)
    assert (first.status, first.landed, third.landed) == (Status.OVERTAKEN, None, 6)


def test_what_was_overtaken_by_a_cue_whose_setting_was_sent_acts_again() -> None:
    """That cue is not taken back, because of its setting; but its prompt is."""
    first, both, third = (
        line(1, PromptAct("a")),
        line(2, SuperResolutionAct("off"), PromptAct("b")),
        line(3, PromptAct("c")),
    )
    book = ledger((first, 4), (both, 4), (third, 4))
    assert book.live_due(0, 3, 0)
    book.withdraw(4, named(2, 3), REASON)
    assert due(book) == [(4, "a")]
    assert both.open == {"sr"}


def test_settings_that_were_overtaken_by_what_was_overtaken_are_sent_again() -> None:
    acts = (SuperResolutionAct("off"), SuperResolutionAct("4x"), SuperResolutionAct("2x"))
    book = ledger(*((line(n, act), 4) for n, act in enumerate(acts, 1)))
    book.withdraw(4, named(2, 3), REASON)
    assert book.live_due(0, 3, 0) == [SetSrScale("off")]


def test_the_seed_of_a_cut_that_was_overtaken_and_left_is_forgotten() -> None:
    book = ledger(*((line(n, CutAct(seed)), 6) for n, seed in ((0, 4), (1, 5), (2, None))))
    book.withdraw(4, named(0, 1, 2), REASON)
    book.commit(line(3, CutAct(None)), 6)
    assert book.slots[6].cut == CutAct(None)


def test_a_cut_keeps_the_seed_of_one_that_it_overtook_and_that_left() -> None:
    book = ledger((line(1, CutAct(5)), 6), (line(2, CutAct(None)), 6))
    book.withdraw(4, named(1), REASON)
    assert book.slots[6].cut == CutAct(5)


def test_what_leaves_together_keeps_the_reason_that_it_had() -> None:
    lines = [line(n, PromptAct(text)) for n, text in enumerate("abc", 1)]
    book = ledger(*((one, 6) for one in lines))
    book.withdraw(4, everything, REASON)
    assert [one.reason for one in lines] == [
        "2c acts on the same chunk",
        "3c acts on the same chunk",
        REASON,
    ]


@pytest.mark.parametrize(("position", "acting"), [(3, "fired"), (1, "cue")])
def test_of_a_cue_and_a_firing_that_gave_way_to_a_cue_only_the_later_acts_again(
    position: int, acting: str
) -> None:
    cue, last = line(2, PromptAct("cue")), line(5, PromptAct("last"))
    fired = firing(position, PromptAct("fired"))
    book = ledger((cue, 6), (last, 6), (fired, 6))
    assert (cue.status, fired.status) == (Status.OVERTAKEN, Status.OVERTAKEN)
    book.withdraw(4, named(5), REASON)
    assert due(book) == [(6, acting)]
    book.chunk_done(6, acting, 0)
    landed = {"cue": cue.landed, "fired": fired.landed}
    assert landed == {"cue": None, "fired": None} | {acting: 6}


# ---- images and settings -------------------------------------------------------------------------


def test_of_overdue_images_only_the_latest_leaves_and_with_the_prompt_that_is_in_force() -> None:
    book = ledger(
        (line(1, PromptAct("a"), ImageAct(IMAGE_FILE)), 4),
        (line(2, ImageAct(OTHER_IMAGE_FILE)), 6),
        (line(3, PromptAct("b")), 8),
    )
    first, second = book.slots[4].lines[0], book.slots[6].lines[0]
    assert book.live_due(0, 9, 0) == [SetConditioning("b", OTHER_IMAGE_FILE.sha256)]
    assert first.reason == "without its image: 2c acts on the same chunk"
    assert second.reason == "chunk 6 could not be reached any more"


def test_an_overdue_image_keeps_its_strength() -> None:
    book = ledger(
        (line(1, StrengthAct(Fraction(1, 5)), ImageAct(IMAGE_FILE)), 4),
        (line(2, StrengthAct(Fraction(9, 10))), 6),
    )
    kinds = [
        command.strength if isinstance(command, SetImageStrength) else command.kind
        for command in book.live_due(0, 9, 0)
    ]
    assert kinds == [0.2, "set_conditioning", 0.9]


def test_a_setting_after_which_something_was_answered_is_not_set_again() -> None:
    cue = line(1, StrengthAct(Fraction(1, 2)), ImageAct(IMAGE_FILE))
    for answered in (True, False):
        book = ledger((cue, 4))
        sent = book.live_due(0, 3, 0)
        assert [command.kind for command in sent] == ["set_image_strength", "set_conditioning"]
        if answered:
            book.accepted_image(4, 0)
        book.recheck({}, 0, 4)
        again: list[Command] = book.live_due(0, 4, 0)
        assert any(isinstance(command, SetImageStrength) for command in again) is not answered
        cue = line(1, StrengthAct(Fraction(1, 2)), ImageAct(IMAGE_FILE))


def test_a_drop_over_two_images_shows_the_later_one() -> None:
    score = on_chunks(
        at_chunk(0, "first"),
        at_chunk(6, UseImage("a.png"), "second"),
        at_chunk(9, UseImage("b.png")),
        at_chunk(11, "third"),
        end=24,
    )
    played = play(score, faults=Faults.model_validate({"drops": [{"chunk": 3, "for": "14s"}]}))
    lost = next(n for n, one in enumerate(played.log) if isinstance(one, ConnectionLost))
    back = next(
        n for n, one in enumerate(played.log) if isinstance(one, StateReported) and n > lost
    )
    images = [one for one in played.log[back:] if isinstance(one, SetConditioning)]
    assert images == [SetConditioning("third", OTHER_IMAGE_FILE.sha256)]
    assert [played.cue(position).status for position in ("6c", "9c", "11c")] == [
        Status.MISSED,
        Status.LANDED,
        Status.LANDED,
    ]


def test_an_image_whose_answer_comes_after_a_cut_reports_it() -> None:
    score = on_chunks(
        at_chunk(0, "a"), at_chunk(5, UseImage("a.png")), at_chunk(6, Cut(7), "b"), end=12
    )
    played = play(score, faults=Faults.model_validate({"delays": {"answer": "1500ms"}}))
    assert played.cue("5c").status is Status.MISSED
    assert "its image" in played.cue("5c").reason


# ---- gotos and exits -----------------------------------------------------------------------------


@pytest.mark.parametrize("late", ["shift", "drop"])
@pytest.mark.parametrize("pressed", [9, 10, 11])
def test_a_goto_near_the_end_of_a_section_lands_where_it_can_be_reached(
    late: str, pressed: int
) -> None:
    header = Header(
        clock=ClockLine(kind=ClockKind.BPM, bpm=Fraction(120)),
        seed=3,
        late=late,  # type: ignore[arg-type]  # both
        lead=3,
    )
    score = on_beats(
        section("one", 4, at_bar(1, "in")),
        section(
            "two", 4, at_bar(1, "two"), at_bar(3, "more"), on_go("back", Goto("one"))
        ),  # 8 s to 16 s: chunks 6 to 12
        section("three", 8, at_bar(1, "three"), at_bar(2, "four")),
        header=header,
    )
    played = play(score, f"go back@{pressed}c")
    report = played.outcome.report
    assert report.all_landed
    (move,) = report.moves
    assert (move.what, move.status) == ("goto one", Status.LANDED)
    again = [cue for cue in played.cues if cue.section == "one"][1]
    assert again.landed == again.planned == move.chunk
    assert move.chunk is not None
    assert move.chunk >= pressed + 3
    assert (
        "three" in [one.prompt for one in played.log if one.kind == "chunk_done"][move.chunk :]
    ), "and the show goes on"


def test_an_exit_at_the_very_end_leaves_what_has_left_already_as_skipped() -> None:
    header = Header(clock=ClockLine(kind=ClockKind.BPM, bpm=Fraction(120)), seed=3, lead=1)
    jam = live(
        "jam", 8, at_bar(1, "a"), at_bar(3, UseImage("a.png"), SetStrength(Fraction(1, 2)), "b")
    )
    played = play(on_beats(jam, header=header), "go out@2c")
    assert played.outcome.report.ended_well
    image = played.cue("3.1")
    assert image.planned == played.outcome.report.chunks == 3, (
        "its image left just before the exit, whose chunk it shares"
    )
    assert image.status is Status.SKIPPED
    assert image.reason

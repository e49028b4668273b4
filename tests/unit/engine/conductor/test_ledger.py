"""Unit tests of the conductor's memory: pending commands, images, slots, and the ledger that holds
them.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.diagnostics import Span
from sequencer.core.timebase import Snap
from sequencer.engine.conductor.deliveries import ChunkSlot, Delivery, Status, Superseded, kind_of
from sequencer.engine.conductor.image_landing import ImageLandings
from sequencer.engine.conductor.ledger import Ledger
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.pending_commands import LONG_PAST, PendingCommand, PendingCommands
from sequencer.schedule.model import (
    CueAct,
    CutAct,
    ImageAct,
    PromptAct,
    StrengthAct,
    SuperResolutionAct,
)
from tests.support.conductor_transcripts import IMAGE_FILES, command_in_words, compiled

PASS = Pass(
    number=0, stretch=compiled('at 0c "a"\nend 9c').stretches[0], start=Fraction(0), end=Fraction(9)
)
A, B, C = PromptAct("a"), PromptAct("b"), PromptAct("c")
IMAGE, OTHER = ImageAct(IMAGE_FILES[0]), ImageAct(IMAGE_FILES[1])
HALF, FULL = StrengthAct(Fraction(1, 2)), StrengthAct(Fraction(1))
OFF, FOUR = SuperResolutionAct("off"), SuperResolutionAct("4x")


def line(number: int, *acts: CueAct, time: int | None = None) -> Delivery:
    """Return a delivery for tests of the ledger alone."""
    return Delivery(
        number=number,
        time=Fraction(number if time is None else time),
        nominal=0,
        acts=acts,
        snap=Snap.NEAREST,
        place=f"{number}c",
        section=None,
        scheduled_in=PASS,
        origin=Span("", 0, 0, 0, 0),
        entry=number,
        open={kind_of(act) for act in acts},
    )


def words(commands: list[object]) -> str:
    return ", ".join(command_in_words(one) for one in commands)  # type: ignore[arg-type]  # commands


# ---- pending commands ----------------------------------------------------------------------------


def flights(*left: tuple[str, int, str | None]) -> PendingCommands:
    found = PendingCommands()
    for command, chunk, prompt in left:
        found.add(command, chunk, prompt)
    return found


def names(found: PendingCommands) -> list[tuple[str, int, bool]]:
    return [(one.command, one.chunk, one.was_received) for one in found._all]


ALL = (
    ("schedule_prompt", 0, "a "),
    ("set_image_strength", 2, None),
    ("set_conditioning", 2, "b"),
    ("schedule_prompt", 3, "b"),
    ("set_sr_scale", 4, None),
    ("set_image", 5, None),
    ("schedule_prompt", 6, "a"),
)


def test_a_new_command_is_untried_unanswered_and_reveals_nothing() -> None:
    found = PendingCommands()
    found.add("set_image", 3)
    found.add("set_conditioning", 4, "b", 2, proves_landing=True, during=3)
    assert found.images() == [
        PendingCommand(
            command="set_image",
            chunk=3,
            prompt=None,
            tries=1,
            was_received=False,
            proves_landing=False,
            during=None,
        ),
        PendingCommand(
            command="set_conditioning",
            chunk=4,
            prompt="b",
            tries=2,
            was_received=False,
            proves_landing=True,
            during=3,
        ),
    ]


@pytest.mark.parametrize(
    ("prompt", "chunk", "received"),
    [("a", 0, []), (" b", 3, [0, 2, 2]), ("c", None, []), ("", None, [])],
)
def test_a_prompt_answers_the_oldest_equal_one_and_earlier_ones_count_as_received(
    prompt: str, chunk: int | None, received: list[int]
) -> None:
    found = flights(*ALL)
    answered = found.prompt_answered(prompt)
    assert (None if answered is None else answered.chunk) == chunk
    assert [number for _, number, was_received in names(found) if was_received] == received
    assert len(names(found)) == len(ALL) - (chunk is not None)


def test_a_prompt_without_a_text_is_answered_by_an_empty_one() -> None:
    found = flights(("schedule_prompt", 1, None))
    assert found.prompt_answered("x") is None
    assert found.prompt_answered(" ") is not None


def test_images_are_answered_and_lost_in_the_order_in_which_they_left() -> None:
    found = flights(*ALL)
    assert [one.chunk for one in found.images()] == [2, 5]
    answered = found.image_answered()
    assert answered is not None
    assert (answered.command, answered.chunk) == ("set_conditioning", 2)
    assert [one.chunk for one in found.take_images()] == [5]
    assert [one[0] for one in names(found)].count("set_image") == 0
    assert len(names(found)) == 5
    assert found.image_answered() is None


def test_a_refusal_is_of_the_oldest_command_of_its_name() -> None:
    found = flights(*ALL)
    assert [getattr(found.refused("schedule_prompt"), "chunk", None) for _ in range(4)] == [
        0,
        3,
        6,
        None,
    ]
    assert found.refused("start") is None
    found.clear()
    assert names(found) == []


@pytest.mark.parametrize(
    ("kind", "chunk", "answered", "lost"),
    [
        ("strength", 2, None, True),
        ("strength", 3, None, False),
        ("sr", 2, None, False),
        ("sr", 4, "b", True),
        ("sr", 4, "set_image", False),
        ("strength", 2, "b", False),
    ],
)
def test_a_setting_may_be_lost_while_nothing_after_it_was_answered(
    kind: str, chunk: int, answered: str | None, lost: bool
) -> None:
    found = flights(*ALL)
    if answered == "set_image":
        found.image_answered()
        found.image_answered()
    elif answered is not None:
        found.prompt_answered(answered)
    assert found.may_be_lost(kind, chunk) is lost


@pytest.mark.parametrize(
    ("chunk", "left"),
    [(LONG_PAST, 7), (LONG_PAST + 1, 6), (LONG_PAST + 2, 6), (LONG_PAST + 3, 5), (100, 5)],
)
def test_long_past_commands_are_forgotten_up_to_the_first_image(chunk: int, left: int) -> None:
    found = flights(*ALL)
    found.forget(chunk)
    assert len(names(found)) == left


# ---- images --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "message", "before", "is_proof"),
    [
        ("b", "a", "a", True),
        ("b", None, None, True),
        ("b ", " b", "a", False),
        ("b", "a", "b", False),
        ("c ", "a", "a", False),
    ],
)
def test_only_a_new_prompt_shows_that_its_image_is_visible(
    prompt: str, message: str | None, before: str | None, is_proof: bool
) -> None:
    images = ImageLandings()
    images.made(0, "c ", [])
    images.made(1, None, [])
    assert images.proves_landing(prompt, message, before) is is_proof


@pytest.mark.parametrize(
    ("chunk", "making", "judged", "landing", "is_over"),
    [
        (2, 2, 1, 2, False),
        (4, 3, 2, 4, False),
        (4, 6, 5, 6, False),
        (4, 6, 6, 6, True),
        (4, 4, 4, 4, True),
        (2, 9, 1, 2, False),
        (2, 9, 2, 2, True),
    ],
)
def test_an_image_lands_on_its_chunk_or_on_the_one_that_is_next(
    chunk: int, making: int, judged: int, landing: int, is_over: bool
) -> None:
    """The take began with chunk 2: its opening acts there, whenever the answer arrives."""
    images = ImageLandings()
    found = images.accepted(PendingCommand(command="set_image", chunk=chunk), making, 2, judged)
    assert found == ((chunk, landing) if is_over else None)
    assert images.made(landing - 1, None, []) == []
    assert images.made(landing, None, []) == ([] if is_over else [(chunk, landing)])


def test_an_image_shows_where_its_prompt_shows_first() -> None:
    images = ImageLandings()
    flight = PendingCommand(
        command="set_conditioning", chunk=4, prompt="b", proves_landing=True, during=3
    )
    assert images.made(4, "a", [flight]) == []
    assert images.made(5, "b", [flight]) == []
    assert images.made(6, "b", [flight]) == []
    assert images.accepted(flight, 8, 0, 6) == (4, 5)


def test_a_prompt_that_showed_before_the_chunk_of_its_image_reveals_nothing() -> None:
    images = ImageLandings()
    flight = PendingCommand(
        command="set_conditioning", chunk=4, prompt="b", proves_landing=True, during=3
    )
    images.made(3, "b", [flight])
    assert not flight.proves_landing
    assert images.accepted(flight, 6, 0, 4) is None
    assert images.made(6, "b", []) == [(4, 6)]


@pytest.mark.parametrize(("shows", "landed"), [("b", 4), ("a", 5)])
def test_what_a_prompt_revealed_about_a_late_answer_holds_for_the_next_image(
    shows: str, landed: int
) -> None:
    images = ImageLandings()
    images.accepted(
        PendingCommand(
            command="set_conditioning", chunk=4, prompt="b", proves_landing=True, during=3
        ),
        5,
        0,
        3,
    )
    assert images.made(4, shows, []) == ([(4, 4)] if shows == "b" else [])
    images.made(5, "b", [])
    assert images.accepted(PendingCommand(command="set_image", chunk=8, during=7), 9, 0, 8) == (
        (8, 8) if landed == 4 else None
    )
    assert images.accepted(PendingCommand(command="set_image", chunk=8, during=6), 9, 0, 8) is None
    assert images.accepted(PendingCommand(command="set_image", chunk=8, during=7), 10, 0, 8) is None
    assert (
        images.accepted(
            PendingCommand(
                command="set_conditioning", chunk=8, prompt="c", proves_landing=True, during=7
            ),
            9,
            0,
            8,
        )
        is None
    )


def test_what_prompts_revealed_about_late_answers_holds_until_one_contradicts() -> None:
    images = ImageLandings()
    for chunk, shows in ((4, "b"), (6, "c"), (8, "x"), (10, "e")):
        prompt = {4: "b", 6: "c", 8: "d", 10: "e"}[chunk]
        images.accepted(
            PendingCommand(
                command="set_conditioning",
                chunk=chunk,
                prompt=prompt,
                proves_landing=True,
                during=chunk - 1,
            ),
            chunk + 1,
            0,
            chunk - 1,
        )
        assert images.made(chunk, shows, []) == ([(chunk, chunk)] if shows == prompt else [])
        late = PendingCommand(command="set_image", chunk=chunk, during=chunk - 1)
        assert images.accepted(late, chunk + 1, 0, chunk) == ((chunk, chunk) if chunk < 8 else None)
        images.made(chunk + 1, None, [])


def test_an_image_lands_once() -> None:
    images = ImageLandings()
    images.accepted(PendingCommand(command="set_image", chunk=4), 4, 0, 3)
    assert [images.made(chunk, None, []) for chunk in (4, 5)] == [[(4, 4)], []]


@pytest.mark.parametrize(("chunk", "unmade"), [(4, []), (5, [(4, 6)]), (6, [(4, 6)]), (7, [])])
def test_images_whose_chunk_is_not_made_any_more(chunk: int, unmade: list[tuple[int, int]]) -> None:
    images = ImageLandings()
    images.accepted(PendingCommand(command="set_image", chunk=4), 6, 0, 3)
    assert images.unmade(chunk) == unmade
    images.take_began(chunk)
    assert images.made(9, None, []) == ([(4, 6)] if chunk == 7 else [])


def test_a_new_take_showed_nothing_yet() -> None:
    images = ImageLandings()
    flight = PendingCommand(command="set_conditioning", chunk=4, prompt="b", proves_landing=True)
    images.made(4, "b", [flight])
    images.take_began(6)
    assert images.proves_landing("b", None, None)
    assert images.accepted(flight, 7, 0, 5) is None, "when it showed is forgotten too"


# ---- deliveries and slots ------------------------------------------------------------------------


def test_a_line_ends_once_and_keeps_its_reason_where_none_is_given() -> None:
    one = line(1, A)
    one.reason = "late"
    one.finish(Status.MISSED)
    assert (one.status, one.reason) == (Status.MISSED, "late")
    one.finish(Status.SKIPPED, "no")
    assert (one.status, one.reason) == (Status.MISSED, "late")
    other = line(2, A)
    other.finish(Status.DROPPED, "why")
    assert (other.status, other.reason, other.is_final) == (Status.DROPPED, "why", True)


def test_a_line_lands_with_its_last_act() -> None:
    one = line(1, A, IMAGE, OFF)
    one.land("strength", 9)
    assert (one.landed, one.status, one.open) == (None, Status.WAITING, {"prompt", "image", "sr"})
    one.land("image", 5)
    one.land("prompt", 4)
    assert (one.landed, one.status) == (5, Status.WAITING)
    one.land("sr", 6)
    assert (one.landed, one.status, one.kinds) == (6, Status.LANDED, {"prompt", "image", "sr"})


def test_a_line_that_loses_one_act_after_the_other() -> None:
    all_, sr, prompt, strength = line(1, A, OFF, HALF), line(2, FOUR), line(3, B), line(4, FULL)
    all_.supersede("sr", sr)
    assert (all_.status, all_.reason) == (
        Status.WAITING,
        "without its sr: 2c acts on the same chunk",
    )
    all_.supersede("prompt", prompt)
    assert all_.reason == (
        "without its sr: 2c acts on the same chunk; without its prompt: 3c acts on the same chunk"
    )
    all_.supersede("strength", strength)
    assert (all_.status, all_.reason) == (Status.OVERTAKEN, "4c acts on the same chunk")
    assert [one.kind for one in all_.lost] == ["sr", "prompt", "strength"]
    assert [all_.performs(kind) for kind in ("sr", "prompt", "strength", "image")] == [
        False,
        False,
        False,
        True,
    ]
    assert all_.restore(sr) == {"sr"}
    assert (all_.open, all_.status) == ({"sr"}, Status.WAITING)
    assert all_.reason == (
        "without its prompt: 3c acts on the same chunk; without its strength: 4c acts on the "
        "same chunk"
    )
    assert all_.restore(sr) == set()
    all_.land("sr", 4)
    assert all_.status is Status.LANDED


def test_a_line_whose_last_act_is_lost_has_landed_with_the_others() -> None:
    one, other = line(1, A, OFF), line(2, B)
    one.land("sr", 3)
    one.supersede("prompt", other)
    assert (one.status, one.landed, one.reason) == (
        Status.LANDED,
        3,
        "without its prompt: 2c acts on the same chunk",
    )
    assert one.lost == [Superseded(kind="prompt", to=other, status=Status.WAITING, reason="")]


def test_a_line_that_is_skipped_does_nothing() -> None:
    one = line(1, A)
    assert one.performs("prompt")
    one.finish(Status.SKIPPED)
    assert not one.performs("prompt")


def test_a_slot_does_of_each_kind_what_its_last_line_does() -> None:
    slot = ChunkSlot(chunk=4)
    assert (slot.prompt, slot.image, slot.strength, slot.sr, slot.cut, slot.needs_live) == (
        None,
        None,
        None,
        None,
        None,
        False,
    )
    slot.add(line(1, A))
    assert (slot.prompt, slot.needs_live) == ("a", False)
    slot.add(line(2, IMAGE, HALF, OFF))
    slot.sent |= {"prompt", "sr", "image"}
    slot.add(line(3, B, FOUR))
    assert (slot.prompt, slot.image, slot.strength, slot.sr) == (
        "b",
        IMAGE_FILES[0],
        Fraction(1, 2),
        "4x",
    )
    assert (slot.sent, slot.needs_live) == ({"image"}, True)


@pytest.mark.parametrize(
    ("cuts", "skipped", "seed"),
    [
        ((None,), (), None),
        ((4, None), (), 4),
        ((4, 5), (), 5),
        ((None, 5, None), (), 5),
        ((4, 5), (1,), 4),
    ],
)
def test_a_cut_keeps_the_last_seed_that_is_named(
    cuts: tuple[int | None, ...], skipped: tuple[int, ...], seed: int
) -> None:
    slot = ChunkSlot(chunk=4)
    for number, one in enumerate(cuts):
        cut = line(number, CutAct(one))
        slot.lines.append(cut)
        if number in skipped:
            cut.finish(Status.SKIPPED)
    assert slot.cut is not None
    assert slot.cut.seed == seed


def test_a_strength_stays_with_the_image_that_captures_it() -> None:
    for sent, kinds in ((set[str](), {"strength"}), ({"image"}, set[str]())):
        first, later = ChunkSlot(chunk=4), ChunkSlot(chunk=5)
        one = line(1, IMAGE, HALF)
        first.add(one)
        later.add(line(2, FULL))
        first.sent |= sent  # type: ignore[arg-type]  # kinds
        first.merge_into(later)
        assert one.open & {"strength"} == kinds
    first, later = ChunkSlot(chunk=4), ChunkSlot(chunk=5)
    one = line(1, OFF, HALF)
    first.add(one)
    later.add(line(2, FOUR, FULL))
    later.sent |= {"sr"}
    first.merge_into(later)
    assert one.open == {"sr"}, "what the later one has sent already takes nothing"
    later.sent.clear()
    first.sent |= {"sr"}
    first.merge_into(later)
    assert one.open == {"sr"}, "nor is what has left already given up"


def test_a_late_act_is_reported_once() -> None:
    slot = ChunkSlot(chunk=4)
    one, other = line(1, A, OFF), line(2, HALF)
    other.reason = "before"
    slot.lines += [one, other]
    slot.mark_late({"strength", "image"})
    assert (one.reason, other.reason) == ("", "before")
    slot.mark_late({"sr"})
    assert one.reason == "chunk 4 could not be reached any more"


# ---- the ledger ----------------------------------------------------------------------------------


def ledger(*committed: tuple[Delivery, int]) -> Ledger:
    found = Ledger(3, "2x")
    found.commit(line(0, A), 0)
    for one, chunk in committed:
        found.commit(one, chunk)
    return found


def test_what_is_active_at_a_chunk_is_the_last_prompt_before_it() -> None:
    book = ledger((line(1, OFF), 2), (line(2, B), 4), (line(3, C), 6))
    assert [book.active_at(chunk) for chunk in (-1, 0, 3, 4, 5, 6, 9)] == [
        None,
        "a",
        "a",
        "b",
        "b",
        "c",
        "c",
    ]
    assert [getattr(book.slot_in_force(chunk), "chunk", None) for chunk in (-1, 3, 5, 9)] == [
        None,
        0,
        4,
        6,
    ]
    book.withdraw(4, lambda one: one.number == 2, "no")
    assert [book.active_at(chunk) for chunk in (3, 4, 5, 6)] == ["a", "a", "a", "c"]
    assert [getattr(book.slot_in_force(chunk), "chunk", None) for chunk in (3, 4, 5, 6)] == [
        0,
        0,
        0,
        6,
    ]
    book.commit(line(4, B), 4)
    assert [book.active_at(chunk) for chunk in (3, 4, 5, 6)] == ["a", "b", "b", "c"]
    assert [book.prompts_beyond(chunk) for chunk in (-1, 0, 3, 4, 6)] == [3, 2, 2, 1, 0]


def test_committed_lines_are_found_by_chunk_until_they_end() -> None:
    one, two, three = line(1, OFF), line(2, B), line(3, C)
    book = ledger((three, 6), (one, 2), (two, 2))
    assert [found.number for found in book.committed_from(1)] == [1, 2, 3]
    assert [found.number for found in book.committed_from(3)] == [3]
    two.finish(Status.SKIPPED)
    assert [found.number for found in book.committed_from(2)] == [1, 3]
    assert (one.status, one.chunk) == (Status.COMMITTED, 2)
    over = line(4, OFF)
    over.finish(Status.DROPPED)
    book.commit(over, 8)
    assert (over.status, over.chunk) == (Status.DROPPED, 8)


def test_a_later_cue_shows_a_prompt_at_a_chunk() -> None:
    early, late = line(1, B, time=4), line(2, C, time=5)
    book = ledger((late, 6), (line(3, OFF, time=9), 6))
    assert book.has_later_prompt(early, 6)
    assert not book.has_later_prompt(late, 6)
    assert not book.has_later_prompt(line(4, B, time=7), 6)
    assert not book.has_later_prompt(early, 7)
    late.open.clear()
    assert not book.has_later_prompt(early, 6)


def test_a_take_opens_with_what_was_last_sent_to_the_model() -> None:
    book = ledger((line(1, IMAGE, HALF, FOUR, CutAct(9)), 2), (line(2, CutAct(None)), 4))
    assert words([*book.opening(0, 5)]) == "seed 3, sr 2x, prompt 0 a"
    assert words([*book.opening(2, 6)]) == "seed 9, sr 4x, strength 0.5, show a.png a"
    assert words([*book.opening(4, 7)]) == "seed 9, sr 4x, strength 0.5, prompt 0 a"
    assert words([*Ledger(3, "off").opening(0, 5)]) == 'seed 3, sr off, prompt 0 ""'
    assert [(one.lines[0].status, one.lines[0].sent) for one in book.slots.values()] == [
        (Status.SENT, 5),
        (Status.SENT, 6),
        (Status.SENT, 7),
    ]
    assert [(one.command, one.chunk, one.prompt) for one in book.flights._all] == [
        ("schedule_prompt", 0, "a"),
        ("set_conditioning", 2, "a"),
        ("schedule_prompt", 4, "a"),
    ]


def test_a_prompt_waits_for_its_image_and_is_not_sent_for_a_chunk_in_the_making() -> None:
    two, four = line(1, B), line(2, C, IMAGE)
    book = ledger((two, 2), (four, 4), (line(3, B), 5))
    book.opening(0, 0)
    assert words([*book.prompts_due(0, 2, True, 9)]) == "prompt 5 b"
    assert (two.status, four.status) == (Status.COMMITTED, Status.COMMITTED)
    book = ledger((line(1, B), 2))
    assert words([*book.prompts_due(0, 2, False, 9)]) == "prompt 0 a, prompt 2 b"
    book = ledger((line(1, B), 3), (line(2, C, OFF), 4))
    book.opening(0, 0)
    assert words([*book.prompts_due(1, 2, True, 9)]) == "prompt 2 b, prompt 3 c"
    assert [one.status for slot in book.slots.values() for one in slot.lines] == [
        Status.SENT,
        Status.SENT,
        Status.COMMITTED,
    ]
    assert [one.sent for slot in book.slots.values() for one in slot.lines] == [0, 9, 9]
    assert words([*book.prompts_due(1, 2, True, 10)]) == ""


def test_settings_and_images_leave_during_the_chunk_before() -> None:
    book = ledger((line(1, HALF, OFF), 3), (line(2, IMAGE, B), 4), (line(3, FOUR), 5))
    book.opening(0, 0)
    assert words([*book.live_due(0, 1, 5)]) == ""
    assert words([*book.live_due(0, 2, 6)]) == "strength 0.5, sr off"
    assert words([*book.live_due(0, 2, 7)]) == ""
    assert words([*book.live_due(0, 4, 8)]) == "show a.png b, sr 4x"
    assert [one.reason for slot in book.slots.values() for one in slot.lines] == [
        "",
        "",
        "chunk 4 could not be reached any more",
        "",
    ]
    assert [one.sent for slot in book.slots.values() for one in slot.lines] == [0, 6, 8, 8]
    assert [
        (one.command, one.chunk, one.prompt, one.proves_landing, one.during)
        for one in book.flights._all
    ] == [
        ("schedule_prompt", 0, "a", False, None),
        ("set_image_strength", 3, None, False, None),
        ("set_sr_scale", 3, None, False, None),
        ("set_conditioning", 4, "b", False, 4),
        ("set_sr_scale", 5, None, False, None),
    ]
    assert (book.sr, book.strength) == ("4x", Fraction(1, 2))
    book = ledger((line(1, IMAGE, B), 4))
    book.live_due(0, 3, 8)
    assert [(one.prompt, one.proves_landing, one.during) for one in book.flights._all] == [
        ("b", True, 3)
    ]


def test_an_image_before_any_prompt_goes_alone() -> None:
    book = Ledger(3, "2x")
    book.commit(line(1, IMAGE), 3)
    assert words([*book.live_due(0, 2, 6)]) == "show a.png"
    assert [(one.command, one.chunk) for one in book.flights._all] == [("set_image", 3)]


def test_a_new_take_begins_with_nothing_sent() -> None:
    before, at, after = line(1, B), line(2, C, OFF), line(3, A, FOUR)
    over = line(4, B)
    book = ledger((before, 2), (at, 4), (after, 6), (over, 7))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.live_due(0, 3, 2)
    book.live_due(0, 5, 2)
    over.finish(Status.SKIPPED)
    book.reset_for_take(4)
    assert [slot.sent_prompt for slot in book.slots.values()] == ["a", "b", "c", None, None]
    assert [slot.sent for slot in book.slots.values()][1:] == [
        {"prompt"},
        {"prompt", "sr"},
        set(),
        {"prompt"},
    ]
    assert words([*book.prompts_due(4, 4, False, 3)]) == "prompt 2 a"
    assert words([*book.live_due(4, 5, 4)]) == "sr 4x"
    assert [(one.command, one.chunk) for one in book.flights._all] == [
        ("schedule_prompt", 6),
        ("set_sr_scale", 6),
    ]


def test_a_setting_lands_with_the_chunk_that_is_made_next() -> None:
    one, gone = line(1, HALF, OFF), line(2, FOUR)
    book = ledger((one, 3), (gone, 5))
    book.opening(0, 0)
    book.live_due(0, 2, 1)
    book.chunk_done(2, "a", 0)
    assert (one.landed, one.status) == (None, Status.SENT)
    book.chunk_done(3, "a", 0)
    assert (one.landed, one.status) == (3, Status.LANDED)
    book.live_due(0, 4, 1)
    gone.finish(Status.SKIPPED)
    book.chunk_done(6, "a", 0)
    assert gone.landed is None


def test_prompts_are_judged_by_what_the_model_shows() -> None:
    first, second, third = line(1, B), line(2, C), line(3, A)
    book = ledger((first, 2), (second, 4), (third, 6))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.chunk_done(2, "a", 0)
    assert first.status is Status.SENT
    book.chunk_done(3, " b ", 0)
    assert (first.status, first.landed) == (Status.LANDED, 3)
    book.accepted_prompt("c")
    book.chunk_done(5, "x", 0)
    assert second.status is Status.SENT
    book.chunk_done(6, "a", 0)
    assert (second.status, second.reason) == (
        Status.MISSED,
        "no chunk was reported with it before the next prompt was due",
    )
    assert (third.status, third.landed) == (Status.LANDED, 6)


@pytest.mark.parametrize(
    ("shown", "next_text", "revised", "landed"),
    [
        ("b ", C, True, 3),
        ("a", C, True, None),
        ("b", B, True, None),
        ("b", C, False, None),
    ],
)
def test_a_prompt_that_came_a_chunk_late_has_landed_where_it_is_shown(
    shown: str, next_text: CueAct, revised: bool, landed: int | None
) -> None:
    """An image and its prompt arrive after the boundary before which they were sent, and act on the
    next chunk, on which another prompt is scheduled.
    """
    late, next_one = line(1, IMAGE, B), line(2, next_text)
    book = Ledger(0, "2x", sees_late_prompts=revised)
    for delivery, chunk in ((line(0, A), 0), (late, 2), (next_one, 3)):
        book.commit(delivery, chunk)
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.live_due(0, 1, 2)
    book.chunk_done(1, "a", 3)
    book.chunk_done(2, "a", 4)
    book.accepted_image(4, 0)
    book.chunk_done(3, shown, 5)
    assert next_one.status is (Status.LANDED if next_text is B else Status.SENT)
    assert late.status is (Status.MISSED if landed is None else Status.LANDED)
    assert landed is None or late.landed == landed


@pytest.mark.parametrize(("taken", "landed"), [(True, 4), (False, None)])
def test_a_prompt_of_an_unreported_chunk_acted_if_the_model_had_taken_it(
    taken: bool, landed: int | None
) -> None:
    unseen = line(1, B)
    book = ledger((unseen, 4), (line(2, C), 6))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    if taken:
        book.accepted_prompt("a")
        book.accepted_prompt("b ")
    book.chunk_done(3, "a", 0)
    book.chunk_done(7, "c", 0)
    assert unseen.landed == landed


@pytest.mark.parametrize(
    ("chunk", "stated", "landed"), [(4, "b ", 4), (4, "x", None), (3, "x", 4), (5, "x", 4)]
)
def test_a_prompt_did_not_act_on_an_unreported_chunk_that_was_begun_with_another(
    chunk: int, stated: str, landed: int | None
) -> None:
    unseen = line(1, B)
    book = ledger((unseen, 4), (line(2, C), 6))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.accepted_prompt("a")
    book.accepted_prompt("b")
    book.chunk_done(2, "a", 0)
    book.making_with(chunk, stated)
    book.chunk_done(7, "c", 0)
    assert unseen.landed == landed


@pytest.mark.parametrize(
    ("scheduled", "again"),
    [
        ({4: "b ", 6: "c"}, ""),
        ({4: "b"}, "prompt 6 c"),
        ({6: "x", 4: "b"}, "prompt 6 c"),
        ({}, "prompt 4 b, prompt 6 c"),
    ],
)
def test_what_the_model_does_not_hold_is_sent_again(scheduled: dict[int, str], again: str) -> None:
    book = ledger((line(1, B), 4), (line(2, C), 6))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.recheck(scheduled, 0, 2)
    assert words([*book.prompts_due(0, 2, True, 1)]) == again


def test_what_was_taken_back_is_overwritten_again_where_the_model_holds_it() -> None:
    for scheduled, again in (({4: "b"}, "prompt 4 a"), ({}, "")):
        book = ledger((line(1, B), 4))
        book.opening(0, 0)
        book.prompts_due(0, 0, True, 1)
        book.withdraw(4, lambda one: one.number == 1, "no")
        assert words([*book.prompts_due(0, 2, True, 1)]) == "prompt 4 a"
        book.recheck(scheduled, 0, 2)
        assert words([*book.prompts_due(0, 2, True, 1)]) == again


def test_images_and_settings_that_may_be_lost_are_sent_again() -> None:
    book = ledger((line(1, HALF, IMAGE, B), 3), (line(2, FOUR), 3))
    book.opening(0, 0)
    assert words([*book.live_due(0, 2, 1)]) == "strength 0.5, show a.png b, sr 4x"
    book.recheck({}, 0, 2)
    assert words([*book.live_due(0, 2, 2)]) == "strength 0.5, show a.png b, sr 4x"
    book.accepted_image(3, 0)
    book.recheck({}, 0, 2)
    assert words([*book.live_due(0, 2, 2)]) == "sr 4x", "what left before the image was received"


def test_a_take_that_ends_misses_the_images_that_it_did_not_show() -> None:
    taken, silent, later = line(1, IMAGE), line(2, OTHER), line(3, IMAGE)
    book = ledger((taken, 3), (silent, 4), (later, 6))
    book.opening(0, 0)
    book.live_due(0, 2, 1)
    book.accepted_image(5, 0)
    book.live_due(0, 3, 1)
    book.live_due(0, 5, 1)
    book.discard_from(5)
    assert (taken.status, taken.reason) == (
        Status.MISSED,
        "the model took its image for chunk 5 only, which was not made with it",
    )
    assert (silent.status, silent.reason) == (
        Status.MISSED,
        "the model never reported that it accepted its image",
    )
    assert later.status is Status.SENT


def test_a_refused_prompt_leaves_open_what_the_model_holds() -> None:
    book = ledger((line(1, B), 4), (line(2, OFF), 3))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.live_due(0, 2, 1)
    assert book.refused("set_seed") is None
    assert [getattr(book.refused("schedule_prompt"), "chunk", None) for _ in range(3)] == [
        0,
        4,
        None,
    ]
    assert [book.slots[chunk].sent_prompt for chunk in (0, 4)] == ["", ""]
    assert getattr(book.refused("set_sr_scale"), "chunk", None) == 3
    book.slots[4].sent_prompt = "other"
    book.flights.add("schedule_prompt", 4, "b")
    book.refused("schedule_prompt")
    assert book.slots[4].sent_prompt == "other"


def test_what_could_not_be_overwritten_is_stuck() -> None:
    gone = line(1, B)
    book = ledger((gone, 4))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.withdraw(4, lambda one: one.number == 1, "no")
    assert words([*book.prompts_due(0, 2, True, 1)]) == "prompt 4 a"
    assert not book.stuck(PendingCommand(command="set_image", chunk=4), "busy")
    assert not book.stuck(PendingCommand(command="schedule_prompt", chunk=5, prompt="a"), "busy")
    assert book.stuck(PendingCommand(command="schedule_prompt", chunk=4, prompt="a"), "busy")
    assert (gone.status, gone.reason) == (Status.STUCK, "busy")
    assert words([*book.prompts_due(0, 2, True, 1)]) == ""


@pytest.mark.parametrize(
    ("shows", "status"), [("b ", Status.STUCK), ("a", Status.SKIPPED), (None, Status.SKIPPED)]
)
def test_what_was_overwritten_and_shows_all_the_same_is_stuck(
    shows: str | None, status: Status
) -> None:
    gone = line(1, B)
    book = ledger((gone, 4))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.withdraw(4, lambda one: one.number == 1, "no")
    book.prompts_due(0, 2, True, 1)
    book.chunk_done(3, "b", 0)
    found = [gone.status]
    book.chunk_done(4, shows, 0)
    assert [*found, gone.status] == [Status.SKIPPED, status], "chunk 4 was not made at first"
    assert gone.reason == (
        "no; but what overwrote it never came to the model" if status is Status.STUCK else "no"
    )


def test_what_is_live_and_has_left_cannot_be_taken_back() -> None:
    sr, pictured, prompt = line(1, OFF), line(2, IMAGE, B), line(3, C)
    book = ledger((sr, 3), (pictured, 3), (prompt, 5))
    book.opening(0, 0)
    book.live_due(0, 2, 1)
    book.withdraw(3, lambda one: True, "no")
    assert (sr.status, pictured.status, prompt.status) == (Status.SENT, Status.SENT, Status.SKIPPED)
    assert [one.number for one in book.slots[3].lines] == [1, 2]
    assert book.slots[5].lines == []


def test_a_prompt_is_sent_again_and_resent() -> None:
    book = ledger((line(1, B), 4))
    book.opening(0, 0)
    slot = book.slots[4]
    assert command_in_words(book.send_again(slot, "b", 6, 0)) == "prompt 6 b"
    assert (slot.sent, slot.sent_prompt) == ({"prompt"}, "b")
    assert (
        command_in_words(
            book.resend(PendingCommand(command="schedule_prompt", chunk=4, prompt="c", tries=2), 1)
        )
        == "prompt 3 c"
    )
    assert slot.sent_prompt == "c"
    assert [(one.chunk, one.prompt, one.tries) for one in book.flights._all][1:] == [
        (4, "b", 1),
        (4, "c", 3),
    ]
    assert words([*book.prompts_due(0, 2, True, 1)]) == ""


def test_a_refused_prompt_is_not_sent_because_something_else_joins_its_chunk() -> None:
    book = ledger((line(1, B), 4))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.refused("schedule_prompt")
    book.refused("schedule_prompt")
    book.commit(line(2, OFF), 4)
    assert words([*book.prompts_due(0, 2, True, 1)]) == ""


@pytest.mark.parametrize("act", [HALF, OFF, IMAGE])
def test_no_kind_of_what_is_live_and_has_left_is_taken_back(act: CueAct) -> None:
    sent = line(1, act)
    book = ledger((sent, 3))
    book.live_due(0, 2, 1)
    book.withdraw(3, lambda one: True, "no")
    assert sent.status is Status.SENT


def test_a_prompt_is_taken_back_though_an_image_is_still_to_leave_with_it() -> None:
    frame, prompt = line(1, IMAGE), line(2, B)
    book = ledger((frame, 6), (prompt, 6))
    book.opening(0, 0)
    book.withdraw(4, lambda one: one is prompt, "no")
    assert (frame.status, prompt.status) == (Status.COMMITTED, Status.SKIPPED)


def test_what_a_line_with_other_acts_sent_is_known_to_be_taken_back() -> None:
    gone = line(1, B, OFF)
    book = ledger((gone, 5))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.withdraw(4, lambda one: one is gone, "no")
    book.prompts_due(0, 2, True, 1)
    book.chunk_done(5, "b", 0)
    assert gone.status is Status.STUCK


def test_a_new_take_forgets_what_was_sent_to_the_previous_one() -> None:
    gone, frame, taken, late = line(1, B), line(2, IMAGE), line(3, C), line(4, OFF)
    book = ledger((gone, 5), (frame, 3), (taken, 6), (late, 3))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    for prompt in ("a", "b", "c"):
        book.accepted_prompt(prompt)
    book.withdraw(5, lambda one: one is gone, "no")
    book.live_due(0, 3, 2)
    book.accepted_image(6, 0)
    book.reset_for_take(4)
    book.commit(line(5, A), 8)
    book.chunk_done(4, "a", 0)
    assert late.landed is None, "it was sent for the chunk with which the new take begins"
    book.chunk_done(5, "b", 0)
    assert gone.status is Status.SKIPPED, "nothing of it is left in the model"
    book.chunk_done(9, "a", 0)
    assert frame.landed is None
    assert (taken.status, taken.landed) == (Status.MISSED, None), "the new take has not taken it"


def test_a_prompt_that_joins_an_image_that_has_left_goes_alone() -> None:
    book = ledger((line(1, IMAGE), 4))
    book.opening(0, 0)
    book.live_due(0, 3, 1)
    book.commit(line(2, C), 4)
    assert words([*book.prompts_due(0, 3, True, 2)]) == "prompt 4 c"


@pytest.mark.parametrize("way", ["sent", "again", "resent"])
def test_a_prompt_that_is_sent_anew_has_not_been_taken_yet(way: str) -> None:
    first, later = line(1, B), line(2, A)
    book = ledger((first, 4), (later, 6))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    for prompt in ("a", "b"):
        book.accepted_prompt(prompt)
    match way:
        case "sent":
            first = line(3, C)
            book.commit(first, 4)
            book.prompts_due(0, 0, True, 1)
        case "again":
            book.send_again(book.slots[4], "b", 4, 0)
        case _:
            book.resend(PendingCommand(command="schedule_prompt", chunk=4, prompt="b"), 0)
    book.chunk_done(3, "a", 0)
    book.chunk_done(7, "a", 0)
    assert (first.status, first.landed) == (Status.MISSED, None)


def test_a_prompt_that_was_sent_again_lands_on_the_chunk_that_it_was_sent_for() -> None:
    """Its own chunk had passed when the connection was restored; then the connection was lost once
    more, with the reports.
    """
    first = line(1, B)
    book = ledger((first, 4))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.chunk_done(3, "a", 0)
    book.send_again(book.slots[4], "b", 8, 0)
    for prompt in ("a", "b", "b"):
        book.accepted_prompt(prompt)
    book.chunk_done(10, "b", 0)
    assert (first.status, first.landed) == (Status.LANDED, 8)
    book.done_late(9, "a")
    assert first.landed == 10, "that chunk was reported later, and did not show it"


def test_a_prompt_that_is_taken_back_together_with_a_setting_is_the_one_that_may_be_stuck() -> None:
    prompt, setting = line(1, B), line(2, OFF)
    book = ledger((prompt, 5), (setting, 5))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.withdraw(4, lambda one: True, "no")
    book.chunk_done(5, "b", 0)
    assert (prompt.status, setting.status) == (Status.STUCK, Status.SKIPPED)


def test_in_a_new_take_a_chunk_with_one_line_left_is_sent_anew() -> None:
    over, left = line(1, OFF), line(2, C)
    book = ledger((over, 6), (left, 6))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    over.finish(Status.SKIPPED)
    book.reset_for_take(4)
    assert words([*book.prompts_due(4, 4, False, 3)]) == "prompt 2 c"


def test_in_a_new_take_nothing_is_stuck_of_the_one_before() -> None:
    gone = line(1, B)
    book = ledger((gone, 5))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.withdraw(4, lambda one: one is gone, "no")
    book.prompts_due(0, 2, True, 1)
    book.reset_for_take(3)
    assert not book.stuck(PendingCommand(command="schedule_prompt", chunk=5, prompt="a"), "busy")


def test_what_came_and_went_between_two_reports_leaves_only_what_overwrites_it() -> None:
    book = ledger((line(1, B), 5))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.commit(line(2, C), 5)
    book.withdraw(4, lambda one: True, "no")
    assert words([*book.prompts_due(0, 2, True, 1)]) == "prompt 5 a"


@pytest.mark.parametrize(("making", "message"), [(4, "prompt 5 a"), (5, ""), (6, "")])
def test_what_is_made_already_is_not_overwritten(making: int, message: str) -> None:
    book = ledger((line(1, B), 5))
    book.opening(0, 0)
    book.prompts_due(0, 0, True, 1)
    book.withdraw(4, lambda one: True, "no")
    assert words([*book.prompts_due(0, making, True, 1)]) == message
    assert book._left == ({5} if message else set())


# ---- jumps of the clock --------------------------------------------------------------------------


def jumped(*acts: CueAct, gives_way: bool = True) -> tuple[Ledger, Delivery]:
    """Return a ledger in which a jump brings some acts to chunk 4, after the opening at chunk 0."""
    book = ledger()
    book.opening(0, 0)
    chase = line(9, *acts)
    chase.nominal = 4
    book.commit_chase(chase, gives_way=gives_way)
    return book, chase


@pytest.mark.parametrize(
    ("chunk", "message", "where"),
    [(3, "strength 0.5", "acts before it"), (4, "strength 0.5, show b.png b", "acts on the same chunk")],
)  # fmt: skip
def test_what_a_jump_brings_does_not_undo_what_comes_after_the_jump(
    chunk: int, message: str, where: str
) -> None:
    book, chase = jumped(HALF, IMAGE, B)
    assert words([*book.prompts_due(0, 2, True, 1)]) == "", "it goes with the image"
    book.commit(line(5, OTHER), chunk)
    assert chase.open == {"strength", "prompt"}
    assert chase.reason == f"without its image: 5c {where}"
    assert words([*book.live_due(0, 2, 1)]) == ("show b.png a" if chunk == 3 else "")
    assert words([*book.prompts_due(0, 2, True, 1)]) == ("prompt 4 b" if chunk == 3 else "")
    assert words([*book.live_due(0, 3, 2)]) == message


def test_what_a_jump_brings_is_not_changed_by_what_acts_after_it() -> None:
    book, chase = jumped(IMAGE, B)
    book.commit(line(5, CutAct(None), OTHER, C), 5)
    assert chase.open == {"image", "prompt"}


def test_what_a_jump_brings_undid_what_came_after_the_jump_in_earlier_revisions() -> None:
    book, chase = jumped(HALF, IMAGE, B, gives_way=False)
    book.commit(line(5, OTHER, C), 3)
    assert chase.open == {"strength", "image", "prompt"}


@pytest.mark.parametrize(("chunk", "where"), [(2, "before it"), (4, "on the same chunk")])
def test_a_take_after_a_jump_does_not_open_with_the_image_of_the_take_before(
    chunk: int, where: str
) -> None:
    book, chase = jumped(FOUR, IMAGE, B)
    book.commit(line(5, CutAct(None), C), chunk)
    assert chase.open == {"sr"}
    assert sorted(chase.reason.removeprefix("without its ").split("; without its ")) == [
        f"image: 5c acts {where}",
        f"prompt: 5c acts {where}",
    ]
    assert book.slots[4].image is None


def test_the_prompt_of_a_jump_is_overwritten_by_one_that_comes_sooner() -> None:
    book, chase = jumped(B)
    assert words([*book.prompts_due(0, 2, True, 1)]) == "prompt 4 b"
    book.commit(line(5, IMAGE, C), 3)
    assert chase.status is Status.OVERTAKEN
    assert words([*book.live_due(0, 2, 1)]) == "show a.png c"
    assert words([*book.prompts_due(0, 2, True, 1)]) == "prompt 4 c"


@pytest.mark.parametrize("stays", [True, False])
def test_what_a_jump_brings_acts_again_if_what_came_sooner_is_taken_back(stays: bool) -> None:
    book, chase = jumped(IMAGE, B)
    sooner, other = line(5, OTHER, C), line(6, FOUR)
    book.commit(sooner, 3)
    book.commit(other, 4)
    assert chase.open == set()
    book.withdraw(2, lambda one: one is sooner or (one is chase and not stays), "no")
    assert chase.open == ({"image", "prompt"} if stays else set())
    assert words([*book.live_due(0, 3, 1)]) == ("show a.png b, sr 4x" if stays else "sr 4x")


def test_a_jump_that_brings_nothing_forgets_the_one_before() -> None:
    book, chase = jumped(IMAGE, B)
    book.commit_chase(None, gives_way=True)
    book.commit(line(5, OTHER, C), 3)
    assert chase.open == {"image", "prompt"}


# ---- several images for one chunk ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("lands_one_image", "status", "landed", "reason"),
    [(True, Status.OVERTAKEN, None, "2c acts on the same chunk"), (False, Status.LANDED, 4, "")],
)
def test_of_two_images_that_the_model_takes_for_one_chunk_the_last_lands(
    lands_one_image: bool, status: Status, landed: int | None, reason: str
) -> None:
    """The first was answered while its own chunk was made, so that it acts on the next one."""
    book = Ledger(3, "2x", lands_one_image=lands_one_image)
    late, last = line(1, IMAGE), line(2, OTHER)
    for one, chunk in ((line(0, A), 0), (late, 3), (last, 4)):
        book.commit(one, chunk)
    book.opening(0, 0)
    book.live_due(0, 2, 1)
    book.chunk_done(2, "a", 2)
    book.accepted_image(4, 0)
    book.live_due(0, 3, 3)
    book.accepted_image(4, 0)
    book.chunk_done(3, "a", 4)
    assert (late.status, last.status) == (Status.SENT, Status.SENT)
    book.chunk_done(4, "a", 5)
    assert (late.status, late.landed, late.reason) == (status, landed, reason)
    assert (last.status, last.landed, last.reason) == (Status.LANDED, 4, "")


def test_an_image_landed_on_its_own_chunk_if_answers_are_known_to_come_late() -> None:
    """The second image shows with its prompt on the chunk that it was sent for, though it was
    answered later: so the first, answered as late, was there as well.
    """
    late, last = line(1, IMAGE), line(2, OTHER, B)
    book = ledger((late, 3), (last, 4))
    book.opening(0, 0)
    book.live_due(0, 2, 1)
    book.chunk_done(2, "a", 2)
    book.live_due(0, 3, 3)
    book.accepted_image(4, 0)
    book.chunk_done(3, "a", 4)
    book.accepted_image(5, 0)
    book.chunk_done(4, "b", 5)
    assert (late.status, late.landed, late.reason) == (Status.LANDED, 3, "")
    assert (last.status, last.landed, last.reason) == (Status.LANDED, 4, "")

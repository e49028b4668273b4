"""Prompts are kept until they act on their chunk, and where they acted is what the server reports."""

from __future__ import annotations

from sequencer.stages.vllm_omni.prompts import TakePrompts


def sent(prompts: TakePrompts) -> str | None:
    due = prompts.due()
    return None if due is None else due.text


def playing(*chunks: int) -> TakePrompts:
    """Return a take that has begun, with a prompt `p3` for chunk 3, and so on."""
    prompts = TakePrompts(1)
    assert prompts.schedule("opening", 0)
    for chunk in chunks:
        assert not prompts.schedule(f"p{chunk}", chunk)
    prompts.began()
    return prompts


def test_the_prompt_of_chunk_k_is_sent_after_chunk_k_minus_2() -> None:
    prompts = playing(1, 2, 5)
    assert [sent(prompts), sent(prompts)] == ["p1", None]
    after = []
    for chunk in range(5):
        prompts.received(chunk, ())
        after.append(sent(prompts))
    assert after == ["p2", None, None, "p5", None]


def test_nothing_is_sent_before_the_first_chunk_is_made() -> None:
    prompts = TakePrompts(1)
    prompts.schedule("opening", 0)
    prompts.schedule("p1", 1)
    assert prompts.due() is None
    assert prompts.opening is not None
    assert (prompts.opening.text, prompts.active) == ("opening", "opening")


def test_of_several_that_are_due_the_last_is_sent() -> None:
    prompts = playing(4, 5)
    for chunk in range(4):
        prompts.received(chunk, ())
    assert [sent(prompts), sent(prompts)] == ["p5", None]


def test_one_for_a_chunk_in_the_past_is_sent_at_once() -> None:
    prompts = playing()
    prompts.received(0, ())
    prompts.received(1, ())
    prompts.schedule("late", 1)
    assert sent(prompts) == "late"


def test_a_prompt_replaces_another_one_for_its_chunk() -> None:
    prompts = playing(3)
    prompts.schedule("instead", 3, fade=2)
    prompts.received(0, ())
    prompts.received(1, ())
    due = prompts.due()
    assert due is not None
    assert (due.text, due.fade) == ("instead", 2)
    assert prompts.due() is None


def test_it_lands_where_the_server_reports_it() -> None:
    prompts = playing(2)
    prompts.received(0, ())
    due = prompts.due()
    assert due is not None
    prompts.received(1, ())
    assert prompts.received(2, ()) == []
    assert prompts.active == "opening"
    assert prompts.received(3, ("unknown", due.event)) == [due]
    assert (prompts.active, prompts.moved) == ("p2", 1)
    assert prompts.received(4, ()) == []
    assert prompts.active == "p2"


def test_it_acts_for_the_first_time_once() -> None:
    prompts = playing(1, 2)
    first = prompts.due()
    prompts.received(0, ())
    second = prompts.due()
    assert first is not None
    assert second is not None
    prompts.received(1, (first.event,))
    prompts.received(2, (second.event,))
    assert prompts.received(3, (first.event,)) == []
    assert prompts.active == "p2"


def test_event_ids_differ_between_takes() -> None:
    events = set()
    for take in (1, 2):
        prompts = TakePrompts(take)
        prompts.schedule("opening", 0)
        prompts.began()
        for chunk in (1, 2):
            prompts.schedule("p", chunk)
            prompts.received(chunk - 1, ())
            due = prompts.due()
            assert due is not None
            events.add(due.event)
    assert len(events) == 4


def test_a_refusal_counts_for_the_prompt_that_was_refused() -> None:
    prompts = playing(8, 1)
    due = prompts.due()
    assert due is not None
    found = prompts.refused(due.event)
    assert found is not None
    assert ([one.text for one in found[0]], found[1]) == (["p8"], due)
    assert prompts.refused(due.event) is None


def test_a_prompt_that_acts_cannot_be_refused() -> None:
    prompts = playing(8, 1)
    due = prompts.due()
    assert due is not None
    prompts.received(1, (due.event,))
    assert prompts.refused(due.event) is None

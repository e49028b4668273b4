"""Revisions are only added, never removed or renumbered, because journals name them."""

from __future__ import annotations

from sequencer.engine import revisions


def test_a_revision_keeps_its_number() -> None:
    numbers = {
        name: value
        for name, value in vars(revisions).items()
        if name.isupper() and isinstance(value, int)
    }
    assert numbers == {
        "FIRST": 1,
        "SHOWN_TO_THE_END": 2,
        "ENDS_WHERE_WRITTEN": 3,
        "SET_UP_ONCE": 3,
        "RESETS_BORNE_OUT": 3,
        "JUMPS_WHILE_CUT": 3,
        "REFUSALS_HAVE_REASONS": 3,
        "EXITS_AFTER_THE_CLOCK": 4,
        "WARMS_UP_UNSEEN": 4,
        "OPENS_WITH_A_PROMPT": 4,
        "LATE_REPORTS": 4,
        "MIDI_IN_ORDER": 4,
        "STATES_NAME_PROMPTS": 5,
        "OVERTAKEN_LEAVE": 5,
        "LATE_PROMPTS_LAND": 5,
        "JUMPS_GIVE_WAY": 5,
        "ONE_IMAGE_A_CHUNK": 5,
        "CURRENT": 5,
    }


def test_every_revision_is_described() -> None:
    described = [
        part.split("**")[1]
        for part in (revisions.__doc__ or "").split("\n\n")
        if part.startswith("**")
    ]
    assert described == [str(number) for number in range(revisions.FIRST, revisions.CURRENT + 1)]

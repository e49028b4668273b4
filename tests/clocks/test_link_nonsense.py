"""States of a Link session are untrusted: any device on the network can send them."""

from __future__ import annotations

import pytest

from sequencer.events.events import ClockFitted
from sequencer.sync.link import LinkFeed, Moment


@pytest.mark.parametrize("beat", [float("nan"), float("inf"), -1e300, 0.5])
@pytest.mark.parametrize("bpm", [0.0, -120.0, 1e-300, float("nan"), float("inf"), 120.0])
def test_a_moment_that_makes_no_sense_is_passed_over(beat: float, bpm: float) -> None:
    feed = LinkFeed(transport=False)
    assert feed.hear(Moment(0, 0.0, 120.0, True, 1)) != ()
    odd = Moment(1_000_000_000, beat, bpm, True, 1)
    if odd.makes_sense:
        assert (beat, bpm) == (0.5, 120.0)
        return
    assert feed.hear(odd) == ()
    later = feed.hear(Moment(2_000_000_000, 4.0, 120.0, True, 1))
    assert [event.quarter for event in later if isinstance(event, ClockFitted)] == [4.0]

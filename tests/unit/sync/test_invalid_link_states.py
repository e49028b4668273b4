"""States of a Link session are untrusted: any device on the network can send them."""

from __future__ import annotations

import pytest

from sequencer.events.events import ClockFitted
from sequencer.sync.link import LinkFeed, Moment


@pytest.mark.parametrize("beat", [float("nan"), float("inf"), -1e300, 0.5])
@pytest.mark.parametrize("bpm", [0.0, -120.0, 1e-300, float("nan"), float("inf"), 120.0])
def test_a_moment_that_makes_no_sense_is_passed_over(beat: float, bpm: float) -> None:
    feed = LinkFeed(transport=False)
    assert feed.handle(Moment(at=0, beat=0.0, bpm=120.0, playing=True, peers=1)) != ()
    odd = Moment(at=1_000_000_000, beat=beat, bpm=bpm, playing=True, peers=1)
    if odd.makes_sense:
        assert (beat, bpm) == (0.5, 120.0)
        return
    assert feed.handle(odd) == ()
    later = feed.handle(Moment(at=2_000_000_000, beat=4.0, bpm=120.0, playing=True, peers=1))
    assert [event.quarter for event in later if isinstance(event, ClockFitted)] == [4.0]

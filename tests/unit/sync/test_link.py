"""Ableton Link: session states become events, and sessions of another program are followed in a
separate network namespace.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sequencer.events.codec import Event
from sequencer.events.events import ClockFitted, TransportChanged
from sequencer.sync.link import LinkFeed, Moment
from tests.support.requirements import require

S = 1_000_000_000


def session(
    feed: LinkFeed,
    first: float,
    last: float,
    *,
    bpm: float = 120.0,
    playing: bool = True,
    beat: float = 0.0,
) -> list[Event]:
    """Return a steady session's events, polled every 20 ms from second `first` to `last`.

    `beat` is its beat at `first`.
    """
    events: list[Event] = []
    for step in range(round((last - first) * 50)):
        at = round((first + step / 50) * S)
        events += feed.handle(
            Moment(at=at, beat=beat + step / 50 * bpm / 60, bpm=bpm, playing=playing, peers=1)
        )
    return events


def kinds(events: list[Event]) -> list[str]:
    return [event.what if isinstance(event, TransportChanged) else event.kind for event in events]


def test_it_begins_on_the_bar_line_after_play() -> None:
    feed = LinkFeed()
    assert session(feed, 0, 2, playing=False) == []
    events = session(feed, 2, 6, beat=5.0)
    assert kinds(events)[:2] == ["start", "clock_fit"]
    assert abs(events[0].at - 3.5 * S) < 0.05 * S, "beat 5 at 2 s: the bar line is beat 8"
    fit = events[1]
    assert isinstance(fit, ClockFitted)
    assert 0 <= fit.quarter < 0.1


def test_play_received_just_after_its_bar_line_counts_from_it() -> None:
    feed = LinkFeed()
    (start, fit) = feed.handle(Moment(at=S, beat=8.03, bpm=120.0, playing=True, peers=1))
    assert isinstance(start, TransportChanged)
    assert isinstance(fit, ClockFitted)
    assert fit.quarter == pytest.approx(0.03)


def test_without_transport_it_begins_by_itself() -> None:
    feed = LinkFeed(quantum=3.0, transport=False)
    events = session(feed, 0, 3, playing=False, beat=100.0)
    assert kinds(events)[0] == "start"
    assert abs(events[0].at - S) < 0.05 * S, "beat 102"


def test_what_is_held_begins_on_the_first_bar_line_after_its_release() -> None:
    feed = LinkFeed(quantum=4.0, transport=False)
    feed.held = True
    assert session(feed, 0, 5, playing=False, beat=100.0) == []
    feed.held = False
    events = session(feed, 5, 9, playing=False, beat=110.0)
    assert kinds(events)[0] == "start"
    assert abs(events[0].at - 6 * S) < 0.05 * S, "beat 112"


def test_fits_are_few_while_nothing_changes_and_at_once_when_the_tempo_does() -> None:
    feed = LinkFeed()
    assert 18 <= len(session(feed, 0, 10)) <= 24
    (fit,) = feed.handle(Moment(at=10 * S, beat=20.0, bpm=140.0, playing=True, peers=1))
    assert isinstance(fit, ClockFitted)
    assert fit.quarters_per_ns == pytest.approx(140 / 60e9)


def test_stop_start_and_jumps() -> None:
    feed = LinkFeed()
    session(feed, 0, 4)
    assert kinds(session(feed, 4, 5, playing=False, beat=8.0)) == ["stop"]
    assert kinds(session(feed, 5, 6, beat=12.0))[:3] == ["clock_located", "start", "clock_fit"]
    assert kinds(
        list(feed.handle(Moment(at=6 * S, beat=30.0, bpm=120.0, playing=True, peers=1)))
    ) == [
        "clock_located",
        "clock_fit",
    ]


def test_alone_it_runs_free() -> None:
    (_, fit) = LinkFeed().handle(Moment(at=S, beat=0.0, bpm=120.0, playing=True, peers=0))
    assert isinstance(fit, ClockFitted)
    assert fit.quality == "free"


# ---- sessions of other programs ----

FOLLOW = """
    import asyncio, json, subprocess, sys, time
    from sequencer.sync.link import LinkFeed, LiveLink

    async def main():
        events, sentences = [], []
        live = LiveLink(99.0, LinkFeed(), events.append, sentences.append)
        live.open()
        stranger = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 25
            while time.monotonic() < deadline:
                fits = [one for one in events if one.kind == "clock_fit"]
                if len(fits) > 6 and fits[-1].quality == "locked" and fits[-1].quarter > 3:
                    break
                await asyncio.sleep(0.05)
            print(json.dumps({"events": [(one.kind, one.at, getattr(one, "quarter", 0), getattr(one, "quarters_per_ns", 0))
                                         for one in events], "sentences": sentences}))
        finally:
            live.close()
            stranger.kill()
            stranger.wait()

    asyncio.run(main())
    """
AALINK = """
    import asyncio, aalink

    async def main():
        link = aalink.Link(133.0)
        link.start_stop_sync_enabled = True
        link.enabled = True
        while not link.num_peers:
            await asyncio.sleep(0.05)
        link.tempo = 133.0
        link.playing = True
        await asyncio.sleep(60)

    asyncio.run(main())
    """
PATCH = """#N canvas 0 0 400 300 10;
#X obj 20 20 loadbang;
#X msg 20 60 \\; pd dsp 1;
#X msg 120 60 connect 1;
#X obj 120 100 delay 3000;
#X msg 120 130 tempo 141;
#X msg 220 130 play 1;
#X obj 120 200 abl_link~ 1 0 4 141;
#X connect 0 0 1 0;
#X connect 0 0 2 0;
#X connect 0 0 3 0;
#X connect 3 0 4 0;
#X connect 3 0 5 0;
#X connect 2 0 6 0;
#X connect 4 0 6 0;
#X connect 5 0 6 0;
"""


def in_a_network_of_its_own(*command: str) -> dict[str, list[list[Any]]]:
    """Follow another program's session in a network namespace that has only the loopback interface,
    so no one else sees it.
    """
    require(find_spec("link"), "LinkPython-extern is not installed (the extra `link`)")
    require(
        shutil.which("unshare") and shutil.which("ip"),
        "unshare and ip are needed (Debian: util-linux, iproute2)",
    )
    alone = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    tried = subprocess.run([*alone, "true"], capture_output=True, text=True, check=False)
    require(tried.returncode == 0, f"no network namespace can be made here: {tried.stderr.strip()}")
    done = subprocess.run(
        [*alone, sys.executable, "-c", textwrap.dedent(FOLLOW), *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    received: dict[str, list[list[Any]]] = json.loads(done.stdout)
    return received


def judge(received: dict[str, list[list[Any]]], bpm: float) -> None:
    kinds = [event[0] for event in received["events"]]
    assert "clock_moved" in kinds, received
    fits = [event for event in received["events"] if event[0] == "clock_fit"]
    assert fits[-1][3] * 60e9 == pytest.approx(bpm, abs=0.01)
    assert fits[-1][2] > 3
    one, other = fits[-3], fits[-1]
    assert one[2] + (other[1] - one[1]) * one[3] == pytest.approx(other[2], abs=0.002)


def test_another_binding_is_followed() -> None:
    require(find_spec("aalink"), "aalink is not installed")
    judge(in_a_network_of_its_own(sys.executable, "-c", textwrap.dedent(AALINK)), 133.0)


def test_pure_data_is_followed(tmp_path: Path) -> None:
    require(shutil.which("pd"), "Pd is not installed (Debian: puredata-core pd-ableton-link)")
    patch = tmp_path / "peer.pd"
    patch.write_text(PATCH, encoding="utf-8")
    command = (
        "pd",
        "-nogui",
        "-noaudio",
        "-nomidi",
        "-path",
        "/usr/lib/pd/extra/abl_link~",
        "-open",
        str(patch),
    )
    judge(in_a_network_of_its_own(*command), 141.0)

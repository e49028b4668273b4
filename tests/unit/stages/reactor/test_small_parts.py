"""Unit tests of the small pure parts of the stage: addresses and settings, STUN, pace, frames and
repeats.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from sequencer.core.errors import InputError, StageError, UsageError
from sequencer.core.secrets import Secret
from sequencer.stages.live_frames import Belonging, LiveFrame
from sequencer.stages.reactor import signalling as stun_module
from sequencer.stages.reactor.frame_pacing import USUAL_TICK, Pace
from sequencer.stages.reactor.frame_trailer import Metadata, declared, is_declared, split_trailer
from sequencer.stages.reactor.frames import Frames, is_dark
from sequencer.stages.reactor.repeated_frames import Repeats
from sequencer.stages.reactor.safety import (
    is_same_origin,
    is_this_machine,
    may_be_called,
    origin,
    redact,
)
from sequencer.stages.reactor.settings import ReactorSettings, find_key, is_loopback
from sequencer.stages.reactor.shown_chunks import Novelty
from sequencer.stages.reactor.signalling import (
    COOKIE,
    IceServer,
    _address,
    _answers,
    _Probe,
    reachable,
    read_servers,
)
from sequencer.stages.reactor.tagged_frames import TaggedFrames, tagged_frames

SECOND = 1_000_000_000
REHEARSE = (
    "to rehearse without a key: `sequencer rehearse SCORE`, or `sequencer serve` and `sequencer "
    "perform SCORE --local`"
)

# ---- settings


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("http://localhost", True),
        ("http://LOCALHOST:80/x", True),
        ("http://stage.localhost", True),
        ("http://notlocalhost", False),
        ("http://127.0.0.1:8080", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8080", True),
        ("http://10.0.0.1", False),
        ("http://reactor.test", False),
        ("http://[bad", False),
        ("nothing", False),
    ],
)
def test_which_addresses_stay_on_this_machine(url: str, stays: bool) -> None:
    assert is_loopback(url) is stays


@pytest.mark.parametrize(
    ("changes", "base"),
    [
        ({}, "https://api.reactor.inc"),
        ({"local": True}, "http://localhost:8080"),
        ({"url": "https://x.test//"}, "https://x.test"),
        ({"url": "https://x.test:8443/a", "local": True}, "https://x.test:8443/a"),
        ({"url": "http://x.test", "local": True}, "http://x.test"),
        ({"url": "http://127.0.0.1:8080/"}, "http://127.0.0.1:8080"),
    ],
)
def test_where_the_platform_is(changes: dict[str, Any], base: str) -> None:
    assert ReactorSettings(**changes).base() == base


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("x.test", "'x.test' is not an address", "write for example --url http://127.0.0.1:8080"),
        (
            "ftp://x.test",
            "'ftp://x.test' is not an address",
            "write for example --url http://127.0.0.1:8080",
        ),
        ("https://", "'https:' is not an address", "write for example --url http://127.0.0.1:8080"),
        (
            "https://x.test:0",
            "'https://x.test:0' is not an address",
            "write for example --url http://127.0.0.1:8080",
        ),
        (
            "https://a@x.test",
            "an address must not contain a name or a password",
            "the key goes into REACTOR_API_KEY",
        ),
        (
            "https://:p@x.test",
            "an address must not contain a name or a password",
            "the key goes into REACTOR_API_KEY",
        ),
        (
            "http://x.test",
            "http://x.test is not encrypted: the key would be sent for everyone to read",
            "use https://",
        ),
    ],
)
def test_what_is_wrong_with_an_address(url: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        ReactorSettings(url=url).base()
    assert (raised.value.message, raised.value.hint) == (message, hint)


def test_a_key_is_needed_and_kept() -> None:
    key = Secret("rk_a")
    assert ReactorSettings(key=key).checked_key() is key
    with pytest.raises(
        StageError, match="there is no API key, but a live Helios needs one"
    ) as raised:
        ReactorSettings().checked_key()
    assert (
        raised.value.hint
        == f"put your Reactor key (rk_…) into the environment variable REACTOR_API_KEY; {REHEARSE}"
    )
    assert "rk_a" not in repr(ReactorSettings(key=key))


def test_a_key_comes_from_where_it_was_put(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("  rk_file\n", encoding="utf-8")
    assert find_key({"REACTOR_API_KEY": " rk_a\n"}).reveal() == "rk_a"
    assert find_key({"REACTOR_API_KEY": "rk_a"}, file).reveal() == "rk_file"
    file.write_text("k" * 5000, encoding="utf-8")
    assert find_key({}, file).reveal() == "k" * 4096


@pytest.mark.parametrize("key", ["a b", "a\tb", "schlüssel", "a\x7fb", "a\x00b"])
def test_a_key_is_one_word_of_ascii(tmp_path: Path, key: str) -> None:
    with pytest.raises(
        UsageError,
        match="REACTOR_API_KEY does not contain a key: it has spaces or invalid characters in it",
    ) as raised:
        find_key({"REACTOR_API_KEY": key})
    assert raised.value.hint == "a key looks like rk_…"
    file = tmp_path / "key"
    file.write_text(key, encoding="utf-8")
    with pytest.raises(InputError, match=r"the key file .* does not contain a key"):
        find_key({}, file)


def test_a_key_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="there is no API key: REACTOR_API_KEY is empty or not set"
    ) as raised:
        find_key({})
    where = (
        "put your Reactor key (rk_…) into the variable REACTOR_API_KEY, or into a file for "
        "--key-file"
    )
    assert raised.value.hint == f"{where}; {REHEARSE}"
    file = tmp_path / "key"
    for data, message in (
        (b" \n", f"there is no API key: the key file {file} is empty or not set"),
        (b"\xff", f"the key file {file} cannot be read: it is not text"),
    ):
        file.write_bytes(data)
        with pytest.raises(InputError) as found:
            find_key({"REACTOR_API_KEY": "rk_a"}, file)
        assert found.value.message == message
    file.unlink()
    with pytest.raises(InputError, match="cannot be read: No such file or directory") as missing:
        find_key({}, file)
    assert missing.value.hint == "give a file that contains only the key"


# ---- addresses


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("HTTP://A.Test./x", ("http", "a.test", 80)),
        ("https://a.test", ("https", "a.test", 443)),
        ("https://a.test:80", ("https", "a.test", 80)),
        ("ftp://a.test", None),
        ("https:///x", None),
    ],
)
def test_the_site_of_an_address(url: str, found: tuple[str, str, int] | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="neither http nor https, or no host"):
            origin(url)
        assert is_same_origin(url, url) is False
    else:
        assert origin(url) == found
        assert is_same_origin(url, url)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("alocalhost", False),
        ("127.0.0.1", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("a.test", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, is_here: bool) -> None:
    assert is_this_machine(host) is is_here


@pytest.mark.parametrize(
    "last",
    ["localhost", "local", "internal", "lan", "home", "arpa", "intranet", "corp", "7", "0x7f"],
)
def test_names_that_are_internal_are_not_called(last: str) -> None:
    assert not may_be_called(f"https://a.{last}/", "https://api.test")
    assert not may_be_called(f"https://a.b.{last}/", "https://api.test")
    assert may_be_called(f"https://a.{last}.test/", "https://api.test")
    assert may_be_called(f"https://{last}.test/", "https://api.test")


def test_a_platform_elsewhere_does_not_make_us_call_ourselves() -> None:
    assert not may_be_called("http://127.0.0.1:443/", "https://api.test")
    assert not may_be_called("http://store.test/", "http://api.test")
    assert may_be_called("http://api.test/x", "http://api.test")


# ---- secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("eyJabcdefgh", "(token)"),
        ("eyJabcdefg", "eyJabcdefg"),
        ("an eyJabcdefgh.b.c-d!", "an (token)!"),
        ("rk_a-b.c", "(key).c"),
        ("work_a", "work_a"),
        ("see /a/b?c=d e", "see /a/b?… e"),
        ("'https://x/a?b' \"/c?d\"", "'https://x/a?…' \"/c?…\""),
        ("what? no", "what? no"),
    ],
)
def test_what_is_struck_out(text: str, shown: str) -> None:
    assert redact(text) == shown


# ---- STUN and TURN servers


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("stun:a.test", ("a.test", 3478, True)),
        ("stun:a.test:1000", ("a.test", 1000, True)),
        ("turn:a.test?transport=udp", ("a.test", 3478, True)),
        ("turn:a.test:7?transport=tcp", ("a.test", 7, False)),
        ("stuns:a.test", ("a.test", 5349, False)),
        ("turns:a.test:443?transport=tcp", ("a.test", 443, False)),
        ("stun:[::1]", ("::1", 3478, True)),
        ("stun:[::1]:9", ("::1", 9, True)),
        ("stun:a.test:x", ("a.test", 3478, True)),
        ("http:a.test", None),
        ("nonsense", None),
    ],
)
def test_the_address_of_a_server(uri: str, found: tuple[str, int, bool] | None) -> None:
    assert _address(uri) == found


def test_servers_of_an_answer() -> None:
    listed = [
        {"uris": ["stun:a", 7, "stun:b"], "credentials": {"username": 7, "password": "p"}},
        {"uris": ["turn:c"], "credentials": {"username": "u", "password": 7}},
        {"uris": ["turn:d"], "credentials": "secret"},
        {"uris": "turn:e"},
        {},
        7,
    ]
    assert read_servers(listed) == (
        IceServer(("stun:a", "stun:b"), None, "p"),
        IceServer(("turn:c",), "u", None),
        IceServer(("turn:d",), None, None),
    )


def test_a_question_to_a_server_and_its_answer() -> None:
    async def go() -> None:
        probe = _Probe()
        question = probe.question
        assert question[:8] == b"\x00\x01\x00\x00\x21\x12\xa4\x42"
        assert (len(question), COOKIE) == (20, 0x2112A442)
        assert question != _Probe().question
        head = b"\x01\x01\x00\x00\x21\x12\xa4\x42"
        for wrong in (head + question[8:19], head + bytes(12), b"", question[8:]):
            probe.datagram_received(wrong, ("a", 1))
            assert not probe.answered.is_set()
        probe.datagram_received(head + question[8:], ("a", 1))
        assert probe.answered.is_set()

    asyncio.run(go())


def test_servers_that_answer_keep_their_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = {"b": OSError(), "c": TimeoutError(), "d": UnicodeError()}

    async def answers(uri: str) -> None:
        if uri == "slow":
            await asyncio.Event().wait()
        if uri in problems:
            raise problems[uri]

    monkeypatch.setattr(stun_module, "_answers", answers)
    servers = [
        IceServer(("a", "b", "e"), "u", "p"),
        IceServer(("c", "d", "slow")),
        IceServer(("f",)),
    ]
    assert asyncio.run(reachable(servers, 0.02)) == (
        IceServer(("a", "e"), "u", "p"),
        IceServer(("f",)),
    )


def test_a_server_over_tcp_answers_by_taking_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[object] = []

    async def connect(host: str, port: int) -> tuple[None, Any]:
        opened.append((host, port))
        return None, SimpleNamespace(close=lambda: opened.append("closed"))

    monkeypatch.setattr("sequencer.stages.reactor.signalling.asyncio.open_connection", connect)
    asyncio.run(_answers("turns:a.test"))
    assert opened == [("a.test", 5349), "closed"]
    with pytest.raises(OSError, match="not an address"):
        asyncio.run(_answers("nonsense"))


def test_a_server_over_udp_is_asked_four_times_a_second_until_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[bytes] = []
    waits: list[float] = []
    closed: list[int] = []

    async def go() -> None:
        async def endpoint(factory: Any, remote_addr: tuple[str, int]) -> tuple[Any, Any]:
            assert remote_addr == ("a.test", 3478)
            probe = factory()

            def sendto(data: bytes) -> None:
                sent.append(data)
                if len(sent) == 3:
                    probe.datagram_received(b"\x01\x01\x00\x00" + data[4:], ("a", 1))

            return SimpleNamespace(sendto=sendto, close=lambda: closed.append(1)), probe

        def timeout(seconds: float) -> asyncio.Timeout:
            waits.append(seconds)
            return asyncio.timeout(0.001)

        loop: Any = SimpleNamespace(create_datagram_endpoint=endpoint)
        with monkeypatch.context() as patch:
            fake = SimpleNamespace(
                get_running_loop=lambda: loop, timeout=timeout, Event=asyncio.Event
            )
            patch.setattr(stun_module, "asyncio", fake)
            await _answers("stun:a.test")

    asyncio.run(go())
    assert (len(sent), len(set(sent))) == (3, 1)
    assert waits == [0.25] * 3
    assert closed == [1]


# ---- how evenly frames arrive

TICK = SECOND // 25
STAMP = 3600


def test_a_frame_counts_as_sent_when_the_fastest_frames_suggest() -> None:
    pace = Pace()
    assert (pace.tick, pace.step) == (USUAL_TICK, 0.0)
    assert pace.take(10 * SECOND, 0) == 10 * SECOND
    assert pace.step == 0.0
    assert pace.take(10 * SECOND + TICK + 5, STAMP) == 10 * SECOND + TICK, "five late"
    assert (pace.step, pace.tick) == (TICK, TICK)
    assert pace.take(10 * SECOND + 2 * TICK - 7, 2 * STAMP) == 10 * SECOND + 2 * TICK - 7, (
        "a quicker way"
    )
    assert pace.take(10 * SECOND + 4 * TICK, 4 * STAMP) == 10 * SECOND + 4 * TICK - 7
    assert (pace.step, pace.tick) == (2 * TICK, TICK)
    assert pace.take(99 * SECOND, STAMP) == 10 * SECOND + TICK - 7, (
        "a stamp that goes back is no step"
    )
    assert (pace.step, pace.tick) == (-3 * TICK, TICK)


def test_without_stamps_a_frame_was_sent_when_it_came() -> None:
    pace = Pace()
    assert [pace.take(at, None) for at in (100, 140, 190)] == [100.0, 140.0, 190.0]
    assert (pace.step, pace.tick) == (50.0, 45.0)
    pace.restart()
    assert (pace.tick, pace.step) == (USUAL_TICK, 0.0)
    assert pace.take(500, None) == 500.0
    assert pace.step == 0.0


def test_only_the_latest_frames_show_how_fast_the_network_is() -> None:
    pace = Pace()
    pace.take(1000, 0)
    for number in range(1, 24):
        pace.take(number * TICK + 5000, number * STAMP)
    assert pace.take(23 * TICK + 9000, 23 * STAMP) == 23 * TICK + 5000


def test_only_the_latest_steps_show_how_long_a_tick_is() -> None:
    pace = Pace()
    ticks = []
    at = 0
    for step in (100, *[100] * 30, *[200] * 12, 200):
        at += step
        pace.take(at, None)
        ticks.append(pace.tick)
    assert ticks[-3:] == [100, 150, 200], "of the latest 24 steps"


def missing(*stamps: int | None) -> list[int]:
    pace = Pace()
    return [pace.missing(None if stamp is None else stamp * STAMP) for stamp in stamps]


def test_dropped_frames_show_after_five_that_stay_ahead() -> None:
    assert missing(0, 1, 2, 3, 4, 5, 6, 7) == [0] * 8
    assert missing(0, 1, 2, 4, 5, 6, 7, 8, 9) == [0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert missing(0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14) == [0] * 11 + [2, 0]
    assert missing(None, None) == [0, 0]
    assert missing(5, 5, 6, 7, 8, 9, 10, 11) == [0] * 8, "a stamp that comes twice begins anew"
    assert missing(50, *range(7), 8, 9, 10, 11, 12) == [0] * 12 + [1], (
        "one that goes back does, too"
    )
    assert missing(*range(30), *range(31, 36)) == [0] * 34 + [1]


def test_a_single_late_frame_and_a_pause_are_no_loss() -> None:
    assert missing(0, 1, 2, 3, 4, 5, 8, 7, 8, 9, 10, 11, 12) == [0] * 13
    pace = Pace()
    for number in range(6):
        pace.missing(number * STAMP)
    pace.forget()
    assert [pace.missing((100 + number) * STAMP) for number in range(8)] == [0] * 8


def test_a_loss_is_reported_once() -> None:
    stamps = [*range(10), *range(13, 40)]
    found = missing(*stamps)
    assert (sum(found), max(found)) == (3, 3)


# ---- frames


def frame(levels: Any, pts: int | None = 0) -> av.VideoFrame:
    """Return a frame with these levels of brightness, row by row."""
    rows = np.asarray(levels, np.uint8)
    video_frame = av.VideoFrame(rows.shape[1], rows.shape[0], "yuv420p")
    plane = video_frame.planes[0]
    buffer = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]  # a plane is a buffer
    buffer[:, :] = 255
    buffer[: rows.shape[0], : rows.shape[1]] = rows
    video_frame.pts = pts
    return video_frame


def flat(level: int, height: int = 50, width: int = 60) -> Any:
    return np.full((height, width), level, np.uint8)


def test_a_dark_frame_is_dark_and_flat() -> None:
    assert is_dark(frame(flat(47)))
    assert not is_dark(frame(flat(48)))
    for apart, dark in ((11, True), (12, False)):
        levels = flat(20)
        levels[24, 48] = 20 + apart
        assert is_dark(frame(levels)) is dark
    levels = flat(20)
    levels[23, 47] = 200
    assert is_dark(frame(levels)), "every 24th pixel is looked at"


class _Shown:
    """Returns the prepared results for the frames, and records the calls."""

    def __init__(self, *belongings: Belonging | None) -> None:
        self.belongings = list(belongings)
        self.asked: list[tuple[object, ...]] = []

    def frame(self, *given: object) -> Belonging | None:
        self.asked.append(given)
        return self.belongings.pop(0) if self.belongings else None

    def lost(self) -> None:
        self.asked.append(("lost",))


def test_frames_are_counted_and_handed_on() -> None:
    first, second = (
        Belonging(take=1, chunk=4, begins=True, is_new=True),
        Belonging(take=1, chunk=4, begins=False, is_new=True),
    )
    shown: Any = _Shown(first, second, None)
    taken: list[LiveFrame] = []
    shown_chunks: list[tuple[int, int, int]] = []
    frames = Frames(shown, taken.append, lambda *what: shown_chunks.append(what))
    video_frames = [frame(flat(200), 7), frame(flat(200), 8), frame(flat(0), 9)]
    for at, video_frame in enumerate(video_frames):
        frames.take(video_frame, 100 + at, Metadata(3 + 2 * at))
    assert taken == [
        LiveFrame(image=video_frames[0], at=100, number=0, is_dark=False, chunk=4, of=first),
        LiveFrame(image=video_frames[1], at=101, number=1, is_dark=False, chunk=None, of=second),
        LiveFrame(image=video_frames[2], at=102, number=2, is_dark=True, chunk=None, of=None),
    ]
    assert shown_chunks == [(1, 4, 100)]
    assert shown.asked == [
        (False, 100, 7, Novelty.DIFFERENT, None),
        (False, 101, 8, Novelty.ALIKE, 1),
        (True, 102, 9, Novelty.DIFFERENT, 1),
    ]
    frames.lost()
    frames.drop_sink()
    frames.take(video_frames[0], 110, Metadata(20))
    assert shown.asked[3:] == [("lost",), (False, 110, 7, Novelty.DIFFERENT, None)]
    assert (len(taken), frames.count) == (3, 4)


def test_the_rate_of_frames() -> None:
    shown: Any = _Shown()
    frames = Frames(shown, None, lambda *_: None)
    assert frames.rate(0) == 0.0
    frames.take(frame(flat(200)), 0)
    assert frames.rate(0) == 0.0
    frames.take(frame(flat(200)), 1)
    assert frames.rate(1) == 1e9
    frames._times.clear()
    frames.take(frame(flat(200)), 0)
    for number in range(1, 4):
        frames.take(frame(flat(200)), number * SECOND // 20)
    frames.take(frame(flat(0)), SECOND)
    assert frames.rate(SECOND) == pytest.approx(20.0)
    last = 3 * SECOND // 20
    assert frames.rate(last + 2 * SECOND) == pytest.approx(20.0)
    assert frames.rate(last + 2 * SECOND + 1) == 0.0
    for number in range(48):
        frames.take(frame(flat(200)), 10 * SECOND + number * SECOND // 40)
    assert frames.rate(11 * SECOND) == pytest.approx(40.0), "over the latest 48 only"


# ---- repeated frames


def looked(*frames: tuple[Any, Metadata | None]) -> list[tuple[Novelty, int | None]]:
    repeats = Repeats()
    return [repeats.look(frame(levels), metadata) for levels, metadata in frames]


def test_without_metadata_the_image_decides() -> None:
    found = looked(
        (flat(50), None), (flat(50), None), (flat(51), None), (flat(60), None), (flat(60, 52), None)
    )
    assert [one for one, _ in found] == [
        Novelty.DIFFERENT, Novelty.ALIKE, Novelty.ALIKE, Novelty.DIFFERENT, Novelty.DIFFERENT,
    ]  # fmt: skip
    assert {skipped for _, skipped in found} == {None}


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (Metadata(3), Metadata(3), (Novelty.REPEATED, 0)),
        (Metadata(3), Metadata(4), (Novelty.DIFFERENT, 0)),
        (Metadata(3), Metadata(7), (Novelty.DIFFERENT, 3)),
        (Metadata(7), Metadata(3), (Novelty.DIFFERENT, 0)),
        (Metadata(0), Metadata(3), (Novelty.DIFFERENT, None)),
        (Metadata(3), Metadata(0), (Novelty.DIFFERENT, None)),
        (Metadata(0, 5), Metadata(0, 5), (Novelty.REPEATED, None)),
        (Metadata(3, 5), Metadata(5, 5), (Novelty.REPEATED, 1)),
        (Metadata(0, 5), Metadata(0, 6), (Novelty.DIFFERENT, None)),
        (Metadata(0, 0, b"a"), Metadata(0, 0, b"b"), (Novelty.NEW, None)),
        (Metadata(3, 5, b"a"), Metadata(4, 6, b"b"), (Novelty.NEW, 0)),
        (Metadata(0, 0, b"a"), Metadata(0, 0, None), (Novelty.DIFFERENT, None)),
        (Metadata(0, 0, None), Metadata(0, 0, b"a"), (Novelty.DIFFERENT, None)),
        (Metadata(0, 0, b"a"), Metadata(0, 0, b"a"), (Novelty.DIFFERENT, None)),
        (None, Metadata(3), (Novelty.DIFFERENT, None)),
        (Metadata(3), None, (Novelty.DIFFERENT, None)),
    ],
)
def test_what_metadata_reveals(
    before: Metadata | None, now: Metadata | None, found: tuple[Novelty, int | None]
) -> None:
    assert looked((flat(50), before), (flat(90), now))[1] == found


def test_bytes_count_for_as_much_as_they_distinguished() -> None:
    a, b = Metadata(0, 0, b"a"), Metadata(0, 0, b"b")
    found = looked(
        (flat(50), a), (flat(90), b), (flat(90), b), (flat(50), b), (flat(50), b), (flat(90), a), (flat(90), a)
    )  # fmt: skip
    assert [one for one, _ in found[1:]] == [
        Novelty.NEW, Novelty.REPEATED, Novelty.DIFFERENT, Novelty.ALIKE, Novelty.NEW, Novelty.REPEATED,
    ]  # fmt: skip


def test_bytes_that_distinguished_as_often_as_not_reveal_nothing() -> None:
    a, b = Metadata(0, 0, b"a"), Metadata(0, 0, b"b")
    found = looked(
        (flat(50), a), (flat(90), a), (flat(90), b), (flat(90), b), (flat(90), a), (flat(90), a)
    )
    assert [one for one, _ in found[1:]] == [
        Novelty.DIFFERENT, Novelty.ALIKE, Novelty.ALIKE, Novelty.NEW, Novelty.REPEATED,
    ]  # fmt: skip


def test_another_connection_compares_with_nothing_before() -> None:
    repeats = Repeats()
    repeats.look(frame(flat(50)), Metadata(3))
    repeats.restart()
    assert repeats.look(frame(flat(50)), Metadata(3)) == (Novelty.DIFFERENT, None)


def test_little_motion_counts_by_what_is_usual() -> None:
    repeats = Repeats()
    level = 50
    found = []
    for step in (40, 40, 40, 10, 20, 16, 40):
        repeats.look(frame(flat(level)))
        level += step
        found.append(repeats.look(frame(flat(level)))[0])
        level = 50
        repeats.restart()
    assert found == [
        Novelty.DIFFERENT, Novelty.DIFFERENT, Novelty.DIFFERENT, Novelty.ALIKE, Novelty.DIFFERENT, Novelty.DIFFERENT,
        Novelty.DIFFERENT,
    ]  # fmt: skip


# ---- trailers


def test_a_trailer_is_declared_in_the_head() -> None:
    line = "a=x-reactor-frame-metadata:1"
    assert (
        declared("v=0\r\ns=-\r\nm=video\r\nm=audio\r\n")
        == f"v=0\r\ns=-\r\n{line}\r\nm=video\r\nm=audio\r\n"
    )
    assert declared("v=0\nm=video\n") == f"v=0\n{line}\nm=video\n"
    assert is_declared(f"v=0\n{line}\nm=video\n")
    assert not is_declared(f"v=0\nm=video\n{line}\n")
    assert not is_declared(f"v=0\n{line}0\nm=video\n")


def trailer(message: bytes, size: int | None = None) -> bytes:
    return message + (len(message) if size is None else size).to_bytes(4, "little") + b"RXMT"


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (b"", Metadata()),
        (b"\x08\x07", Metadata(7)),
        (b"\x10\x81\x01", Metadata(0, 129)),
        (b"\x08\x07\x10\x05", Metadata(7, 5)),
        (b"\x08" + b"\xff" * 9 + b"\x01", Metadata(2**64 - 1)),
        (b"\x08" + b"\xff" * 9 + b"\x03", Metadata(2**64 - 1)),
        (b"\x08" + b"\xff" * 10 + b"\x01", None),
        (b"\x1a\x00", Metadata(0, 0, None)),
        (b"\x21" + bytes(8) + b"\x08\x07", Metadata(7)),
        (b"\x25" + bytes(4) + b"\x08\x07", Metadata(7)),
        (b"\x22\x02ab\x08\x07", Metadata(7)),
        (b"\x20\x05\x08\x07", Metadata(7)),
        (b"\x18\x05\x08\x07", Metadata(7)),
        (b"\x0a\x01\x05\x08\x07", Metadata(7)),
        (b"\x21" + bytes(7), None),
        (b"\x25" + bytes(3), None),
        (b"\x22\x03ab", None),
        (b"\x22", None),
        (b"\x08", None),
        (b"\x08\x80", None),
        (b"\x00\x01", None),
        (b"\x02\x00", None),
        (b"\x0b", None),
        (b"\x80", None),
    ],
)
def test_a_trailers_message(message: bytes, found: Metadata | None) -> None:
    data = b"frame" + trailer(message)
    assert split_trailer(data) == ((data, None) if found is None else (b"frame", found))


def test_the_models_own_bytes_are_distinguished() -> None:
    one, other = (split_trailer(trailer(b"\x1a\x01" + own))[1] for own in (b"a", b"b"))
    assert one is not None
    assert other is not None
    assert (one.own is not None, one == other, len(one.own or b"")) == (True, False, 16)
    assert split_trailer(trailer(b"\x1a\x01a"))[1] == one


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RXMT",
        bytes(3) + b"RXMT",
        trailer(b"", 1),
        trailer(b"ab", 3),
        trailer(b"")[:-1] + b"t",
    ],
)
def test_a_frame_without_a_trailer_is_whole(data: bytes) -> None:
    assert split_trailer(data) == (data, None)


def test_a_frame_may_be_nothing_but_a_trailer() -> None:
    assert split_trailer(trailer(b"")) == (b"", Metadata())


def test_metadata_waits_for_its_frame() -> None:
    tags = TaggedFrames()
    encoded = SimpleNamespace(data=b"x" + trailer(b"\x08\x07"), timestamp=5)
    tags.put(("codec", encoded))
    assert encoded.data.endswith(b"RXMT"), "nothing was agreed"
    tags.is_agreed = True
    for item in (
        None,
        ("codec", SimpleNamespace(data="text", timestamp=5)),
        ("codec", SimpleNamespace(data=b"", timestamp=None)),
    ):
        tags.put(item)
    tags.put(("codec", encoded))
    assert encoded.data == b"x"
    odd = SimpleNamespace(data=trailer(b"\x08\x07"), timestamp=None)
    tags.put(("codec", odd))
    assert odd.data == trailer(b"\x08\x07"), "without a stamp it would not be found again"
    assert tags.qsize() == 6
    assert [tags.of(frame(flat(0), pts)) for pts in (None, 4, 5, 5)] == [
        None,
        None,
        Metadata(7),
        None,
    ]


def test_metadata_of_frames_that_are_never_decoded_is_forgotten() -> None:
    tags = TaggedFrames()
    tags.is_agreed = True
    for stamp in range(257):
        tags.put(("codec", SimpleNamespace(data=trailer(b"\x08\x07"), timestamp=stamp)))
    assert [tags.of(frame(flat(0), pts)) for pts in (0, 1, 256)] == [None, Metadata(7), Metadata(7)]


def test_only_a_queue_as_it_is_known_is_replaced() -> None:
    import queue

    def receiver(**changes: object) -> Any:
        known = {
            "_RTCRtpReceiver__decoder_queue": queue.Queue[Any](),
            "_RTCRtpReceiver__started": False,
        }
        return SimpleNamespace(**{**known, **changes})

    good = receiver()
    tags = tagged_frames(good)
    assert isinstance(tags, TaggedFrames)
    assert good._RTCRtpReceiver__decoder_queue is tags
    odd: tuple[dict[str, object], ...] = (
        {"_RTCRtpReceiver__started": True},
        {"_RTCRtpReceiver__started": 0},
        {"_RTCRtpReceiver__decoder_queue": queue.LifoQueue[Any]()},
    )
    for changes in odd:
        assert tagged_frames(receiver(**changes)) is None
    nothing: Any = SimpleNamespace()
    assert tagged_frames(nothing) is None

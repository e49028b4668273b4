"""The simulated model, checked against its contract line by line."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from sequencer.core.timebase import ChunkGrid
from sequencer.events.codec import Event
from sequencer.events.commands import (
    Pause,
    Reset,
    Resume,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
)
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import (
    ChunkBegun,
    ChunkInputs,
    Message,
    Output,
    UploadedImage,
)
from sequencer.stages.wire.helios.commands import HeliosCommand, SetPrompt

SECOND = 10**9
CHUNK = 1_375_000_000


class Session:
    """A model driven step by step; keeps all its output."""

    def __init__(self, **faults: Any) -> None:
        delays = {"answer": 0, "image": 180_000_000, **faults.pop("delays", {})}
        self.model = HeliosModel(Faults.model_validate({"delays": delays, **faults}), ChunkGrid())
        self.outputs: list[Output] = []
        self.now = 0
        self.model.uploaded("img", UploadedImage(64, 48))
        self.model.uploaded("other", UploadedImage(32, 32))
        self.model.uploaded("song", UploadedImage(0, 0, "audio/mpeg is not an image type"))

    def do(self, *commands: HeliosCommand, after: int = 0) -> Session:
        self.wait(after)
        for command in commands:
            self.outputs += self.model.command(command, self.now)
        return self

    def wait(self, ns: int) -> Session:
        self.now += ns
        self.outputs += self.model.advance(self.now)
        return self

    def chunks(self, count: int) -> Session:
        """Wait until this many more chunks are done."""
        for _ in range(count):
            made = len(self.named("chunk_complete"))
            while len(self.named("chunk_complete")) == made:
                assert self.model.deadline is not None
                self.wait(self.model.deadline - self.now)
        return self

    @property
    def messages(self) -> list[Message]:
        return [one for one in self.outputs if isinstance(one, Message)]

    @property
    def looks(self) -> list[ChunkInputs]:
        return [one.look for one in self.outputs if isinstance(one, ChunkBegun)]

    def named(self, name: str) -> list[Any]:
        return [one.data for one in self.messages if one.name == name]

    @property
    def errors(self) -> list[tuple[Any, Any]]:
        return [(one["command"], one["reason"]) for one in self.named("command_error")]

    @property
    def state(self) -> Any:
        return self.named("state")[-1]


def playing(**faults: Any) -> Session:
    """Return a session in the middle of its chunk 0."""
    return Session(**faults).do(SetPrompt("opening"), Start()).wait(CHUNK // 2)


# ---- set_prompt


def test_set_prompt_before_start_is_for_chunk_0() -> None:
    session = Session().do(SetPrompt("a"), SetPrompt("b"), Start())
    assert [look.prompt for look in session.looks] == ["b"]
    assert session.named("prompt_accepted") == [{"prompt": "a"}, {"prompt": "b"}]


def test_set_prompt_while_running_is_for_the_next_chunk() -> None:
    session = playing().do(SetPrompt("next"))
    assert session.state["current_prompt"] == "opening"
    assert session.state["scheduled_prompts"] == {"1": "next"}
    assert [one["active_prompt"] for one in session.chunks(2).named("chunk_complete")] == [
        "opening",
        "next",
    ]


def test_set_prompt_while_paused_is_for_the_current_chunk() -> None:
    session = playing().do(Pause()).chunks(1).do(SetPrompt("woken"), Resume(), after=5 * SECOND)
    assert [look.prompt for look in session.looks] == ["opening", "woken"]


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    session = Session().do(
        SetPrompt(prompt), SchedulePrompt(prompt, 2), SetConditioning(prompt, "img")
    )
    assert [command for command, _ in session.errors] == [
        "set_prompt",
        "schedule_prompt",
        "set_conditioning",
    ]
    assert session.state["scheduled_prompts"] == {}
    assert not session.named("prompt_accepted")


# ---- schedule_prompt


def test_a_scheduled_prompt_acts_at_its_chunk_and_the_same_chunk_again_overwrites() -> None:
    session = (
        Session()
        .do(SchedulePrompt("a", 0), SchedulePrompt("b", 2), SchedulePrompt("c", 2), Start())
        .chunks(4)
    )
    assert [one["active_prompt"] for one in session.named("chunk_complete")] == ["a", "a", "c", "c"]


def test_a_chunk_in_the_past_is_refused_while_running() -> None:
    session = (
        playing()
        .chunks(2)
        .do(SchedulePrompt("late", 1), SchedulePrompt("now", 2), SchedulePrompt("soon", 3))
    )
    assert [command for command, _ in session.errors] == ["schedule_prompt", "schedule_prompt"]
    assert "in the past" in session.errors[0][1]
    assert session.state["scheduled_prompts"] == {"3": "soon"}


def test_a_command_during_a_chunk_acts_at_the_next_one_up_to_its_last_nanosecond() -> None:
    session = Session().do(SetPrompt("a"), Start())
    session.do(SetPrompt("b"), after=CHUNK - 1).do(SetPrompt("c"), after=1)
    assert [one["active_prompt"] for one in session.chunks(2).named("chunk_complete")] == [
        "a",
        "b",
        "c",
    ]


def test_a_negative_chunk_is_refused() -> None:
    assert Session().do(SchedulePrompt("a", -1)).errors == [
        ("schedule_prompt", "chunk must not be negative")
    ]


def test_without_a_chunk_it_is_chunk_0() -> None:
    session = Session()
    session.outputs += session.model.receive("schedule_prompt", {"prompt": "a"}, 0)
    assert session.state["scheduled_prompts"] == {"0": "a"}


# ---- set_conditioning


def test_conditioning_is_one_transaction_for_chunk_0_and_start_waits_for_it() -> None:
    session = Session().do(SetImageStrength(0.25), SetConditioning("a", "img"), Start())
    assert not session.looks
    session.wait(180_000_000)
    assert [(look.prompt, look.image, look.strength) for look in session.looks] == [
        ("a", "img", 0.25)
    ]
    assert session.named("image_accepted") == [{"width": 64, "height": 48}]
    assert session.named("conditions_ready") == [{"has_prompt": True, "has_image": True}]
    assert session.messages[-2].at == 180_000_000


def test_conditioning_while_running_acts_at_the_next_chunk_both_at_once() -> None:
    session = playing().do(SetConditioning("b", "img")).chunks(2)
    assert [(look.prompt, look.image) for look in session.looks] == [
        ("opening", None),
        ("b", "img"),
        ("b", "img"),
    ]


def test_conditioning_that_is_encoded_too_late_acts_one_chunk_later_as_a_whole() -> None:
    session = playing().do(SetConditioning("b", "img"), after=CHUNK // 2 - SECOND // 10).chunks(3)
    assert [(look.prompt, look.image) for look in session.looks] == [
        ("opening", None), ("opening", None), ("b", "img"), ("b", "img"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("upload", "reason"),
    [("song", "audio/mpeg is not an image type"), ("nothing", "image was not uploaded")],
)
def test_refused_conditioning_changes_nothing(upload: str, reason: str) -> None:
    session = playing().do(SetConditioning("b", upload))
    assert session.errors == [("set_conditioning", reason)]
    assert session.state["scheduled_prompts"] == {}
    session.chunks(2)
    assert {(look.prompt, look.image) for look in session.looks} == {("opening", None)}
    assert not session.named("image_accepted")


@pytest.mark.parametrize("data", [{"prompt": "b"}, {"image": "img"}, {}])
def test_conditioning_needs_both_pieces(data: dict[str, object]) -> None:
    session = playing()
    session.outputs += session.model.receive("set_conditioning", data, session.now)
    assert session.errors[0][0] == "set_conditioning"
    assert {(look.prompt, look.image) for look in session.chunks(2).looks} == {("opening", None)}


# ---- set_image, strength


def test_an_image_acts_at_the_next_chunk_after_encoding() -> None:
    session = playing().do(SetImage("img"))
    assert not session.named("image_accepted")
    session.chunks(1)
    assert session.named("image_accepted") == [{"width": 64, "height": 48}]
    assert session.looks[1].image == "img"
    assert session.looks[1].image_since == 33


def test_a_bare_image_is_not_waited_for_by_start() -> None:
    session = Session().do(SetPrompt("a"), SetImage("img"), Start()).chunks(1)
    assert [look.image for look in session.looks] == [None, "img"]


@pytest.mark.parametrize("upload", ["song", "nothing"])
def test_what_is_no_image_is_refused(upload: str) -> None:
    assert Session().do(SetImage(upload)).errors[0][0] == "set_image"


def test_strength_is_captured_with_the_image() -> None:
    session = playing().do(SetImageStrength(0.5), SetImage("img"), SetImageStrength(0.9)).chunks(2)
    assert [look.strength for look in session.looks] == [0.0, 0.5, 0.5]
    assert session.state["image_strength"] == 0.9


def test_strength_can_be_live() -> None:
    session = (
        playing(strength="live").do(SetImage("img")).chunks(1).do(SetImageStrength(0.25)).chunks(1)
    )
    assert [look.strength for look in session.looks] == [0.0, 1.0, 0.25]


@pytest.mark.parametrize("strength", [-0.1, 1.01, float("nan")])
def test_strength_out_of_range_is_refused(strength: float) -> None:
    session = Session().do(SetImageStrength(strength))
    assert session.errors == [("set_image_strength", "image_strength must lie between 0 and 1")]
    assert session.state["image_strength"] == 1.0


# ---- set_sr_scale, set_seed


def test_sr_acts_at_the_next_chunk() -> None:
    session = playing().do(SetSrScale("4x")).chunks(1)
    assert [look.sr for look in session.looks] == ["2x", "4x"]


def test_another_sr_is_refused() -> None:
    session = playing()
    session.outputs += session.model.receive("set_sr_scale", {"sr_scale": "8x"}, session.now)
    assert session.errors == [("set_sr_scale", "sr_scale must be one of off, 2x, 4x")]
    assert session.chunks(1).looks[-1].sr == "2x"


def test_the_seed_is_read_once_at_start() -> None:
    session = Session().do(SetSeed(7), SetPrompt("a"), Start(), SetSeed(8)).chunks(2)
    assert {look.seed for look in session.looks} == {7}
    assert Session().do(SetPrompt("a"), Start()).looks[0].seed == 0


def test_a_seed_of_minus_one_is_random_and_not_reported() -> None:
    session = Session(seed=1).do(SetSeed(-1), SetPrompt("a"), Start())
    drawn = session.looks[0].seed
    assert 0 <= drawn < 2**32
    assert str(drawn) not in str(session.messages)
    assert Session(seed=1).do(SetSeed(-1), SetPrompt("a"), Start()).looks[0].seed == drawn
    assert Session(seed=2).do(SetSeed(-1), SetPrompt("a"), Start()).looks[0].seed != drawn


# ---- start, pause, resume


def test_start_without_a_prompt_at_chunk_0_is_refused() -> None:
    session = Session().do(SchedulePrompt("later", 3), Start())
    assert session.errors == [("start", "no prompt set for chunk 0")]
    assert not session.state["started"]


def test_start_twice_is_refused() -> None:
    session = playing().do(Start())
    assert session.errors == [("start", "already started")]
    assert len(session.named("generation_started")) == 1


def test_pause_comes_after_the_current_chunk_and_resume_goes_on_from_there() -> None:
    session = playing().do(Pause())
    assert session.state["running"]
    session.chunks(1)
    assert session.named("generation_paused") == [{"chunk_index": 0}]
    assert session.state == {
        **session.state,
        "running": False,
        "started": True,
        "paused": True,
        "current_chunk": 1,
    }
    session.wait(60 * SECOND)
    assert len(session.looks) == 1
    session.do(Resume())
    assert session.named("generation_resumed") == [{"chunk_index": 1}]
    session.chunks(1)
    assert [one["chunk_index"] for one in session.named("chunk_complete")] == [0, 1]
    assert session.messages[-1].at == CHUNK + 60 * SECOND + CHUNK


def test_pause_and_resume_out_of_turn_are_refused() -> None:
    session = Session().do(Pause(), Resume())
    assert session.errors == [("pause", "not running"), ("resume", "not paused")]
    session = playing().do(Resume())
    assert session.errors == [("resume", "not paused")]
    session = playing().do(Pause()).chunks(1).do(Pause())
    assert session.errors == [("pause", "not running")]


def test_resume_before_the_pause_has_come_takes_it_back() -> None:
    session = playing().do(Pause(), Resume()).chunks(2)
    assert not session.named("generation_paused")
    assert len(session.named("generation_resumed")) == 1


def test_pause_while_the_opening_is_encoded() -> None:
    session = Session().do(SetConditioning("a", "img"), Start(), Pause()).wait(SECOND)
    assert not session.looks
    session.do(Resume()).chunks(1)
    assert [(look.prompt, look.image) for look in session.looks] == [("a", "img")] * 2


# ---- reset


def test_reset_lets_the_chunk_in_the_making_be_done_and_reported() -> None:
    session = playing().do(
        SetSrScale("off"), SchedulePrompt("later", 4), SetImage("img"), SetSeed(5), Reset()
    )
    assert not session.named("generation_reset")
    session.chunks(1)
    assert session.named("chunk_complete") == [
        {"chunk_index": 0, "frames_emitted": 33, "active_prompt": "opening"}
    ]
    names = [one.name for one in session.messages]
    assert names.index("chunk_complete") < names.index("generation_reset")
    assert session.state == {
        "running": False, "started": False, "paused": False, "current_frame": 0, "current_chunk": 0, "current_prompt": None,
        "scheduled_prompts": {}, "image_set": False, "image_strength": 1.0,
    }  # fmt: skip
    assert session.model.deadline is None
    session.do(Start())
    assert session.errors == [("start", "no prompt set for chunk 0")]
    session.do(SetPrompt("again"), Start()).chunks(1)
    assert session.looks[-1] == ChunkInputs(
        seed=0,
        prompt="again",
        image=None,
        image_since=0,
        strength=0.0,
        sr="2x",
        chunk=1,
        first_frame=33,
        frames=33,
    )


@pytest.mark.parametrize("keeps", [True, False])
def test_whether_sr_and_strength_survive_a_reset_is_selectable(keeps: bool) -> None:
    session = (
        playing(reset_keeps=keeps).do(SetSrScale("4x"), SetImageStrength(0.5), Reset()).chunks(1)
    )
    session.do(SetPrompt("again"), Start())
    assert session.looks[-1].sr == ("4x" if keeps else "2x")
    assert session.state["image_strength"] == (0.5 if keeps else 1.0)


def test_reset_when_nothing_is_made_acts_at_once() -> None:
    session = Session().do(SetPrompt("a"), Reset(), SetPrompt("b"), Start())
    assert [look.prompt for look in session.looks] == ["b"]
    paused = playing().do(Pause()).chunks(1).do(Reset())
    assert paused.state["current_frame"] == 0
    assert len(paused.named("generation_reset")) == 1


def test_uploads_survive_a_reset_and_encodings_do_not() -> None:
    session = Session().do(SetImage("img"), Reset()).wait(SECOND)
    assert not session.named("image_accepted")
    assert session.do(SetConditioning("a", "img"), Start()).chunks(1).looks[0].image == "img"


def test_older_states_can_still_arrive_after_a_reset() -> None:
    session = playing(stale_states=2).chunks(3).do(Reset()).chunks(1)
    names = [one.name for one in session.messages]
    after = session.messages[names.index("generation_reset") + 1 :]
    assert [one.data["current_frame"] for one in after] == [99, 132, 0]


# ---- messages


def test_state_comes_on_connect_after_each_command_and_after_each_chunk() -> None:
    session = Session()
    session.outputs += session.model.connect(0)
    assert len(session.named("state")) == 1
    session.do(SetPrompt("a"), SetSeed(1), Pause(), Start())
    assert len(session.named("state")) == 5
    session.chunks(3)
    assert len(session.named("state")) == 8
    assert session.state["current_chunk"] == 3
    assert session.state["current_frame"] == 99


def test_one_chunk_is_reported_in_order() -> None:
    session = playing(generation_started="each").do(SetPrompt("b"))
    before = len(session.messages)
    session.chunks(1)
    assert [one.name for one in session.messages[before:]] == [
        "chunk_complete",
        "generation_started",
        "state",
    ]
    assert session.named("generation_started") == [
        {"prompt": "opening", "chunk_index": 0},
        {"prompt": "b", "chunk_index": 1},
    ]


def test_frames_may_be_counted_for_each_chunk_and_the_first_may_have_none() -> None:
    session = playing(frames_emitted="chunk", warmup=1).chunks(3)
    assert [one["frames_emitted"] for one in session.named("chunk_complete")] == [0, 33, 33]
    assert [(look.first_frame, look.frames) for look in session.looks] == [
        (0, 0),
        (0, 33),
        (33, 33),
        (66, 33),
    ]
    session = playing(warmup=2).chunks(4)
    assert [one["frames_emitted"] for one in session.named("chunk_complete")] == [0, 0, 33, 66]


def test_the_schedule_may_come_as_a_list() -> None:
    session = Session(scheduled_prompts="list").do(SchedulePrompt("b", 12), SchedulePrompt("a", 3))
    assert session.state["scheduled_prompts"] == [
        {"chunk": 3, "prompt": "a"},
        {"chunk": 12, "prompt": "b"},
    ]


def test_the_early_dialect() -> None:
    session = (
        Session(dialect="2026-early")
        .do(SetSeed(4), SetPrompt("a"), SchedulePrompt("b", 1), Start(), Start())
        .chunks(2)
    )
    assert {one.type for one in session.messages} == {"state", "event"}
    assert session.named("seed_set") == [{"event": "seed_set", "seed": 4}]
    assert session.named("prompt_scheduled")[1] == {
        "event": "prompt_scheduled",
        "prompt": "b",
        "chunk": 1,
    }
    assert session.named("prompt_switched") == [
        {
            "event": "prompt_switched",
            "frame": 33,
            "chunk": 1,
            "new_prompt": "b",
            "previous_prompt": "a",
        }
    ]
    assert session.named("error") == [{"event": "error", "message": "[start] already started"}]


def test_an_unknown_command_is_refused() -> None:
    session = Session()
    session.outputs += session.model.receive("dance", {}, 0)
    assert session.errors == [("dance", "unknown command")]


# ---- pace


def test_chunks_follow_the_true_rate_without_drift() -> None:
    session = playing(fps="30000/1001").chunks(1000)
    exact = Fraction(33 * 1001, 30000) * SECOND
    ends = [one.at for one in session.messages if one.name == "chunk_complete"]
    assert ends == [int(exact * (index + 1)) for index in range(1000)]


def test_jitter_depends_on_seed_and_chunk_alone() -> None:
    def lengths(seed: int, **more: Any) -> list[int]:
        ends = [
            one.at
            for one in playing(seed=seed, jitter="30ms", **more).chunks(20).messages
            if one.name == "chunk_complete"
        ]
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]

    assert lengths(1) == lengths(1)
    assert lengths(1) != lengths(2)
    assert all(abs(length - CHUNK) <= 30_000_001 for length in lengths(1))
    assert len(set(lengths(1))) > 10
    slowed = lengths(1, slow=[{"chunk": 3, "by": "5s"}])
    assert slowed[:3] + slowed[4:] == lengths(1)[:3] + lengths(1)[4:]
    assert slowed[3] == lengths(1)[3] + 5 * SECOND


def test_slow_and_stalled_chunks() -> None:
    session = playing(
        slow=[{"from": 1, "to": 2, "factor": "3/2"}, {"chunk": 3, "by": "10s"}]
    ).chunks(5)
    ends = [one.at for one in session.messages if one.name == "chunk_complete"]
    assert [end - start for start, end in zip([0, *ends], ends, strict=False)] == [
        CHUNK, CHUNK * 3 // 2, CHUNK * 3 // 2, CHUNK + 10 * SECOND, CHUNK,
    ]  # fmt: skip


# ---- answers


def test_answers_take_their_time_and_keep_their_order() -> None:
    session = Session(
        delays={"answer": "100ms", "jitter": "50ms", "commands": {"set_prompt": "200ms"}}
    )
    session.do(SetPrompt("a"), SetSeed(1), SetSrScale("4x"))
    assert not session.messages
    session.wait(SECOND)
    times = [one.at for one in session.messages]
    assert times == sorted(times)
    assert 300_000_000 <= times[0] <= 350_000_000


def test_answers_may_wait_for_the_chunk_to_end() -> None:
    session = playing(delays={"at_chunk": True}).do(SetPrompt("b"))
    assert session.named("prompt_accepted") == [{"prompt": "opening"}]
    session.chunks(1)
    session.wait(0)
    accepted = [one for one in session.messages if one.name == "prompt_accepted"]
    assert [one.at for one in accepted] == [0, CHUNK]


def test_a_slow_prompt_encoder() -> None:
    session = Session(delays={"prompt": "400ms"}).do(SetPrompt("a"), Start())
    assert session.model.deadline is not None
    session.wait(400_000_000)
    assert session.looks[0].prompt == "a"
    session.do(SetPrompt("late"), after=CHUNK - 100_000_000).chunks(3)
    assert [look.prompt for look in session.looks] == ["a", "a", "late", "late"]


def test_commands_right_after_connect_can_be_ignored() -> None:
    session = Session(unheard="1s")
    session.outputs += session.model.connect(0)
    session.do(SetPrompt("lost"), after=SECOND - 1).do(SetPrompt("received"), after=1)
    assert session.named("prompt_accepted") == [{"prompt": "received"}]


# ---- scripted refusals


def test_scripted_refusals_change_nothing() -> None:
    rules = [
        {"command": "schedule_prompt", "nth": 2, "reason": "busy"},
        {"command": "set_sr_scale", "chunk": 1},
    ]
    session = Session(refuse=rules).do(
        SchedulePrompt("a", 0), SchedulePrompt("b", 1), SchedulePrompt("c", 2), Start()
    )
    assert session.errors == [("schedule_prompt", "busy")]
    session.do(SetSrScale("off")).chunks(1).do(SetSrScale("4x")).chunks(1)
    assert session.errors[1:] == [("set_sr_scale", "refused by the faults file")]
    assert [(look.prompt, look.sr) for look in session.looks] == [
        ("a", "2x"),
        ("a", "off"),
        ("c", "off"),
    ]


def test_events_and_messages_describe_the_same_events() -> None:
    """Every message of an eventful session can be parsed."""
    from sequencer.events.events import UnknownMessage
    from sequencer.stages.wire.helios.model_messages import HeliosReader

    for dialect in ("current", "2026-early"):
        session = playing(
            dialect=dialect, frames_emitted="chunk", warmup=1, generation_started="each"
        )
        session.do(SetImage("img"), SchedulePrompt("b", 3), Start()).chunks(5).do(Pause()).chunks(
            1
        ).do(Resume()).chunks(1)
        session.do(Reset()).chunks(1)
        reader, read = HeliosReader(), list[Event]()
        for one in session.messages:
            read += reader.read(one.type, one.data, one.at)
        assert not [one for one in read if isinstance(one, UnknownMessage)]

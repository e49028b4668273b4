"""`sequencer perform --stage vllm-omni` as a user runs it, against a server of our own, written from
vLLM-Omni's documentation; the run is recorded, replayed, and checked before.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pytest

import sequencer
from sequencer.cli import main
from tests.support.vllm_omni_server import ServerFaults, VllmOmniServer, colour_of

SCORE = """score "Boat"
grid 6 frames @ 24 fps
seed 7
at 0c "A boat."
at 2c "The boat turns."
at 4c "The boat sinks.", fade 1c
at 5c cut seed 9, "A tram."
end 7c
"""
TEXTS = [
    "A boat.",
    "A boat.",
    "The boat turns.",
    "The boat turns.",
    "The boat sinks.",
    "A tram.",
    "A tram.",
]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    monkeypatch.setattr("sequencer.api.preflight.NAPS", 3)


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "boat.score"
    path.write_text(SCORE, encoding="utf-8")
    return path


@contextmanager
def served(faults: ServerFaults | None = None, **given: Any) -> Iterator[VllmOmniServer]:
    """Run a server in a thread of its own."""
    server = VllmOmniServer(faults, frames=6, chunk_seconds=0.15, **given)
    started, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with server.running():
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(20)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


def perform(server: VllmOmniServer, score: Path, *more: str) -> tuple[int, dict[str, Any]]:
    arguments = ["perform", str(score), "--stage", "vllm-omni", "--url", server.url, "--out", "run"]
    code = main([*arguments, "--quiet", *more])
    return code, json.loads(Path("run/report.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_run_is_performed_recorded_and_replayed(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served() as server:
        code, report = perform(server, score, "--record")
    assert code == 0, capsys.readouterr().err
    assert [one["status"] for one in report["cues"]] == ["landed"] * 4
    assert [one["landed"] for one in report["cues"]] == [0, 2, 4, 5]
    assert report["measured"]["stage"] == "vllm-omni"
    assert report["measured"]["frames_received"] == 42
    first, second = server.sessions
    assert [one.start["num_frames"] for one in server.sessions] == [30, 12]
    assert [one.start["seed"] for one in server.sessions] == [7, 9]
    assert [one["transition_chunks"] for _, one in first.interactions] == [0, 1]
    assert second.interactions == []
    assert main(["replay", "run"]) == 0
    assert sequencer.replay("run").is_equal
    with av.open("run/video.mp4") as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == (1280, 768)
        frames = [frame.to_ndarray(format="rgb24")[384, 640] for frame in video.decode(stream)]
    assert len(frames) == 42
    for number, text in enumerate(TEXTS):
        red, _, blue = colour_of(text)
        shown = frames[number * 6 + 3]
        assert abs(int(shown[0]) - red) < 30, number
        assert abs(int(shown[2]) - blue) < 30, number


@pytest.mark.slow
@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (ServerFaults(close_at=3), "the server closed the connection"),
        (
            ServerFaults(refuse_start="Model mismatch"),
            "the server does not start a session: Model mismatch",
        ),
    ],
)
def test_a_run_that_fails_is_explained(
    faults: ServerFaults, reason: str, score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(faults) as server:
        code, report = perform(server, score)
    assert code == 1
    assert reason in report["ended"]
    shown = capsys.readouterr().err
    assert reason in shown
    assert "Traceback" not in shown
    assert main(["replay", "run"]) == 0


@pytest.mark.slow
def test_a_refused_prompt_is_sent_again(score: Path) -> None:
    with served(ServerFaults(fails=(1,))) as server:
        _, report = perform(server, score)
    sent = [one["event"]["prompt"] for _, one in server.sessions[0].interactions]
    assert sent == ["The boat turns.", "The boat turns.", "The boat sinks."]
    refused, later = report["cues"][1], report["cues"][2]
    assert refused["status"] == "landed"
    assert "interaction_failed" in refused["reason"]
    assert later["reason"] == ""


@pytest.mark.slow
def test_a_prompt_that_acts_late_is_reported_late(score: Path) -> None:
    with served(ServerFaults(later=1)) as server:
        code, report = perform(server, score)
    assert [one["landed"] for one in report["cues"]] == [0, 3, None, 5]
    assert code == 1


@pytest.mark.slow
def test_the_key_is_sent_and_written_nowhere(
    score: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "s3cret-key")
    with served(key="s3cret-key") as server:
        code, _ = perform(server, score)
    assert code == 0
    for path in Path("run").iterdir():
        assert b"s3cret" not in path.read_bytes()
    shown = capfd.readouterr()
    assert "s3cret" not in shown.out + shown.err


def test_what_it_cannot_do_is_refused_before_anything_is_opened(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score.write_text(SCORE + "on go rest -> pause\n", encoding="utf-8")
    with served() as server:
        arguments = ["--stage", "vllm-omni", "--url", server.url]
        assert main(["perform", str(score), *arguments]) == 1
    assert server.requests == []
    assert not Path("runs").exists()
    error = capsys.readouterr().err
    assert "boat.score:9:1: error[E802]: vLLM-Omni cannot pause" in error
    assert "hint: remove the pause" in error


def test_check_and_doctor(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(score), "--stage", "vllm-omni"]) == 0
    with served() as server:
        assert main(["doctor", str(score), "--stage", "vllm-omni", "--url", server.url]) == 0
        assert "its model is BestWishYsh/Helios-Distilled" in capsys.readouterr().out
        score.write_text(SCORE + "on go rest -> pause\n", encoding="utf-8")
        assert main(["doctor", str(score), "--stage", "vllm-omni", "--url", server.url]) == 1
        found = capsys.readouterr().out
        assert "problem  stage" in found
        assert "vLLM-Omni cannot pause" in found
    assert main(["doctor", str(score), "--stage", "vllm-omni", "--url", server.url]) == 1
    assert "cannot be reached" in capsys.readouterr().out
    assert main(["check", str(score), "--stage", "vllm-omni"]) == 1
    assert "E802" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "needs the address of your server"),
        (["--url", "http://127.0.0.1:1"], "is not the address of a WebSocket"),
        (["--url", "ws://127.0.0.1:1", "--local"], "--local applies to Reactor"),
        (["--url", "ws://127.0.0.1:1", "--clip", "5"], "--clip applies to Reactor"),
        (
            ["--url", "ws://127.0.0.1:1", "--key-file", "x"],
            "a key of vLLM-Omni is read from VLLM_API_KEY",
        ),
    ],
)
def test_options_that_have_no_meaning(
    options: list[str], reason: str, score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["perform", str(score), "--stage", "vllm-omni", *options]) == 2
    assert reason in capsys.readouterr().err
    assert not Path("runs").exists()


@pytest.mark.slow
def test_a_run_cannot_be_resumed(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served() as server:
        perform(server, score)
    Path("run").rename(".run.partial")
    assert main(["perform", "--resume", "run"]) == 1
    assert "played on vLLM-Omni, whose session ended" in capsys.readouterr().err

"""What is checked before a performance: each subject, with and without a problem."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import mido  # type: ignore[import-untyped]  # mido has no type annotations
import pytest
from mido import sockets

from sequencer.api.preflight import Finding, Level, PreflightOptions, preflight
from sequencer.runtime.osc.endpoints import Endpoint
from tests.support.reactor_fixtures import KEY, local_server

TEXT = 'clock 120 bpm, 4/4\nsection a 8 bars {\n  at 1 "A tram."\n}\n'
HERE = "127.0.0.1"


@pytest.fixture(autouse=True)
def _few_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sequencer.api.preflight.NAPS", 3)


def findings(path: Path, **options: Any) -> list[Finding]:
    """Return the findings for a score that is played on the simulator unless stated otherwise."""
    given: dict[str, Any] = {"stage": "simulated", "environment": {}, "out": path.parent / "run"}
    chosen = PreflightOptions(score=path, **{**given, **options})

    async def collect() -> list[Finding]:
        return [one async for one in preflight(chosen)]

    return asyncio.run(collect())


def of(found: list[Finding], subject: str) -> list[tuple[Level, str]]:
    return [(one.level, one.text) for one in found if one.subject == subject]


def problems(found: list[Finding]) -> list[str]:
    assert all(one.hint for one in found if one.level is Level.PROBLEM)
    return [one.subject for one in found if one.level is Level.PROBLEM]


def score(folder: Path, text: str = TEXT) -> Path:
    path = folder / "tram.score"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_model_of_a_score(tmp_path: Path) -> None:
    text = 'model longlive-2\nat 0c "A tram."\nend 40c\n'
    path = score(tmp_path, text)
    found = findings(path)
    assert problems(found) == []
    assert of(found, "score") == [(Level.OK, "1 cue, 40 chunks (0:53.208)")]
    assert of(found, "model") == [(Level.OK, "LongLive 2.0, simulated by its spec")]
    found, priced = served(path, KEY), served(path, KEY, price=Fraction(3))
    ((level, what),) = of(found, "model")
    assert level is Level.WARNING
    assert "LongLive 2.0, requested as reactor/longlive-v2; its spec was never tried" in what
    ((level, cost),) = of(found, "cost")
    assert level is Level.WARNING
    assert cost.startswith("about $0.09 at $6.00 an hour, the rate of Helios")
    ((level, cost),) = of(priced, "cost")
    assert (level, cost) == (Level.OK, "about $0.04 at $3.00 an hour, pauses not included")
    assert of(findings(score(tmp_path)), "model") == []


def test_a_local_runtime_with_another_model(tmp_path: Path) -> None:
    path = score(tmp_path, 'model longlive-2\nat 0c "A tram."\nend 8c\n')
    found = served(path, "", local=True)
    usual = served(score(tmp_path), "", local=True)
    assert problems(found) == ["model"]
    assert "it has no command set_shot" in of(found, "model")[-1][1]
    assert problems(usual) == []


def test_a_score_that_is_ready(tmp_path: Path) -> None:
    found = findings(score(tmp_path))
    assert problems(found) == []
    assert of(found, "score") == [(Level.OK, "1 cue, 12 chunks (0:16.500)")]
    assert {one.subject for one in found} == {"score", "disk", "timers", "stage"}
    assert not (tmp_path / "run").exists(), "nothing is written"


def test_a_score_without_a_prompt_at_its_beginning_is_a_problem(tmp_path: Path) -> None:
    path = score(tmp_path, 'scene tram {\n  base "A tram."\n}\n')
    found = findings(path)
    assert problems(found) == ["score"]
    text = "there is nothing to perform: no prompt is at the beginning"
    assert of(found, "score")[-1] == (Level.PROBLEM, text)


def test_a_folder_that_cannot_be_created_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "run").mkdir()
    for out, text in (("file/run", "cannot be created"), ("run", "already exists")):
        found = findings(score(tmp_path), out=tmp_path / out)
        assert problems(found) == ["disk"]
        assert text in of(found, "disk")[0][1]


def test_a_live_section_makes_the_length_a_maximum(tmp_path: Path) -> None:
    text = TEXT.replace("8 bars", "until go out, max 8 bars")
    assert of(findings(score(tmp_path, text)), "score")[0][1].startswith("1 cue, at most 12 chunks")


def test_a_score_with_errors_is_a_problem_and_the_rest_is_checked(tmp_path: Path) -> None:
    found = findings(score(tmp_path, TEXT + 'at 0 "x"\nat 99 nobody\n'))
    assert problems(found) == ["score"]
    [(_, text)] = of(found, "score")
    assert text.startswith("2 errors, the first one at ") and "tram.score:5:4: " in text
    assert of(found, "disk")


def test_warnings_are_listed(tmp_path: Path) -> None:
    text = TEXT.replace('at 1 "A tram."', 'at 1 "A tram.", fade 2c')
    found = findings(score(tmp_path, text), stage="reactor")
    assert any(level is Level.WARNING for level, _ in of(found, "score"))


def test_a_score_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    found = findings(tmp_path / "missing.score")
    assert problems(found) == ["score"]
    assert "missing.score" in of(found, "score")[0][1]


def test_an_image_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    from PIL import Image

    from sequencer.language.compiler import compile_score
    from sequencer.language.notations import read
    from sequencer.schedule.document import to_json

    Image.new("RGB", (64, 64)).save(tmp_path / "tram.png")
    path = score(tmp_path, TEXT.replace('"A tram."', '"A tram.", image "tram.png"'))
    assert of(findings(path), "images") == [(Level.OK, "1 image can be read")]
    compiled = tmp_path / "tram.json"
    compiled.write_text(to_json(compile_score(read(path))), encoding="utf-8")
    (tmp_path / "tram.png").unlink()
    found = findings(compiled)
    assert problems(found) == ["images"]
    assert of(found, "images")[0][1].startswith("tram.png: ")


def test_little_space_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000_000))
    assert of(findings(score(tmp_path)), "disk")[0][0] is Level.OK
    assert of(findings(score(tmp_path), record=True), "disk")[0][0] is Level.WARNING


# ---- the stage -----------------------------------------------------------------------------------


def test_without_a_key_there_is_a_problem(tmp_path: Path) -> None:
    found = findings(score(tmp_path), stage="reactor")
    assert problems(found) == ["key"]


def served(
    path: Path, key: str, *, local: bool = False, price: Fraction | None = None, **server: Any
) -> list[Finding]:
    """Return the findings for a local server."""

    async def check() -> list[Finding]:
        async with local_server(**server) as one:
            options = PreflightOptions(
                score=path,
                url=one.url,
                out=path.parent / "run",
                environment={"REACTOR_API_KEY": key},
                local=local,
                price=price,
            )
            return [found async for found in preflight(options)]

    return asyncio.run(check())


def test_a_key_that_is_accepted(tmp_path: Path) -> None:
    found = served(score(tmp_path), KEY)
    assert problems(found) == []
    assert of(found, "network")[0][1].startswith("the platform accepts the key, after ")
    assert of(found, "cost") == [(Level.OK, "about $0.03 at $6.00 an hour, pauses not included")]
    assert KEY not in repr(found)


def test_the_cost_of_a_live_section_is_a_maximum(tmp_path: Path) -> None:
    text = TEXT.replace("8 bars", "until go out, max 8 bars")
    [(_, cost)] = of(served(score(tmp_path, text), KEY), "cost")
    assert cost.startswith("at most about $0.03 at ")


# ---- ports and clocks ----------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server((HERE, 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def clock_sender(port: int, interval_s: float) -> Iterator[None]:
    """Connect to a port as soon as it listens, and send a MIDI clock there."""
    over = threading.Event()

    def send() -> None:
        target = None
        while target is None and not over.is_set():
            try:
                target = sockets.connect(HERE, port)
            except OSError:
                over.wait(0.01)
        due = time.monotonic()
        while target is not None and not over.is_set():
            try:
                target.send(mido.Message("clock"))
            except OSError:
                return
            due += interval_s
            over.wait(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


MIDI = TEXT.replace("clock 120 bpm", "clock midi, nominal 120 bpm")


def test_a_clock_is_listened_to(tmp_path: Path) -> None:
    port = free_port()
    with clock_sender(port, 60 / 120 / 24):
        found = findings(
            score(tmp_path, MIDI), midi_in=f"tcp-listen://{HERE}:{port}", listening_s=2.0
        )
    assert problems(found) == []
    [(_, text)] = of(found, "clock")
    bpm, _, rest = text.partition(" bpm, ticks scatter by ")
    assert 110 < float(bpm) < 130 and rest.endswith(" ms")


def test_a_clock_that_is_silent_is_reported(tmp_path: Path) -> None:
    found = findings(
        score(tmp_path, MIDI), midi_in=f"tcp-listen://{HERE}:{free_port()}", listening_s=0.05
    )
    assert of(found, "clock") == [(Level.WARNING, "nothing arrived in 0.05 s")]


def test_a_score_that_follows_needs_a_port(tmp_path: Path) -> None:
    assert problems(findings(score(tmp_path, MIDI))) == ["MIDI input"]


def test_ports_that_do_not_exist_are_problems(tmp_path: Path) -> None:
    address = "tcp://no-such-host.invalid:9"
    found = findings(score(tmp_path), midi_in="tcp:nonsense", midi_out=address)
    assert "MIDI input" in problems(found)


OSC = TEXT.replace('"A tram."', '"A tram.", osc "/flash" 1').replace(
    "}", '  on osc "/drop" -> "B."\n}'
)


def test_osc_that_is_used_needs_ports(tmp_path: Path) -> None:
    found = findings(score(tmp_path, OSC))
    assert [
        one.subject for one in found if one.level is Level.WARNING and "OSC" in one.subject
    ] == [
        "OSC output",
        "OSC input",
    ]
    free = Endpoint(HERE, free_port())
    found = findings(score(tmp_path, OSC), osc_in=free, osc_out=(Endpoint(HERE, 9),))
    assert of(found, "OSC input") == [(Level.OK, f"{free} is free")]
    assert of(found, "OSC output")[0][0] is Level.OK


def test_an_osc_port_in_use_is_a_problem(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HERE, 0))
        endpoint = Endpoint(HERE, taken.getsockname()[1])
        assert problems(findings(score(tmp_path), osc_in=endpoint)) == ["OSC input"]


def test_the_machine_is_reported_if_its_timers_are_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.api.preflight.MAX_TIMER_LATENESS_MS", -10_000.0)
    [(level, text)] = of(findings(score(tmp_path)), "timers")
    assert level is Level.WARNING and text.startswith("19 of 20 timers are less than ")

"""`sequencer serve`: it prints its address, ends on request, and explains invalid flags."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sequencer.cli import main
from sequencer.server.settings import ServerSettings


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_end(how: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sequencer", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"served at (http://127\.0\.0\.1:\d+) ", line)
        assert found, line
        assert httpx.post(f"{found[1]}/start_session", json={}, trust_env=False).status_code == 200
        process.send_signal(how)
        out, err = process.stdout.read(), process.stderr.read()
        process.wait(timeout=15)
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
    assert process.returncode == 0, err
    assert err == ""
    assert f"perform SCORE --local --url {found[1]}" in out
    assert "REACTOR_API_KEY=rk_rehearsal" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "not a port"),
        (["--fps", "fast"], "not a frame rate"),
        (["--fps", "0"], "not valid"),
        (["--loss", "101"], "not a percentage"),
        (["--latency", "-1"], "cannot be negative"),
        (["--drop-after", "-1"], "cannot be negative"),
        (["--refuse", "dance"], "does not name a command"),
        (["--refuse", "start:x"], "does not name a command"),
        (["--refuse", "start:0"], "not valid"),
        (["--host", ""], "--host is empty"),
        (["--host", " "], "--host is empty"),
        (["--host", "*"], "cannot be served"),
        (["--host", "no-such-host.invalid"], "cannot be served"),
        (["--grace", "0"], "not above 0"),
        (["--grace", "nan"], "not above 0"),
        (["--grace", "1e9"], "not above 0"),
    ],
)
def test_flags_that_make_no_sense_are_explained(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--port", "0", *arguments]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert "hint: " in printed or arguments[0] in ("--loss", "--latency", "--drop-after")
    assert "Traceback" not in printed


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
@pytest.mark.parametrize(
    ("host", "warns"),
    [
        ("127.0.0.1", False),
        ("localhost", False),
        ("0.0.0.0", True),  # noqa: S104  the address that is warned of
        ("0", True),
    ],
)
def test_it_warns_where_others_can_play(host: str, warns: bool) -> None:
    command = [sys.executable, "-m", "sequencer", "serve", "--port", "0", "--host", host]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "served at http://" in line
        assert "//0" not in line, "an address that nobody can call"
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=15)
    assert ("everyone who can reach it" in err) == warns


def test_flags_go_together_with_a_faults_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file omits is still omitted if a flag is added: a lost message has no `by`."""
    faults = tmp_path / "faults.yaml"
    faults.write_text(
        "messages: [{do: lose, type: state, nth: 2}]\nrefuse: [{command: start, nth: 1}]\n"
    )
    served: list[object] = []

    async def serve(_: object, settings: object) -> None:
        served.append(settings)

    monkeypatch.setattr("sequencer.cli.serve._serve", serve)
    arguments = [
        "--fps",
        "20",
        "--refuse",
        "pause:2",
        "--refuse",
        "rewind",
        "--dialect",
        "1.x",
        "--grace",
        "45",
    ]
    assert main(["serve", "--faults", str(faults), *arguments]) == 0, capsys.readouterr().err
    (settings,) = served
    assert isinstance(settings, ServerSettings)
    assert settings.faults.fps == 20
    assert [one.command for one in settings.faults.refuse] == ["start", "pause", "rewind"]
    assert settings.faults.dialect == "1.x"
    assert settings.orphan_seconds == 45
    assert settings.faults.messages[0].do == "lose"

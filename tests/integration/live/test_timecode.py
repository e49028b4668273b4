"""`perform` with `clock mtc`: follows a tape over a socket. Real time, short."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.engine.replay import replay

TAPE = """score "Tape"
clock mtc 25 "PORT"
seed 3
at 0s "A paper boat drifts along a gutter. Grey light. Low close shot, fixed."
at 7s "The paper boat drifts on. Now it turns once. Grey light. Low close shot, fixed."
end 11s
"""
FPS = 25


def quarter_frame(number: int) -> bytes:
    """Return the message of a quarter frame, counted from the beginning of the tape."""
    seconds, frames = divmod(number // 8 * 2, FPS)
    piece = number % 8
    whole = (frames, seconds % 60, seconds // 60, 1 << 5)
    return bytes((0xF1, piece << 4 | (whole[piece // 2] >> 4 * (piece % 2) & 15)))


def reach(number: int) -> socket.socket:
    """Return a connection, as soon as the other side listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", number))
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def tape(number: int) -> None:
    """Send time code from 0 on, until the other side stops listening."""
    connection = reach(number)
    with connection:
        time.sleep(0.5)
        begin = time.monotonic()
        for quarter in range(FPS * 4 * 30):
            time.sleep(max(0.0, begin + quarter / FPS / 4 - time.monotonic()))
            try:
                connection.sendall(quarter_frame(quarter))
            except OSError:
                return


@pytest.mark.slow
def test_a_tape_is_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = int(server.getsockname()[1])
    score = tmp_path / "tape.score"
    score.write_text(TAPE.replace("PORT", f"tcp-listen://127.0.0.1:{number}"), encoding="utf-8")
    playing = threading.Thread(target=tape, args=(number,))
    playing.start()
    code = main(
        ["perform", str(score), "--stage", "simulated", "--out", str(tmp_path / "run"), "--json"]
    )
    playing.join()
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert code == 0, report
    assert "as soon as its time code runs" in shown.err
    second = report["cues"][1]
    assert second["status"] == "landed"
    assert abs(second["shown_off_ms"]) < 1375 / 2 + 100
    assert second["beyond_ms"] < 100
    assert replay(tmp_path / "run").is_equal

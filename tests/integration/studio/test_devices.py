"""A show of the studio with a MIDI device, an OSC sender and a remote: everything is journaled."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

import sequencer
from sequencer.api.performing import PerformOptions
from sequencer.runtime.osc.endpoints import parse_input
from sequencer.runtime.osc.packets import build_message
from tests.integration.studio.test_studio import SCORE
from tests.support.studio_pages import serving

LEARN_S = 0.2
"""How long the server may need to begin to listen for a message to learn, in seconds."""


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_a_show_with_a_device_an_osc_sender_and_a_remote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    score = tmp_path / "lamps.score"
    score.write_text(SCORE, encoding="utf-8")
    midi, osc = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    show = PerformOptions(
        stage="simulated",
        midi_in=f"tcp-listen://127.0.0.1:{midi}",
        osc_in=parse_input(str(osc)),
    )

    def send_osc(sender: socket.socket, address: str) -> None:
        sender.sendto(build_message(address, []), ("127.0.0.1", osc))

    async def main() -> None:
        async with serving(score, show) as served:
            page = await served.page()
            assert (await page.request("mode", mode="show"))["ok"]
            await page.wait_until(lambda state: state["go"]["state"] == "ready")
            assert (await page.request("lock", locked=False))["ok"]
            (pad,) = [one for one in page.state["pads"] if one["trigger"] == "note D3"]
            learning = asyncio.create_task(page.request("learn", pad=pad["id"]))
            await asyncio.sleep(LEARN_S)
            with (
                socket.create_connection(("127.0.0.1", midi)) as device,
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
            ):
                device.sendall(bytes([0x92, 64, 90]))
                learned = (await learning)["answer"]
                assert learned == {"trigger": "note E3 ch 3", "line": 13}
                assert 'on note E3 ch 3 -> "Lightning' in served.studio.workspace.text
                remote = await served.page("remote")
                assert (await remote.command("note D3"))["ok"]
                send_osc(sender, "/sequencer/pause")
                await page.wait_until(lambda state: state["playback"]["paused"])
                send_osc(sender, "/sequencer/resume")
                await page.wait_until(lambda state: not state["playback"]["paused"])
                await page.wait_until(lambda state: state["go"]["state"] == "ready")
                send_osc(sender, "/sequencer/go")
                await page.wait_until(lambda state: state["mode"] == "report")
            folder = Path(page.state["report"]["folder"])
            text = (folder / "journal.jsonl").read_text(encoding="utf-8")  # the run is over
            kinds = [json.loads(line).get("event", {}).get("kind") for line in text.splitlines()]
            assert kinds.count("note") == 2
            assert kinds.count("go") == 1
            assert (await asyncio.to_thread(sequencer.replay, folder)).is_equal

    asyncio.run(main())

"""Reactor's JavaScript SDK in a headless browser: it shows the local server's video and controls it
from a small page.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from PIL import Image

from sequencer.server.app import StageServer
from tests.support.reactor_fixtures import JUDGES, faults, local_server, part, snippet
from tests.support.requirements import require


class _Page:
    """Serves the page, and records what the page reports."""

    def __init__(self, script: bytes) -> None:
        self._script = script
        self.reports: list[tuple[str, object]] = []
        self._news = asyncio.Event()

    async def serve(self) -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._html),
                web.get("/page.js", self._js),
                web.post("/report", self._receive),
                web.get("/favicon.ico", self._html),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, int(runner.addresses[0][1])

    async def _html(self, _: web.Request) -> web.Response:
        return web.Response(
            text=(JUDGES / "page.html").read_text(encoding="utf-8"), content_type="text/html"
        )

    async def _js(self, _: web.Request) -> web.Response:
        return web.Response(body=self._script, content_type="text/javascript")

    async def _receive(self, request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        self.reports.append((body["what"], body["data"]))
        self._news.set()
        return web.Response(status=204)

    async def wait_for_report(self, what: str, holds: str = "", seconds: float = 60.0) -> object:
        """Wait until the page has reported something with this name whose data contain this text;
        return the data.
        """
        async with asyncio.timeout(seconds):
            while True:
                for name, data in self.reports:
                    if name == what and holds in json.dumps(data):
                        return data
                self._news.clear()
                await self._news.wait()


class _Browser:
    """A headless Chromium, controlled over the DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0

    async def do(self, method: str, **parameters: object) -> dict[str, object]:
        self._count += 1
        await self._socket.send_json({"id": self._count, "method": method, "params": parameters})
        async with asyncio.timeout(60):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == self._count:
                    assert "error" not in answer, answer
                    found: dict[str, object] = answer["result"]
                    assert "exceptionDetails" not in found, found
                    return found

    async def run(self, script: str) -> object:
        """Run a script in the page and return its result if it is JSON; otherwise None."""
        answer = await self.do(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        result = answer["result"]
        return result.get("value") if isinstance(result, dict) else None


async def _bundle(source: Path) -> bytes:
    folder = part("js")
    require(shutil.which("node"), "node is not there: the page is put together with it")
    process = await asyncio.create_subprocess_exec(
        str(folder / "node_modules" / ".bin" / "esbuild"),
        str(source),
        "--bundle",
        "--format=esm",
        "--log-level=error",
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(folder / "node_modules")},
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out


async def _open(profile: Path, address: str) -> tuple[asyncio.subprocess.Process, str]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    require(chromium, "chromium is not there")
    process = await asyncio.create_subprocess_exec(
        str(chromium),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--autoplay-policy=no-user-gesture-required",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "--window-size=640,480",
        "--host-resolver-rules=MAP other.test 127.0.0.1",
        address,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while True:
            line = (await process.stderr.readline()).decode("utf-8", "replace")
            assert line, "chromium ended at once"
            if found := re.search(r"DevTools listening on ws://([^/]+)/", line):
                return process, found[1]


async def _attach(client: aiohttp.ClientSession, where: str, address: str) -> _Browser:
    async with asyncio.timeout(60):
        while True:
            async with client.get(f"http://{where}/json") as answer:
                pages = [
                    one
                    for one in await answer.json()
                    if one["type"] == "page" and one["url"].startswith(address[:20])
                ]
            if pages:
                break
            await asyncio.sleep(0.1)
        browser = _Browser(
            await client.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
        )
        for _ in range(100):
            with contextlib.suppress(
                AssertionError
            ):  # while a page loads, a script that runs in the empty page is aborted
                if (
                    await browser.run("document.readyState === 'complete' && location.href")
                    == address
                ):
                    break
            await asyncio.sleep(0.1)
        return browser


@contextlib.asynccontextmanager
async def _browsing(
    page: _Page, server: StageServer | None, *how: str, host: str = "127.0.0.1"
) -> AsyncIterator[_Browser]:
    """Open a browser on the page; the page receives the server's address and how to connect."""
    runner, port = await page.serve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with aiohttp.ClientSession() as client:
            options = "" if server is None else "%20".join([server.url, *how])
            address = f"http://{host}:{port}/#{options}"
            process, where = await _open(Path(folder), address)
            try:
                yield await _attach(client, where, address)
            finally:
                process.terminate()
                await process.wait()
                await runner.cleanup()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "model", "dialect"),
    [
        ("local", "helios", "current"),
        ("production", "helios", "current"),
        ("production", "reactor/helios", "1.x"),
    ],
)
def test_the_javascript_sdk_shows_the_video_and_steers_it(
    mode: str, model: str, dialect: str
) -> None:
    asyncio.run(_show_and_steer(mode, model, dialect))


async def _show_and_steer(mode: str, model: str, dialect: str) -> None:
    page = _Page(await _bundle(JUDGES / "page.js"))
    model_of = faults(f"dialect: {dialect}\n")
    async with (
        local_server(plain=False, faults=model_of) as server,
        _browsing(page, server, mode, model) as browser,
    ):
        await page.wait_for_report("status", "ready")
        capabilities = await page.wait_for_report("capabilities")
        assert isinstance(capabilities, dict)
        assert [one["name"] for one in capabilities["tracks"]] == ["main_video"]
        await browser.run("condition('a red field')")
        await page.wait_for_report("message", "image_accepted")
        await browser.run("steer('schedule_prompt', {prompt: 'a blue sea', chunk: 4})")
        await browser.run("steer('start', {})")
        await page.wait_for_report("message", "generation_started")
        await page.wait_for_report("message", "a blue sea")
        facts = await page.wait_for_report("frames", '"count": 24')
        assert isinstance(facts, dict)
        assert (facts["width"], facts["height"]) == (640, 384)
        shot = await browser.do("Page.captureScreenshot", format="png")
        with Image.open(io.BytesIO(base64.b64decode(str(shot["data"])))) as opened:
            seen = np.asarray(opened.convert("RGB"))[:380, :636]
        assert seen.std() > 12, "the screenshot shows no image"
        await browser.run("steer('start', {})")
        await page.wait_for_report("message", "already started")
        session = server.session
        assert session is not None
        assert [name for name, _ in session.show.received_commands] == [
            "set_conditioning",
            "schedule_prompt",
            "start",
            "start",
        ]
        assert session.is_local == (mode == "local")
        await browser.run("drop()")
        await page.wait_for_report("status", "disconnected")
        page.reports.clear()
        await browser.run("again()")
        await page.wait_for_report("status", "ready")
        await page.wait_for_report("message", "chunk_complete")
        await page.wait_for_report("frames")
        assert not [data for what, data in page.reports if what in ("error", "failed")]
        page.reports.clear()
        await browser.run("leave()")
        await page.wait_for_report("status", "disconnected")
        assert session.ended is not None


def test_a_page_reads_why_it_is_refused_and_what_went_wrong() -> None:
    asyncio.run(_read_refusals())


async def _read_refusals() -> None:
    """What `fetch` gets in a real browser: every answer for the server's own pages, a refusal for
    pages of another site.
    """
    page = _Page(b"")
    async with local_server() as server:
        ask = """(async (path, method, body) => {
            const answer = await fetch(ADDRESS + path, {
                method, body, headers: {"Content-Type": "application/json", "Reactor-API-Version": "1"},
            });
            return answer.status + " " + (await answer.text());
        })"""
        ask = ask.replace("ADDRESS", json.dumps(server.url))
        async with _browsing(page, None) as browser:
            for path, method, body, status in (
                ("/nowhere", "GET", None, 404),
                ("/health", "DELETE", None, 405),
                ("/sessions", "POST", "{}", 401),
                ("/start_session", "POST", "{", 422),
                ("/start_session", "POST", " " * 1_200_000, 413),
            ):
                options = await browser.run(
                    f"{ask}({json.dumps(path)}, {json.dumps(method)}, {json.dumps(body)})"
                )
                assert str(options).startswith(f"{status} {{"), (path, options)
        async with _browsing(page, None, host="other.test") as browser:
            assert "other.test" in str(await browser.run("location.origin"))
            options = await browser.run(f"{ask}('/start_session', 'POST', '{{}}')")
            assert str(options) == '403 {"detail": "this origin is not allowed"}'
        assert server.session is None


def test_the_snippet_of_the_documents_shows_the_video(tmp_path: Path) -> None:
    asyncio.run(_show_the_snippet(tmp_path / "snippet.js"))


async def _show_the_snippet(file: Path) -> None:
    async with local_server() as server:
        await asyncio.to_thread(file.write_text, snippet("js", server.url))
        async with _browsing(_Page(await _bundle(file)), server) as browser:
            for _ in range(300):
                if await browser.run("document.querySelector('video').currentTime > 1"):
                    break
                await asyncio.sleep(0.1)
            assert await browser.run("document.querySelector('video').videoWidth") == 160
            session = server.session
            assert session is not None
            assert [name for name, _ in session.show.received_commands] == [
                "schedule_prompt",
                "start",
            ]

"""A studio that serves in this process, and pages that speak its protocol without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from sequencer.api.performing import PerformOptions
from sequencer.studio.app import StudioServer
from sequencer.studio.protocol import Role
from sequencer.studio.studio import Studio, StudioSettings
from sequencer.studio.workspace import Workspace

SECONDS = 20.0
"""How long a message is waited for."""


class StudioPage:
    """A page: it keeps the state as the browser's page does, and waits for messages."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.state: dict[str, Any] = {}
        self.received: list[dict[str, Any]] = []
        self._ids = 0

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        message: dict[str, Any] = await asyncio.wait_for(self.socket.receive_json(), SECONDS)
        self.received.append(message)
        match message["t"]:
            case "snapshot":
                self.state = message
            case "patch":
                lines = {line["n"]: line for line in self.state["lines"]}
                for number in message.pop("gone", ()):
                    lines.pop(number, None)
                lines |= {line["n"]: line for line in message.pop("lines", ())}
                if "score" in message:
                    message["score"] = {**self.state["score"], **message["score"]}
                self.state = {**self.state, **message, "lines": list(lines.values())}
            case _:
                pass
        return message

    async def wait_for(self, kind: str, of: Callable[[dict[str, Any]], bool] = bool) -> Any:
        """Return the next message of a kind for which a condition holds."""
        while True:
            message = await self.receive()
            if message["t"] == kind and of(message):
                return message

    async def wait_until(self, of: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Receive messages until a condition holds for the state."""
        while not self.state or not of(self.state):
            await self.receive()
        return self.state

    async def request(self, t: str, **fields: Any) -> dict[str, Any]:
        """Send a request and return its answer."""
        self._ids += 1
        number = self._ids
        await self.socket.send_json({"t": t, "id": number, **fields})
        answer: dict[str, Any] = await self.wait_for("answer", lambda one: one["id"] == number)
        return answer

    async def command(self, command: str) -> dict[str, Any]:
        """Give an operator command to the run that the page shows."""
        return await self.request("command", run=self.state["run"], command=command)

    async def edit(self, before: str, after: str) -> None:
        """Replace a part of the score's text, and wait until that was checked."""
        text = self.state["score"]["text"]
        start = text.index(before)
        await self.socket.send_json(
            {
                "t": "edit",
                "version": self.state["score"]["version"],
                "changes": [{"from": start, "to": start + len(before), "text": after}],
            }
        )
        accepted = await self.wait_for("text", lambda one: one.get("accepted", False))
        self.state["score"] = {
            **self.state["score"],
            "text": text.replace(before, after, 1),
            "version": accepted["version"],
        }
        await self.wait_for("checked", lambda one: one["version"] == accepted["version"])


class ServedStudio:
    """A studio with its server."""

    def __init__(self, studio: Studio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        self.studio = studio
        self.server = server
        self.client = client
        self.printed: list[str] = []

    async def page(self, role: Role = "operator") -> StudioPage:
        """Connect a page, which has received its first snapshot."""
        socket = await self.client.ws_connect(
            f"{self.server.url}/ws", headers={"Origin": self.server.url}
        )
        await socket.send_json({"t": "key", "key": self.studio.keys.of(role)})
        page = StudioPage(socket)
        await page.wait_for("snapshot")
        return page


@asynccontextmanager
async def serving(score: Path, show: PerformOptions | None = None) -> AsyncIterator[ServedStudio]:
    """Serve a score, or a folder of scores, until the block ends."""
    printed: list[str] = []
    is_folder = await asyncio.to_thread(score.is_dir)
    folder = score if is_folder else score.parent
    workspace = Workspace.untitled(folder) if is_folder else Workspace.open(score)
    settings = StudioSettings(
        folder=folder,
        show=show or PerformOptions(stage="simulated"),
        print_line=lambda text: printed.append(str(text)),
    )
    studio = Studio(settings, workspace)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(StudioServer(studio))
        await studio.start()
        stack.push_async_callback(studio.stop)
        client = await stack.enter_async_context(aiohttp.ClientSession())
        served = ServedStudio(studio, server, client)
        served.printed = printed
        yield served

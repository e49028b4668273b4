"""The connection to vLLM-Omni: two requests that describe the server, and one WebSocket a session.

Every failure becomes a sentence. Redirects and proxies of the environment are not followed: the
address is a server of one's own, and the key goes to no other.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from sequencer.core.errors import StageError
from sequencer.stages.vllm_omni.messages import (
    HINT,
    MAX_MEDIA_BYTES,
    ChunkMetadata,
    MessageError,
    ServerMessage,
    read_message,
)
from sequencer.stages.vllm_omni.settings import KEY_VARIABLE, VllmOmniSettings, http_base_of

MAX_ANSWER_BYTES = 1 << 20
"""The longest answer to a request."""
START_SERVER = (
    "start it with: vllm serve BestWishYsh/Helios-Distilled --omni --diffusion-streaming-output "
    "--port 8091"
)


@dataclass(frozen=True, slots=True)
class Media:
    """A chunk's metadata, with the video that came after it."""

    metadata: ChunkMetadata
    data: bytes


class Connections:
    """Makes connections to one server.

    Args:
        settings: The settings of the run.
    """

    def __init__(self, settings: VllmOmniSettings) -> None:
        self._settings = settings
        headers = {}
        if settings.key is not None:
            headers["Authorization"] = f"Bearer {settings.key.reveal()}"
        self._client = aiohttp.ClientSession(
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=settings.connect_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close everything."""
        await self._client.close()

    async def model(self) -> str:
        """Return the name under which the server serves its model.

        Raises:
            StageError: There is no such server, or it does not accept the key.
        """
        base = http_base_of(self._settings.address)
        try:
            async with self._client.get(f"{base}/v1/models", allow_redirects=False) as answer:
                if answer.status in (401, 403):
                    raise self._not_accepted()
                if answer.status != 200:
                    raise StageError(
                        f"{base} answers {answer.status} when asked for its model", HINT
                    )
                body = await answer.content.read(MAX_ANSWER_BYTES)
                while not answer.content.at_eof() and len(body) < MAX_ANSWER_BYTES:
                    body += await answer.content.read(MAX_ANSWER_BYTES - len(body))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from None
        return _served_model(body, base)

    async def session(self) -> Connection:
        """Open the WebSocket of a session.

        Raises:
            StageError: This fails.
        """
        try:
            async with asyncio.timeout(self._settings.connect_seconds):
                socket = await self._client.ws_connect(
                    self._settings.address,
                    max_msg_size=MAX_MEDIA_BYTES,
                    autoping=True,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                raise self._not_accepted() from None
            raise StageError(
                f"{self._settings.address} is not a WebSocket for video: the server answers "
                f"{error.status}",
                START_SERVER,
            ) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from None
        return Connection(socket)

    def _not_accepted(self) -> StageError:
        if self._settings.key is None:
            return StageError(
                "the server needs a key", f"put it into the environment variable {KEY_VARIABLE}"
            )
        return StageError(
            f"the server does not accept the key in {KEY_VARIABLE}", "is it the server's --api-key?"
        )

    def _unreachable(self, error: Exception) -> StageError:
        address = self._settings.address
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return StageError(
                f"{address} has a certificate that is not valid: {error.certificate_error}"
            )
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return StageError(
                f"{error.host} is unknown: the name was not found",
                "check the network and the spelling of --url",
            )
        if isinstance(error, aiohttp.ClientSSLError):
            return StageError(
                f"{address} does not answer with TLS, which wss:// and https:// require",
                "for a server without TLS write ws:// in --url",
            )
        if isinstance(error, TimeoutError):
            reason = f"no answer within {self._settings.connect_seconds:.0f} s"
        elif isinstance(error, aiohttp.ClientConnectorError):
            number = error.os_error.errno
            reason = str(error.os_error) if number is None else os.strerror(number)
        else:
            reason = str(error) or type(error).__name__
        return StageError(f"{address} cannot be reached: {reason}", START_SERVER)


def _served_model(body: bytes, base: str) -> str:
    """Return the first model of an answer of `/v1/models`. Raises StageError."""
    try:
        name = json.loads(body)["data"][0]["id"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        name = None
    if not isinstance(name, str) or not 0 < len(name) <= 300 or not name.isprintable():
        raise StageError(f"{base} does not answer with the name of its model", HINT)
    return name


class Connection:
    """The WebSocket of one session.

    Args:
        socket: The open WebSocket.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        """Send a message. Nothing is raised if the connection is gone: `receive` reports that."""
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, OSError):
            return

    async def receive(self) -> AsyncIterator[ServerMessage | Media]:
        """Yield what arrives, the metadata of a chunk first alone and then with its video.

        Raises:
            StageError: The connection was closed, or a message is not valid.
        """
        expected: ChunkMetadata | None = None
        while True:
            message = await self._socket.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT:
                    if expected is not None:
                        raise MessageError("a chunk's metadata is not followed by its video")
                    found = read_message(message.data)
                    if isinstance(found, ChunkMetadata):
                        expected = found
                    yield found
                case aiohttp.WSMsgType.BINARY:
                    if expected is None:
                        raise MessageError("a video arrived without metadata")
                    if len(message.data) != expected.length:
                        raise MessageError(
                            f"a video has {len(message.data)} bytes, but its metadata announced "
                            f"{expected.length}"
                        )
                    yield Media(expected, message.data)
                    expected = None
                case _:
                    raise self._closed(message)

    def _closed(self, message: aiohttp.WSMessage) -> StageError:
        if message.type is aiohttp.WSMsgType.ERROR:
            error = message.data
            if isinstance(error, aiohttp.WebSocketError):
                if error.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                    return MessageError(f"it has more than {MAX_MEDIA_BYTES >> 20} MiB")
                return MessageError(str(error))
            return StageError(f"the connection broke: {error or 'no reason is known'}")
        code = self._socket.close_code
        return StageError(
            "the server closed the connection" + ("" if code is None else f" (code {code})"),
            "see what it printed",
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close()

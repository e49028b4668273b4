"""The HTTP interface: the platform's routes, and those of a local runtime.

The platform's routes are for tokens, sessions, signalling, uploads and clips.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sequencer.models.catalog import find_spec
from sequencer.server.clips import ClipError
from sequencer.server.http_guard import (
    BODY_LIMIT,
    add_cors,
    body_of,
    fault,
    json_body,
    middleware,
)
from sequencer.server.openapi import document
from sequencer.server.peer import LEGACY_CONNECTION
from sequencer.server.session import Session, summary
from sequencer.server.settings import (
    CLUSTER,
    LOCAL_SESSION,
    TRACK,
    ServerSettings,
    model_name,
)
from sequencer.server.tokens import AskedWronglyError, Token, Tokens
from sequencer.server.uploads import MAX_UPLOAD_BYTES, NotTakenError, Slot
from sequencer.web.connections import Connections
from sequencer.web.hosts import Hosts
from sequencer.web.limits import ConcurrencyLimit, RateLimit, TooManyError

MAX_KEPT = 20
"""The most sessions that are kept after their end."""

MAX_BODIES = 8
"""The most simultaneous uploads, of all sessions.

Each upload is held in memory until it is complete.
"""

MAX_LISTENERS = 32
"""The most readers of `/events` at once."""

SIGNALLING = "/sessions/{session}/transport/webrtc"


class Routes:
    """The request handlers and their shared state: sessions and tokens.

    Args:
        settings: The settings of the server.
        hosts: The names and addresses that clients may use.
        connections: The TCP connections of the server.
    """

    def __init__(self, settings: ServerSettings, hosts: Hosts, connections: Connections) -> None:
        self._settings = settings
        self.tokens = Tokens(settings.token_seconds)
        self.sessions: dict[str, Session] = {}
        self._failures_left = list(settings.moods)
        self._hosts = hosts
        self.connections = connections
        self._rates = RateLimit(settings.requests_a_second, settings.requests_at_once)
        self._bodies = ConcurrencyLimit(MAX_BODIES)
        self._listeners = ConcurrencyLimit(MAX_LISTENERS)
        self.asked: list[tuple[str, str]] = []
        """Every request as (method, path), for comparison in tests."""

    def app(self) -> web.Application:
        """Return the application, ready to be served."""
        guard = middleware(self._hosts, self._rates, self.connections)
        app = web.Application(
            middlewares=[guard, self._scripted_failures()], client_max_size=BODY_LIMIT
        )
        app.on_response_prepare.append(add_cors)
        one = "/sessions/{session}"
        connection = SIGNALLING + "/connections/{connection}"
        app.add_routes(
            [
                web.post("/tokens", self._mint),
                web.post("/sessions", self._create),
                web.get(one, self._describe),
                web.get(one + "/info", self._info),
                web.put(one, self._restart),
                web.delete(one, self._delete),
                web.post(one + "/uploads", self._announce),
                web.put("/uploads/{session}/{upload}", self._put),
                web.post("/start_session", self._start_local),
                web.get("/session", self._local),
                web.post("/stop_session", self._stop_local),
                web.get("/health", self._health),
                web.get("/schema", self._schema),
                web.get("/events", self._events),
                web.get(SIGNALLING + "/ice_servers", self._ice_servers),
                web.post(SIGNALLING + "/connections", self._register),
                web.post(connection + "/sdp_params", self._offer),
                web.put(connection + "/sdp_params", self._offer),
                web.get(connection + "/sdp_params", self._answer),
                web.post(connection + "/ice_candidates", self._candidates),
                web.post(SIGNALLING + "/sdp_params", self._offer),
                web.put(SIGNALLING + "/sdp_params", self._offer),
                web.get(SIGNALLING + "/sdp_params", self._answer),
                web.post(SIGNALLING + "/ice_candidates", self._candidates),
                web.get("/clips", self._clip),
                web.get("/clips/chunks/{recording}/{name}", self._piece),
            ]
        )
        return app

    def _scripted_failures(self) -> Middleware:
        @web.middleware
        async def answer_or_fail(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.asked.append((request.method, request.path))
            del self.asked[:-1000]
            for index, (method, path, status, times) in enumerate(self._failures_left):
                if times > 0 and request.method == method and request.path.startswith(path):
                    self._failures_left[index] = (method, path, status, times - 1)
                    later = {"Retry_After": "1"} if status in (429, 503) else {}
                    raise fault(status, f"the local server answers {status} here", **later)
            return await handler(request)

        return answer_or_fail

    # ---- token and sessions of the platform

    async def _mint(self, request: web.Request) -> web.Response:
        key = request.headers.get("Reactor-API-Key", "")
        if not key.startswith("rk_"):
            raise fault(
                401,
                (
                    "the API key is missing or wrong (the local server accepts any that begins "
                    "with rk_)"
                ),
            )
        try:
            jwt, token = self.tokens.mint(await json_body(request))
        except AskedWronglyError as error:
            raise fault(422, str(error)) from None
        return web.json_response({"jwt": jwt, "expires_at": int(token.expires)})

    def _token(self, request: web.Request) -> Token:
        token = self.tokens.find(request.headers.get("Authorization"))
        if token is None:
            raise fault(401, "the token is missing, wrong or expired")
        return token

    async def _create(self, request: web.Request) -> web.Response:
        token = self._token(request)
        body = await json_body(request)
        model = body.get("model")
        name = model.get("name") if isinstance(model, Mapping) else None
        if not isinstance(name, str) or not name:
            raise fault(
                422,
                [{"loc": ["body", "model", "name"], "msg": "field required", "type": "missing"}],
            )
        if model_name(name) != model_name(find_spec(self._settings.model).connect):
            raise fault(404, f"there is no model {name}")
        if not token.allows(name):
            raise fault(403, "the token does not give access to this model")
        transports = body.get("supported_transports")
        if isinstance(transports, list) and not any(
            isinstance(t, dict) and t.get("protocol") == "webrtc" for t in transports
        ):
            raise fault(422, "only webrtc is supported")
        running = [one for one in self.sessions.values() if one.ended is None and not one.is_local]
        if len(running) >= self._settings.most_sessions:
            raise fault(
                429, f"{self._settings.most_sessions} sessions are already running", Retry_After="5"
            )
        if (
            token.most_sessions is not None
            and sum(one.id in token.created for one in running) >= token.most_sessions
        ):
            raise fault(403, "the token may not create another session")
        seconds = float(
            min(
                self._settings.session_seconds,
                token.session_seconds or self._settings.session_seconds,
            )
        )
        session = self._begin(
            secrets.token_hex(16), seconds, self._settings.faults.delays.connect / 1e9
        )
        token.created.append(session.id)
        return web.json_response(session.summary(), status=201)

    def _begin(self, number: str, seconds: float, ready_in: float) -> Session:
        over = [key for key, one in self.sessions.items() if one.ended is not None]
        for key in over[:-MAX_KEPT]:
            del self.sessions[key]
        session = Session(
            self._settings, number, lambda _: None, seconds=seconds, ready_in=ready_in
        )
        self.sessions[number] = session
        return session

    def _session(self, request: web.Request) -> Session:
        """Return the session in the path, if the request is authorised for it."""
        number = request.match_info["session"]
        session = self.sessions.get(number)
        if number != LOCAL_SESSION:
            token = self._token(request)
            if session is None or not token.reaches(number):
                raise fault(404, "there is no such session")
            return session
        if session is None or session.ended is not None:
            raise fault(400, "no session is running")
        return session

    def _platform_session(self, request: web.Request) -> Session:
        if request.match_info["session"] == LOCAL_SESSION:
            raise fault(404, "there is no such route in a local runtime")
        return self._session(request)

    async def _describe(self, request: web.Request) -> web.Response:
        return web.json_response(self._platform_session(request).descriptor())

    async def _info(self, request: web.Request) -> web.Response:
        session = self._platform_session(request)
        return web.json_response(
            {"session_id": session.id, "state": session.state, "cluster": CLUSTER}
        )

    async def _restart(self, request: web.Request) -> web.Response:
        session = self._platform_session(request)
        if session.ended is not None:
            raise fault(409, "the session is closed")
        return web.json_response(session.descriptor())

    async def _delete(self, request: web.Request) -> web.Response:
        session = self._platform_session(request)
        body = await json_body(request)
        if session.ended is not None:
            raise fault(404, "the session is over")
        session.end(str(body.get("reason") or "deleted by the client")[:64])
        return web.Response(status=204)

    # ---- a local runtime's routes

    async def _start_local(self, request: web.Request) -> web.Response:
        await json_body(request)
        running = self.sessions.get(LOCAL_SESSION)
        if running is not None and running.ended is None:
            raise fault(409, "a session is running")
        if running is not None:
            await running.stop()
        return web.json_response(
            self._begin(LOCAL_SESSION, float(self._settings.session_seconds), 0.0).descriptor()
        )

    def _running(self) -> Session:
        session = self.sessions.get(LOCAL_SESSION)
        if session is None or session.ended is not None:
            raise fault(409, "no session is running")
        return session

    async def _local(self, _: web.Request) -> web.Response:
        session = self.sessions.get(LOCAL_SESSION)
        if session is None:
            return web.json_response(
                summary(LOCAL_SESSION, "created", find_spec(self._settings.model).connect)
            )
        return web.json_response(session.descriptor())

    async def _stop_local(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        self._running().end(str(body.get("reason") or "stopped by the client")[:64])
        return web.Response(status=200)

    async def _health(self, _: web.Request) -> web.Response:
        session = self.sessions.get(LOCAL_SESSION)
        state = "available" if session is None or session.ended is not None else "serving"
        return web.json_response({"status": "healthy", "state": state, "detail": None})

    async def _schema(self, _: web.Request) -> web.Response:
        return web.json_response(
            document(self._settings.faults.dialect, find_spec(self._settings.model))
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Stream the events of the most recent session as they happen."""
        try:
            with self._listeners.one():
                return await self._stream_events(request)
        except TooManyError:
            raise fault(
                429, f"{MAX_LISTENERS} clients are already listening", Retry_After="5"
            ) from None

    async def _stream_events(self, request: web.Request) -> web.StreamResponse:
        since = request.query.get("since", "0")
        position = int(since) if since.isdecimal() and len(since) < 10 else 0
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        session_shown: Session | None = None
        while True:
            session = next(reversed(self.sessions.values()), None)
            if session_shown is not None and session is not session_shown:
                position = 0  # another session counts from its own beginning
            session_shown = session
            news = None if session is None else session.news
            for event in [] if session is None else list(session.events):
                if int(str(event["n"])) > position:
                    position = int(str(event["n"]))
                    await response.write(f"id: {position}\ndata: {json.dumps(event)}\n\n".encode())
            try:
                async with asyncio.timeout(1.0):
                    await (asyncio.sleep(1.0) if news is None else news.wait())
            except TimeoutError:
                await response.write(b": still here\n\n")

    # ---- signalling

    async def _ice_servers(self, request: web.Request) -> web.Response:
        self._session(request)
        return web.json_response({"ice_servers": [{"uris": [one]} for one in self._settings.stun]})

    async def _register(self, request: web.Request) -> web.Response:
        session = self._reachable(request)
        await json_body(request)
        number = session.register()
        if number is None:
            raise fault(429, "there are too many connections", Retry_After="5")
        session_shown: dict[str, object] = {"connection_id": number}
        if session.is_local:
            session_shown["track_map"] = {TRACK: {"kind": "video", "direction": "out", "rate": 0.0}}
        return web.json_response(session_shown, status=201)

    def _reachable(self, request: web.Request) -> Session:
        session = self._session(request)
        if session.ended is not None:
            raise fault(404, "the session is over")
        if session.is_dark:
            raise fault(503, "no connection is possible at the moment", Retry_After="1")
        return session

    def _connection(self, request: web.Request, session: Session) -> int:
        text = request.match_info.get("connection")
        if text is None:
            return LEGACY_CONNECTION
        if not text.isdecimal() or len(text) != 4 or not LEGACY_CONNECTION - 1 < int(text) <= 9999:
            raise fault(400, "the number of a connection is from 1001 to 9999")
        if not session.knows(int(text)):
            raise fault(404, "there is no such connection, or it is closed")
        return int(text)

    async def _offer(self, request: web.Request) -> web.Response:
        session = self._reachable(request)
        number = self._connection(request, session)
        body = await json_body(request)
        offer, mapping = body.get("sdp_offer"), body.get("track_mapping")
        if not isinstance(offer, str):
            raise fault(
                422, [{"loc": ["body", "sdp_offer"], "msg": "field required", "type": "missing"}]
            )
        if not session.can_start(number):
            raise fault(429, "too many connections have sent nothing yet", Retry_After="5")
        tracks = (
            [one for one in mapping if isinstance(one, dict)] if isinstance(mapping, list) else []
        )
        session.offer(number, offer, tracks)
        return web.json_response({"connection_id": number}, status=202)

    async def _answer(self, request: web.Request) -> web.Response:
        session = self._session(request)
        number = self._connection(request, session)
        answer = session.take_answer(number)
        if answer is None:
            return web.Response(status=202)
        return web.json_response({"sdp_answer": answer, "connection_id": number})

    async def _candidates(self, request: web.Request) -> web.Response:
        session = self._session(request)
        number = self._connection(request, session)
        body = await json_body(request)
        found = body.get("candidates")
        peer = session.peers.get(number)
        if peer is not None:
            listed = (
                [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            )
            await peer.candidates(listed)
        return web.Response(status=202)

    # ---- uploads

    async def _announce(self, request: web.Request) -> web.Response:
        session = self._session(request)
        body = await json_body(request)
        try:
            slot = session.uploads.announce(
                body.get("name"), body.get("size"), body.get("mime_type")
            )
        except NotTakenError as error:
            raise fault(error.status, str(error)) from None
        path = f"/uploads/{session.id}/{slot.reference.upload_id}"
        session_shown = {
            "presigned_id": slot.reference.upload_id,
            "presigned_url": f"{request.scheme}://{request.host}{path}?signature={slot.secret}",
            "path": path,
        }
        return web.json_response(session_shown, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.match_info["session"])
        if session is None or session.ended is not None:
            raise fault(404, "there is no such upload")
        try:
            slot = session.uploads.slot(
                request.match_info["upload"], request.query.get("signature", "")
            )
        except NotTakenError as error:
            raise fault(error.status, str(error)) from None
        if "Authorization" in request.headers:
            raise fault(400, "a presigned address accepts no Authorization")
        if request.content_type != slot.reference.mime_type:
            raise fault(403, "the Content-Type is not the one that was announced")
        try:
            with self._bodies.one():
                await self._take(request, session, slot)
        except TooManyError:
            raise fault(
                429, f"{MAX_BODIES} uploads are already in progress", Retry_After="1"
            ) from None
        session.uploaded(slot)
        return web.Response(status=200)

    async def _take(self, request: web.Request, session: Session, slot: Slot) -> None:
        """Receive the bytes of a file, with the delay and the failures in the faults file."""
        size = slot.reference.size
        too_much = fault(400, f"more bytes arrived than the {size} that were announced")
        data = await body_of(
            request, min(MAX_UPLOAD_BYTES, size), too_much, self._settings.body_seconds
        )
        await asyncio.sleep(self._settings.faults.delays.upload / 1e9)
        reason = session.upload_fault(slot.reference.name)
        if reason is not None:
            raise fault(500, reason)
        try:
            await session.uploads.take(slot, data)
        except NotTakenError as error:
            raise fault(error.status, str(error)) from None

    # ---- clips

    async def _clip(self, request: web.Request) -> web.Response:
        recording = request.query.get("session_id", "")
        session = next(
            (one for one in self.sessions.values() if one.clips.recording == recording), None
        )
        if session is None:
            raise fault(404, "there is no such recording")
        if not session.is_local:
            token = self._token(request)
            if not token.reaches(session.id):
                raise fault(404, "there is no such recording")
        clip = session.clips.find(request.query.get("start", ""), request.query.get("end", ""))
        if clip is None or clip.failure:
            raise fault(410, "the clip no longer exists" if clip is None else clip.failure)
        if clip.opening is None:
            return web.Response(status=202, headers={"Retry-After": "1"})
        return web.Response(
            text=session.clips.playlist(clip), content_type="application/vnd.apple.mpegurl"
        )

    async def _piece(self, request: web.Request) -> web.Response:
        recording, name = request.match_info["recording"], request.match_info["name"]
        session = next(
            (one for one in self.sessions.values() if one.clips.recording == recording), None
        )
        try:
            piece = None if session is None else await session.clips.piece(name)
        except ClipError as error:
            raise fault(500, str(error)) from None
        if piece is None:
            raise fault(404, "there is no such segment")
        return web.Response(body=piece, content_type="video/mp4")

    async def stop(self) -> None:
        """End every session."""
        await asyncio.gather(*(one.stop() for one in self.sessions.values()))

"""The local server's HTTP routes: who has access, what a token permits, uploads, clips, a local
runtime's routes, limits.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from sequencer.core.errors import UsageError
from sequencer.server.app import StageServer
from sequencer.server.settings import LOCAL_SESSION, ServerSettings
from sequencer.server.uploads import MAX_UPLOAD_BYTES
from sequencer.stages.reactor.settings import ReactorSettings
from tests.support.reactor_fixtures import image_file, local_server

Talk = Callable[[httpx.AsyncClient, StageServer], Awaitable[None]]


def _talk(talk: Talk, **settings: Any) -> None:
    async def go() -> None:
        async with (
            local_server(**settings) as server,
            httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
        ):
            await talk(client, server)

    asyncio.run(go())


async def _token(client: httpx.AsyncClient, body: object = None) -> dict[str, str]:
    answer = await client.post("/tokens", headers={"Reactor-API-Key": "rk_any"}, json=body)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['jwt']}"}


async def _session(client: httpx.AsyncClient, proof: dict[str, str]) -> str:
    answer = await client.post("/sessions", headers=proof, json={"model": {"name": "helios"}})
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"session_id", "state", "model", "cluster", "server_info"}
    assert isinstance(answer.json()["server_info"]["server_version"], str)
    return str(answer.json()["session_id"])


def test_only_this_machine_is_let_in() -> None:
    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        for host in ("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "[::bad"):
            assert (await client.get("/health", headers={"Host": host})).status_code in (
                400,
                403,
            ), host
        for host in (
            f"127.0.0.1:{server.port}",
            f"localhost:{server.port}",
            "localhost",
            "[::1]:80",
        ):
            assert (await client.get("/health", headers={"Host": host})).status_code == 200, host

    _talk(talk)


def test_pages_of_this_machine_are_let_in_and_no_others() -> None:
    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        for origin in ("http://localhost:3000", "http://127.0.0.1:5173", "https://localhost"):
            answer = await client.get("/health", headers={"Origin": origin})
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            before = await client.options(
                "/sessions", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
            )
            assert before.status_code == 204
            assert "Reactor-WebRTC-Version" in before.headers["Access-Control-Allow-Headers"]
            refused = await client.post("/sessions", headers={"Origin": origin}, json={})
            assert refused.status_code == 401
            assert refused.headers["Access-Control-Allow-Origin"] == origin
        for origin in (
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "file://",
            "http://[bad",
        ):
            answer = await client.post("/start_session", headers={"Origin": origin}, json={})
            assert answer.status_code == 403, origin
            assert answer.headers["Access-Control-Allow-Origin"] == origin, (
                "the page cannot read why it is refused"
            )
        assert server.session is None, "a refused page has started a session"

    _talk(talk)


def test_every_answer_can_be_read_by_the_page_that_asked() -> None:
    """This includes errors: without these headers a page sees nothing but "Failed to fetch"."""
    origin = {"Origin": "http://localhost:3000"}

    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        await client.post("/start_session", json={})
        session = f"/sessions/{LOCAL_SESSION}"
        slot = (
            await client.post(
                f"{session}/uploads", json={"name": "a", "size": 3, "mime_type": "image/png"}
            )
        ).json()
        asked: list[tuple[int, str, str, dict[str, Any]]] = [
            (200, "GET", "/health", {}),
            (202, "GET", f"{session}/transport/webrtc/sdp_params", {}),
            (400, "POST", f"{session}/uploads", {"json": {}}),
            (401, "POST", "/sessions", {"json": {}}),
            (
                403,
                "PUT",
                slot["presigned_url"],
                {"content": b"abc", "headers": {"Content-Type": "image/gif"}},
            ),
            (403, "GET", "/health", {"headers": {"Host": "evil.example"}}),
            (403, "GET", "/health", {"headers": {"Origin": "https://evil.example"}}),
            (404, "GET", "/nowhere", {}),
            (405, "DELETE", "/health", {}),
            (409, "POST", "/start_session", {"json": {}}),
            (413, "POST", "/start_session", {"content": b" " * 2_000_000}),
            (422, "POST", "/start_session", {"content": b"{"}),
            (426, "GET", "/health", {"headers": {"Reactor-API-Version": "0"}}),
            (501, "GET", "/health", {"headers": {"Reactor-API-Version": "2"}}),
            (503, "POST", "/stop_session", {}),
        ]
        for status, method, path, parts in asked:
            headers = {**origin, **parts.pop("headers", {})}
            answer = await client.request(method, path, headers=headers, **parts)
            assert answer.status_code == status, (method, path, answer.text)
            assert answer.headers["Access-Control-Allow-Origin"] == headers["Origin"], (
                status,
                method,
                path,
            )
            assert status < 400 or isinstance(answer.json()["detail"], str | list)
        assert (await client.delete("/health", headers=origin)).headers["Allow"]
        async with client.stream("GET", "/events", headers=origin) as stream:
            assert stream.headers["Access-Control-Allow-Origin"] == origin["Origin"]
        asking = {
            **origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type, x-own",
        }
        for path in (slot["presigned_url"], "/nowhere", "/health"):
            before = await client.options(path, headers=asking)
            assert before.status_code == 204
            assert before.headers["Access-Control-Allow-Headers"] == "content-type, x-own"
            assert "PUT" in before.headers["Access-Control-Allow-Methods"]
        foreign = await client.options(
            "/start_session", headers={**asking, "Origin": "https://evil.example"}
        )
        assert foreign.headers["Access-Control-Allow-Origin"] == "https://evil.example"
        assert "Access-Control-Allow-Credentials" not in foreign.headers

    _talk(talk, moods=(("POST", "/stop_session", 503, 1),))


def test_a_failure_of_ours_is_an_answer_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("sequencer.server.routes.document", broken)

    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        answer = await client.get("/schema", headers={"Origin": "http://localhost:3000"})
        assert answer.status_code == 500
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
        assert "bug" in answer.json()["detail"]
        assert "planted" not in answer.text
        assert "planted" in caplog.text, "nobody learns what failed"

    _talk(talk)


@pytest.mark.parametrize("scope", ["helios", "reactor/helios"])
@pytest.mark.parametrize("name", ["helios", "reactor/helios"])
def test_a_model_is_named_with_or_without_its_account_and_one_token_serves_every_call(
    scope: str, name: str
) -> None:
    _, data = image_file()

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        match = {"type": "session", "resources": {"models": {"match": [scope]}}}
        proof = await _token(client, {"authorization_details": [match]})
        made = await client.post("/sessions", headers=proof, json={"model": {"name": name}})
        assert made.status_code == 201, made.text
        one = f"/sessions/{made.json()['session_id']}"
        webrtc = f"{one}/transport/webrtc"
        assert (await client.get(one, headers=proof)).status_code == 200
        assert (await client.get(f"{one}/info", headers=proof)).status_code == 200
        assert (await client.put(one, headers=proof)).status_code == 200
        assert (await client.get(f"{webrtc}/ice_servers", headers=proof)).status_code == 200
        number = (await client.post(f"{webrtc}/connections", headers=proof, json={})).json()[
            "connection_id"
        ]
        for base in (webrtc, f"{webrtc}/connections/{number}"):
            offer = {"sdp_offer": "v=0", "track_mapping": []}
            assert (
                await client.post(f"{base}/sdp_params", headers=proof, json=offer)
            ).status_code == 202
            assert (await client.get(f"{base}/sdp_params", headers=proof)).status_code in (200, 202)
            assert (
                await client.post(f"{base}/ice_candidates", headers=proof, json={"candidates": []})
            ).status_code == 202
        file = {"name": "a.png", "size": len(data), "mime_type": "image/png"}
        slot = (await client.post(f"{one}/uploads", headers=proof, json=file)).json()
        put = await client.put(
            slot["presigned_url"], content=data, headers={"Content-Type": "image/png"}
        )
        assert put.status_code == 200
        recording = server.routes.sessions[made.json()["session_id"]].clips.recording
        asked = await client.get(f"/clips?session_id={recording}&start=0&end=1", headers=proof)
        assert asked.status_code == 410, "it reaches the recording"
        assert (await client.delete(one, headers=proof)).status_code == 204

    _talk(talk)


def test_versions_are_looked_at() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        assert (
            await client.get("/health", headers={"Reactor-API-Version": "0"})
        ).status_code == 426
        assert (
            await client.get("/health", headers={"Reactor-API-Version": "2"})
        ).status_code == 501
        assert (
            await client.get("/health", headers={"Reactor-WebRTC-Version": "2.0"})
        ).status_code == 501
        assert (
            await client.get("/health", headers={"Reactor-WebRTC-Version": "1.0"})
        ).status_code == 200

    _talk(talk)


def test_keys_and_tokens_are_asked_for() -> None:
    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        for headers in ({}, {"Reactor-API-Key": "nonsense"}):
            assert (await client.post("/tokens", headers=headers)).status_code == 401
        for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
            assert (
                await client.post("/sessions", headers=wrong, json={"model": {"name": "helios"}})
            ).status_code == 401
        proof = await _token(client)
        assert (
            await client.post("/sessions", headers=proof, json={"model": {"name": "zeus"}})
        ).status_code == 404
        assert (await client.post("/sessions", headers=proof, json={})).status_code == 422
        session = await _session(client, proof)
        assert (await client.get(f"/sessions/{session}")).status_code == 401
        server.routes.tokens.expire()
        assert (await client.get(f"/sessions/{session}", headers=proof)).status_code == 401

    _talk(talk)


def test_a_token_reaches_what_it_was_made_for_only() -> None:
    scope = {
        "type": "session",
        "resources": {"models": {"match": ["helios"]}},
        "constraints": {"max_sessions": 1},
    }

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        mine = await _token(client, {"authorization_details": [scope], "expires_after": 60})
        session = await _session(client, mine)
        again = await client.post("/sessions", headers=mine, json={"model": {"name": "helios"}})
        assert again.status_code == 403
        other = await _token(client, {"authorization_details": [scope]})
        assert (await client.get(f"/sessions/{session}", headers=other)).status_code == 404
        assert (await client.delete(f"/sessions/{session}", headers=other)).status_code == 404
        bound = {
            "type": "session",
            "resources": {"models": {"all": True}, "sessions": {"bind": [session]}},
        }
        adopting = await _token(client, {"authorization_details": [bound]})
        assert (await client.get(f"/sessions/{session}", headers=adopting)).status_code == 200
        recording = server.routes.sessions[session].clips.recording
        asked = f"/clips?session_id={recording}&start=0&end=1"
        assert (await client.get(asked, headers=other)).status_code == 404
        assert (await client.get(asked)).status_code == 401
        assert (await client.get(asked, headers=adopting)).status_code == 410, (
            "it reaches the recording"
        )
        zeus = {"type": "session", "resources": {"models": {"match": ["zeus"]}}}
        wrong = await _token(client, {"authorization_details": [zeus]})
        assert (
            await client.post("/sessions", headers=wrong, json={"model": {"name": "helios"}})
        ).status_code == 403

    _talk(talk)


@pytest.mark.parametrize(
    "body",
    [
        {"expires_after": -1},
        {"expires_after": "soon"},
        {"authorization_details": 3},
        {"authorization_details": [{"type": "account"}]},
        {"authorization_details": [{"type": "session", "resources": 3}]},
    ],
)
def test_a_mint_that_makes_no_sense_is_refused(body: dict[str, object]) -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        answer = await client.post("/tokens", headers={"Reactor-API-Key": "rk_any"}, json=body)
        assert answer.status_code == 422

    _talk(talk)


def test_an_account_has_five_sessions_at_once() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        proof = await _token(client)
        sessions = [await _session(client, proof) for _ in range(5)]
        refused = await client.post("/sessions", headers=proof, json={"model": {"name": "helios"}})
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "5"
        assert (await client.delete(f"/sessions/{sessions[0]}", headers=proof)).status_code == 204
        assert (await client.delete(f"/sessions/{sessions[0]}", headers=proof)).status_code == 404
        await _session(client, proof)

    _talk(talk)


def test_a_session_is_slim_at_first_and_whole_when_it_is_ready() -> None:
    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        proof = await _token(client)
        path = f"/sessions/{await _session(client, proof)}"
        first = (await client.get(path, headers=proof)).json()
        assert first["state"] == "PENDING"
        assert "capabilities" not in first
        session = first
        for _ in range(200):
            if (session := (await client.get(path, headers=proof)).json())["state"] != "PENDING":
                break
            await asyncio.sleep(0.02)
        assert session["capabilities"]["tracks"] == [
            {"name": "main_video", "kind": "video", "direction": "recvonly"}
        ]
        assert session["selected_transport"]["protocol"] == "webrtc"
        assert set((await client.get(f"{path}/info", headers=proof)).json()) == {
            "session_id",
            "state",
            "cluster",
        }

    _talk(talk)


def test_a_local_runtime_plays_one_session_without_a_key() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        assert (await client.get("/health")).json()["state"] == "available"
        assert (await client.post("/stop_session")).status_code == 409
        session = (await client.post("/start_session", json={})).json()
        assert session["session_id"] == LOCAL_SESSION
        assert session["state"] == "ready"
        assert (await client.post("/start_session", json={})).status_code == 409
        assert (await client.get("/session")).json()["capabilities"]["tracks"]
        assert (await client.get(f"/sessions/{LOCAL_SESSION}")).status_code == 404
        assert (await client.get("/schema")).json()["paths"]["/events/schedule_prompt"]
        connection = await client.post(f"/sessions/{LOCAL_SESSION}/transport/webrtc/connections")
        assert connection.status_code == 201
        assert connection.json()["track_map"]["main_video"]["direction"] == "out"
        number = connection.json()["connection_id"]
        path = f"/sessions/{LOCAL_SESSION}/transport/webrtc/connections"
        assert (await client.get(f"{path}/{number}/sdp_params")).status_code == 202
        assert (await client.get(f"{path}/7/sdp_params")).status_code == 400
        unknown = 1002 if number != 1002 else 1003
        assert (await client.get(f"{path}/{unknown}/sdp_params")).status_code == 404
        assert (await client.post(f"{path}/{number}/sdp_params", json={})).status_code == 422
        assert (
            await client.post(f"{path}/{number}/sdp_params", json={"sdp_offer": "nonsense"})
        ).status_code == 202
        assert (await client.post("/stop_session")).status_code == 200
        assert (await client.post("/start_session", json={})).status_code == 200

    _talk(talk)


def test_uploads_take_exactly_what_was_announced_once() -> None:
    _, data = image_file()

    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        await client.post("/start_session", json={})
        path = f"/sessions/{LOCAL_SESSION}/uploads"
        announced = {"name": "a.png", "size": len(data), "mime_type": "image/png"}
        for wrong in (
            {"size": 0},
            {"size": -5},
            {"size": True},
            {"size": "9"},
            {"name": ""},
            {"name": "a\n.png"},
            {"name": "a" * 300},
            {"mime_type": ""},
            {"mime_type": "text/html"},
        ):
            assert (await client.post(path, json={**announced, **wrong})).status_code == 400, wrong
        assert (
            await client.post(path, json={**announced, "size": MAX_UPLOAD_BYTES + 1})
        ).status_code == 413
        slot = (await client.post(path, json=announced)).json()
        png = {"Content-Type": "image/png"}
        assert (
            await client.put(slot["presigned_url"].split("?")[0], content=data, headers=png)
        ).status_code == 403
        assert (
            await client.put(
                slot["presigned_url"], content=data, headers={"Content-Type": "image/gif"}
            )
        ).status_code == 403
        assert (
            await client.put(slot["presigned_url"], content=data[:-1], headers=png)
        ).status_code == 400
        assert (
            await client.put(slot["presigned_url"], content=data + b"x", headers=png)
        ).status_code == 400
        assert (
            await client.put(slot["presigned_url"], content=data, headers=png)
        ).status_code == 200
        assert (
            await client.put(slot["presigned_url"], content=data, headers=png)
        ).status_code == 409
        elsewhere = slot["presigned_url"].replace(slot["presigned_id"], "0" * 32)
        assert (await client.put(elsewhere, content=data, headers=png)).status_code == 404

    _talk(talk)


def test_an_address_for_an_upload_expires() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        await client.post("/start_session", json={})
        body = {"name": "a.png", "size": 3, "mime_type": "image/png"}
        slot = (await client.post(f"/sessions/{LOCAL_SESSION}/uploads", json=body)).json()
        answer = await client.put(
            slot["presigned_url"], content=b"abc", headers={"Content-Type": "image/png"}
        )
        assert answer.status_code == 403
        assert "expired" in answer.text

    _talk(talk, url_seconds=-1.0)


def test_bodies_are_bounded_and_must_be_objects() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        assert (await client.post("/start_session", content=b"{" * 2_000_000)).status_code == 413
        for body in (b"{", b"[1]", b"3", b"\xff", b"[" * 100_000):
            assert (await client.post("/start_session", content=body)).status_code == 422
        assert (await client.get("/nowhere")).json() == {"detail": "Not Found"}

    _talk(talk)


def test_a_session_without_a_client_ends_and_so_does_one_that_is_too_long() -> None:
    async def orphaned(client: httpx.AsyncClient, server: StageServer) -> None:
        await client.post("/start_session", json={})
        session = server.session
        assert session is not None
        while session.ended is None:
            await session.news.wait()
        assert "nobody" in session.ended

    _talk(orphaned, orphan_seconds=0.2)

    async def long(client: httpx.AsyncClient, server: StageServer) -> None:
        await client.post("/start_session", json={})
        session = server.session
        assert session is not None
        while session.ended is None:
            await session.news.wait()
        assert "time is up" in session.ended

    _talk(long, session_seconds=0.2)


def test_a_session_is_kept_as_long_as_the_vendor_documents_and_our_retries_fit_in() -> None:
    """The loss is noticed late, and then there must be time for one more attempt."""
    assert ServerSettings().orphan_seconds == 30
    ours = ReactorSettings()
    assert ours.silence_seconds + ours.grace_seconds + 2 <= ServerSettings().orphan_seconds

    async def kept(client: httpx.AsyncClient, server: StageServer) -> None:
        await client.post("/start_session", json={})
        session = server.session
        assert session is not None
        begun = time.monotonic()
        while session.ended is None:
            await session.news.wait()
        assert 1.4 < time.monotonic() - begun < 4

    _talk(kept, orphan_seconds=1.5)


def test_answers_of_another_kind_can_be_asked_for() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        answers = [await client.post("/start_session", json={}) for _ in range(3)]
        assert [one.status_code for one in answers] == [503, 503, 200]
        assert answers[0].headers["Retry-After"] == "1"

    _talk(talk, moods=(("POST", "/start_session", 503, 2),))


def test_what_happens_is_reported_as_it_happens() -> None:
    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        await client.post("/start_session", json={})
        session: dict[str, object] = {}
        async with client.stream("GET", "/events") as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            await client.post("/stop_session", json={"reason": "enough"})
            async with asyncio.timeout(10):
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        session = json.loads(line.removeprefix("data: "))
                        break
        assert session["event"] == "ended"
        assert session["detail"] == {"reason": "enough"}

    _talk(talk)


@pytest.mark.parametrize("host", ["", " ", "\t"])
def test_an_empty_host_is_not_every_address(host: str) -> None:
    async def go() -> None:
        with pytest.raises(UsageError, match="--host is empty"):
            async with StageServer(ServerSettings(host=host, port=0)):
                pass

    asyncio.run(go())


@pytest.mark.parametrize(
    ("host", "is_open"),
    [("127.0.0.1", False), ("localhost", False), ("127.1", False), ("0", True), ("0.0.0.0", True)],  # noqa: S104  this is what is tested
)
def test_what_is_open_to_others_is_known_however_it_is_written(host: str, is_open: bool) -> None:
    async def go() -> None:
        async with (
            StageServer(ServerSettings(host=host, port=0)) as server,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            assert server.is_open_to_others == is_open
            assert (await client.get(f"{server.url}/health")).status_code == 200

    asyncio.run(go())


def test_a_port_that_is_taken_is_reported() -> None:
    async def go() -> None:
        async with local_server() as first:
            with pytest.raises(UsageError, match="cannot be served"):
                async with StageServer(ServerSettings(port=first.port)):
                    pass

    asyncio.run(go())

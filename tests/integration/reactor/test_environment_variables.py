"""Proxies, certificates and `Retry-After` dates: valid values are used, invalid ones give an error
message.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from sequencer.core.errors import StageError
from sequencer.stages.reactor.http import ApiClient, ApiError

BASE = "https://reactor.invalid"
PASSWORD = "hunter2"  # noqa: S105  # an invented one that must not be shown
SCORE = 'seed 1\nat 0c "A paper boat drifts along a gutter. Grey light. Wide shot."\nend 2c\n'
NAMES = (
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "ssl_cert_file",
    "ssl_cert_dir",
    "sslkeylogfile",
)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the machine's own variables."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def made(base: str = BASE) -> ApiClient:
    """Create a client as a performance does, and close it."""
    found = ApiClient(base)
    asyncio.run(found.close())
    return found


WRONG = {
    "ALL_PROXY=socks5://u:hunter2@127.0.0.1:9": "ALL_PROXY names a SOCKS proxy, for which the Python package socksio",
    "all_proxy=socks5h://127.0.0.1:9": "all_proxy names a SOCKS proxy",
    "HTTPS_PROXY=ftp://u:hunter2@proxy": "HTTPS_PROXY names a proxy of the kind 'ftp', which is not supported",
    "HTTPS_PROXY=socks4://proxy": "HTTPS_PROXY names a proxy of the kind 'socks4'",
    "https_proxy=http://u:hunter2@": "https_proxy does not contain the address of a proxy",
    "HTTPS_PROXY=http://proxy:hunter2": "HTTPS_PROXY does not contain the address of a proxy",
    "HTTPS_PROXY=http://proxy:99999": "HTTPS_PROXY does not contain the address of a proxy",
    "HTTPS_PROXY=::::": "HTTPS_PROXY does not contain the address of a proxy",
    "HTTPS_PROXY=http://[nonsense": "HTTPS_PROXY does not contain the address of a proxy",
    "HTTPS_PROXY=http://a b": "HTTPS_PROXY does not contain the address of a proxy",
    "SSL_CERT_FILE=/nowhere.pem": "SSL_CERT_FILE names /nowhere.pem, which cannot be read: No such file",
    "SSL_CERT_FILE=/": "SSL_CERT_FILE names /, which cannot be read: Is a directory",
    f"SSL_CERT_FILE={__file__}": "which contains no certificates",
    "SSL_CERT_DIR=/nowhere": "SSL_CERT_DIR names /nowhere, which is not a folder",
    "SSLKEYLOGFILE=/nowhere/keys": "SSLKEYLOGFILE names /nowhere/keys, which cannot be written: No such file",
}


@pytest.mark.parametrize("setting", WRONG)
def test_a_variable_that_cannot_be_used_is_named(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.stages.reactor.environment.find_spec", lambda _: None)
    name, _, value = setting.partition("=")
    monkeypatch.setenv(name, value)
    with pytest.raises(StageError) as raised:
        made()
    assert WRONG[setting] in raised.value.message
    assert "the environment variable" in raised.value.message
    assert raised.value.hint
    assert PASSWORD not in str(raised.value)


FINE = [
    "NO_PROXY=localhost,127.0.0.1,[::1]",
    "NO_PROXY=localhost,,::1,10.0.0.0/8,a b,*.x,%%,[,http://x,*",
    "HTTP_PROXY=nonsense://for addresses that are not called",
    "HTTPS_PROXY=proxy:3128",
    "HTTPS_PROXY=http://user:hunter2@proxy:3128",
    "ALL_PROXY=https://proxy",
    "SSL_CERT_FILE=",
    "REQUESTS_CA_BUNDLE=/nowhere.pem",
    "CURL_CA_BUNDLE=/nowhere.pem",
]


@pytest.mark.parametrize("setting", FINE)
def test_what_can_be_used_or_does_not_matter_is_no_fault(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, value = setting.partition("=")
    monkeypatch.setenv(name, value)
    made()


@pytest.mark.parametrize("exempt", ["reactor.invalid", ".invalid", "*"])
def test_a_proxy_that_the_platform_is_exempt_from_is_no_fault(
    exempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://nowhere")
    monkeypatch.setenv("NO_PROXY", f"localhost,{exempt}")
    assert made()._proxy is None


def test_a_proxy_does_not_matter_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "ftp://nowhere")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    made("http://127.0.0.1:8080")


def through(
    proxy: Callable[[str], bytes], base: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> object:
    """Return the result of a request to `base` through a proxy that answers with `proxy(first line
    of the request)`.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        while (await reader.readline()).strip():
            pass
        writer.write(proxy(line))
        await writer.drain()
        writer.close()

    async def ask() -> object:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            monkeypatch.setenv(variable, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            asked = ApiClient(base)
            try:
                return (await asked.ask("getting a token", "POST", "/tokens", {})).body
            finally:
                await asked.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_a_proxy_is_used(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    def answer(line: str) -> bytes:
        lines.append(line)
        return b'HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\n{"a":1}'

    monkeypatch.setenv("NO_PROXY", "localhost,[::1],elsewhere.invalid")
    assert through(answer, "http://reactor.invalid", variable, monkeypatch) == {"a": 1}
    assert lines == ["POST http://reactor.invalid/tokens HTTP/1.1\r\n"]


def test_a_proxy_that_refuses_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ApiError) as raised:
        through(
            lambda _: b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n",
            BASE,
            "HTTPS_PROXY",
            monkeypatch,
        )
    assert (
        "the proxy that HTTPS_PROXY names does not connect to reactor.invalid"
        in raised.value.message
    )


def test_a_proxy_that_is_not_there_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@127.0.0.1:9")

    async def ask() -> None:
        asked = ApiClient(BASE)
        try:
            await asked.ask("getting a token", "POST", "/tokens", {})
        finally:
            await asked.close()

    with pytest.raises(ApiError) as raised:
        asyncio.run(ask())
    assert (
        "reactor.invalid cannot be reached through the proxy that HTTPS_PROXY names"
        in raised.value.message
    )
    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize(
    "setting", ["ALL_PROXY=ftp://nowhere", "SSL_CERT_FILE=/nowhere.pem", "NO_PROXY=[::1],localhost"]
)
def test_perform_reports_it_and_leaves_nothing(setting: str, tmp_path: Path) -> None:
    (tmp_path / "boat.score").write_text(SCORE, encoding="utf-8")
    (tmp_path / "key").write_text("rk_none\n", encoding="utf-8")
    name, _, value = setting.partition("=")
    variables = {key: old for key, old in os.environ.items() if key.lower() not in NAMES}
    words = ["perform", "boat.score", "--url", BASE, "--key-file", "key", "--out", "run"]
    done = subprocess.run(
        [sys.executable, "-m", "sequencer", *words],
        cwd=tmp_path,
        env={**variables, name: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"the environment variable {name}" in done.stderr or (
        name == "NO_PROXY" and "getting a token" in done.stderr
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["boat.score", "key"]


# ---- Retry-After


def asked_with(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch, tries: int = 1
) -> tuple[list[float], list[str]]:
    """Return the waits, and the notices, when answers with these headers come before a successful
    one.
    """
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("sequencer.stages.reactor.http.asyncio.sleep", sleep)
    notices: list[str] = []
    answers = [httpx.Response(503, headers=headers)] * tries + [httpx.Response(200, json={})]

    async def ask() -> None:
        asked = ApiClient(
            BASE, transport=httpx.MockTransport(lambda _: answers.pop(0)), notice=notices.append
        )
        await asked.ask("creating a session", "POST", "/sessions", {})

    asyncio.run(ask())
    return waits, notices


NOW = datetime(2026, 5, 17, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("skew", [0, 3600, -7200])
def test_a_date_is_waited_for_by_the_clock_of_the_platform(
    skew: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC) + timedelta(seconds=skew)
    headers = {
        "Date": format_datetime(now, usegmt=True),
        "Retry-After": format_datetime(now + timedelta(seconds=7), usegmt=True),
    }
    waits, notices = asked_with(headers, monkeypatch)
    assert waits == [7.0]
    assert notices == [
        "creating a session: it is not ready (HTTP 503); trying again in 7 s, as the platform asks"
    ]


def test_a_date_without_a_clock_is_waited_for_by_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, _ = asked_with(
        {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)},
        monkeypatch,
    )
    assert 18 < waits[0] <= 20


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 17 May 2026 11:59:00 GMT",
        "Sunday, 17-May-26 11:00:00 GMT",
        "Sun May 17 11:00:00 2026",
        "-3",
        "0",
        "nan",
    ],
)
def test_what_is_over_is_not_waited_for(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Date": format_datetime(NOW, usegmt=True), "Retry-After": text}
    assert asked_with(headers, monkeypatch) == ([0.0], [])


@pytest.mark.parametrize(
    "text", ["", "soon", "Sun, 99 May 2026 12:00:00 GMT", "Sun, 17 May 99999 12:00:00 GMT"]
)
def test_an_invalid_time_is_waited_for_as_if_none_was_given(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked_with({"Retry-After": text}, monkeypatch, tries=2) == ([0.25, 0.5], [])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sun, 17 May 2026 12:31:00 GMT", "31 min"),
        ("100", "100 s"),
        ("inf", "a day or more"),
        ("1e300", "a day or more"),
    ],
)
def test_what_is_too_long_is_reported_instead(
    text: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ApiError) as raised:
        asked_with({"Date": format_datetime(NOW, usegmt=True), "Retry-After": text}, monkeypatch)
    assert f"the platform asks to try again in {shown}" in str(raised.value.hint)

"""Which proxy an address is called through, which hosts are exempt, and how TLS is checked, without
starting anything.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from sequencer.core.errors import StageError
from sequencer.stages.reactor import environment as module
from sequencer.stages.reactor.environment import Proxies, _exempt, _proxy, tls_context

WRITE = (
    "write http://HOST:PORT, or unset the variable; hosts to reach without a proxy go into NO_PROXY"
)
NAMES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSLKEYLOGFILE",
)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def chosen(
    patch: pytest.MonkeyPatch, base: str, **variables: str
) -> tuple[str | None, dict[str, str | None]]:
    """Return the variable that applies to the platform itself, and the proxy of each pattern of
    addresses.
    """
    with patch.context() as inside:
        for name, value in variables.items():
            inside.setenv(name, value)
        found = Proxies(base)
    return found.variable, {
        pattern: None if one is None else str(one.url) for pattern, one in found._proxies.items()
    }


@pytest.mark.parametrize(
    ("base", "variables", "variable", "proxies"),
    [
        ("https://x.test", {}, None, {}),
        ("https://x.test", {"HTTPS_PROXY": "p:1"}, "HTTPS_PROXY", {"https://": "http://p:1"}),
        ("https://x.test", {"https_proxy": "http://p:1"}, "https_proxy", {"https://": "http://p:1"}),
        ("https://x.test", {"HTTP_PROXY": "p:1"}, None, {}),
        ("http://x.test", {"HTTP_PROXY": "p:1"}, "HTTP_PROXY", {"http://": "http://p:1"}),
        ("http://x.test", {"HTTPS_PROXY": "p:1"}, None, {"https://": "http://p:1"}),
        (
            "http://x.test", {"HTTPS_PROXY": "p:1", "HTTP_PROXY": "q:2"}, "HTTP_PROXY",
            {"http://": "http://q:2", "https://": "http://p:1"},
        ),
        ("https://x.test", {"ALL_PROXY": "p:1"}, "ALL_PROXY", {"https://": "http://p:1"}),
        ("https://x.test", {"ALL_PROXY": "p:1", "HTTPS_PROXY": "q:2"}, "HTTPS_PROXY", {"https://": "http://q:2"}),
        ("http://x.test", {"ALL_PROXY": "p:1"}, "ALL_PROXY", {"http://": "http://p:1", "https://": "http://p:1"}),
        ("https://x.test", {"HTTPS_PROXY": "p:1", "NO_PROXY": "*"}, None, {}),
        ("https://x.test", {"HTTPS_PROXY": "p:1", "NO_PROXY": "a, *"}, None, {}),
        (
            "https://x.test", {"HTTPS_PROXY": "p:1", "NO_PROXY": " x.test , b"}, None,
            {"https://": "http://p:1", "all://*x.test": None, "all://*b": None},
        ),
        ("https://x.test", {"NO_PROXY": "b"}, None, {}),
        ("https://x.test", {"HTTPS_PROXY": "ftp://p", "NO_PROXY": "x.test"}, None, {}),
        (
            "http://x.test", {"HTTP_PROXY": "ftp://p", "HTTPS_PROXY": "p:1", "NO_PROXY": "x.test"}, None,
            {"https://": "http://p:1", "all://*x.test": None},
        ),
        (
            "https://u@x.test", {"HTTPS_PROXY": "p:1", "NO_PROXY": "x.test"}, None,
            {"https://": "http://p:1", "all://*x.test": None},
        ),
    ],
)  # fmt: skip
def test_which_proxy_is_used(
    monkeypatch: pytest.MonkeyPatch,
    base: str,
    variables: dict[str, str],
    variable: str | None,
    proxies: dict[str, str | None],
) -> None:
    assert chosen(monkeypatch, base, **variables) == (variable, proxies)


def test_a_proxy_that_cannot_be_used_is_an_error_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(StageError, match="HTTPS_PROXY names a proxy of the kind 'ftp'"):
        chosen(monkeypatch, "https://x.test", HTTPS_PROXY="ftp://p")
    with pytest.raises(StageError, match="HTTPS_PROXY names a proxy of the kind 'ftp'"):
        chosen(monkeypatch, "https://x.test", HTTPS_PROXY="ftp://p", NO_PROXY="other.test")


def test_a_proxy_of_the_systems_settings_is_named_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "getproxies", lambda: {"https": "http://p:1"})
    assert Proxies("https://x.test").variable == "https_proxy (of the system's settings)"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("p:1", "http://p:1"),
        ("HTTPS://p:443", "https://p:443"),
        ("http://u:w@p:1", "http://p:1"),
        ("http://p", "http://p"),
        ("http://p:1/", "http://p:1/"),
    ],
)
def test_the_address_of_a_proxy(value: str, url: str) -> None:
    assert str(_proxy(value, "V").url) == url


@pytest.mark.parametrize(
    "value",
    ["http://", "http://a b", "p:0", "p:x", "p:99999", "http://[::1", "\tp:1", "http://a\u2003b:1"],
)
def test_what_is_no_address_of_a_proxy(value: str) -> None:
    with pytest.raises(StageError) as raised:
        _proxy(value, "V")
    assert (
        raised.value.message == "the environment variable V does not contain the address of a proxy"
    )
    assert raised.value.hint == WRITE


def test_kinds_of_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StageError) as raised:
        _proxy(f"{'a+b' * 12}://p", "V")
    kind = ("ab" * 12)[:20]
    assert (
        raised.value.message
        == f"the environment variable V names a proxy of the kind '{kind}', which is not supported"
    )
    assert raised.value.hint == WRITE
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    for scheme in ("socks5", "SOCKS5H"):
        with pytest.raises(StageError) as missing:
            _proxy(f"{scheme}://p:1", "V")
        assert missing.value.message == (
            "the environment variable V names a SOCKS proxy, for which the Python package "
            "socksio is missing"
        )
        assert missing.value.hint == f"install it with: python -m pip install socksio; or {WRITE}"
    needed: list[str] = []

    def is_there(name: str) -> bool:
        needed.append(name)
        return True

    monkeypatch.setattr(module, "find_spec", is_there)
    assert str(_proxy("socks5://p:1", "V").url) == "socks5://p:1"
    assert needed == ["socksio"]


@pytest.mark.parametrize(
    ("entry", "pattern"),
    [
        ("a.test", "all://*a.test"),
        (".a.test", "all://*.a.test"),
        ("localhost", "all://localhost"),
        ("LocalHost", "all://LocalHost"),
        ("10.0.0.1", "all://10.0.0.1"),
        ("10.0.0.1:80", "all://10.0.0.1:80"),
        ("10.0.0.x", "all://*10.0.0.x"),
        ("a.test:80", "all://*a.test:80"),
        ("::1", "all://[::1]"),
        ("[::1]", "all://[::1]"),
        ("a:b:c", None),
        ("", None),
        ("[]", None),
    ],
)
def test_hosts_without_a_proxy(entry: str, pattern: str | None) -> None:
    assert _exempt([entry, "last.test"]) == [
        *([] if pattern is None else [pattern]),
        "all://*last.test",
    ]


def test_addresses_are_called_with_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "p:1")
    monkeypatch.setenv("NO_PROXY", "b.test")
    made: list[dict[str, Any]] = []

    def transport(**how: Any) -> str:
        made.append(how)
        return "transport"

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", transport)
    context = ssl.create_default_context()
    found: dict[str, Any] = dict(Proxies("https://x.test").transports(context))
    assert found == {"https://": "transport", "all://*b.test": None}
    (how,) = made
    assert (how["verify"], str(how["proxy"].url), how["trust_env"]) == (
        context,
        "http://p:1",
        False,
    )


# ---- certificates


def refusal(trusts: bool = True) -> tuple[str, str | None]:
    with pytest.raises(StageError) as raised:
        tls_context(trusts)
    return raised.value.message, raised.value.hint


CORRECT = "correct the variable, or unset it"


def test_certificates_come_from_where_the_environment_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing, empty = tmp_path / "missing", tmp_path / "empty"
    empty.write_bytes(b"")
    named = "the environment variable SSL_CERT_FILE names"
    for file, problem in (
        (missing, "which cannot be read: No such file or directory"),
        (tmp_path, "which cannot be read: Is a directory"),
        (empty, "which contains no certificates"),
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert refusal() == (f"{named} {file}, {problem}", CORRECT)
        assert tls_context(False).verify_mode is ssl.CERT_REQUIRED
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(empty))
    assert refusal() == (
        f"the environment variable SSL_CERT_DIR names {empty}, which is not a folder",
        CORRECT,
    )
    assert isinstance(tls_context(False), ssl.SSLContext)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert isinstance(tls_context(True), ssl.SSLContext)


def test_a_log_of_keys_must_be_writable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path))
    message = (
        f"the environment variable SSLKEYLOGFILE names {tmp_path}, which cannot be written: Is a "
        "directory"
    )
    for trusts in (True, False):
        assert refusal(trusts) == (message, CORRECT)
    file = tmp_path / "keys"
    file.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    assert isinstance(tls_context(True), ssl.SSLContext)
    assert file.read_text(encoding="utf-8").startswith("before\n")


def test_an_error_of_tls_without_a_file_is_not_explained_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(trust_env: bool) -> ssl.SSLContext:
        raise ssl.SSLError(f"broken {trust_env}")

    monkeypatch.setattr(httpx, "create_ssl_context", fails)
    for trusts in (True, False):
        with pytest.raises(ssl.SSLError, match=f"broken {trusts}"):
            tls_context(trusts)

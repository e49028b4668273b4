"""Names and addresses: which lead to a server, and which page is its own."""

from __future__ import annotations

import pytest

from sequencer.web.hosts import (
    Hosts,
    is_every_address,
    is_loopback,
    is_same_origin,
    name_of,
    name_of_origin,
)


@pytest.mark.parametrize(
    ("host", "loopback", "every"),
    [
        ("localhost", True, False),
        ("a.localhost", True, False),
        ("127.0.0.1", True, False),
        ("127.8.8.8", True, False),
        ("::1", True, False),
        ("[::1]", True, False),
        ("0.0.0.0", False, True),  # noqa: S104 - it is only examined
        ("::", False, True),
        ("[::]", False, True),
        ("::ffff:0.0.0.0", False, True),
        ("192.168.0.4", False, False),
        ("localhost.example.org", False, False),
        ("", False, False),
    ],
)
def test_which_hosts_are_this_machine(host: str, loopback: bool, every: bool) -> None:
    assert (is_loopback(host), is_every_address(host)) == (loopback, every)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:8080", "localhost"),
        ("Studio.LAN", "studio.lan"),
        ("[::1]:80", "::1"),
        ("user@127.0.0.1", "127.0.0.1"),
        ("[::1", ""),
        ("", ""),
    ],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    assert name_of(header) == name


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("http://localhost:3000", "localhost"),
        ("https://Studio.lan", "studio.lan"),
        ("null", ""),
        ("file://localhost", ""),
        ("http://[::1", ""),
    ],
)
def test_the_name_in_an_origin(origin: str, name: str) -> None:
    assert name_of_origin(origin) == name


@pytest.mark.parametrize(
    ("own", "name", "accepted"),
    [
        ((), "localhost", True),
        ((), "127.0.0.1", True),
        ((), "::1", True),
        ((), "", False),
        ((), "attacker.example", False),
        ((), "127.0.0.1.attacker.example", False),
        (("Studio.LAN",), "studio.lan", True),
        (("[fd00::4]",), "fd00::4", True),
        (("192.168.0.4",), "192.168.0.5", False),
        (("0.0.0.0",), "192.168.0.5", True),  # noqa: S104 - it is only examined
        (("0.0.0.0",), "attacker.example", False),  # noqa: S104 - it is only examined
        (("::",), "fd00::4", True),
    ],
)
def test_which_names_lead_to_a_server(own: tuple[str, ...], name: str, accepted: bool) -> None:
    hosts = Hosts()
    hosts.add(*own)
    assert hosts.accepts(name) is Hosts(*own).accepts(name) is accepted


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://Studio.lan:8080", "studio.lan:8080", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://localhost", "localhost:80", True),
        ("http://localhost:80", "localhost", True),
        ("https://studio.example", "studio.example", True),  # a proxy with TLS
        ("http://127.0.0.1:8081", "127.0.0.1:8080", False),  # another server on this machine
        ("http://localhost:8080", "127.0.0.1:8080", False),
        ("http://attacker.example", "127.0.0.1:8080", False),
        ("http://127.0.0.1:8080.attacker.example", "127.0.0.1:8080", False),
        ("http://attacker.example/127.0.0.1:8080", "127.0.0.1:8080", False),
        ("file://127.0.0.1:8080", "127.0.0.1:8080", False),
        ("chrome-extension://127.0.0.1:8080", "127.0.0.1:8080", False),
        ("null", "null", False),
        ("", "", False),
    ],
)
def test_which_page_is_the_server_s_own(origin: str, host: str, same: bool) -> None:
    assert is_same_origin(origin, host) is same

"""The page is checked against the messages that the server sends."""

from __future__ import annotations

from tests.support.protocol_types import FILE, write_types


def test_the_types_of_the_page_are_those_of_the_server() -> None:
    assert FILE.read_text(encoding="utf-8") == write_types(), (
        "write them anew: python -m tests.support.protocol_types"
    )

from __future__ import annotations

import gzip

import pytest

from sequencer.language.interchange import xml_input
from sequencer.language.interchange.imported import MAX_UNPACKED_BYTES, UnreadableError
from sequencer.language.interchange.xml_input import parse_xml, unpack_gzip


def test_elements_have_their_attributes_children_and_lines() -> None:
    root = parse_xml(b'<a>\n <b x="1&amp;"/>\n <c><b x="2"/></c></a>')
    assert [one.attributes["x"] for one in root.descendants("b")] == ["1&", "2"]
    found = root.find("c", "b")
    assert found is not None and found.line == 3
    assert root.find("c", "d", "e") is None
    assert [one.attributes["x"] for one in root.all("b")] == ["1&"]
    assert found.error("no time").place == ":3"


def test_what_is_not_needed_is_not_kept() -> None:
    root = parse_xml(b"<a><b><c/></b><d><c/></d></a>", lambda path: path[1:2] == ("d",))
    assert [one.name for one in root.children] == ["d"]
    assert [one.name for one in root.children[0].children] == ["c"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "this is not XML"),
        (b"<a>", "this is not XML: no element found"),
        (b"<a></b>", "mismatched tag"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "this is not XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "has a document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "has a document type"),
        (b"<a>&b;</a>", "undefined entity"),
        (b"<a>" * 300, "nested more than 200 levels"),
    ],
)
def test_what_is_not_plain_xml_is_an_error(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        parse_xml(data)


def test_the_number_of_elements_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_input, "MAX_ELEMENTS", 3)
    assert parse_xml(b"<a><b/><b/></a>").children
    with pytest.raises(UnreadableError, match="more than 3 elements"):
        parse_xml(b"<a><b/><b/><b/></a>")


def test_a_compressed_file_is_unpacked_up_to_a_limit() -> None:
    assert unpack_gzip(gzip.compress(b"<a/>")) == b"<a/>"
    with pytest.raises(UnreadableError, match="contains more than"):
        unpack_gzip(gzip.compress(bytes(MAX_UNPACKED_BYTES + 1)))
    with pytest.raises(UnreadableError, match="not complete"):
        unpack_gzip(gzip.compress(b"<a/>")[:-3])
    with pytest.raises(UnreadableError, match="damaged"):
        unpack_gzip(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 40)

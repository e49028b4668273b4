"""The lines of a journal, read piece by piece: the lines are the same wherever the pieces end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.errors import JournalError
from sequencer.engine import journal_lines as journallines
from sequencer.engine.journal_lines import end_of_last_line, lines_of, pieces_of

MARK = "\ufeff".encode()


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"{}\n", [(1, b"{}", True)], id="one"),
        pytest.param(b"{}\n{}", [(1, b"{}", True), (2, b"{}", False)], id="without-an-end"),
        pytest.param(
            b"{}\n\n{}\n", [(1, b"{}", True), (2, b"", True), (3, b"{}", True)], id="an-empty-line"
        ),
        pytest.param(b"{}\r\n{}\r\n", [(1, b"{}", True), (2, b"{}", True)], id="crlf"),
        pytest.param(b"{}\r\n{}\n", [(1, b"{}", True), (2, b"{}", True)], id="crlf-first"),
        pytest.param(
            b"{}\n{}\r\n", [(1, b"{}", True), (2, b"{}\r", True)], id="cr-in-a-plain-file"
        ),
        pytest.param(
            MARK + b"{}\n{}\n", [(1, b"{}", True), (2, b"{}", True)], id="byte-order-mark"
        ),
        pytest.param(
            b"{}\n" + MARK + b"{}\n",
            [(1, b"{}", True), (2, MARK + b"{}", True)],
            id="mark-in-a-later-line",
        ),
        pytest.param(MARK + b"{}\r\n", [(1, b"{}", True)], id="mark-and-crlf"),
    ],
)
def test_lines(data: bytes, lines: list[tuple[int, bytes, bool]]) -> None:
    assert list(lines_of([data])) == lines
    assert list(lines_of(bytes([one]) for one in data)) == lines


@given(
    st.lists(st.sampled_from([b"{", b'{"a":1}', b"\n", b"\r\n", b"", b"xy"]), max_size=12),
    st.data(),
)
def test_pieces_may_end_anywhere(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"{" + b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    found = list(lines_of(pieces))
    assert found == list(lines_of([whole]))
    assert [number for number, _, _ in found] == list(range(1, len(found) + 1))
    assert sum(ended for _, _, ended in found) == whole.count(b"\n")


def test_what_is_no_journal_is_not_read_to_its_end() -> None:
    def pieces() -> object:
        yield b"\x89PNG...."
        raise AssertionError("it read on")

    assert list(lines_of(pieces())) == [(1, b"\x89PNG....", False)]  # type: ignore[arg-type]  # a generator that fails


@pytest.mark.parametrize("extra", [0, 1], ids=["longest", "too-long"])
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "not-ended"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_line_has_a_bound(
    monkeypatch: pytest.MonkeyPatch, number: int, ended: bool, extra: int
) -> None:
    monkeypatch.setattr(journallines, "MAX_HEADER_BYTES", 20)
    monkeypatch.setattr(journallines, "MAX_LINE_BYTES", 10)
    longest = 20 if number == 1 else 10
    line = b"{" + b"x" * (longest - 1 + extra)
    data = (b"{}\n" if number == 2 else b"") + line + (b"\n" if ended else b"")
    for pieces in ([data], [data[:7], data[7:]]):
        if not extra:
            assert list(lines_of(pieces))[-1] == (number, line, ended)
            continue
        with pytest.raises(JournalError, match=f"longer than {longest} bytes") as raised:
            list(lines_of(pieces))
        assert raised.value.line == number


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", 0),
        (b"{}", 0),
        (b"{}\n", 3),
        (b"{}\n{", 3),
        (b"\n", 1),
        (b"{}\n" + b"x" * 50, 3),
        (b"x" * 50 + b"\n", 51),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1024])
def test_where_the_last_whole_line_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, end: int, piece: int
) -> None:
    monkeypatch.setattr(journallines, "PIECE", piece)
    path = tmp_path / "journal"
    path.write_bytes(data)
    with path.open("rb") as file:
        assert end_of_last_line(file) == end
    assert b"".join(pieces_of(path)) == data
    assert all(len(one) <= piece for one in pieces_of(path))

"""Tickets for files."""

from __future__ import annotations

from pathlib import Path

from sequencer.studio.tickets import MAX_TICKETS, Tickets


def test_a_ticket_is_valid_until_its_page_leaves() -> None:
    tickets, page, other = Tickets(), object(), object()
    url = tickets.issue(page, Path("video.mp4"), "video/mp4")
    kept = tickets.issue(other, Path("sound.wav"), "audio/wav", "sound.wav")
    name = url.removeprefix("/files/")
    found = tickets.find(name)
    assert found is not None
    assert (found.path, found.content_type, found.filename) == (
        Path("video.mp4"),
        "video/mp4",
        None,
    )
    tickets.end(page)
    assert tickets.find(name) is None
    assert tickets.find(kept.removeprefix("/files/")) is not None


def test_a_ticket_cannot_be_guessed_and_is_new_each_time() -> None:
    tickets, page = Tickets(), object()
    urls = {tickets.issue(page, Path("a"), "text/plain") for _ in range(10)}
    assert len(urls) == 10
    assert all(len(url.removeprefix("/files/")) >= 21 for url in urls)
    assert tickets.find("") is None


def test_a_page_has_a_limited_number_of_tickets() -> None:
    tickets, page = Tickets(), object()
    urls = [tickets.issue(page, Path(str(one)), "text/plain") for one in range(MAX_TICKETS + 1)]
    assert tickets.find(urls[0].removeprefix("/files/")) is None
    assert tickets.find(urls[1].removeprefix("/files/")) is not None

"""Uploads to the local server: announcements, the address of a slot, and the bytes."""

from __future__ import annotations

import asyncio
import time

import pytest

from sequencer.server.uploads import (
    MAX_NAME_LENGTH,
    MAX_UPLOAD_BYTES,
    MAX_UPLOADS,
    NotTakenError,
    Slot,
    UploadSlots,
)
from tests.support.image_fixtures import make_image, saved


@pytest.mark.parametrize(
    ("name", "size", "mime_type", "status"),
    [
        ("a.png", 10, "image/png", None),
        ("a.png", 10.0, "image/png", None),  # JSON has only one kind of number
        ("a.png", MAX_UPLOAD_BYTES, "image/png", None),
        ("a" * MAX_NAME_LENGTH, 10, "image/png", None),
        ("", 10, "image/png", 400),
        (None, 10, "image/png", 400),
        ("a.png", 10, "", 400),
        ("a.png", 0, "image/png", 400),
        ("a.png", -1, "image/png", 400),
        ("a.png", True, "image/png", 400),
        ("a.png", 1.5, "image/png", 400),
        ("a.png", float("inf"), "image/png", 400),
        ("a.png", "10", "image/png", 400),
        ("a" * (MAX_NAME_LENGTH + 1), 10, "image/png", 400),
        ("a\nb", 10, "image/png", 400),
        ("a.mp4", 10, "video/mp4", 400),
        ("a.png", MAX_UPLOAD_BYTES + 1, "image/png", 413),
    ],
)
def test_announcements(name: object, size: object, mime_type: object, status: int | None) -> None:
    if status is not None:
        with pytest.raises(NotTakenError) as error:
            UploadSlots(60).announce(name, size, mime_type)
        assert error.value.status == status
        return
    slot = UploadSlots(60).announce(name, size, mime_type)
    reference = slot.reference
    assert (reference.name, reference.size, reference.mime_type) == (name, size, mime_type)


def refused(uploads: UploadSlots, upload: str, secret: str) -> int | None:
    try:
        uploads.slot(upload, secret)
    except NotTakenError as error:
        return error.status
    return None


def name_of(slot: Slot) -> str:
    return slot.reference.upload_id


def test_a_slot_is_reached_with_its_secret_until_it_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    uploads = UploadSlots(60)
    slot, other = (
        uploads.announce("a.png", 10, "image/png"),
        uploads.announce("a.png", 10, "image/png"),
    )
    upload, secret = name_of(slot), slot.secret
    assert uploads.slot(upload, secret) is slot
    assert (refused(uploads, "none", secret), refused(uploads, upload, other.secret)) == (404, 403)
    now = 160.0
    assert refused(uploads, upload, secret) is None
    now = 160.1
    assert refused(uploads, upload, secret) == 403


def test_only_the_latest_uploads_are_kept() -> None:
    uploads = UploadSlots(60)
    slots = [uploads.announce("a.png", 10, "image/png") for _ in range(MAX_UPLOADS + 1)]
    assert [refused(uploads, name_of(slot), slot.secret) for slot in slots] == [404] + [
        None
    ] * MAX_UPLOADS


def test_bytes_are_taken_once_and_only_in_the_announced_number() -> None:
    data = saved(make_image(24, 16), "png")

    async def send() -> None:
        uploads = UploadSlots(60)
        slot = uploads.announce("a.png", len(data), "image/png")
        with pytest.raises(NotTakenError) as error:
            await uploads.take(slot, data[:-1])
        assert error.value.status == 400
        await uploads.take(slot, data)
        assert slot.found is not None
        assert (slot.found.width, slot.found.height) == (24, 16)
        assert slot.pixels is not None
        assert await uploads.wait(name_of(slot), 0) is slot
        assert refused(uploads, name_of(slot), slot.secret) == 409

    asyncio.run(send())


def test_bytes_that_are_not_an_image_arrive_as_an_error() -> None:
    async def send() -> Slot:
        uploads = UploadSlots(60)
        slot = uploads.announce("a.png", 5, "image/png")
        await uploads.take(slot, b"hello")
        return slot

    slot = asyncio.run(send())
    assert slot.found is not None
    assert (slot.found.width, slot.found.height, slot.pixels) == (0, 0, None)


def test_what_does_not_arrive_is_not_waited_for_longer_than_allowed() -> None:
    async def wait() -> list[Slot | None]:
        uploads = UploadSlots(60)
        slot = uploads.announce("a.png", 10, "image/png")
        return [await uploads.wait(name_of(slot), 0), await uploads.wait("none", 0)]

    assert asyncio.run(wait()) == [None, None]

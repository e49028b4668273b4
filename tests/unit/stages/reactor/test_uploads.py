"""Uploads: checked before anything is sent, repeated when an address has expired, reported when
nothing helps.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import io
from typing import Any

import httpx
import PIL.Image
import pytest

from sequencer.core.errors import JournalError, StageError
from sequencer.core.image_segments import without_metadata
from sequencer.core.images import MAX_IMAGE_BYTES, ImageFile
from sequencer.stages.reactor.http import ApiClient
from sequencer.stages.reactor.session import Session, Token
from sequencer.stages.reactor.uploads import ImageUploader
from sequencer.stages.wire.messages import Reference
from tests.support.reactor_fixtures import image_file, settings_for

URL = "http://127.0.0.1:1"
STORE = "https://store.test/bucket/object"
IMAGE, DATA = image_file()


class _Store:
    """A platform with a store; `puts` are the store's answers, in order (the last one is repeated)."""

    def __init__(self, *puts: int | Exception) -> None:
        self.puts = list(puts) or [200]
        self.brought: list[bytes] = []
        self.slots = 0
        self.size: int | None = len(DATA)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.slots += 1
            url = f"{STORE}/{self.slots}?X-Signature=secret{self.slots}"
            return httpx.Response(
                201, json={"presigned_id": f"u{self.slots}", "presigned_url": url, "path": "/x"}
            )
        assert request.headers["Content-Type"] == "image/png"
        assert "Authorization" not in request.headers
        assert self.size is None or request.headers["Content-Length"] == str(self.size)
        assert "Transfer-Encoding" not in request.headers
        answer = self.puts.pop(0) if len(self.puts) > 1 else self.puts[0]
        if isinstance(answer, Exception):
            raise answer
        self.brought.append(bytes(request.read()) if hasattr(request, "_content") else b"")
        return httpx.Response(answer)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the waits between attempts instead of waiting."""
    waited: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await real(0)

    monkeypatch.setattr("sequencer.stages.reactor.http.asyncio.sleep", sleep)
    return waited


def _upload(
    store: _Store, image: ImageFile = IMAGE, images: Any = None, times: int = 1, **more: Any
) -> Reference:
    async def go() -> Reference:
        settings = settings_for(URL)
        asked = ApiClient(URL, transport=httpx.MockTransport(store))
        session = Session(asked, Token(asked, settings), settings)
        session.id = "local"
        uploads = ImageUploader(
            asked, session, {IMAGE.sha256: DATA} if images is None else images, {}, **more
        )
        try:
            found = [await uploads.upload(image) for _ in range(times)]
        finally:
            await asked.close()
        return found[-1]

    return asyncio.run(go())


def test_an_image_is_brought_once_and_its_progress_reported() -> None:
    store, progress_reports = _Store(), []

    def progress(image: ImageFile, sent: int, size: int) -> None:
        progress_reports.append((image.path, sent, size))

    assert _upload(store, times=3, progress=progress) == Reference(
        "u1", "shape.png", "image/png", len(DATA)
    )
    assert store.slots == 1
    assert progress_reports[-1] == (IMAGE.path, len(DATA), len(DATA))


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 503])
def test_an_address_that_is_no_good_any_more_is_replaced(status: int) -> None:
    store = _Store(status, 200)
    assert _upload(store).upload_id == "u2"


def test_409_means_already_uploaded() -> None:
    """A first PUT may have arrived although its answer was lost."""
    assert _upload(_Store(409)).upload_id == "u1"


def test_a_broken_connection_is_tried_again() -> None:
    assert _upload(_Store(httpx.ReadTimeout("x"), 200)).upload_id == "u2"


@pytest.mark.parametrize("status", [400, 413, 418])
def test_what_the_store_refuses_is_reported_at_once(status: int) -> None:
    store = _Store(status)
    with pytest.raises(
        StageError, match=f"could not be uploaded: the platform's storage answered {status}"
    ) as raised:
        _upload(store)
    assert store.slots == 1
    assert "secret" not in str(raised.value)


def test_what_never_works_is_reported_without_its_address() -> None:
    with pytest.raises(StageError) as raised:
        _upload(_Store(httpx.ConnectError(f"cannot connect to {STORE}?X-Signature=secret")))
    assert "secret" not in str(raised.value)
    assert "store.test" not in str(raised.value)


def _other(data: bytes, **changes: Any) -> ImageFile:
    known = dataclasses.replace(IMAGE, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    return dataclasses.replace(known, **changes)


def _raises(*_: object) -> bytes:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("image", "images", "message"),
    [
        pytest.param(
            dataclasses.replace(IMAGE, mime_type="video/mp4"),
            None,
            "PNG, JPEG and WebP are supported",
            id="type",
        ),
        pytest.param(
            dataclasses.replace(IMAGE, size=MAX_IMAGE_BYTES + 1), None, "the maximum is", id="size"
        ),
        pytest.param(IMAGE, {IMAGE.sha256: b"other bytes"}, "has changed since", id="changed"),
        pytest.param(IMAGE, {}, "it does not exist", id="missing"),
        pytest.param(IMAGE, _raises, "Permission denied", id="unreadable"),
        pytest.param(_other(DATA[:900]), lambda _: DATA[:900], "cannot be decoded", id="cut off"),
        pytest.param(
            _other(b"GIF89a nonsense"),
            lambda _: b"GIF89a nonsense",
            "image is a GIF",
            id="nonsense",
        ),
    ],
)
def test_what_is_wrong_with_an_image_is_found_before_anything_is_asked(
    image: ImageFile, images: Any, message: str
) -> None:
    store = _Store()
    with pytest.raises(StageError, match=message):
        _upload(store, image, images)
    assert store.slots == 0


def _breaks(_: object) -> bytes:
    raise RecursionError("too deep")


def _is_damaged(_: object) -> bytes:
    raise JournalError("bundle.zip is damaged")


@pytest.mark.parametrize(
    ("images", "message"),
    [(_breaks, "RecursionError: too deep"), (_is_damaged, "bundle.zip is damaged")],
)
def test_whatever_fails_ends_the_upload(images: Any, message: str) -> None:
    """A run waits for its images in a session that costs money: no failure may leave it waiting."""
    with pytest.raises(StageError, match=f"shape.png.*{message}"):
        _upload(_Store(), images=images)


def test_metadata_stays_here() -> None:
    """A photograph's EXIF data may contain where its owner lives, and some decoders fail on it."""
    file = io.BytesIO()
    exif = PIL.Image.Exif()
    exif[0x010E] = "Nobody's business"
    PIL.Image.new("RGB", (16, 16), (90, 20, 10)).save(file, "PNG", exif=exif)
    data = file.getvalue()
    store = _Store()
    store.size = None
    assert (
        _upload(store, _other(data), lambda _: data).size == len(without_metadata(data)) < len(data)
    )


def test_a_store_that_never_connects_is_tried_three_times(_no_waiting: list[float]) -> None:
    store = _Store(httpx.ReadTimeout("x"))
    with pytest.raises(StageError, match="took too long to answer"):
        _upload(store)
    assert store.slots == 3
    assert _no_waiting == [0.3, 0.6]


def test_the_third_try_may_still_succeed() -> None:
    assert _upload(_Store(httpx.ReadTimeout("x"), httpx.ReadTimeout("x"), 200)).upload_id == "u3"
    assert _upload(_Store(403, 500, 200)).upload_id == "u3"


@pytest.mark.parametrize("status", [403, 500])
def test_a_store_that_never_takes_it_is_asked_three_times(status: int) -> None:
    store = _Store(status)
    with pytest.raises(StageError, match=f"the platform's storage answered {status}\n"):
        _upload(store)
    assert store.slots == 3


@pytest.mark.parametrize(
    ("status", "is_taken"), [(200, True), (204, True), (299, True), (300, False), (499, False)]
)
def test_only_2xx_counts_as_success(status: int, is_taken: bool) -> None:
    if is_taken:
        assert _upload(_Store(status)).upload_id == "u1"
    else:
        with pytest.raises(StageError, match=f"answered {status}"):
            _upload(_Store(status))


def test_what_the_session_holds_already_is_not_brought() -> None:
    async def go() -> tuple[Reference, int]:
        store, settings = _Store(), settings_for(URL)
        asked = ApiClient(URL, transport=httpx.MockTransport(store))
        session = Session(asked, Token(asked, settings), settings)
        held = Reference("there", "shape.png", "image/png", len(DATA))
        uploads = ImageUploader(asked, session, None, {IMAGE.sha256: held})
        try:
            return await uploads.upload(IMAGE), store.slots
        finally:
            await asked.close()

    found, slots = asyncio.run(go())
    assert (found.upload_id, slots) == ("there", 0)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"presigned_id": "", "presigned_url": STORE},
        {"presigned_id": 7, "presigned_url": STORE},
        {"presigned_url": STORE},
        {"presigned_id": "u1", "presigned_url": ""},
        {"presigned_id": "u1", "presigned_url": 7},
        {"presigned_id": "u1"},
    ],
)
def test_an_answer_without_an_address_is_reported(answer: dict[str, object]) -> None:
    class Odd(_Store):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            return (
                httpx.Response(201, json=answer)
                if request.method == "POST"
                else super().__call__(request)
            )

    with pytest.raises(
        StageError, match=r"uploading images/shape.png: the answer names no address"
    ):
        _upload(Odd())


def test_a_stage_without_images_reports_it() -> None:
    with pytest.raises(StageError, match="the stage was given no images"):
        _bring_without_images()


def _bring_without_images() -> None:
    async def go() -> None:
        settings = settings_for(URL)
        asked = ApiClient(URL, transport=httpx.MockTransport(_Store()))
        try:
            await ImageUploader(
                asked, Session(asked, Token(asked, settings), settings), None, {}
            ).upload(IMAGE)
        finally:
            await asked.close()

    asyncio.run(go())


def test_an_image_of_the_greatest_size_may_be_sent() -> None:
    data = b"x" * MAX_IMAGE_BYTES
    image = dataclasses.replace(IMAGE, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(StageError) as raised:
        _upload(_Store(), image, {image.sha256: data})
    assert raised.value.hint == "is the file complete? open it in an image viewer", (
        "it got past its size and its digest"
    )
    with pytest.raises(StageError, match="the maximum is"):
        _upload(_Store(), IMAGE, {IMAGE.sha256: b"x" * (MAX_IMAGE_BYTES + 1)})


def test_an_image_without_a_file_name_is_named_image() -> None:
    assert _upload(_Store(), dataclasses.replace(IMAGE, path="")).name == "image"
    assert _upload(_Store(), dataclasses.replace(IMAGE, path="a/b.png")).name == "b.png"

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from sequencer.editing.looking import look
from sequencer.studio import check_worker
from sequencer.studio.check_messages import Header, pack
from sequencer.studio.check_worker import Worker, run
from sequencer.studio.text_buffer import TextBuffer

TEXT = 'at 1c "A tram waits."\nend 9c\n'


def opening(text: str = TEXT, version: int = 1) -> tuple[Header, bytes]:
    header = {"do": "open", "version": version, "file": "a.score", "folder": None}
    return header, TextBuffer.of(text).data


class Sent:
    """What a worker sends, and the end of it: it ends once a condition is met."""

    def __init__(self, is_enough: Callable[[list[Header]], bool]) -> None:
        self.messages: list[tuple[Header, Any]] = []
        self.is_enough = is_enough
        self.worker = Worker(
            self.send, lambda change, seconds: change.wait(0.001 if seconds else None)
        )

    def send(self, header: Header, payload: bytes) -> None:
        self.messages.append((header, json.loads(payload) if payload else None))
        if self.is_enough([one for one, _ in self.messages]):
            self.worker._is_ended = True  # the thread that sends may hold the lock of `end`

    def of(self, kind: str) -> list[Any]:
        return [content or header for header, content in self.messages if header["is"] == kind]


def test_a_change_is_checked_when_it_is_wanted() -> None:
    sent = Sent(lambda messages: sum(one["is"] == "checked" for one in messages) == 1)
    sent.worker.receive(*opening())
    sent.worker.receive(
        {"do": "edit", "version": 2, "changes": [{"from": 3, "to": 4, "text": "x"}]}, b""
    )
    sent.worker.receive({"do": "check", "version": 2}, b"")
    sent.worker.check_all()
    (checked,) = sent.of("checked")
    assert checked["version"] == 2, "the newest text is checked, not each of them"
    assert checked["diagnostics"]


def test_a_question_is_replaced_by_a_later_one_of_the_same_page() -> None:
    sent = Sent(lambda messages: sum(one["is"] == "answer" for one in messages) == 4)
    ask = {"do": "ask", "what": "explain"}
    sent.worker.receive({**ask, "id": 1, "page": "one", "fields": {"code": "E401"}}, b"")
    sent.worker.receive({**ask, "id": 2, "page": "two", "fields": {"code": "E401"}}, b"")
    sent.worker.receive({**ask, "id": 3, "page": "one", "fields": {"code": "E402"}}, b"")
    sent.worker.receive(
        {**ask, "id": 4, "page": "one", "fields": {"code": "E0"}, "what": "hover"}, b""
    )
    sent.worker.receive(*opening())
    thread = threading.Thread(target=sent.worker.check_all)
    thread.start()
    sent.worker.answer_all()
    sent.worker.end()
    thread.join(30)
    answers = {
        header["id"]: content for header, content in sent.messages if header["is"] == "answer"
    }
    assert "asked again" in answers[1]["error"]["message"]
    assert answers[2]["answer"]["code"] == "E401" and answers[3]["answer"]["code"] == "E402"
    assert answers[4]["error"]["message"] == "at is a whole number"


def test_an_internal_error_is_reported_and_the_next_text_is_checked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, calls = look, 0

    def fail_once(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ZeroDivisionError("planted")
        return real(*args, **options)

    monkeypatch.setattr(check_worker, "look", fail_once)

    def again(messages: list[Header]) -> bool:
        if len(messages) == 1:
            sent.worker.receive(*opening(version=2))
        return len(messages) == 2

    sent = Sent(again)
    sent.worker.receive(*opening())
    sent.worker.check_all()
    assert [one["is"] for one, _ in sent.messages] == ["failed", "checked"]
    assert "planted" in caplog.text


def test_a_failed_check_of_a_change_is_done_again_from_the_beginning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = look

    def fail_with_previous(*args: Any, previous: Any = None, **options: Any) -> Any:
        if previous is not None:
            raise ZeroDivisionError("planted")
        return real(*args, **options)

    monkeypatch.setattr(check_worker, "look", fail_with_previous)

    def edit(messages: list[Header]) -> bool:
        if len(messages) == 1:
            change = [{"from": 3, "to": 4, "text": "2"}]
            sent.worker.receive({"do": "edit", "version": 2, "changes": change}, b"")
            sent.worker.receive({"do": "check", "version": 2}, b"")
        return messages[-1].get("version") == 2

    sent = Sent(edit)
    sent.worker.receive(*opening())
    sent.worker.check_all()
    assert [one["version"] for one in sent.of("checked")][-1] == 2
    assert "planted" in caplog.text


def test_the_process_ends_with_its_input() -> None:
    ask = {"do": "ask", "id": 1, "page": "", "what": "explain", "fields": {"code": "E401"}}
    source = io.BytesIO(pack(*opening()) + pack(ask))
    run(source, io.BytesIO())

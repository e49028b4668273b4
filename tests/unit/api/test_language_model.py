"""A language model at a local endpoint that answers well, badly, late, or not at all."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.api.evolving import MAX_ROUNDS, Evolved, Question
from sequencer.api.language_model import (
    KEY_VARIABLE,
    MAX_ANSWER_BYTES,
    MAX_ATTEMPTS,
    LanguageModel,
    LanguageModelError,
)
from sequencer.core.errors import UsageError
from tests.support.language_model_endpoint import (
    Endpoint,
    Reply,
    completion,
    listing,
    serving,
)

KEY = "sk-secret-1234"
SCORE = """\
scene boat   {
  base "A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm."
  follow "The paper boat drifts on. {action} Soft grey light. Low close shot, 35mm."
}

at 0c    boat
end 8c
"""


def model(
    endpoint: Endpoint, waits: list[float] | None = None, timeout: float = 30
) -> LanguageModel:
    sleep = (lambda _: None) if waits is None else waits.append
    return LanguageModel(endpoint.url, "m", {KEY_VARIABLE: KEY}, timeout=timeout, sleep=sleep)


def test_the_key_goes_to_the_endpoint() -> None:
    with serving(completion({"content": "hello"})) as endpoint:
        assert model(endpoint).answer([{"role": "user", "content": "x"}]) == "hello"
    assert endpoint.keys == [f"Bearer {KEY}"]
    assert endpoint.bodies == [{"model": "m", "messages": [{"role": "user", "content": "x"}]}]


FAILURES: dict[str, tuple[Reply, str, int]] = {
    "not JSON": ((200, {}, b"<html>"), "is not a chat completion", 1),
    "another JSON": ((200, {}, b"[]"), "is not a chat completion", 1),
    "no choices": ((200, {}, b'{"choices": []}'), "is not a chat completion", 1),
    "a refusal": (completion({"content": None, "refusal": "no"}), "refused to answer", 1),
    "nothing": (completion({"content": " "}), "answered with nothing", 1),
    "a huge body": ((200, {}, b"x" * (MAX_ANSWER_BYTES + 1)), "is longer than", 1),
    "a wrong key": ((401, {}, b""), "did not accept the key", 1),
    "no such model": ((404, {}, b""), "no such address or model", 1),
    "a bad request": ((400, {}, b""), "the status 400", 1),
    "a failure": ((500, {}, b""), "the status 500", MAX_ATTEMPTS),
    "too many requests": ((429, {"retry-after": "2"}, b""), "too many requests", MAX_ATTEMPTS),
    "a long wait": ((429, {"retry-after": "3600"}, b""), "too many requests", 1),
}


@pytest.mark.parametrize(("reply", "message", "attempts"), FAILURES.values(), ids=FAILURES)
def test_failures_are_reported(reply: Reply, message: str, attempts: int) -> None:
    with serving(reply) as endpoint, pytest.raises(LanguageModelError) as raised:
        model(endpoint).answer([])
    assert message in raised.value.message
    assert KEY not in str(raised.value)
    assert len(endpoint.keys) == attempts


def test_a_busy_model_is_asked_again_after_the_time_that_it_names() -> None:
    waits: list[float] = []
    busy: Reply = (429, {"retry-after": "7"}, b"")
    with serving(busy, completion({"content": "hello"})) as endpoint:
        assert model(endpoint, waits).answer([]) == "hello"
    assert waits == [7.0]


def test_a_redirect_does_not_get_the_key() -> None:
    with serving(completion({"content": "stolen"})) as other:
        moved: Reply = (307, {"location": f"{other.url}/chat/completions"}, b"")
        with serving(moved) as endpoint, pytest.raises(LanguageModelError) as raised:
            model(endpoint).answer([])
    assert "does not get the key" in raised.value.message
    assert other.keys == []


def test_a_model_that_does_not_answer_in_time() -> None:
    never = threading.Event()

    def wait() -> Reply:
        never.wait(20)
        return listing()

    with serving(wait) as endpoint:
        with pytest.raises(LanguageModelError, match="did not answer within"):
            model(endpoint, timeout=0.2).answer([])
        never.set()


def test_nobody_there() -> None:
    with serving(listing()) as endpoint:
        pass
    with pytest.raises(LanguageModelError, match="cannot be reached"):
        model(endpoint).answer([])


@pytest.mark.parametrize(
    ("url", "environment", "message"),
    [
        ("https://api.example.com/v1", {}, "there is no key for api.example.com"),
        ("http://api.example.com/v1", {KEY_VARIABLE: KEY}, "without encryption"),
        ("ftp://api.example.com", {KEY_VARIABLE: KEY}, "is not the address of an endpoint"),
        ("https://user:x@example.com", {KEY_VARIABLE: KEY}, "a name or a password"),
        ("user:x@example.com", {KEY_VARIABLE: KEY}, "a name or a password"),
        ("https://[", {KEY_VARIABLE: KEY}, "is not the address of an endpoint"),
        ("https://api.example.com", {KEY_VARIABLE: "a\nb"}, "contains characters"),
    ],
)
def test_addresses_and_keys(url: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        LanguageModel(url, "m", environment)
    assert message in raised.value.message
    assert KEY not in str(raised.value)


# ---- evolve --------------------------------------------------------------------------------------


@pytest.fixture
def score(tmp_path: Path) -> Path:
    (tmp_path / "boat.score").write_text(SCORE)
    return tmp_path / "boat.score"


def evolved(score: Path, scene: str | None, **given: Any) -> Evolved:
    question = Question.of(score, scene, **given)
    return question.written(question.ask())


def test_refused_answers_are_asked_for_again_with_the_advice(score: Path) -> None:
    bad = "It turns without any rain."
    with serving(listing("It turns once.", bad), listing("It fills with rain.")) as endpoint:
        found = evolved(score, "boat", count=2, url=endpoint.url, model="m", environment={})
    assert found.cues == ('boat "It turns once."', 'boat "It fills with rain."')
    assert [one.answer for one in found.refused] == [bad]
    assert "names what should not be visible" in json.dumps(endpoint.bodies[1])
    assert endpoint.keys == [None, None], "a model on this machine needs no key"
    assert score.read_text() == SCORE


def test_it_gives_up_after_some_rounds(score: Path) -> None:
    with serving(listing("Not this.")) as endpoint:
        found = evolved(score, "boat", count=1, url=endpoint.url, model="m", environment={})
    assert (found.cues, len(endpoint.bodies)) == ((), MAX_ROUNDS)


def test_a_model_that_never_lists_anything(score: Path) -> None:
    with (
        serving(completion({"content": "Sure!"})) as endpoint,
        pytest.raises(LanguageModelError, match="did not answer with a list"),
    ):
        evolved(score, "boat", url=endpoint.url, model="m", environment={})


def test_answers_are_written_above_the_scene(score: Path) -> None:
    with serving(listing("It turns once.")) as endpoint:
        evolved(score, "boat", count=1, url=endpoint.url, model="m", write=True, environment={})
    assert score.read_text() == f'# boat "It turns once."\n{SCORE}'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scene": None}, "name either a scene or a --prompt"),
        ({"scene": "boat", "prompt": "A."}, "name either a scene or a --prompt"),
        ({"scene": "tram"}, "the score has no scene tram"),
        ({"scene": "boat", "count": 0}, "--count 0 is not from 1 to 20"),
        ({"scene": None, "prompt": "A.", "write": True}, "--write adds to a scene"),
        ({"scene": "boat", "url": None}, "there is no endpoint or no model"),
    ],
)
def test_arguments(score: Path, arguments: dict[str, object], message: str) -> None:
    given: dict[str, Any] = {"url": "http://localhost:1", "model": "m", **arguments}
    with pytest.raises(UsageError) as raised:
        evolved(score, given.pop("scene"), environment={}, **given)
    assert message in raised.value.message


# ---- the Python API ------------------------------------------------------------------------------


def test_python_asks_as_the_command_does(score: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with serving(listing("It turns once.", "It sinks.")) as endpoint:
        monkeypatch.setenv("SEQUENCER_LLM_URL", endpoint.url)
        monkeypatch.setenv("SEQUENCER_LLM_MODEL", "m")
        once = sequencer.evolve(score, "boat", count=1, write=True)
        again = sequencer.evolve(sequencer.reads(SCORE), "boat", count=2)
        later = asyncio.run(sequencer.evolve_async(str(score), "boat", count=1, write=True))
    with serving(listing("A paper boat turns once in the gutter.")) as endpoint:
        prompts = sequencer.evolve(score, prompt="A paper boat.", count=1, url=endpoint.url)
    assert once == later == Evolved(cues=('boat "It turns once."',), refused=())
    assert again.cues == ('boat "It turns once."', 'boat "It sinks."')
    assert prompts.cues == ('"A paper boat turns once in the gutter."',)
    assert score.read_text().count('# boat "It turns once."\n') == 2


def test_nothing_is_written_after_a_cancelled_task(
    score: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    was_asked, go_on = threading.Event(), threading.Event()

    def wait() -> Reply:
        was_asked.set()
        go_on.wait(20)
        return listing("It turns once.")

    async def ask(url: str) -> None:
        asking = asyncio.create_task(
            sequencer.evolve_async(score, "boat", count=1, url=url, model="m", write=True)
        )
        await asyncio.to_thread(was_asked.wait, 20)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        go_on.set()

    with serving(wait) as endpoint:
        asyncio.run(ask(endpoint.url))  # it waits for the thread that asked
    assert score.read_text() == SCORE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((42, "boat"), "the path (str or Path) of a score, or a Score, not int"),
        (("a.score", 1), "scene must be a str or None, not int"),
    ],
)
def test_another_type_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        sequencer.evolve(*arguments)
    assert message in str(raised.value) and str(raised.value).startswith("evolve()")
    with pytest.raises(TypeError, match=re.escape("evolve_async()")):
        asyncio.run(sequencer.evolve_async(*arguments))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"count": 0}, "count 0 is not from 1 to 20"),
        ({"write": True}, "write=True adds to a file"),
        ({"prompt": "A."}, "name either a scene or a prompt"),
    ],
)
def test_messages_name_the_arguments(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        sequencer.evolve(sequencer.reads(SCORE), "boat", **given)
    assert raised.value.message == message


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{KEY}@example.com",
        f"user:{KEY}@example.com/v1",
        f"https://user:{KEY}@[",
        f"ftp://example.com/v1?key={KEY}",
        f"https://[?key={KEY}",
    ],
)
def test_an_address_that_is_refused_does_not_show_its_secrets(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        LanguageModel(url, "m", {KEY_VARIABLE: KEY})
    assert KEY not in f"{refused.value} {refused.value.hint}"

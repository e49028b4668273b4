"""Ask a language model through an OpenAI-compatible endpoint.

The key goes to the address that the user named and nowhere else: redirects are not followed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from sequencer.core.errors import SequencerError, UsageError

KEY_VARIABLE = "SEQUENCER_LLM_KEY"
URL_VARIABLE = "SEQUENCER_LLM_URL"
MODEL_VARIABLE = "SEQUENCER_LLM_MODEL"
TIMEOUT_S = 60.0
"""Seconds that one request may take in total."""
MAX_ATTEMPTS = 3
"""Maximum number of times a request is sent."""
MAX_RETRY_AFTER_S = 30.0
"""The longest Retry-After that is waited for, in seconds."""
MAX_ANSWER_BYTES = 1024 * 1024
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class LanguageModelError(SequencerError):
    """The language model did not answer, or its answer cannot be used."""


class LanguageModel:
    """A language model at an endpoint.

    Args:
        url: The address below which `chat/completions` is.
        model: The name of the model.
        environment: Where the key is looked up.
        timeout: Seconds that one request may take.
        sleep: Waits for a number of seconds.

    Raises:
        UsageError: The address is not valid, or there is no key.
    """

    def __init__(
        self,
        url: str,
        model: str,
        environment: Mapping[str, str],
        *,
        timeout: float = TIMEOUT_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        # The messages must not repeat what may be a password or a key.
        if "@" in url.rpartition("//")[2].partition("/")[0]:
            raise UsageError(
                "the address of an endpoint cannot contain a name or a password",
                f"put the key into the environment variable {KEY_VARIABLE}",
            )
        if parts.scheme not in ("http", "https") or not host:
            raise UsageError(
                f"{url.partition('?')[0]!r} is not the address of an endpoint",
                "write, for example: --url https://api.example.com/v1",
            )
        key = environment.get(KEY_VARIABLE, "").strip()
        if not key and host not in _LOCAL:
            raise UsageError(
                f"there is no key for {host}",
                f"put it into the environment variable {KEY_VARIABLE}",
            )
        if key and (not key.isascii() or not key.isprintable()):
            raise UsageError(f"the key in {KEY_VARIABLE} contains characters that no key has")
        if key and parts.scheme == "http" and host not in _LOCAL:
            raise UsageError(
                f"the key would be sent to {host} without encryption", "use an https address"
            )
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._host = host
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._timeout = timeout
        self._sleep = sleep

    def answer(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return the model's reply to a conversation.

        Raises:
            LanguageModelError: There is no reply that can be used.
        """
        body = {"model": self._model, "messages": [dict(one) for one in messages]}
        for attempt in range(1, MAX_ATTEMPTS + 1):
            status, retry_after, data = self._post(body)
            if status == 200:
                return self._content(data)
            wait = retry_after if retry_after is not None else float(attempt)
            is_passing = status == 429 or status >= 500
            if not is_passing or attempt == MAX_ATTEMPTS or wait > MAX_RETRY_AFTER_S:
                raise self._refused(status, retry_after)
            self._sleep(wait)
        raise LanguageModelError(f"{self._host} did not answer")

    def _post(self, body: Mapping[str, Any]) -> tuple[int, float | None, bytes]:
        deadline = time.monotonic() + self._timeout
        try:
            with (
                httpx.Client(
                    timeout=self._timeout,
                    follow_redirects=False,
                    trust_env=self._host not in _LOCAL,
                ) as client,
                client.stream("POST", self._url, json=body, headers=self._headers) as response,
            ):
                data = bytearray()
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > MAX_ANSWER_BYTES:
                        raise LanguageModelError(
                            f"the answer of {self._host} is longer than {MAX_ANSWER_BYTES:,} bytes"
                        )
                    if time.monotonic() > deadline:
                        raise self._late()
                return response.status_code, _seconds(response), bytes(data)
        except httpx.TimeoutException:
            raise self._late() from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise LanguageModelError(
                f"{self._host} cannot be reached: {type(error).__name__}",
                "check the address and the network",
            ) from None

    def _late(self) -> LanguageModelError:
        return LanguageModelError(
            f"{self._host} did not answer within {self._timeout:g} s", "try again"
        )

    def _refused(self, status: int, retry_after: float | None) -> LanguageModelError:
        if status in (401, 403):
            return LanguageModelError(
                f"{self._host} did not accept the key ({status})",
                f"check the variable {KEY_VARIABLE}",
            )
        if 300 <= status < 400:
            return LanguageModelError(
                f"{self._host} redirects to another address, which does not get the key",
                "name the address itself with --url",
            )
        if status == 429:
            when = "later" if retry_after is None else f"in {retry_after:g} s"
            return LanguageModelError(f"{self._host} has too many requests", f"try again {when}")
        if status == 404:
            return LanguageModelError(
                f"{self._host} has no such address or model (404)", "check --url and --model"
            )
        return LanguageModelError(f"{self._host} answered with the status {status}", "try again")

    def _content(self, data: bytes) -> str:
        try:
            message = json.loads(data)["choices"][0]["message"]
            content, refusal = message.get("content"), message.get("refusal")
        except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError):
            raise LanguageModelError(
                f"the answer of {self._host} is not a chat completion",
                "is it an OpenAI-compatible endpoint?",
            ) from None
        if isinstance(refusal, str) and refusal:
            raise LanguageModelError(
                "the language model refused to answer", "change the scene or the prompt"
            )
        if not isinstance(content, str) or not content.strip():
            raise LanguageModelError("the language model answered with nothing", "try again")
        return content


def _seconds(response: httpx.Response) -> float | None:
    """Return the value of Retry-After in seconds, if it is a number."""
    written = response.headers.get("retry-after", "").strip()
    return (
        float(written) if written.isascii() and written.isdecimal() and len(written) < 7 else None
    )

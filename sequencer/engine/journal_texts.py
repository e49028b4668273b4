"""Write each long text of a journal only once, because nearly every event contains prompts.

From format 2 on, a record lists the texts that it is the first to use under `texts`, and events and
commands refer to a text by its number: `"@7"` is the eighth text of the journal. Texts shorter than
`MIN_TEXT_LENGTH` appear in full. In a text that itself begins with `@` that character is doubled,
so that no text can be taken for a reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sequencer.events.codec import Event
from sequencer.events.commands import Command, SchedulePrompt, SetConditioning
from sequencer.events.events import ChunkDone, Improvised, PromptAccepted, Started, StateReported

MARK = "@"
MIN_TEXT_LENGTH = 64
"""In characters.

A shorter text costs about as much as a reference to it, and is easier to read in place.
"""
MAX_CHARACTERS = 64 * 1024 * 1024
"""The number of characters of all texts that a writer remembers.

After that new texts appear in full.

Otherwise a stage that invents texts without end would fill the memory.
"""
_MAX_PAIRS = 16_384
"""The number of entries of a `scheduled` list that a reader remembers in order to share them."""

_HOLDERS = (
    *(StateReported, ChunkDone, PromptAccepted, Started, Improvised),
    *(SchedulePrompt, SetConditioning),
)
_Holder = TypeVar("_Holder", bound=Event | Command)


class TextsWritten:
    """The texts that a journal has defined so far, for its writer."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._references = {text: f"{MARK}{number}" for number, text in enumerate(texts)}
        self._characters = sum(map(len, self._references))
        self._pairs: tuple[Sequence[tuple[int, str]], Sequence[tuple[int, str]]] = (), ()
        """The last scheduled prompts, as they came and with references."""

    def encode(self, fields: dict[str, Any]) -> list[str]:
        """Replace the texts in the fields of an event or command by references.

        Return the texts that are new.
        """
        new: list[str] = []
        if isinstance(fields.get("prompt"), str):
            fields["prompt"] = self._reference(fields["prompt"], new)
        if fields.get("scheduled"):
            fields["scheduled"] = self._encode_pairs(fields["scheduled"], new)
        return new

    def _encode_pairs(
        self, pairs: Sequence[tuple[int, str]], new: list[str]
    ) -> Sequence[tuple[int, str]]:
        """Return scheduled prompts with references; each `state` repeats most of the last one."""
        if pairs is not self._pairs[0]:
            known = self._references
            self._pairs = (
                pairs,
                [(chunk, known.get(text) or self._reference(text, new)) for chunk, text in pairs],
            )
        return self._pairs[1]

    def _reference(self, text: str, new: list[str]) -> str:
        if len(text) >= MIN_TEXT_LENGTH:
            reference = self._references.get(text)
            if reference is None and self._characters + len(text) <= MAX_CHARACTERS:
                reference = self._references[text] = f"{MARK}{len(self._references)}"
                self._characters += len(text)
                new.append(text)
            if reference is not None:
                return reference
        return MARK + text if text.startswith(MARK) else text


class TextsRead:
    """The texts of a journal that is being read.

    Equal texts become one object, in journals of every format.
    """

    def __init__(self, has_references: bool) -> None:
        self.texts: list[str] = []
        """The texts that the journal defines, in order."""
        self._has_references = has_references
        self._shared: dict[str, str] = {}
        self._pairs: dict[tuple[int, str], tuple[int, str]] = {}

    def define(self, texts: Iterable[str]) -> None:
        """Add the texts that a record defines."""
        if self._has_references:
            self.texts.extend(texts)

    def decode(self, what: _Holder) -> _Holder:
        """Return an event or command with its texts in place of references.

        Raises ValueError for an undefined text.
        """
        if not isinstance(what, _HOLDERS):
            return what
        found: dict[str, Any] = {}
        if what.prompt is not None and (prompt := self._text(what.prompt)) is not what.prompt:
            found["prompt"] = prompt
        if isinstance(what, StateReported) and what.scheduled:
            found["scheduled"] = tuple([self._pair(pair) for pair in what.scheduled])
        return replace(what, **found) if found else what

    def _pair(self, pair: tuple[int, str]) -> tuple[int, str]:
        text = self._text(pair[1])
        found = pair if text is pair[1] else (pair[0], text)
        if len(self._pairs) >= _MAX_PAIRS:
            self._pairs.clear()
        return self._pairs.setdefault(found, found)

    def _text(self, written: str) -> str:
        if self._has_references and written.startswith(MARK):
            rest = written[1:]
            if rest.startswith(MARK):
                return rest
            if (
                rest.isascii()
                and rest.isdecimal()
                and len(rest) < 10
                and int(rest) < len(self.texts)
            ):
                return self.texts[int(rest)]
            raise ValueError(f"it refers to the text {written[:20]!r}, which no record defines")
        return (
            self._shared.setdefault(written, written)
            if len(written) >= MIN_TEXT_LENGTH
            else written
        )

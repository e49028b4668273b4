"""Links of film-director, which contain a film's prompts by chunk.

After `#s=` is base64url without padding, of raw DEFLATE, of JSON: `[[chunk, "prompt"], …]`
(reactor-team/reactor-experiments, film-director/lib/share.ts).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from sequencer.core.timebase import ChunkGrid
from sequencer.language.interchange.draft import ScoreDraft, chunks
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    Imported,
    ImportOptions,
    UnreadableError,
)
from sequencer.language.interchange.json_input import Value, parse_json

KIND = "film-director"
FILM_CHUNKS = 30
"""How many chunks the program shows."""
MAX_CHUNK = 100_000
"""The last chunk that is accepted: more than a day."""

_LINK = re.compile(rb"#s=([A-Za-z0-9_-]+)=*")
_AFTER = re.compile(rb"#s=[^\s]*")
_AGAIN = "copy the complete link again"


def recognise(data: bytes) -> bool:
    """Return whether this contains such a link."""
    return len(data) <= MAX_FILE_BYTES and b"#s=" in data[:4096] and b"\n#" not in data[:4096]


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a link. Raises UnreadableError."""
    film = sorted(_entries(parse_json(_inflate(data))), key=lambda entry: entry[0])
    draft = ScoreDraft(options)
    grid = ChunkGrid()
    for chunk, text, pointer in film:
        draft.tally.keep()
        draft.prompt(chunks(chunk), text, at=grid.boundary(chunk), pointer=pointer)
    last = film[-1][0] if film else 0
    return draft.finish(KIND, chunks(max(FILM_CHUNKS, last + 1)))


def _entries(film: Value) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    taken: set[int] = set()
    for entry in film.items(MAX_ENTRIES, "prompts"):
        pair = entry.items(2, "parts of a prompt")
        if len(pair) != 2:
            raise entry.error("this must be a chunk and a prompt", _AGAIN)
        number = pair[0].number("the chunk")
        if number.denominator != 1 or not 0 <= number <= MAX_CHUNK:
            raise pair[0].error(f"the chunk must be a whole number from 0 to {MAX_CHUNK:,}", _AGAIN)
        chunk = int(number)
        if chunk in taken:
            raise pair[0].error(f"chunk {chunk} has two prompts", _AGAIN)
        taken.add(chunk)
        found.append((chunk, pair[1].text("the prompt"), pair[1].pointer))
    return found


def _inflate(data: bytes) -> bytes:
    """Return the JSON text in a link. Raises UnreadableError."""
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(f"the link is longer than {MAX_FILE_BYTES:,} bytes", _AGAIN)
    found = _LINK.search(data)
    if found is None:
        broken = _AFTER.search(data)
        what = "there is nothing after #s=" if broken else "there is no link with #s="
        raise UnreadableError(what, _AGAIN)
    line = data.count(b"\n", 0, found.start()) + 1
    column = found.start(1) - (data.rfind(b"\n", 0, found.start()) + 1) + 1
    code = found[1]
    try:
        packed = base64.urlsafe_b64decode(code + b"=" * (-len(code) % 4))
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        content = unpacker.decompress(packed, MAX_FILE_BYTES + 1)
    except (binascii.Error, zlib.error):
        raise UnreadableError("this link is damaged", _AGAIN, line=line, column=column) from None
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableError(
            f"this link contains more than {MAX_FILE_BYTES:,} bytes", line=line, column=column
        )
    if not unpacker.eof:
        raise UnreadableError("this link is not complete", _AGAIN, line=line, column=column)
    return content

"""The fuzz targets: each passes bytes to one entry point of the package. A target that returns has passed.

The common property: any input gives a value or an error meant for users (`SequencerError`, and the errors that an entry point
documents in addition), and never another exception, a hang, or growing memory. Each function names the further properties it
checks. `TARGETS` is the table; docs/fuzzing.md describes how to run the targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fuzz.archives import archive, archives
from fuzz.documents import fault_files, faults, journal, journals, schedule, schedules
from fuzz.frames import frames, wire_frame
from fuzz.gear import link, links, midi, midis, port, ports, song_file, song_files
from fuzz.hands import desk, note, notes, words
from fuzz.network import ANSWERS, PLAYLISTS, SDP, clips, http_answers, sdp_answers
from fuzz.pictures import caption, captions, picture, pictures
from fuzz.runs import rehearsal, rehearsals, run_of_somebody
from fuzz.scores import place, places, text_score, texts, yaml_score, yamls


@dataclass(frozen=True, slots=True)
class Target:
    """One entry point. `seeds` are the inputs that fuzzing starts from; `words` are tokens worth inserting."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    words: tuple[str, ...] = ()
    longest: int = 4096
    """Maximum bytes of an input."""


_SCORE_WORDS = (
    "score",
    "clock",
    "bpm",
    "midi",
    "link",
    "chunks",
    "nominal",
    "grid",
    "frames",
    "fps",
    "snap",
    "nearest",
    "floor",
    "ceil",
    "lead",
    "late",
    "shift",
    "drop",
    "seed",
    "sr",
    "off",
    "2x",
    "4x",
    "middle",
    "C3",
    "use",
    "let",
    "scene",
    "base",
    "follow",
    "section",
    "bars",
    "tempo",
    "meter",
    "cut",
    "until",
    "max",
    "at",
    "every",
    "from",
    "on",
    "->",
    "play",
    "end",
    "image",
    "strength",
    "mark",
    "pick(",
    "pause",
    "resume",
    "goto",
    "note",
    "cc",
    "program",
    "go",
    "start",
    "stop",
    "continue",
    "ch",
    "{",
    "}",
    "+",
    "1/2",
    '"""',
)
_YAML_WORDS = (
    *_SCORE_WORDS[:-5],
    *["sections:", "cues:", "rules:", "scenes:", "when:", "show:", "action:", "prompt:", "&a", "*a", "!!"],
    "- {",
)
_JSON_WORDS = (
    "null",
    "true",
    "NaN",
    "1e999",
    "-1",
    "18446744073709551616",
    '"kind"',
    '"chunk"',
    '"at"',
    '"event"',
    '"command"',
    "\\ud800",
)

TARGETS = {
    one.name: one
    for one in (
        Target("text", text_score, texts, _SCORE_WORDS),
        Target("yaml", yaml_score, yamls, _YAML_WORDS),
        Target("places", place, places, ("note", "cc", "bar", "mark", "ms", "1/2", "ch"), 64),
        Target("journal", journal, journals, _JSON_WORDS, 24_000),
        Target("run", run_of_somebody, journals, (*_JSON_WORDS, "\\u001b", "\\u009b"), 24_000),
        Target(
            "bundle",
            archive,
            archives,
            ("PK\1\2", "PK\3\4", "PK\5\6", "PK\6\6", "PK\6\7", "journal.jsonl", "images/", "../"),
            12_000,
        ),
        Target(
            "rehearsal",
            rehearsal,
            rehearsals,
            (*_SCORE_WORDS, "\n---\n", "@12c", "drops:", "refuse:", "messages:", "slow:"),
            1500,
        ),
        Target("schedule", schedule, schedules, _JSON_WORDS, 20_000),
        Target("faults", faults, fault_files, ("drops:", "chunk:", "at:", "for:", "nth:", "delays:", "- {", "1/0", "ms")),
        Target("wire", wire_frame, frames, (*_JSON_WORDS, '"scope"', '"data"', '"type"', '"uploads"')),
        Target("midi", midi, midis, (), 1024),
        Target("link", link, links, (), 2080),
        Target("song", song_file, song_files, ("MTrk", "MThd", "RIFF", "RMID"), 1024),
        Target("address", port, ports, ("tcp://", "tcp-listen://", "virtual:"), 64),
        Target("desk", desk, words, ("note", "cc", "ch", "vel", "offset", "clip", "\\ud800"), 256),
        Target(
            "note", note, notes, (*_JSON_WORDS, '"port"', '"word"', '"told"', '"session"', '"uploads"', "https://", "rk_"), 512
        ),
        Target("caption", caption, captions, ("…", "“", "é", "夜", "\u202e", "\u0301", "\ufe0f"), 512),
        Target("picture", picture, pictures, ("IHDR", "IDAT", "acTL", "eXIf", "VP8L", "%!PS-Adobe-3.0"), 2048),
        Target("sdp", sdp_answers, lambda: iter(SDP), ("m=", "a=", "a=rtcp-mux", "a=fingerprint:sha-256", "a=candidate:")),
        Target("http", http_answers, lambda: iter(ANSWERS), (*_JSON_WORDS, '"session_id"', '"capabilities"', "Retry-After")),
        Target("clips", clips, lambda: iter(PLAYLISTS), ("#EXTM3U", "#EXT-X-MAP:URI=", "http://", "//", "file:///")),
    )
}


def _broken(data: bytes) -> None:
    if data[:1] == b"b" and data[1:2] == b"u" and data[2:3] == b"g":
        raise KeyError("the planted fault")


BROKEN = Target("broken", _broken, lambda: iter((b"good",)))
"""A target that breaks, to prove that the driver notices."""

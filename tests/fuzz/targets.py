"""What is fuzzed: each target takes bytes and gives them to one way in. A target that comes back has passed.

The property is the same everywhere: whatever comes in, out comes a value or an error that is meant for people
(`SequencerError` and what each way in documents beside it); never another exception, a hang or a memory that grows.
Each function names what it holds besides. `TARGETS` is the table; docs/fuzzing.md tells how they are run.
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
    """One way in. `seeds` are where fuzzing begins; `words` are tokens worth putting in."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    words: tuple[str, ...] = ()
    longest: int = 4096
    """Bytes of the longest input that is tried."""


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
"""A target that breaks, for the proof that the driver sees it."""

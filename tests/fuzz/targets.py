"""The fuzz targets: each passes bytes to one entry point of the package.

A target that returns has passed.

The common property: any input gives a value or an error meant for users (`SequencerError`, and the
errors that an entry point documents in addition), and never another exception, a hang, or growing
memory. Each function names the further properties it checks. `TARGETS` is the table;
docs/fuzzing.md describes how to run the targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass

from tests.fuzz.archives import archive, archives
from tests.fuzz.documents import fault_files, faults, journal, journals, schedule, schedules
from tests.fuzz.frames import frames, wire_frame
from tests.fuzz.images import caption, captions, image_file, image_samples
from tests.fuzz.midi_input import link, links, midi, midis, port, ports, song_file, song_files
from tests.fuzz.network import ANSWERS, PLAYLISTS, SDP, clips, http_answers, sdp_answers
from tests.fuzz.operator_input import note, notes, operator_message, words
from tests.fuzz.osc_input import osc_packet, osc_packets
from tests.fuzz.page_input import (
    frame_answer_samples,
    frame_answers,
    page_message_samples,
    page_messages,
)
from tests.fuzz.prompt_files import WORDS as PROMPT_WORDS
from tests.fuzz.prompt_files import files as prompt_files
from tests.fuzz.prompt_files import reading as reading_prompts
from tests.fuzz.runs import rehearsal, rehearsals, run_of_somebody
from tests.fuzz.scores import position, position_texts, text_score, texts, yaml_score, yamls
from tests.fuzz.timed_files import beat_file, beat_files, files, reading
from tests.fuzz.vllm_omni_input import server_message_samples, server_messages


@dataclass(frozen=True, slots=True)
class Target:
    """One entry point.

    `seeds` are the inputs that fuzzing starts from; `words` are tokens worth inserting.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    _: KW_ONLY
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
    "fade",
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
    "sound",
    '"song.wav"',
    "file:",
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
    "shuffle(",
    "like",
    "end -",
    "model",
    ";",
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
    "release",
    "vel >= 100",
    'osc "/drop"',
    'osc "/a" 1 "b"',
    "at next bar",
    "at next 2 bars",
    "stages left, right",
    "on left",
    "on left, right",
    "together realign 16c",
    "together start",
    "stages: [left, right]",
    "ch",
    "{",
    "}",
    "+",
    "1/2",
    '"""',
)
_YAML_WORDS = (
    *_SCORE_WORDS[:-5],
    *[
        "sections:",
        "cues:",
        "rules:",
        "scenes:",
        "when:",
        "show:",
        "action:",
        "prompt:",
        "&a",
        "*a",
        "!!",
    ],
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
_TIMED_WORDS = {
    "ableton": ("<Ableton>", "<Locator>", "<FloatEvent ", "Value=", "Time=", "-63072000", "1e9"),
    "audacity": ("\t", "\n", "0.000001\t", "99999.9", "\\\t1\t2\n", "\r\n"),
    "beatlens": (*_JSON_WORDS, '"beats"', '"events"', '"cut"', '"sections"', "0.001,", "0.5,"),
    "lrc": ("[00:01.00]", "[offset:", "<00:02.00>", "[ti:", "\n", "]"),
    "reaper": ("R2,", "M3,", "1.1.00", "0:01.000", ",", '"', "\n", "12.5"),
    "rekordbox": ("<TEMPO ", "<POSITION_MARK ", "Inizio=", "Bpm=", "Type=", "<!DOCTYPE", "999999"),
    "srt": ("-->", "00:00:01,000", "\n\n", "<b>", "{\\an8}", "1\n"),
}

TARGETS = {
    one.name: one
    for one in (
        Target("text", text_score, texts, words=_SCORE_WORDS),
        Target("yaml", yaml_score, yamls, words=_YAML_WORDS),
        Target(
            "positions",
            position,
            position_texts,
            words=(
                "note",
                "cc",
                "bar",
                "mark",
                "ms",
                "1/2",
                "ch",
                "vel",
                "release",
                "osc /a",
                "next",
            ),
            longest=64,
        ),
        Target("journal", journal, journals, words=_JSON_WORDS, longest=24_000),
        Target(
            "run",
            run_of_somebody,
            journals,
            words=(*_JSON_WORDS, "\\u001b", "\\u009b"),
            longest=24_000,
        ),
        Target(
            "bundle",
            archive,
            archives,
            words=(
                "PK\1\2",
                "PK\3\4",
                "PK\5\6",
                "PK\6\6",
                "PK\6\7",
                "journal.jsonl",
                "images/",
                "../",
            ),
            longest=12_000,
        ),
        Target(
            "rehearsal",
            rehearsal,
            rehearsals,
            words=(*_SCORE_WORDS, "\n---\n", "@12c", "drops:", "refuse:", "messages:", "slow:"),
            longest=1500,
        ),
        Target("schedule", schedule, schedules, words=_JSON_WORDS, longest=20_000),
        Target(
            "faults",
            faults,
            fault_files,
            words=("drops:", "chunk:", "at:", "for:", "nth:", "delays:", "- {", "1/0", "ms"),
        ),
        Target(
            "wire",
            wire_frame,
            frames,
            words=(*_JSON_WORDS, '"scope"', '"data"', '"type"', '"uploads"'),
        ),
        Target(
            "vllm-omni",
            server_messages,
            server_message_samples,
            words=(*_JSON_WORDS, '"started_event_ids"', '"generation_chunk_index"', "RESET", "\n"),
        ),
        Target("midi", midi, midis, words=(), longest=1024),
        Target("link", link, links, words=(), longest=2080),
        Target("song", song_file, song_files, words=("MTrk", "MThd", "RIFF", "RMID"), longest=1024),
        Target("address", port, ports, words=("tcp://", "tcp-listen://", "virtual:"), longest=64),
        Target(
            "osc", osc_packet, osc_packets, words=("/sequencer/", "#bundle", ",ifs"), longest=512
        ),
        Target(
            "page",
            page_messages,
            page_message_samples,
            words=(*_JSON_WORDS, '"t"', '"edit"', '"changes"', '"from"', '"command"', "\\ud83c"),
        ),
        Target("page-frames", frame_answers, frame_answer_samples, longest=64),
        Target(
            "operator",
            operator_message,
            words,
            words=("note", "cc", "ch", "vel", "offset", "clip", "\\ud800"),
            longest=256,
        ),
        Target(
            "note",
            note,
            notes,
            words=(
                *_JSON_WORDS,
                '"port"',
                '"word"',
                '"told"',
                '"session"',
                '"uploads"',
                "https://",
                "rk_",
            ),
            longest=512,
        ),
        Target(
            "caption",
            caption,
            captions,
            words=("…", "“", "é", "夜", "\u202e", "\u0301", "\ufe0f"),
            longest=512,
        ),
        Target(
            "image",
            image_file,
            image_samples,
            words=("IHDR", "IDAT", "acTL", "eXIf", "VP8L", "%!PS-Adobe-3.0"),
            longest=2048,
        ),
        Target(
            "sdp",
            sdp_answers,
            lambda: iter(SDP),
            words=("m=", "a=", "a=rtcp-mux", "a=fingerprint:sha-256", "a=candidate:"),
        ),
        Target(
            "http",
            http_answers,
            lambda: iter(ANSWERS),
            words=(*_JSON_WORDS, '"session_id"', '"capabilities"', "Retry-After"),
        ),
        Target(
            "clips",
            clips,
            lambda: iter(PLAYLISTS),
            words=("#EXTM3U", "#EXT-X-MAP:URI=", "http://", "//", "file:///"),
        ),
        Target(
            "beats",
            beat_file,
            beat_files,
            words=(*_JSON_WORDS, '"beats"', '"downbeats"', '"meter"', '"6/8"', '"0.35",', "1.5,"),
        ),
        *(
            Target(kind, reading(kind), files(kind), words=words)
            for kind, words in _TIMED_WORDS.items()
        ),
        *(
            Target(
                kind,
                reading_prompts(kind),
                prompt_files(kind),
                words=(*_JSON_WORDS, *words) if kind not in ("edl", "helios") else words,
            )
            for kind, words in PROMPT_WORDS.items()
        ),
    )
}


def _broken(data: bytes) -> None:
    if data[:1] == b"b" and data[1:2] == b"u" and data[2:3] == b"g":
        raise KeyError("the planted fault")


BROKEN = Target("broken", _broken, lambda: iter((b"good",)))
"""A target that breaks, to prove that the driver notices."""

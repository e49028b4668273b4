"""What is fuzzed: each target takes bytes and gives them to one way in. A target that comes back has passed.

The property is the same everywhere: whatever comes in, out comes a value or an error that is meant for people
(`SequencerError` and what each way in documents beside it); never another exception, a hang or a memory that grows.
Each function names what it holds besides. `TARGETS` is the table; docs/fuzzing.md tells how they are run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fuzz.network import ANSWERS, PLAYLISTS, SDP, clips, http_answers, sdp_answers

from sequencer.checking import check_text
from sequencer.clocks.midi import MidiFeed
from sequencer.clocks.mtc import TimecodeFeed
from sequencer.desk.door import Door
from sequencer.desk.typing import Typing
from sequencer.desk.words import said
from sequencer.errors import Faults, SequencerError, Span, UsageError, render_all
from sequencer.events import ChunkDone, ConditionsReady, Event, Ready, Started, event_from_json, event_to_json
from sequencer.journal import parse_journal
from sequencer.midi.addresses import address
from sequencer.midi.files import read_song
from sequencer.midi.splitting import Splitter
from sequencer.notation import Notation, load_text, print_score
from sequencer.notation.amounts import read_amount, read_duration
from sequencer.notation.decoding import decode
from sequencer.notation.places import read_place
from sequencer.notation.triggers import read_trigger
from sequencer.replaying import replay, taken_up
from sequencer.schedule.document import digest, from_document, from_json, to_json
from sequencer.songs import score_of
from sequencer.stages.simulated import Faults as StageFaults
from sequencer.stages.simulated import reads_faults
from sequencer.stages.simulated.stills import opened
from sequencer.wire.codec import Wire, wire_of
from sequencer.wire.helios import HeliosReader, read_command
from sequencer.wire.messages import Channel, CommandSent, Foreign, Malformed, ModelMessage

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


class BrokenError(AssertionError):
    """A promise that a target holds besides the common one was broken."""


@dataclass(frozen=True, slots=True)
class Target:
    """One way in. `seeds` are where fuzzing begins; `words` are tokens worth putting in."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    words: tuple[str, ...] = ()
    longest: int = 4096
    """Bytes of the longest input that is tried."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# ---- scores --------------------------------------------------------------------------------------------------------


def _score(data: bytes, file: str) -> None:
    """Both notations print what was read so that it reads back to the same; a schedule survives its document."""
    faults = Faults()
    text = decode(data, file, faults)
    if text is None:
        if not faults.has_errors:
            raise BrokenError("bytes were refused, and nobody was told")
        return
    checked = check_text(text, file)
    render_all(checked.diagnostics, checked.sources)
    if checked.score is None:
        if not checked.errors:
            raise BrokenError("there is no score, and no error says why")
        return
    for notation in Notation:
        printed = print_score(checked.score, notation)
        again = load_text(printed, f"printed.{notation}", notation=notation)
        if again.score is None:
            raise BrokenError(f"what was printed as {notation} does not read:\n{render_all(again.diagnostics, again.sources)}")
        if print_score(again.score, notation) != printed:
            raise BrokenError(f"printing twice as {notation} gives two texts")
    if checked.schedule is not None:
        if from_json(to_json(checked.schedule)) != checked.schedule:
            raise BrokenError("a schedule came back from its document as another one")
    elif not checked.errors:
        raise BrokenError("there is no schedule, and no error says why")


def _text_score(data: bytes) -> None:
    _score(data, "fuzz.score")


def _yaml_score(data: bytes) -> None:
    _score(data, "fuzz.yaml")


def _scores(*suffixes: str) -> Iterator[bytes]:
    for suffix in suffixes:
        for path in sorted((ROOT / "scores").glob(f"*{suffix}")):
            yield path.read_bytes()
        for path in sorted((ROOT / "tests").glob(f"notation/texts/**/*{suffix}")):
            yield path.read_bytes()


def _texts() -> Iterator[bytes]:
    yield from _scores(".score")
    yield b'seed 42\nat 0c "A {x} boat."\nevery 4c from 2c pick("a" | "b")\nend 12c\n'
    yield b'let x = """two\nlines"""\nsection a until note C3 or go x, max 8 bars, cut seed 9 {\n  on cc 20 > 64 -> sr 2x\n}\n'


def _yamls() -> Iterator[bytes]:
    yield from _scores(".yaml")
    yield b"seed: 42\ncues:\n  - {at: 0c, prompt: A boat.}\n  - {every: 4c, from: 2c, prompt: {pick: [a, b]}}\nend: 12c\n"
    yield b"sections:\n  - section: a until note C3\n    max: 8 bars\n    rules:\n      - {when: cc 20 > 64, sr: 2x}\n"


def _place(data: bytes) -> None:
    """A place, duration, amount or trigger is a value, or something was told."""
    text = _text(data)
    span = Span("fuzz.score", 1, 1, 1, 1 + len(text))
    readers: tuple[Callable[[str, Span, Faults], object], ...] = (read_place, read_trigger, read_duration, _amount)
    for read in readers:
        faults = Faults()
        found = read(text, span, faults)
        if (found is None) != faults.has_errors:
            raise BrokenError(f"{text!r}: {found!r}, and errors: {faults.has_errors}")
        render_all(faults.diagnostics, {"fuzz.score": text})


def _amount(text: str, span: Span, faults: Faults) -> object:
    return read_amount(text, span, faults, "a length")


def _places() -> Iterator[bytes]:
    yield from (
        b"9.3",
        b"9.3+1/2",
        b"9",
        b"9:3:240",
        b"32b",
        b"12.5s",
        b"350ms",
        b"1m30s",
        b"14c",
        b"396f",
        b"+2bar",
        b"+1.5s",
        b"mark drop",
        b"mark drop +1bar",
        b"8 bars",
        b"1/2b",
        b"note C3",
        b"note 60 ch 10",
        b"cc 20 > 64",
        b"program 5 ch 1",
        b"start",
        b"go exit",
        "١٢.3".encode(),
        b"9,3",
        b"1:30",
    )


# ---- what machines write -------------------------------------------------------------------------------------------


def _chained(data: bytes) -> bytes:
    """Lines of a journal with their digests put right, so that what they hold is looked at and not their digest alone."""
    from sequencer.journal import _chain, _dumps

    out: list[str] = []
    before = ""
    for number, line in enumerate(data.split(b"\n")):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            out.append(line.decode("utf-8", "replace"))
            continue
        if number == 0:
            _mend(value.get("schedule"))
        else:
            value.pop("d", None)
            value["n"] = number
        try:
            text = _dumps(value)
            before = _chain(before, text)
        except (ValueError, RecursionError, UnicodeEncodeError):
            out.append(line.decode("utf-8", "replace"))
            continue
        out.append(text if number == 0 else f'{text[:-1]},"d":"{before}"}}')
    return "\n".join(out).encode("utf-8", "surrogatepass")


def _mend(document: object) -> None:
    """Put a schedule's digest right, where the schedule can be read at all."""
    if isinstance(document, dict):
        from pydantic import TypeAdapter

        from sequencer.schedule import Schedule

        try:
            document["digest"] = digest(_adapter(TypeAdapter, Schedule).validate_python(document.get("schedule")))
        except ValueError:
            return


@cache
def _adapter(make: Any, kind: Any) -> Any:
    return make(kind)


def _journal(data: bytes) -> None:
    """What reads is replayed too, and a run that broke off is taken up."""
    for one in (data, _chained(data)):
        try:
            journal = parse_journal(one)
            replay(journal)
            taken_up(journal)
        except SequencerError:
            continue


@cache
def _short_journals() -> tuple[bytes, ...]:
    """Runs that were recorded, shortened: the first lines of each, with a small schedule."""
    found = []
    for path in sorted((DATA / "journals").glob("*.jsonl")):
        lines = path.read_bytes().split(b"\n")
        header = json.loads(lines[0])
        header["sources"] = []
        found.append(b"\n".join([json.dumps(header).encode(), *lines[1:25]]))
    return tuple(found)


def _schedule(data: bytes) -> None:
    """What reads can be performed: a conductor takes the model's usual messages."""
    from sequencer.conductor import Conductor

    text = _text(data)
    texts = [text]
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        _mend(document)
        texts.append(json.dumps(document))
    for one in texts:
        try:
            schedule = from_json(one)
        except SequencerError:
            continue
        if from_document(json.loads(to_json(schedule))) != schedule:
            raise BrokenError("a schedule came back from its document as another one")
        conductor = Conductor(schedule)
        try:
            for event in _usual():
                conductor.receive(event)
        except SequencerError:
            continue
        conductor.report()


def _usual() -> Iterator[Event]:
    yield Ready(0)
    yield ConditionsReady(1, True, False)
    yield Started(2, 0, None)
    for chunk in range(12):
        yield ChunkDone((chunk + 1) * 1_375_000_000, chunk, 33 * (chunk + 1), None)


def _schedules() -> Iterator[bytes]:
    for path in sorted((DATA / "journals").glob("*.jsonl")):
        with path.open("rb") as file:
            yield json.dumps(json.loads(file.readline())["schedule"], separators=(",", ":")).encode()


def _faults(data: bytes) -> None:
    """A faults file gives a whole set of faults, or a UsageError."""
    try:
        found = reads_faults(_text(data))
    except UsageError:
        return
    if StageFaults.model_validate(found.model_dump(by_alias=True, exclude_unset=True)) != found:
        raise BrokenError("faults came back as others")


def _fault_files() -> Iterator[bytes]:
    yield b"seed: 5\njitter: 60ms\nfps: 30000/1001\ndrops: [{chunk: 4, for: 3s}]\nstale_states: 2\n"
    yield b"refuse: [{command: start, nth: 5, reason: busy}]\nmessages:\n  - {do: lose, type: chunk_complete, nth: 9}\n"
    yield b"slow: [{from: 3, to: 5, factor: 2, by: 1m30s}]\nuploads: [{image: a.png}]\nend: {at: 12s}\ndelays: {answer: 0ms}\n"


# ---- the wire ------------------------------------------------------------------------------------------------------


def _wire(data: bytes) -> None:
    """The first byte chooses wire and channel. What was read can be written again, and events of it stand in a journal."""
    if not data:
        return
    choice, payload = data[0], data[1:]
    channel: Channel = "control" if choice & 1 else "data"
    frame: str | bytes = _text(payload) if choice & 2 else payload
    wire = Wire.V0 if choice & 4 else Wire.V1
    wire_of(frame)
    reader = HeliosReader()
    server = wire.read_server(channel, frame)
    match server:
        case ModelMessage():
            for event in reader.read(server.type, server.data, 7):
                _journaled(event)
        case Foreign() | Malformed():
            pass
        case _:
            for other in Wire:
                other.write_server(server, channel)
    client = wire.read_client(channel, frame)
    if isinstance(client, CommandSent):
        read_command(client.type, client.data)
    if not isinstance(client, Foreign | Malformed):
        for other in Wire:
            out = other.write_client(client)
            again = other.read_client(out.channel, out.payload)
            if isinstance(again, Malformed):
                raise BrokenError(f"{client!r} was written as {out!r}, which does not read: {again.reason}")


def _journaled(event: Event) -> None:
    line = json.dumps(event_to_json(event), ensure_ascii=False).encode()
    if event_from_json(json.loads(line)) != event:
        raise BrokenError(f"{event!r} came back from the journal as another one")


def _frames() -> Iterator[bytes]:
    from sequencer.events import SchedulePrompt, SetImageStrength
    from sequencer.wire.helios import write_command
    from sequencer.wire.messages import (
        ClipAsked,
        ClipReady,
        Done,
        Ended,
        Failed,
        Moderation,
        Ping,
        Reference,
        Schema,
        TrackAsked,
    )

    state = {"running": True, "started": True, "current_frame": 33.0, "current_chunk": 1, "scheduled_prompts": {"4": "a"}}
    servers = (
        ModelMessage("state", state),
        ModelMessage("event", {"event": "prompt_switched", "chunk": 3, "new_prompt": "b"}),
        ModelMessage("chunk_complete", {"chunk_index": 3, "frames_emitted": 132, "active_prompt": "a"}, "r1"),
        Done("r2"),
        Failed("r3", "code", "why"),
        Schema({"paths": {}}, "r4"),
        ClipReady("id", "snap", 1.0, 2.5, 3.0, 5, "/clips?a", "r5"),
        Moderation("warn", "prompt", "set_prompt", ("a", "b"), "no"),
        Ended("over"),
    )
    reference = Reference("u", "a.png", "image/png", 5)
    clients = (
        CommandSent(*write_command(SchedulePrompt("a", 4)), request="r1"),
        CommandSent(*write_command(SetImageStrength(0.5))),
        CommandSent("set_image", {}, (("image", reference),), "r2"),
        Ping(),
        ClipAsked(3.0, "r3"),
        TrackAsked("publish", "a", "r4"),
        TrackAsked("resume", "main_video"),
    )
    for wire in Wire:
        frames = [wire.write_server(one, "data") for one in servers] + [wire.write_client(one) for one in clients]
        for frame in frames:
            if frame is not None:
                text = isinstance(frame.payload, str)
                payload = frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
                yield bytes(((frame.channel == "control") | text * 6,)) + payload


# ---- MIDI ----------------------------------------------------------------------------------------------------------


def _midi(data: bytes) -> None:
    """Pieces of a stream: a byte for how long it took, one for how much comes, and that much. What comes out is finite."""
    splitter = Splitter()
    feeds = (MidiFeed(120.0), MidiFeed(87.5, follows=False), TimecodeFeed())
    place, at = 0, 0
    while place + 2 <= len(data):
        wait, length = data[place], data[place + 1] % 16
        at += wait * wait * 50_000
        piece = data[place + 2 : place + 2 + length]
        place += 2 + length
        for message in splitter.feed(piece):
            for feed in feeds:
                for event in feed.hear(message, at):
                    _journaled(event)
        if wait > 200:
            for feed in feeds:
                for event in feed.silence(at) if wait < 250 else feed.unplugged(at):
                    _journaled(event)


def _midis() -> Iterator[bytes]:
    yield b"\x00\x01\xfa" + b"\x14\x01\xf8" * 60 + b"\x14\x01\xfc\x14\x01\xfb" + b"\x13\x01\xf8" * 30 + b"\xff\x00"
    yield b"\x05\x03\x99\x32\x40\x05\x02\x33\x00\x05\x03\xb0\x14\x5a\x05\x02\xc0\x04\x05\x03\xf2\x10\x00" * 3
    yield b"".join(bytes((10, 2, 0xF1, piece << 4 | value)) for piece, value in ((n % 8, n // 8 % 10) for n in range(64)))
    yield b"\x05\x0a\xf0\x7f\x7f\x01\x01\x21\x00\x00\x00\xf7" * 2


def _song(data: bytes) -> None:
    """A MIDI file gives a song whose score prints and reads back, or a SongError."""
    try:
        song = read_song(data)
    except SequencerError:
        return
    printed = print_score(score_of(song, "fuzz"))
    checked = check_text(printed, "song.score", advice=False)
    if checked.score is None:
        raise BrokenError(f"the score of a song does not read:\n{render_all(checked.diagnostics, checked.sources)}")


def _songs() -> Iterator[bytes]:
    def track(*events: bytes) -> bytes:
        body = b"".join(events)
        return b"MTrk" + len(body).to_bytes(4, "big") + body

    end = b"\x00\xff\x2f\x00"
    meta = (
        b"\x00\xff\x03\x04Song",
        b"\x00\xff\x51\x03\x07\xa1\x20",
        b"\x00\xff\x58\x04\x04\x02\x18\x08",
        b"\x00\xff\x06\x05intro",
    )
    later = (b"\x8f\x00\xff\x06\x04drop", b"\x83\x60\xff\x51\x03\x06\x1a\x80", b"\x87\x40\x90\x3c\x40\x60\x3c\x00", end)
    yield b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0" + track(*meta, *later)
    yield b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x00\x60" + track(*meta, end) + track(b"\x00\xf0\x02\x01\xf7", *later)


def _address(data: bytes) -> None:
    """An address of a MIDI port is one, or an error that says what to write."""
    try:
        str(address(_text(data)))
    except SequencerError:
        return


def _addresses() -> Iterator[bytes]:
    yield from (b"Digitakt", b"virtual:x", b"tcp://127.0.0.1:5004", b"tcp-listen://:9000", b"3")


# ---- hands ---------------------------------------------------------------------------------------------------------


def _desk(data: bytes) -> None:
    """Words make an event that a journal takes, or a UsageError; keys and calls at the door never raise."""
    text = _text(data)
    typing = Typing()
    for one in (text, *filter(None, map(typing.feed, text))):
        try:
            _journaled(said(one)(5))
        except UsageError:
            continue
    door = Door(Path("nowhere"), _heard)
    json.dumps(door._answer(data), ensure_ascii=False).encode()
    word = json.dumps({"word": door._word, "say": text}).encode()
    json.dumps(door._answer(word), ensure_ascii=False).encode()


def _heard(words: str) -> None:
    said(words)(1)


def _words() -> Iterator[bytes]:
    yield from (
        b"go exit",
        b"note C3",
        b"note 60 ch 10 vel 90",
        b"cc 20=70",
        b"cc 20 70 ch 3",
        b"program 5",
        b"pause",
        b"resume",
        b"start",
        b"offset -40ms",
        b"clip 30s",
        b"finish",
        b":note C3\r",
        b"g exit\r",
        b"qq",
        b'{"word": "a", "say": "go exit"}',
    )


# ---- pictures ------------------------------------------------------------------------------------------------------


def _picture(data: bytes) -> None:
    """An image file is pixels, or a reason why it is none."""
    found = opened(data)
    if not isinstance(found, str) and (found.ndim != 3 or found.shape[2] != 3):
        raise BrokenError(f"pixels of shape {found.shape}")


def _pictures() -> Iterator[bytes]:
    from io import BytesIO

    from PIL import Image

    for mode, kind in (
        ("RGB", "PNG"),
        ("P", "PNG"),
        ("RGBA", "WEBP"),
        ("L", "JPEG"),
        ("RGB", "GIF"),
        ("RGB", "BMP"),
        ("RGB", "TIFF"),
    ):
        file = BytesIO()
        Image.new(mode, (5, 3), 90 if mode in "LP" else (90, 20, 10, 128)[: len(mode)]).save(file, kind)
        yield file.getvalue()


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
        Target("text", _text_score, _texts, _SCORE_WORDS),
        Target("yaml", _yaml_score, _yamls, _YAML_WORDS),
        Target("places", _place, _places, ("note", "cc", "bar", "mark", "ms", "1/2", "ch"), 64),
        Target("journal", _journal, lambda: iter(_short_journals()), _JSON_WORDS, 24_000),
        Target("schedule", _schedule, _schedules, _JSON_WORDS, 20_000),
        Target("faults", _faults, _fault_files, ("drops:", "chunk:", "at:", "for:", "nth:", "delays:", "- {", "1/0", "ms")),
        Target("wire", _wire, _frames, (*_JSON_WORDS, '"scope"', '"data"', '"type"', '"uploads"')),
        Target("midi", _midi, _midis, (), 1024),
        Target("song", _song, _songs, ("MTrk", "MThd", "RIFF", "RMID"), 1024),
        Target("address", _address, _addresses, ("tcp://", "tcp-listen://", "virtual:"), 64),
        Target("desk", _desk, _words, ("note", "cc", "ch", "vel", "offset", "clip", "\\ud800"), 256),
        Target("picture", _picture, _pictures, ("IHDR", "IDAT", "acTL", "eXIf", "VP8L", "%!PS-Adobe-3.0"), 2048),
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

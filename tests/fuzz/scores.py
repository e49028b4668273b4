"""Fuzz targets for scores in both notations, and for the positions in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sequencer.core.diagnostics import Diagnostics, Span, render_all
from sequencer.language.check import check_text
from sequencer.language.loader import Notation, decode_score, load_text
from sequencer.language.notations import print_score
from sequencer.language.values.amounts import read_amount, read_duration
from sequencer.language.values.positions import read_position
from sequencer.language.values.triggers import read_trigger
from sequencer.schedule.document import from_json, to_json
from sequencer.schedule.ensemble import EnsembleSchedule
from tests.fuzz.promises import ROOT, BrokenError, text_of


def _score(data: bytes, file: str) -> None:
    """Check a score.

    Printed in both notations it reads back the same, and its schedule survives conversion to a
    document.
    """
    faults = Diagnostics()
    text = decode_score(data, file, faults)
    if text is None:
        if not faults.has_errors:
            raise BrokenError("bytes were refused, and nothing was reported")
        return
    checked = check_text(text, file)
    render_all(checked.diagnostics, checked.sources)
    if checked.score is None:
        if not checked.errors:
            raise BrokenError("there is no score, and no error states why")
        return
    for notation in Notation:
        printed = print_score(checked.score, notation)
        again = load_text(printed, f"printed.{notation}", notation=notation)
        if again.score is None:
            raise BrokenError(
                f"what was printed as {notation} does not "
                f"read:\n{render_all(again.diagnostics, again.sources)}"
            )
        if print_score(again.score, notation) != printed:
            raise BrokenError(f"printing twice as {notation} gives two texts")
    if checked.ensemble is not None:
        if EnsembleSchedule.from_json(checked.ensemble.to_json()) != checked.ensemble:
            raise BrokenError("the schedules of stages came back from their document as others")
    elif checked.schedule is not None:
        if from_json(to_json(checked.schedule)) != checked.schedule:
            raise BrokenError("a schedule came back from its document as another one")
    elif not checked.errors:
        raise BrokenError("there is no schedule, and no error states why")


def text_score(data: bytes) -> None:
    _score(data, "fuzz.score")


def yaml_score(data: bytes) -> None:
    _score(data, "fuzz.yaml")


def _scores(*suffixes: str) -> Iterator[bytes]:
    for suffix in suffixes:
        for path in sorted((ROOT / "scores").glob(f"*{suffix}")):
            yield path.read_bytes()
        for path in sorted((ROOT / "tests").glob(f"notation/texts/**/*{suffix}")):
            yield path.read_bytes()


def texts() -> Iterator[bytes]:
    yield from _scores(".score")
    yield b'seed 42\nat 0c "A {x} boat."\nevery 4c from 2c pick("a" | "b")\nend 12c\n'
    yield (
        b'let x = """two\nlines"""\nsection a until note C3 or go x, max 8 bars, cut seed 9 '
        b"{\n  on cc 20 > 64 -> sr 2x\n}\n"
    )
    yield (
        b'model helios\nclock 120 bpm\nscene s { base "A."; follow "{action}" }\n'
        b'section a 4 bars { at 1 s; at end -1 bar s shuffle("b" | "c") }\n'
        b"section b 2 bars like a, tempo 90 {\n}\nplay a (a b*2)*2\n"
    )
    yield (
        b'scene s { base "A."; follow "{action}" }\nat 0c s\nat 4c s "b", fade 2c\n'
        b'every 4c from 8c fade 3c, pick("c" | "d")\non go x -> "E.", fade 99c, image "i.png"\nend 20c\n'
    )
    yield (
        b'section a until release C3 or osc "/out", max 8 bars {\n  on note C3 vel >= 100 '
        b'at next 2 bars -> "A."\n  on osc "/fader" > 0.5 at next beat -> sr 2x\n}\n'
    )
    yield b'at 0c "A.", osc "/a/1" 1 -0.5 "b \\" c" true\non go x -> osc /b, osc "/c" false\nend 4c\n'


def yamls() -> Iterator[bytes]:
    yield from _scores(".yaml")
    yield (
        b"seed: 42\ncues:\n  - {at: 0c, prompt: A boat.}\n  - "
        b"{every: 4c, from: 2c, prompt: {pick: [a, b]}}\nend: 12c\n"
    )
    yield (
        b"sections:\n  - section: a until note C3\n    max: 8 bars\n    rules:\n      - "
        b"{when: cc 20 > 64, sr: 2x}\n      - {when: osc /fader > 0.5, at: next bar, sr: 2x}\n"
    )
    yield (
        b"cues:\n  - {at: 0c, prompt: A}\n  - {at: 4c, fade: 2c, prompt: {pick: [b, c]}}\n"
        b"rules:\n  - {when: go x, prompt: E, fade: 99c}\nend: 12c\n"
    )
    yield (
        b"clock: 120 bpm\nsections:\n  - section: a 4 bars\n    cues:\n      - "
        b"{at: end -1 bar, prompt: {shuffle: [a, b]}}\n  - {section: b, like: a}\n"
        b"play: a (a b*2)*2\n"
    )
    yield (
        b"cues:\n  - {at: 0c, prompt: A., osc: [/a/1 1 -0.5 true, '/b \"c\"']}\n"
        b"  - {every: 1c, osc: /tick}\nend: 4c\n"
    )


def position(data: bytes) -> None:
    """Read a position, trigger, duration or amount: a value, or a reported error."""
    text = text_of(data)
    span = Span("fuzz.score", 1, 1, 1, 1 + len(text))
    readers: tuple[Callable[[str, Span, Diagnostics], object], ...] = (
        read_position,
        read_trigger,
        read_duration,
        _amount,
    )
    for read in readers:
        faults = Diagnostics()
        found = read(text, span, faults)
        if (found is None) != faults.has_errors:
            raise BrokenError(f"{text!r}: {found!r}, and errors: {faults.has_errors}")
        render_all(faults.diagnostics, {"fuzz.score": text})


def _amount(text: str, span: Span, faults: Diagnostics) -> object:
    return read_amount(text, span, faults, "a length")


def position_texts() -> Iterator[bytes]:
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
        b"end -1 bar",
        b"end -2.5s",
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

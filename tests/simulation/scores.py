"""Draws scores in the text notation, valid by construction, and edits them with random mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from sequencer.core.errors import ScoreError
from sequencer.schedule.model import Schedule
from tests.simulation.playing import COLOURS, schedule_of

GOES = ("out", "again", "flash", "swap", "cut", "rest", "on", "nobody")
NOTES = ("C3", "D3", "E3")
OPENING = "a quiet quay"
FOLLOW = f"A tram at {OPENING}. "


@dataclass(slots=True, kw_only=True)
class _Section:
    """What a cue of a section needs to be valid.

    Positions are exact: beats from the section's start.
    """

    beats: int
    """Per bar."""
    bars: int
    fastest: Fraction
    """The highest tempo in it, in quarters per minute: no beat is shorter."""
    quarters: Fraction
    """Per beat."""
    steady: bool
    """Whether the tempo is constant, so that positions in seconds can be converted."""
    at: Fraction = Fraction(0)
    """The position of the last cue."""
    last_prompt: Fraction = Fraction(0)

    @property
    def length(self) -> int:
        return self.bars * self.beats

    def seconds(self, beats: Fraction) -> Fraction:
        """Return the duration of this many beats at the highest tempo: the shortest possible."""
        return beats * self.quarters * 60 / self.fastest


class Scores:
    """Writes valid scores in the text notation: if `check` refuses one, the language or this module
    has a bug.

    In a *fixed* score, whose chunks are all known in advance, two prompts or cuts on one chunk are
    an error, so they keep a distance there; everywhere else the later one wins, and they may be
    arbitrarily dense.
    """

    def __init__(self, rng: Random, text: Callable[[int], str] | None = None) -> None:
        """Create a writer; `text` returns what is added to a prompt, given the number of characters
        that it has already.
        """
        self._rng = rng
        self._text = text
        self._prompts_written = 0
        self._scene = False
        self._frames, self._fps = 33, Fraction(24)
        self._snap = "nearest"
        self._fixed = False
        self._mixed = False
        """Whether cues have snaps of their own."""
        self._bpm = Fraction(120)
        self._top: tuple[int, int] = (4, 4)

    def _one(self, *choices: str) -> str:
        return choices[self._rng.randrange(len(choices))]

    def _chance(self, one_in: int) -> bool:
        return self._rng.randrange(one_in) == 0

    @property
    def _apart(self) -> Fraction:
        """Seconds between two prompts of a fixed score: one chunk if all snap alike."""
        return self._frames / self._fps * (2 if self._mixed else 1)

    def lines(self, kind: str | None = None) -> list[str]:
        """Return the lines of a score.

        `kind` is `chunks`, `fixed`, `live`, `midi` or `mtc`; it is drawn if it is not given.
        """
        kind = kind or self._rng.choices(("chunks", "fixed", "live", "midi"), (4, 4, 8, 3))[0]
        lines = [*self._header(), *self._clock(kind)]
        self._fixed = kind in ("chunks", "fixed") and self._chance(2)
        self._mixed = not self._fixed or self._chance(4)
        self._scene = self._chance(2)
        if self._scene:
            lines.append(f'let place = "{OPENING}"')
            lines.append("scene tram {")
            lines.append('  base "A tram waits at {place}."')
            lines.append('  follow "A tram at {place}. {action}"')
            lines.append("}")
        match kind:
            case "chunks":
                return lines + self._chunks()
            case "mtc":
                return lines + self._seconds()
            case _:
                return lines + self._sections(kind)

    def _header(self) -> list[str]:
        lines = [f"seed {self._rng.randrange(1000)}"]
        if self._chance(3):
            frames, fps = self._one("12", "33", "33", "8"), self._one("24", "30", "19.5", "8")
            self._frames, self._fps = int(frames), Fraction(fps)
            lines.append(f"grid {frames} frames @ {fps} fps")
        if self._chance(2):
            self._snap = self._one("floor", "ceil", "nearest")
            lines.append(f"snap {self._snap}")
        if self._chance(2):
            lines.append(f"lead {1 + self._rng.randrange(4)}c")
        if self._chance(4):
            lines.append("late drop")
        if self._chance(3):
            lines.append(f"sr {self._one('off', '2x', '4x')}")
        return lines

    def _clock(self, kind: str) -> list[str]:
        match kind:
            case "fixed" | "live":
                tempo, meter = self._one("60", "97", "120", "960/11", "180"), self._meter()
                found = f"clock {tempo} bpm, {meter}"
            case "midi":
                meter, tempo = self._meter(), self._one("100", "120", "140")
                found = f"clock midi, {meter}, nominal {tempo} bpm"
            case "mtc":
                return [f"clock mtc {self._one('24', '25', '29.97', '30')}"]
            case _:
                return []
        beats, unit = meter.split("/")
        self._bpm, self._top = Fraction(tempo), (int(beats), int(unit))
        return [found]

    def _meter(self) -> str:
        return self._one("4/4", "4/4", "3/4", "7/8", "5/4")

    def _prompt(self) -> str:
        self._prompts_written += 1
        number = (
            self._prompts_written
            if self._rng.randrange(8)
            else 1 + self._rng.randrange(self._prompts_written)
        )
        if self._scene and self._chance(4):
            action = f"Now it moves {number} steps."
            return f'tram "{self._more(action, len(FOLLOW))}"' if self._chance(2) else "tram"
        if self._chance(12):
            return f'pick("{self._more(f"Either {number}.")}" | "Or {number}.")'
        return f'"{self._more(f"Picture {number}.")}"'

    def _more(self, text: str, beside: int = 0) -> str:
        """Return a prompt's text with an addition; `beside` is the number of other characters in
        the prompt.
        """
        return text if self._text is None else text + self._text(len(text) + beside)

    def _extras(self, tempo: bool, cuts: bool = True) -> list[str]:
        found = []
        if self._chance(5):
            found.append(f'image "{self._one(*COLOURS)}"')
            if self._chance(2):
                found.insert(0, f"strength {self._one('0', '0.4', '0.85', '1')}")
        if self._chance(6):
            found.append(f"sr {self._one('off', '2x', '4x')}")
        if cuts and self._chance(9):
            found.append("cut" if self._chance(2) else f"cut seed {self._rng.randrange(99)}")
        if self._chance(14) and self._mixed:
            found.append(f"snap {self._one('floor', 'ceil', 'nearest')}")
        if tempo and self._chance(5):
            found.append(f"tempo {self._one('90', '128', '97 -> 140 over 2 bars')}")
        return found

    def _cue(self, position: str, tempo: bool, cuts: bool = True) -> str:
        extras = self._extras(tempo, cuts)
        acts = (
            extras
            if extras and "cut" not in " ".join(extras) and self._chance(4)
            else [*extras, self._prompt()]
        )
        return f"at {position} {', '.join(acts)}"

    def _opening(self) -> list[str]:
        found = []
        if self._chance(3):
            found += [f"strength {self._one('0.2', '0.9')}"] if self._chance(2) else []
            found.append(f'image "{self._one(*COLOURS)}"')
        if self._chance(5):
            found.append(f"sr {self._one('off', '4x')}")
        return found

    # ---- chunks and seconds

    def _chunks(self) -> list[str]:
        length = 6 + self._rng.randrange(30)
        lines = [f"at 0c {', '.join([*self._opening(), self._prompt()])}"]
        position = 0
        while True:
            step = 1 + self._rng.randrange(1 + self._rng.randrange(7))
            position += step
            if position >= length:
                break
            written = self._one(
                f"{position}c", f"{position}c", f"+{step}c", f"{position * self._frames}f"
            )
            lines.append(self._cue(written, tempo=False))
        if self._chance(4):
            lines.append(
                f"every {2 + self._rng.randrange(4)}c from {1 + self._rng.randrange(3)}c sr "
                f"{self._one('off', '4x')}"
            )
        lines += [] if self._fixed else self._rules(("on",))
        return [*lines, f"end {length}c"]

    def _seconds(self) -> list[str]:
        """Time code has no beats: positions and lengths are seconds, chunks and frames."""
        if self._chance(2):
            length = 8 + self._rng.randrange(40)
            return [
                *self._timed(length, first=True),
                *self._rules(("rest", "on")),
                f"end {length}s",
            ]
        lines: list[str] = []
        names = ["intro", "jam", "outro"][: 1 + self._rng.randrange(3)]
        for number, name in enumerate(names):
            length = 8 + self._rng.randrange(25)
            until = f"until {self._one('go out', 'note C3', 'program 5')}, max "
            head = f"section {name} {until if self._chance(3) else ''}{length}s"
            head += ", cut" if number and self._chance(4) else ""
            body = self._timed(length, first=number == 0)
            body += self._rules(("flash", "swap", "again"), names) if self._chance(3) else []
            lines += [head + " {", *(f"  {line}" for line in body), "}"]
        return lines

    def _timed(self, length: int, first: bool) -> list[str]:
        """Return cues within this many seconds."""
        lines = [f"at 0s {', '.join([*(self._opening() if first else []), self._prompt()])}"]
        chunk = self._frames / self._fps
        at = Fraction(0)
        while True:
            step = Fraction(500 + self._rng.randrange(6000), 1000)
            at += step
            match self._rng.randrange(4):
                case 0:
                    written, at = f"{int(at / chunk)}c", int(at / chunk) * chunk
                case 1:
                    written, at = f"{int(at * self._fps)}f", int(at * self._fps) / self._fps
                case 2:
                    written = f"+{int(step * 1000)}ms"
                case _:
                    written = f"{int(at * 1000)}ms"
            if at >= length:
                break
            lines.append(self._cue(written, tempo=False))
        if self._chance(4):
            lines.append(f"every {5 + self._rng.randrange(6)}s from 2s {self._prompt()}")
        return lines

    # ---- sections

    def _sections(self, kind: str) -> list[str]:
        rng = self._rng
        names = ["intro", "drop", "jam", "bridge", "outro"][: 1 + rng.randrange(4)]
        live = {name for name in names if kind != "fixed" and rng.randrange(2) == 0}
        if kind == "live" and not live:
            live.add(names[rng.randrange(len(names))])
        lines: list[str] = []
        for number, name in enumerate(names):
            lines += self._section(kind, name, name in live, number == 0, names)
        if not self._fixed and (self._chance(3) or kind == "fixed"):
            lines += self._rules(("rest", "on"))
        if self._chance(2):
            order = [f"{name}*2" if self._chance(4) else name for name in names]
            if self._chance(4):
                order.append(names[rng.randrange(len(names))])
            lines.append(f"play {' '.join(order)}")
        return lines

    def _section(
        self, kind: str, name: str, live: bool, first: bool, sections: list[str]
    ) -> list[str]:
        rng = self._rng
        bars = 1 + rng.randrange(5 if kind == "midi" else 8)
        longest = bars + rng.randrange(6) if live else bars
        options, fastest, steady, (beats, unit) = self._options()
        here = _Section(
            beats=beats, bars=bars, fastest=fastest, quarters=Fraction(4, unit), steady=steady
        )
        while self._fixed and here.seconds(Fraction(here.length)) < self._apart:
            here.bars = bars = longest = bars + 1
        if live:
            until = " or ".join(
                rng.sample(["go out", "note C3", "program 5", "cc 20 > 64"], 1 + rng.randrange(2))
            )
            head = f"section {name} until {until}, max {longest} bars"
        else:
            head = f"section {name} {bars} bars"
        head += options
        if not first and self._chance(4):
            head += ", cut" if self._chance(2) else f", cut seed {rng.randrange(99)}"
        body = [f"at 1 {', '.join([*self._opening(), self._prompt()])}"]
        repeats = self._chance(6)
        tempo = steady and not self._fixed and self._chance(6)
        here.steady = steady and not tempo
        here.fastest = max(fastest, Fraction(140)) if tempo else fastest
        for bar in range(1, bars + 1):
            position = (
                None if self._chance(2) or (repeats and self._fixed) else self._position(here, bar)
            )
            if position is not None:
                body.append(self._cue(position, tempo))
        if repeats:
            body += self._repeated(here)
        if self._chance(3) and not self._fixed:
            body += self._rules(("flash", "swap", "cut", "again"), sections)
        return [head + " {", *(f"  {line}" for line in body), "}"]

    def _repeated(self, here: _Section) -> list[str]:
        """Return an `every` if the section has space for one."""
        least = self._apart if self._fixed else self._frames / self._fps
        every = 1 + self._rng.randrange(3)
        while here.seconds(Fraction(every * here.beats)) < least:
            every += 1
        first = every if self._fixed else 1
        last = first + every * ((here.bars - 1 - first) // every)
        if first >= here.bars or (
            self._fixed and not self._is_free(here, Fraction(last * here.beats))
        ):
            return []
        return [f"every {every} bars from {first + 1} {self._prompt()}"]

    def _options(self) -> tuple[str, Fraction, bool, tuple[int, int]]:
        """Return a section's tempo and meter as written, its highest tempo, whether it is constant,
        and its meter.
        """
        written, fastest, steady, meter = "", self._bpm, True, self._top
        if self._chance(4):
            tempo = self._one("80", "110 -> 140", "150")
            written += f", tempo {tempo}"
            fastest, steady = max(map(Fraction, tempo.split(" -> "))), "->" not in tempo
        if self._chance(6):
            text = self._meter()
            written += f", meter {text}"
            beats, unit = text.split("/")
            meter = (int(beats), int(unit))
        return written, fastest, steady, meter

    def _position(self, here: _Section, bar: int) -> str | None:
        """Return a valid position in a section, near a bar; None if there is none."""
        kind = self._rng.randrange(8)
        start = Fraction((bar - 1) * here.beats)
        match kind:
            case 2:
                at, written = start + 2, f"{bar}.3"
            case 3:
                at, written = start + Fraction(3, 2), f"{bar}.2+1/2"
            case 4:
                at, written = start + Fraction(3, 2), f"{bar}:2:240"
            case 5:
                step = 1 + self._rng.randrange(3)
                at, written = here.at + step, f"+{step}b"
            case 6:
                at, written = Fraction(bar * 3), f"{bar * 3}b"
            case 7 if here.steady:
                at, written = Fraction(bar * 3, 2) / here.seconds(Fraction(1)), f"{bar * 1500}ms"
            case _:
                at, written = start + here.beats, str(bar + 1)
        if at >= here.length or (self._fixed and not self._is_free(here, at)):
            return None
        here.at = here.last_prompt = at
        return written

    def _is_free(self, here: _Section, at: Fraction) -> bool:
        """Return whether a prompt there is far enough from the previous one, and from the next
        section's.
        """
        return (
            here.seconds(at - here.last_prompt) >= self._apart
            and here.seconds(here.length - at) >= self._apart
        )

    def _rules(self, words: tuple[str, ...], sections: list[str] | None = None) -> list[str]:
        rules = []
        taken: set[str] = set()
        for word in self._rng.sample(words, 1 + self._rng.randrange(len(words))):
            trigger = self._one(
                f"go {word}",
                f"go {word}",
                f"go {word}",
                f"note {self._one(*NOTES)}",
                "cc 21 > 64",
                "program 7",
            )
            trigger = f"go {word}" if trigger in taken else trigger
            taken.add(trigger)
            match word:
                case "rest":
                    act = "pause"
                case "on" if sections is None and self._chance(2):
                    act = "resume"
                case "swap":
                    act = (
                        f'image "{self._one(*COLOURS)}", {self._prompt()}'
                        if self._chance(2)
                        else f"sr {self._one('off', '4x')}"
                    )
                case "cut":
                    act = f"cut seed {self._rng.randrange(99)}, {self._prompt()}"
                case "again" if sections:
                    act = f"goto {self._one(*sections)}"
                case _:
                    act = self._prompt()
            rules.append(f"on {trigger} -> {act}")
        return rules


def edited(rng: Random, score: str, schedule: Schedule) -> tuple[str, Schedule]:
    """Return the score after a few random edits that keep it valid; check that others are refused
    with message and code.
    """
    best = score, schedule
    for _ in range(4):
        text = _introduce_mistake(rng, best[0])
        try:
            best = text, schedule_of(text)
        except ScoreError as error:
            if not all(one.message and one.code for one in error.diagnostics):
                raise AssertionError(f"an error without words: {error.diagnostics}") from error
    return best


def _introduce_mistake(rng: Random, text: str) -> str:
    lines = text.splitlines()
    here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            lines[here], lines[there] = lines[there], lines[here]
        case 1:
            lines.insert(there, lines[here])
        case 2:
            del lines[here]
        case 3:
            numbers = list(re.finditer(r"\d+", lines[here]))
            if numbers:
                one = numbers[rng.randrange(len(numbers))]
                lines[here] = (
                    f"{lines[here][: one.start()]}{rng.randrange(20)}{lines[here][one.end() :]}"
                )
        case 4:
            position = rng.randrange(len(lines[here]) + 1)
            lines[here] = (
                lines[here][:position]
                + '"{}.,>+-/19 \n'[rng.randrange(13)]
                + lines[here][position:]
            )
        case _:
            position = rng.randrange(len(lines[here]) + 1)
            lines[here] = lines[here][:position] + lines[here][position + 1 :]
    return "\n".join(lines) + "\n"

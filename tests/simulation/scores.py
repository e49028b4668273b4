"""Draws scores in the text notation, mostly right ones, and edits them by slips of a hand."""

from __future__ import annotations

import re
from random import Random

from sequencer.errors import ScoreError
from sequencer.schedule import Schedule
from simulation.playing import COLOURS, schedule_of

GOES = ("out", "again", "flash", "swap", "cut", "rest", "on", "nobody")
NOTES = ("C3", "D3", "E3")


class Scores:
    """Writes scores, mostly right ones, in the text notation."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._said = 0
        self._marks = 0
        self._scene = False

    def _one(self, *choices: str) -> str:
        return choices[self._rng.randrange(len(choices))]

    def _chance(self, one_in: int) -> bool:
        return self._rng.randrange(one_in) == 0

    def lines(self) -> list[str]:
        rng = self._rng
        kind = rng.choices(("chunks", "fixed", "live", "midi"), (4, 4, 8, 3))[0]
        lines = [f"seed {rng.randrange(1000)}"]
        if self._chance(3):
            lines.append(f"grid {self._one('12', '33', '33', '8')} frames @ {self._one('24', '30', '19.5', '8')} fps")
        if self._chance(2):
            lines.append(f"snap {self._one('floor', 'ceil', 'nearest')}")
        if self._chance(2):
            lines.append(f"lead {1 + rng.randrange(4)}c")
        if self._chance(4):
            lines.append("late drop")
        if self._chance(3):
            lines.append(f"sr {self._one('off', '2x', '4x')}")
        if kind in ("fixed", "live"):
            lines.append(f"clock {self._one('60', '97', '120', '960/11', '180')} bpm, {self._meter()}")
        if kind == "midi":
            lines.append(f"clock midi, {self._meter()}, nominal {self._one('100', '120', '140')} bpm")
        self._scene = self._chance(2)
        if self._scene:
            lines.append('let place = "a quiet quay"')
            lines.append("scene tram {")
            lines.append('  base "A tram waits at {place}."')
            lines.append('  follow "A tram at {place}. {action}"')
            lines.append("}")
        return lines + (self._chunks() if kind == "chunks" else self._sections(kind))

    def _meter(self) -> str:
        return self._one("4/4", "4/4", "3/4", "7/8", "5/4")

    def _prompt(self) -> str:
        self._said += 1
        number = self._said if self._rng.randrange(8) else 1 + self._rng.randrange(self._said)
        if self._scene and self._chance(4):
            return f'tram "Now it moves {number} steps."' if self._chance(2) else "tram"
        if self._chance(12):
            return f'pick("Either {number}." | "Or {number}.")'
        return f'"Picture {number}."'

    def _extras(self, musical: bool, cuts: bool = True) -> list[str]:
        found = []
        if self._chance(5):
            found.append(f'image "{self._one(*COLOURS)}"')
            if self._chance(2):
                found.insert(0, f"strength {self._one('0', '0.4', '0.85', '1')}")
        if self._chance(6):
            found.append(f"sr {self._one('off', '2x', '4x')}")
        if cuts and self._chance(9):
            found.append("cut" if self._chance(2) else f"cut seed {self._rng.randrange(99)}")
        if self._chance(14):
            found.append(f"snap {self._one('floor', 'ceil', 'nearest')}")
        if musical and self._chance(14):
            found.append(f"tempo {self._one('90', '128', '97 -> 140 over 2 bars')}")
        return found

    def _cue(self, place: str, musical: bool, cuts: bool = True) -> str:
        extras = self._extras(musical, cuts)
        acts = extras if extras and "cut" not in " ".join(extras) and self._chance(4) else [*extras, self._prompt()]
        return f"at {place} {', '.join(acts)}"

    def _chunks(self) -> list[str]:
        length = 6 + self._rng.randrange(30)
        lines = [f"at 0c {', '.join([*self._opening(), self._prompt()])}"]
        place = 0
        while True:
            step = 1 + self._rng.randrange(1 + self._rng.randrange(7))
            place += step
            if place >= length:
                break
            written = self._one(f"{place}c", f"{place}c", f"+{step}c", f"{place * 33}f")
            lines.append(self._cue(written, musical=False))
        if self._chance(4):
            lines.append(f"every {2 + self._rng.randrange(4)} c from {1 + self._rng.randrange(3)}c sr {self._one('off', '4x')}")
        lines += self._rules(("on",)) if self._chance(2) else []
        return [*lines, f"end {length}c"]

    def _opening(self) -> list[str]:
        found = []
        if self._chance(3):
            found += [f"strength {self._one('0.2', '0.9')}"] if self._chance(2) else []
            found.append(f'image "{self._one(*COLOURS)}"')
        if self._chance(5):
            found.append(f"sr {self._one('off', '4x')}")
        return found

    def _sections(self, kind: str) -> list[str]:
        rng = self._rng
        names = ["intro", "drop", "jam", "bridge", "outro"][: 1 + rng.randrange(4)]
        live = {name for name in names if kind != "fixed" and rng.randrange(2) == 0}
        if kind == "live" and not live:
            live.add(names[rng.randrange(len(names))])
        lines: list[str] = []
        for number, name in enumerate(names):
            lines += self._section(kind, name, name in live, number == 0, names)
        lines += self._rules(("rest", "on")) if self._chance(3) else []
        if self._chance(2):
            order = [f"{name}*2" if self._chance(4) else name for name in names]
            if self._chance(4):
                order.append(names[rng.randrange(len(names))])
            lines.append(f"play {' '.join(order)}")
        return lines

    def _section(self, kind: str, name: str, live: bool, first: bool, sections: list[str]) -> list[str]:
        rng = self._rng
        bars = 1 + rng.randrange(5 if kind == "midi" else 8)
        head = f"section {name} {bars} bars"
        if live:
            until = " or ".join(rng.sample(["go out", "note C3", "program 5", "cc 20 > 64"], 1 + rng.randrange(2)))
            head = f"section {name} until {until}, max {bars + rng.randrange(6)} bars"
        if self._chance(4):
            head += f", tempo {self._one('80', '110 -> 140', '150')}"
        if self._chance(6):
            head += f", meter {self._meter()}"
        if not first and self._chance(4):
            head += ", cut" if self._chance(2) else f", cut seed {rng.randrange(99)}"
        body = [f"at 1 {', '.join([*self._opening(), self._prompt()])}"]
        for bar in range(1, bars + 1):
            if self._chance(2):
                continue
            body.append(self._cue(self._place(bar), musical=True))
        if self._chance(6):
            body.append(f"every {1 + rng.randrange(3)} bars from 2 {self._prompt()}")
        if self._chance(3):
            body += self._rules(("flash", "swap", "cut", "again"), sections)
        return [head + " {", *(f"  {line}" for line in body), "}"]

    def _place(self, bar: int) -> str:
        match self._rng.randrange(8):
            case 0 | 1:
                return str(bar + 1)
            case 2:
                return f"{bar}.3"
            case 3:
                return f"{bar}.2+1/2"
            case 4:
                return f"{bar}:2:240"
            case 5:
                return f"+{1 + self._rng.randrange(3)}b"
            case 6:
                return f"{bar * 3}b"
            case _:
                return f"{bar * 1500}ms"

    def _rules(self, words: tuple[str, ...], sections: list[str] | None = None) -> list[str]:
        rules = []
        for word in self._rng.sample(words, 1 + self._rng.randrange(len(words))):
            trigger = self._one(
                f"go {word}", f"go {word}", f"go {word}", f"note {self._one(*NOTES)}", "cc 21 > 64", "program 7"
            )
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


def valid(lines: list[str]) -> tuple[str, Schedule]:
    """A score of these lines and its schedule; lines that errors point at are left out, one after the other.

    What is left is valid at last, for a score of its first cue alone is.
    """
    kept = list(lines)
    for _ in range(len(lines) + 1):
        score = "\n".join(kept) + "\n"
        try:
            return score, schedule_of(score)
        except ScoreError as error:
            kept = without_faulty(kept, error)
    score = 'seed 1\nat 0c "Picture 1."\nend 6c\n'
    return score, schedule_of(score)


def without_faulty(lines: list[str], error: ScoreError) -> list[str]:
    """The lines without the last one that an error points at; a section goes as a whole."""
    if not lines:
        return lines
    faulty = max((one.span.line for one in error.diagnostics if one.is_error), default=len(lines))
    index = min(max(faulty, 1), len(lines)) - 1
    if lines[index].endswith("{"):
        end = next(number for number in range(index, len(lines)) if lines[number] == "}")
        return lines[:index] + lines[end + 1 :]
    if lines[index] == "}":
        index -= 1
    return lines[:index] + lines[index + 1 :]


def edited(rng: Random, score: str, schedule: Schedule) -> tuple[str, Schedule]:
    """The score after a few slips of an editor's hand, where it is still valid; what is not is refused in words."""
    best = score, schedule
    for _ in range(4):
        text = _slip(rng, best[0])
        try:
            best = text, schedule_of(text)
        except ScoreError as error:
            if not all(one.message and one.code for one in error.diagnostics):
                raise AssertionError(f"an error without words: {error.diagnostics}") from error
    return best


def _slip(rng: Random, text: str) -> str:
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
                lines[here] = f"{lines[here][: one.start()]}{rng.randrange(20)}{lines[here][one.end() :]}"
        case 4:
            place = rng.randrange(len(lines[here]) + 1)
            lines[here] = lines[here][:place] + '"{}.,>+-/19 \n'[rng.randrange(13)] + lines[here][place:]
        case _:
            place = rng.randrange(len(lines[here]) + 1)
            lines[here] = lines[here][:place] + lines[here][place + 1 :]
    return "\n".join(lines) + "\n"

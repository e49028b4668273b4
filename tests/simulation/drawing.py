"""Draws shows from seeds. One seed is one show, on every machine: `random.Random` alone decides, and only by whole numbers."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from sequencer.errors import ScoreError
from sequencer.schedule import Schedule
from simulation.playing import COLOURS, schedule_of
from simulation.script import Script

GOES = ("out", "again", "flash", "swap", "cut", "rest", "on", "nobody")
NOTES = ("C3", "D3", "E3")


def draw_script(seed: int) -> Script:
    """The show of a seed: a valid score, and what happens to it."""
    rng = Random(seed)
    lines = _Scores(rng).lines()
    score, schedule = valid(lines)
    if rng.randrange(4) == 0:
        score, schedule = edited(rng, score, schedule)
    chunks = schedule.end
    quiet = rng.randrange(4) == 0
    faults = {} if quiet else _faults(rng, chunks, [image.path for image in schedule.images])
    hands = _hands(rng, schedule, score)
    outer = schedule.clock.is_outer
    seconds = float(schedule.grid.chunk * chunks)
    return Script(
        score,
        faults,
        hands,
        _gear(rng, seconds) if outer else (),
        not outer and schedule.clock.kind == "bpm" and rng.randrange(6) == 0,
        f"drawn from seed {seed}",
    )


# ---- scores --------------------------------------------------------------------------------------------------------


class _Scores:
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


# ---- what goes wrong -----------------------------------------------------------------------------------------------

_HARMLESS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("fps", ("19.5", "21", "30", "24")),
    ("dialect", ("2026-early",)),
    ("scheduled_prompts", ("list",)),
    ("frames_emitted", ("chunk",)),
    ("generation_started", ("each",)),
    ("reset_keeps", (True,)),
    ("strength", ("live",)),
    ("jitter", ("20ms", "200ms")),
    ("stale_states", (1, 2, 5)),
)

_COMMANDS = ("schedule_prompt", "set_conditioning", "set_sr_scale", "set_image_strength", "start", "reset", "set_seed")
_MESSAGES = (
    *("chunk_complete", "chunk_complete", "chunk_complete", "state", "state", "prompt_accepted", "image_accepted"),
    *("conditions_ready", "generation_started", "generation_reset", "command_error"),
)
_EARLY = {
    "prompt_accepted": "prompt_scheduled",
    "image_accepted": "image_set",
    "command_error": "error",
}
_FIELDS = {
    "chunk_complete": ("chunk_index", "frames_emitted", "active_prompt"),
    "state": ("running", "started", "current_chunk", "current_frame", "current_prompt", "scheduled_prompts"),
    "prompt_accepted": ("prompt",),
    "prompt_scheduled": ("prompt", "chunk"),
    "conditions_ready": ("has_prompt", "has_image"),
    "generation_started": ("chunk_index", "prompt"),
    "command_error": ("command", "reason"),
    "error": ("message",),
    "image_accepted": ("width",),
    "image_set": ("width",),
}
_WRONG = ("", "soon", "-1", "1000000", "3.7", "null", "0")


def _faults(rng: Random, chunks: int, images: list[str]) -> dict[str, Any]:
    faults: dict[str, Any] = {"seed": rng.randrange(1000)}
    for key, values in _HARMLESS:
        if rng.randrange(5) == 0:
            faults[key] = values[rng.randrange(len(values))]
    if rng.randrange(4) == 0:
        slow: dict[str, Any] = {"chunk": rng.randrange(chunks + 1)}
        slow.update({"by": f"{1 + rng.randrange(30)}s"} if rng.randrange(2) else {"factor": "3/2"})
        faults["slow"] = [slow]
    delays = {}
    for key, values in (
        ("connect", ("0s", "2s")),
        ("answer", ("0s", "300ms", "1s")),
        ("jitter", ("300ms",)),
        ("at_chunk", (True,)),
        ("image", ("20ms", "900ms")),
        ("upload", ("0s", "5s")),
        ("shown", ("0s", "700ms")),
        ("shown_jitter", ("100ms",)),
    ):
        if rng.randrange(10) == 0:
            delays[key] = values[rng.randrange(len(values))]
    if delays:
        faults["delays"] = delays
    if rng.randrange(3) == 0:  # a model that only behaves oddly: then every cue must land
        return faults
    faults.update(_harmful(rng, chunks, images, faults.get("dialect") == "2026-early"))
    return faults


def _harmful(rng: Random, chunks: int, images: list[str], early: bool) -> dict[str, Any]:
    faults: dict[str, Any] = {}
    if rng.randrange(2) == 0:
        faults["messages"] = [_mishap(rng, early) for _ in range(1 + rng.randrange(3))]
    if rng.randrange(3) == 0:
        faults["refuse"] = [_refusal(rng, chunks) for _ in range(1 + rng.randrange(2))]
    if rng.randrange(3) == 0:
        faults["drops"] = [_drop(rng, chunks) for _ in range(1 + rng.randrange(2))]
    if rng.randrange(12) == 0:
        faults["end"] = {"chunk": rng.randrange(chunks + 1)} if rng.randrange(2) else {"at": f"{rng.randrange(60)}s"}
    if images and rng.randrange(6) == 0:
        faults["uploads"] = [{"nth": 1 + rng.randrange(len(images) + 1)}]
    if images and rng.randrange(8) == 0:
        faults["uploads_last"] = f"{1 + rng.randrange(40)}s"
    if rng.randrange(15) == 0:
        faults["unheard"] = ("100ms", "2s")[rng.randrange(2)]
    if rng.randrange(12) == 0:
        faults["warmup"] = 1
    if rng.randrange(10) == 0:
        faults.setdefault("delays", {})["prompt"] = ("200ms", "2s")[rng.randrange(2)]
    return faults


def _mishap(rng: Random, early: bool) -> dict[str, Any]:
    name = _MESSAGES[rng.randrange(len(_MESSAGES))]
    name = _EARLY.get(name, name) if early else name
    many = name in ("chunk_complete", "state", "prompt_accepted", "prompt_scheduled")
    mishap: dict[str, Any] = {"type": name, "nth": 1 + rng.randrange(20 if many else 3)}
    mishap["do"] = ("lose", "repeat", "delay", "swap", "spoil")[rng.randrange(5)]
    if mishap["do"] in ("repeat", "delay"):
        mishap["by"] = ("30ms", "400ms", "1500ms", "4s", "20s")[rng.randrange(5)]
    if mishap["do"] == "spoil":
        fields = _FIELDS.get(name)
        if fields is None:
            mishap["do"] = "lose"
        else:
            mishap["field"] = fields[rng.randrange(len(fields))]
            if rng.randrange(3):
                mishap["value"] = _WRONG[rng.randrange(len(_WRONG))]
    return mishap


def _refusal(rng: Random, chunks: int) -> dict[str, Any]:
    found: dict[str, Any] = {"command": _COMMANDS[rng.randrange(len(_COMMANDS))], "reason": "not now"}
    if rng.randrange(3):
        found["nth"] = 1 + rng.randrange(6)
    else:
        found["chunk"] = rng.randrange(chunks + 1)
    return found


def _drop(rng: Random, chunks: int) -> dict[str, Any]:
    drop: dict[str, Any] = {"for": ("300ms", "2s", "7s", "25s")[rng.randrange(4)]}
    if rng.randrange(2):
        drop["chunk"] = rng.randrange(chunks + 1)
    else:
        drop["at"] = f"{rng.randrange(3000 * max(1, chunks // 2))}ms"
    return drop


# ---- hands and gear ------------------------------------------------------------------------------------------------


def _listened(score: str) -> list[str]:
    """What the score's own triggers listen to, as hands say it."""
    found = re.findall(r"\b(go \w+|note [A-G]\d|program \d+|cc \d+ > \d+)", score)
    return [re.sub(r" > \d+", "=120", one) for one in found]


def _hands(rng: Random, schedule: Schedule, score: str) -> tuple[str, ...]:
    hands = []
    listened = _listened(score)
    length = int(schedule.grid.chunk * schedule.end * 1000)
    paused = False
    for _ in range(rng.randrange(8) if rng.randrange(4) else 0):
        what = (
            f"go {GOES[rng.randrange(len(GOES))]}",
            f"go {GOES[rng.randrange(4)]}",
            f"note {NOTES[rng.randrange(len(NOTES))]}",
            f"cc {20 + rng.randrange(2)}={rng.randrange(128)}",
            "program 5",
            "program 7",
            "offset 80ms",
            "pause",
        )[rng.randrange(8)]
        if what == "pause" and rng.randrange(2):
            what = "go out"
        if listened and rng.randrange(2):
            what = listened[rng.randrange(len(listened))]
            if what.startswith("cc"):
                hands.append(f"{what.split('=')[0]}=0@0c")
        chunk = rng.randrange(schedule.end + 1)
        when = f"{chunk}c" if rng.randrange(2) else f"{rng.randrange(length + 1)}ms"
        hands.append(f"{what}@{when}")
        if rng.randrange(3) == 0:
            hands.append(f"{what}@{when}")  # twice at once, as nervous fingers do it
        if rng.randrange(3) == 0:
            other = listened[rng.randrange(len(listened))] if listened else what
            hands += [f"{what}@{chunk}c", f"{other}@{chunk + 1 + rng.randrange(2)}c"]  # and again while the first acts
        paused = paused or what in ("pause", "go rest")
    if paused:
        hands += [f"resume@{length + 500 * number}ms" for number in range(2)]
    if rng.randrange(25) == 0:
        hands.append(f"finish@{rng.randrange(schedule.end + 1)}c")
    return tuple(hands)


def _gear(rng: Random, seconds: float) -> tuple[str, ...]:
    first = ("0s", "300ms", "1s", "4s")[rng.randrange(4)]
    moves = [f"{first} start"] if rng.randrange(8) else []
    if rng.randrange(3) == 0:
        moves.insert(0, f"0s tempo {80 + rng.randrange(80)}")
    if rng.randrange(3) == 0:
        moves.append(f"0s jitter {1 + rng.randrange(9)}ms")
    length = int(seconds * 1000)
    for _ in range(rng.randrange(6) if rng.randrange(3) else 0):
        when = rng.randrange(500, 500 + length)
        match rng.randrange(9):
            case 0:
                moves.append(f"{when}ms tempo {70 + rng.randrange(110)}")
            case 1:
                moves += [f"{when}ms stop", f"{when + rng.randrange(9000)}ms continue"]
            case 2:
                moves += [f"{when}ms stop", f"{when + 500}ms locate {rng.randrange(200)}", f"{when + 900}ms continue"]
            case 3:
                moves.append(f"{when}ms lose {rng.randrange(4000)}ms")
            case 4:
                moves.append(f"{when}ms double {rng.randrange(2000)}ms")
            case 5:
                moves.append(f"{when}ms garble")
            case 6:
                moves.append(f"{when}ms unplug {rng.randrange(6000)}ms")
            case 7:
                moves.append(f"{when}ms locate {rng.randrange(200)}")
            case _:
                moves.append(f"{when}ms {('start', 'stop')[rng.randrange(2)]}")
    return tuple(moves)

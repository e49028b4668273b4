"""Record the journals in tests/data/journals:

`python -m tests.support.record_journals` (`--new`: only missing ones). Use it only for a new
journal format, never to make a failing replay pass: what a released version wrote must replay
forever.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from fractions import Fraction
from pathlib import Path

import sequencer
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.runtime.loop import Performance
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.run_clock import VirtualClock
from tests.support.reloads import Edit, play_edited, schedule_of

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests" / "data" / "journals"

LONG_PROMPTS = (
    "seed 9\n"
    + "".join(
        f'at {chunk}c "{text}"\n'
        for chunk, text in (
            (
                0,
                (
                    "A tram waits at a stop at night, in neon light, in the rain, seen from across "
                    "the street."
                ),
            ),
            (3, "@0 stands on the tram's sign."),
            (
                6,
                (
                    "@ is what a longer prompt begins with here: a tram at a stop, at night, in "
                    "neon light, in the rain."
                ),
            ),
            (
                9,
                (
                    "A tram waits at a stop at night, in neon light, in the rain, seen from across "
                    "the street."
                ),
            ),
        )
    )
    + "end 12c\n"
)
"""Prompts that a journal refers to by number, and two that look like such a reference."""

RUNS: dict[str, tuple[str, list[str], dict[str, object]]] = {
    "first": ("first.score", [], {}),
    "cut-and-seed": ("cut-and-seed.score", [], {}),
    "image-swap": ("image-swap.score", [], {}),
    "live-set": (
        "live-set.score",
        ["note D3 ch 10@9c", "cc 20=20@10c", "cc 20=90@12c", "go again@13c", "go out@20c"],
        {},
    ),
    "long-prompts": ("long-prompts.score", [], {}),
    "bad-network": (
        "night-tram.score",
        ["pause@5c", "resume@6c"],
        {
            "seed": 5,
            "jitter": "60ms",
            "dialect": "2026-early",
            "drops": [{"chunk": 4, "for": "3s"}],
            "refuse": [{"command": "schedule_prompt", "nth": 5, "reason": "busy"}],
            "messages": [{"type": "chunk_complete", "nth": 9, "do": "lose"}],
        },
    ),
}


def fixed() -> None:
    for name, (score, operator_events, faults) in RUNS.items():
        text = (
            LONG_PROMPTS
            if name == "long-prompts"
            else (ROOT / "scores" / score).read_text(encoding="utf-8")
        )
        schedule = sequencer.compile_score(
            sequencer.reads(text, file=score, folder=ROOT / "scores")
        )
        out = HERE / f"{name}-run"
        sequencer.rehearse(
            schedule,
            sources={score: text},
            folder=ROOT / "scores",
            out=out,
            video=False,
            events=operator_events,
            faults=Faults.model_validate(faults),
        )
        (out / "journal.jsonl").replace(HERE / f"{name}.jsonl")
        for left in out.iterdir():
            left.unlink()
        out.rmdir()


def followed() -> None:
    """Record a run that follows a MIDI clock at 97 bpm which stops for a while."""
    cues = "".join(
        f' at {bar} "{name}"\n' for bar, name in ((1, "one"), (3, "two"), (5, "three"), (7, "four"))
    )
    text = f"clock midi, 4/4, nominal 120 bpm\nseed 4\nsection a 8 bars {{\n{cues}}}\n"
    schedule = sequencer.compile_score(sequencer.reads(text))
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
    writer = JournalWriter(
        HERE / "following.jsonl", header_of(schedule, {"following.score": text}, {})
    )
    run = Performance(schedule, stage, clock, journal=writer)
    feed = MidiFeed(120.0)
    step = Fraction(60_000_000_000, 97 * 24)

    def feed_bytes(data: bytes) -> None:
        for event in feed.feed(data, clock.now()):
            run.deliver(event)

    at = 2_000_000_000
    clock.call_at(at, lambda: feed_bytes(b"\xfa"))
    for number in range(24 * 4 * 10):
        if number == 24 * 14:
            clock.call_at(at + int(step * number) - 1000, lambda: feed_bytes(b"\xfc"))
            at += 6_000_000_000
            clock.call_at(at + int(step * number) - 1000, lambda: feed_bytes(b"\xfb"))
        clock.call_at(at + int(step * number), lambda: feed_bytes(b"\xf8"))
    asyncio.run(run.run())


def edited() -> None:
    """Record a live set of which an edit takes over at a bar, and is taken back in the next section."""
    text = (
        "clock 120 bpm, 4/4\nseed 6\nsection a until go out, max 12 bars {\n"
        ' at 1 "one"\n at 3 "two"\n at 5 "three"\n}\nsection b 8 bars {\n at 1 "four"\n at 5 "five"\n}\n'
    )
    edits = [
        Edit(at=5, schedule=schedule_of(text.replace("three", "3").replace("five", "5"))),
        Edit(at=15, version=1),
    ]
    play_edited(schedule_of(text), edits, "go out@11s", journal=HERE / "edited.jsonl")


def chained(lines: list[str]) -> str:
    """Return the lines of a journal with a new chain of digests."""
    digest = hashlib.sha256(lines[0].encode()).hexdigest()[:16]
    out = [lines[0]]
    for line in lines[1:]:
        value = json.loads(line)
        value.pop("d")
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.sha256(f"{digest}{body}".encode()).hexdigest()[:16]
        out.append(f'{body[:-1]},"d":"{digest}"}}')
    return "\n".join(out) + "\n"


def broken() -> None:
    """Write known-bad journals. The defect of each must be detected."""
    text = (HERE / "first.jsonl").read_text(encoding="utf-8")
    lines = text.splitlines()
    bad = HERE / "bad"
    bad.mkdir(exist_ok=True)
    prompt = next(
        number
        for number, line in enumerate(lines)
        if '"schedule_prompt"' in line and '"command"' in line
    )
    changed = [*lines]
    changed[prompt] = changed[prompt].replace("paper boat", "paper ship")
    (bad / "changed-line.jsonl").write_text("\n".join(changed) + "\n", encoding="utf-8")
    (bad / "other-prompt.jsonl").write_text(chained(changed), encoding="utf-8")
    (bad / "lost-line.jsonl").write_text(
        "\n".join([*lines[:9], *lines[10:]]) + "\n", encoding="utf-8"
    )
    moved = [*lines]
    moved[prompt] = moved[prompt].replace('"chunk":0', '"chunk":1')
    (bad / "other-chunk.jsonl").write_text(chained(moved), encoding="utf-8")
    header = json.loads(lines[0])
    header["helios-journal"] = 99
    (bad / "from-the-future.jsonl").write_text(
        "\n".join([json.dumps(header), *lines[1:]]) + "\n", encoding="utf-8"
    )
    (bad / "no-journal.jsonl").write_text('{"something": "else"}\n', encoding="utf-8")
    (bad / "empty.jsonl").write_text("", encoding="utf-8")
    (bad / "broken-in-the-middle.jsonl").write_text(
        "\n".join([*lines[:6], lines[6][:20], *lines[7:]]) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    if "--new" in sys.argv:
        RUNS = {name: run for name, run in RUNS.items() if not (HERE / f"{name}.jsonl").exists()}
        fixed()
        if not (HERE / "edited.jsonl").exists():
            edited()
    elif "--bad" not in sys.argv:
        for old in HERE.glob("*.jsonl"):
            old.unlink()
        fixed()
        followed()
        edited()
    if "--new" not in sys.argv:
        broken()

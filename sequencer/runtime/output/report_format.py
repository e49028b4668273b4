"""Format the report of a run: as JSON (`report.json`) and as a table for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from statistics import mean
from typing import Any

from sequencer.core.diagnostics import escape_control
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.conductor.report import CueReport, Report, RunActionReport
from sequencer.runtime.output.action_excerpt import brief_action
from sequencer.schedule.describe import count_messages, describe_act, describe_pass
from sequencer.schedule.model import PromptAct, Schedule
from sequencer.schedule.prompt_actions import actions_of

FORMAT = 1
WIDEST = 46
"""The widest column, in characters."""
MAX_ACTION_LENGTH = 40
"""The longest excerpt of a prompt's action in the table, in characters."""


def as_json(report: Report, extra: dict[str, Any]) -> dict[str, Any]:
    """Return the report as a JSON object.

    `extra` adds what the run knows besides its cues (files, digests, times).
    """
    return {
        "helios-report": FORMAT,
        "ended": report.ended,
        "ended_well": report.ended_well,
        "ended_by_operator": report.stopped,
        "all_landed": report.all_landed,
        "takes": report.takes,
        "chunks": report.chunks,
        **(
            {}
            if report.played is None
            else {"range": report.played, "first_chunk": report.first_chunk}
        ),
        "summary": summary(report),
        "cues": [_plain(cue) for cue in report.cues],
        "sends": [_send(send) for send in report.sends],
        "moves": [_plain(move) for move in report.moves],
        "stalls": [
            {"chunk": stall.chunk, "seconds": round(stall.seconds, 3), "chunks_made": stall.chunks}
            for stall in report.stalls
        ],
        "refused": list(report.refused),
        "notes": list(report.notes),
        **extra,
    }


def _plain(one: CueReport | RunActionReport) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__ if name != "acts"}


def _send(send: SentMessages) -> dict[str, Any]:
    return {
        "section": send.section,
        "place": send.place,
        "line": send.line,
        "what": send.what,
        "seconds": float(send.seconds),
        "due_ms": round(send.due / 1e6, 3),
        "late_ms": send.late_ms,
        "sent": send.was_sent,
    }


def summary(report: Report) -> dict[str, Any]:
    """Count the cues by their status, and summarise their snap errors in milliseconds."""
    counts: dict[str, int] = {}
    for cue in report.cues:
        counts[cue.status.value] = counts.get(cue.status.value, 0) + 1
    errors = [abs(cue.error_ms) for cue in report.cues if cue.error_ms is not None]
    beyond = sorted(cue.beyond_ms for cue in report.cues if cue.beyond_ms is not None)
    shifted = sum(
        1
        for cue in report.cues
        if cue.landed is not None and cue.planned is not None and cue.landed > cue.planned
    )
    return {
        "cues": len(report.cues),
        "by_status": counts,
        "landed_later_than_planned": shifted,
        "landed_and_shown": report.landed_and_shown if report.knows_shown else None,
        "landed_but_not_shown": report.landed_but_not_shown if report.knows_shown else None,
        "snap_error_ms": {"mean": round(mean(errors), 1), "worst": max(errors)} if errors else None,
        "beyond_the_snap_ms": None
        if not beyond
        else {"median": _part(beyond, 50), "p99": _part(beyond, 99)},
        "sends": sum(len(send.acts) for send in report.sends if send.was_sent),
        "sends_left_out": sum(len(send.acts) for send in report.sends if not send.was_sent),
        "stalled_seconds": round(sum(stall.seconds for stall in report.stalls), 3),
        "chunks_beyond": report.chunks_beyond,
    }


def _part(ascending: list[float], percent: int) -> float:
    """Return the given percentile of ascending values."""
    return round(ascending[min(len(ascending) - 1, len(ascending) * percent // 100)], 1)


def as_table(report: Report, schedule: Schedule, most: int = 40) -> str:
    """Return the cues as a table, then rules' effects on the run itself, and notes.

    The effects are pauses, gotos and exits.

    Sections and passes are named as in the cue sheet; of a prompt, the table shows the action, the
    part that changes. If there are more than `most` cues, those that simply landed are left out
    first.
    """
    passes = Counter(stretch.section for stretch in schedule.stretches)

    def position(one: CueReport | RunActionReport) -> str:
        name = (
            ""
            if one.section is None
            else describe_pass(one.section, one.occurrence, passes[one.section])
        )
        return f"{name} {one.place}".strip()[:WIDEST]

    cues = list(report.cues)
    deeds = _deeds(report, schedule)
    left = 0
    if len(cues) > most:
        unseen = {cue.number for cue in cues if report.knows_shown and cue.shown is None}
        odd = [
            cue
            for cue in cues
            if cue.status is not Status.LANDED or cue.landed != cue.planned or cue.number in unseen
        ]
        shown = (odd + [cue for cue in cues if cue not in odd])[:most]
        left = len(cues) - len(shown)
        cues = sorted(shown, key=lambda cue: (cue.planned is None, cue.planned or 0, cue.number))
    head = ("cue", "planned", "landed", "shown", "snap", "lead", "", "")
    rows = [
        head,
        *(_row(cue, position, deeds[cue.number], report.knows_shown) for cue in cues),
        *(_move(move, position) for move in report.moves[:most]),
    ]
    widths = [
        min(
            WIDEST + MAX_ACTION_LENGTH if column == 6 else WIDEST,
            max(len(row[column]) for row in rows),
        )
        for column in range(len(head))
    ]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 6, 7) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    if left:
        lines.append(f"and {left} more that landed; report.json lists all of them")
    if len(report.moves) > most:
        lines.append(
            f"and {len(report.moves) - most} more pauses, gotos and exits; report.json lists "
            "all of them"
        )
    lines += [f"note: {note}" for note in report.notes[:most]]
    return escape_control("\n".join(lines))


def _deeds(report: Report, schedule: Schedule) -> dict[int, str]:
    """Describe each cue by its number; show only the action of a prompt.

    The action compares the prompt with the one shown before it.
    """
    actions = actions_of(schedule)
    deeds: dict[int, str] = {}
    shown: str | None = None
    for cue in sorted(
        report.cues,
        key=lambda one: (one.landed is None, one.landed or 0, one.planned or 0, one.number),
    ):
        words = []
        for act in cue.acts:
            if isinstance(act, PromptAct):
                action = brief_action(actions, shown, act.text, MAX_ACTION_LENGTH)
                words.append(describe_act(replace(act, text=action)))
                shown = act.text if cue.landed is not None else shown
            else:
                words.append(describe_act(act))
        deeds[cue.number] = ", ".join(words) or cue.what
    return deeds


Position = Callable[[CueReport | RunActionReport], str]


def _row(cue: CueReport, position: Position, deed: str, knows_shown: bool) -> tuple[str, ...]:
    return (
        position(cue),
        "" if cue.planned is None else str(cue.planned),
        "" if cue.landed is None else str(cue.landed),
        _shown(cue) if knows_shown else "",
        "" if cue.error_ms is None else f"{cue.error_ms:+.0f} ms",
        "" if cue.lead_ms is None else f"{cue.lead_ms / 1000:.1f} s",
        deed[: WIDEST + MAX_ACTION_LENGTH],
        cue.status.value if not cue.reason else f"{cue.status.value}: {cue.reason}",
    )


def _shown(cue: CueReport) -> str:
    if cue.shown is not None:
        return str(cue.shown)
    return "no" if cue.status is Status.LANDED else ""


def _move(move: RunActionReport, position: Position) -> tuple[str, ...]:
    after = "" if move.waited_ms is None else f", {move.waited_ms / 1000:.1f} s after the request"
    became = f"{move.status.value}: {move.reason}" if move.reason else f"{move.status.value}{after}"
    return (
        position(move),
        "",
        "" if move.chunk is None else str(move.chunk),
        "",
        "",
        "",
        move.what,
        became,
    )


def _and_shown(report: Report, landed: int) -> str:
    """Return whether what landed was also shown, as words to follow "landed"."""
    if not report.knows_shown or not landed:
        return ""
    unseen = report.landed_but_not_shown
    return " and shown" if not unseen else f", {unseen} of them not shown"


def _range(report: Report) -> str:
    """Return what a run of a range played, as words to follow the number of chunks."""
    return f" {report.played} (chunk {report.first_chunk} on)"


def verdict(report: Report) -> str:
    """Return one line that sums up a run."""
    facts = summary(report)
    good = facts["by_status"].get("landed", 0)
    parts = [f"{good} of {facts['cues']} cues landed" + _and_shown(report, good)]
    others = ("skipped", "overtaken", "dropped", "refused", "missed", "stuck")
    parts += [
        f"{facts['by_status'][status]} {status}"
        for status in others
        if facts["by_status"].get(status)
    ]
    if facts["landed_later_than_planned"]:
        parts.append(f"{facts['landed_later_than_planned']} later than planned")
    parts += count_messages(act for send in report.sends if send.was_sent for act in send.acts)
    if facts["sends_left_out"]:
        parts.append(f"{facts['sends_left_out']} not sent, too late")
    parts.append(f"{report.takes} take" + ("s" if report.takes != 1 else ""))
    parts.append(f"{report.chunks} chunks" + ("" if report.played is None else _range(report)))
    if report.chunks_beyond:
        parts.append(f"{report.chunks_beyond} more than the score has")
    if report.stalls:
        times = "once" if len(report.stalls) == 1 else f"{len(report.stalls)} times"
        parts.append(f"stalled {times}, {facts['stalled_seconds']:.1f} s in all")
    if facts["beyond_the_snap_ms"] is not None:
        off = facts["beyond_the_snap_ms"]
        parts.append(
            f"beyond the snap {off['median']:.0f} ms off the beat in the median, "
            f"{off['p99']:.0f} ms at p99"
        )
    return escape_control(f"{report.ended}: " + ", ".join(parts))

"""Warn about what a pass has from the passes before it: settings, and the prompt of a `pick`."""

from __future__ import annotations

from collections.abc import Callable

from sequencer.core.diagnostics import Diagnostics, Related, Span
from sequencer.language.compiler.expand import ExpandedStretch
from sequencer.language.compiler.ir import Block, ResolvedPrompt
from sequencer.schedule.in_force import InForce, Setting, find_in_force
from sequencer.schedule.model import CutAct, GotoAct, PromptAct, Schedule, Stretch

_HINTS = (
    "write cut in its first cue, or an image of its own",
    "write the strength with its next image",
    "write {words} in its first cue",
)
"""What to write so that each pass starts alike: for an image, a strength and the resolution."""


def warn_carried_settings(
    schedule: Schedule, faults: Diagnostics, find_line: Callable[[int], int] = int
) -> None:
    """Warn about repeated sections that start in another state than on their first pass.

    Only what other sections left is reported, for the first pass that starts differently.
    `find_line` is that of `compile_all`.
    """
    if len({one.section for one in schedule.stretches}) == len(schedule.stretches):
        return
    first: dict[str | None, InForce] = {}
    reported: set[str | None] = set()
    for stretch, (_, start) in zip(schedule.stretches, find_in_force(schedule), strict=True):
        before = first.setdefault(stretch.section, start)
        if stretch.section in reported or stretch.section is None:
            continue
        changed = [
            (one, other, hint)
            for one, other, hint in zip(start.settings, before.settings, _HINTS, strict=True)
            if one.words != other.words and one.section not in (None, stretch.section)
        ]
        if changed:
            reported.add(stretch.section)
            _report_carried(stretch, changed, faults, find_line)


def _report_carried(
    stretch: Stretch,
    changed: list[tuple[Setting, Setting, str]],
    faults: Diagnostics,
    find_line: Callable[[int], int],
) -> None:
    now = " and ".join(one.words or "no image" for one, _, _ in changed)
    then = " and ".join(other.words or "none of that" for _, other, _ in changed)
    origins = [one.entry.origin for one, _, _ in changed if one.entry is not None]
    written = (find_line(origin.line) for origin in origins if origin.line)
    lines = " and ".join(dict.fromkeys(f"line {line}" for line in written))
    faults.warn(
        "W404",
        f"pass {stretch.occurrence} of {stretch.section} starts with {now}"
        + (f" from {lines}" if lines else "")
        + f"; its first pass starts with {then}",
        _first_line(stretch.origin),
        hint="; ".join(hint.format(words=other.words) for _, other, hint in changed),
        related=tuple(Related(origin, "this stays in force") for origin in origins),
    )


def _first_line(span: Span) -> Span:
    if span.end_line == span.line:
        return span
    return Span(span.file, span.line, span.column, span.line, span.column + len("section"))


_SHUFFLE_HINT = "write shuffle instead: it never chooses the same text twice in a row"
_TEXT_HINT = "write one text here, or other texts than before"
_CHANGES_PROMPT = (ResolvedPrompt, CutAct, GotoAct)
"""The acts of a rule after which another prompt may be shown."""


def warn_repeated_picks(
    blocks: tuple[Block, ...], stretches: tuple[ExpandedStretch, ...], faults: Diagnostics
) -> None:
    """Warn about each `pick` that chooses the prompt that is already shown.

    After a cut, the same prompt shows something else. What is shown is not known where rules can
    change it, and after a live section.
    """
    if not any(
        isinstance(act, ResolvedPrompt) and act.choice == "pick"
        for block in blocks
        for cue in block.cues
        for act in cue.acts
    ):
        return
    shown: str | None = None
    shown_by: Span | None = None
    reported: set[Span] = set()
    for stretch in stretches:
        block = stretch.placed.block
        has_rules = any(isinstance(act, _CHANGES_PROMPT) for one in block.rules for act in one.acts)
        if block.cut is not None:
            shown = None
        for entry in () if has_rules else stretch.entries:
            if any(isinstance(act, CutAct) for act in entry.acts):
                shown = None
            written = [act for act in entry.cue.acts if isinstance(act, ResolvedPrompt)]
            prompts = [act for act in entry.acts if isinstance(act, PromptAct)]
            for source, act in zip(written, prompts, strict=True):
                is_repeated = source.choice == "pick" and len(set(source.texts)) > 1
                if is_repeated and act.text == shown and source.span not in reported:
                    reported.add(source.span)
                    faults.warn(
                        "W405",
                        f"at {entry.cue.label} this pick chooses the prompt that is already shown",
                        source.span,
                        hint=_SHUFFLE_HINT if shown_by == source.span else _TEXT_HINT,
                    )
                shown, shown_by = act.text, source.span
        if block.is_live or has_rules:
            shown = None

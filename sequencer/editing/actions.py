"""What an editor offers to do at a position: fixes of diagnostics, and changes of a score.

Each offer is a set of edits that are applied together. None of them is applied here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction

from sequencer.core.diagnostics import NO_SPAN, Diagnostic, Fix, Span
from sequencer.core.errors import UsageError
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import Meter
from sequencer.editing.looking import Look
from sequencer.editing.names import NameKind
from sequencer.editing.nodes import nodes_in, nodes_of
from sequencer.editing.texts import (
    Position,
    bounds_of,
    contains,
    end_of_line,
    line_text,
    span_at,
    start_of,
    text_of,
)
from sequencer.language.loader import Notation
from sequencer.language.score import (
    ChangeTempo,
    ClockKind,
    Prompt,
    Scene,
    Score,
    Section,
    SetMark,
    Show,
    Text,
)
from sequencer.language.source import Source
from sequencer.language.yaml.quoting import render_text
from sequencer.reports.grid.phase import align
from sequencer.reports.grid.render import format_tempo
from sequencer.reports.grid.tempi import bar_locks, beat_locks
from sequencer.schedule.describe import decimal, milliseconds, number
from sequencer.schedule.model import Schedule

MAX_TITLE_LENGTH = 120
"""How many characters a title has."""

MAX_TEMPI = 6
"""How many tempi are offered."""

_ADVICE = re.compile(r"W6[0-9]{2}")
_TEMPO = re.compile(r"[0-9]+(?:\.[0-9]+|/[0-9]+)?(?=\s*bpm\b)")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+|/[0-9]+)?")
_UPBEAT = re.compile(r"section upbeat (?P<length>\S+) \{ (?P<cue>at 1 \".*\" )?\}\Z")


class ActionKind(StrEnum):
    """What kind of change an action is, in the terms of the Language Server Protocol."""

    QUICK_FIX = "quickfix"
    REFACTOR = "refactor"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAction:
    """A change that an editor offers: its title, and edits that are applied together.

    `diagnostic` is what it fixes. A preferred action is the only fix of its diagnostic.
    """

    title: str
    kind: ActionKind
    edits: tuple[Fix, ...]
    diagnostic: Diagnostic | None = None
    is_preferred: bool = False


def find_actions(known: Look, selection: Span) -> tuple[CodeAction, ...]:
    """Return what can be done in a selection, which may be empty: fixes first.

    Args:
        known: What is known about the text.
        selection: A span of the text.
    """
    at = start_of(selection)
    return (
        *_fixes(known, selection),
        *_silencing(known, selection),
        *_aligning(known, at),
        *_locking(known, at),
        *_extracting(known, at),
    )


# ---- fixes ---------------------------------------------------------------------------------------


def _fixes(known: Look, selection: Span) -> Iterator[CodeAction]:
    """Yield the fixes of the diagnostics in a selection, then all fixes of the same codes."""
    codes: dict[str, None] = {}
    for one in known.diagnostics:
        if one.fixes and _touches(one.span, selection):
            codes[one.code] = None
            yield CodeAction(
                title=_title(one.hint or one.message),
                kind=ActionKind.QUICK_FIX,
                edits=one.fixes,
                diagnostic=one,
                is_preferred=True,
            )
    for code in codes:
        fixes = all_fixes(known, code)
        same = sum(1 for one in known.diagnostics if one.code == code and one.fixes)
        if same > 1:
            yield CodeAction(
                title=f"fix all {same} errors {code} in this score"
                if code.startswith("E")
                else f"fix all {same} warnings {code} in this score",
                kind=ActionKind.QUICK_FIX,
                edits=fixes,
            )


def all_fixes(known: Look, code: str) -> tuple[Fix, ...]:
    """Return the fixes of all diagnostics of a code; of those that overlap, the first one."""
    found: list[Fix] = []
    for one in known.diagnostics:
        if one.code == code and not any(
            _overlaps(fix.span, other.span) for fix in one.fixes for other in found
        ):
            found += one.fixes
    return tuple(found)


def _overlaps(one: Span, other: Span) -> bool:
    if one.file != other.file:
        return False
    starts = max((one.line, one.column), (other.line, other.column))
    ends = min((one.end_line, one.end_column), (other.end_line, other.end_column))
    return starts < ends or one == other


def _touches(span: Span, selection: Span) -> bool:
    """Return whether a diagnostic is in a selection or on the line of the cursor."""
    if span.file != selection.file:
        return False
    first, last = max(span.line, 1), max(span.end_line, 1)
    return first <= selection.end_line and selection.line <= last


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_TITLE_LENGTH else line[: MAX_TITLE_LENGTH - 1] + "…"


# ---- advice --------------------------------------------------------------------------------------


def _silencing(known: Look, selection: Span) -> Iterator[CodeAction]:
    """Yield actions that disable the advice in a selection for the scene that it is about."""
    for one in known.diagnostics:
        if not _ADVICE.fullmatch(one.code) or not _touches(one.span, selection):
            continue
        scene = _scene_of(known, one.span)
        source = None if scene is None else known.source_of(scene.name_span.file)
        if scene is None or source is None or one.code in scene.silenced:
            continue
        edit = _quiet_edit(scene, source, one.code)
        if edit is not None:
            yield CodeAction(
                title=f"disable {one.code} for the scene {scene.name}",
                kind=ActionKind.QUICK_FIX,
                edits=(edit,),
                diagnostic=one,
            )


def _scene_of(known: Look, span: Span) -> Scene | None:
    """Return the scene that is shown or defined in a span."""
    score = known.score
    if score is None:
        return None
    scenes = {scene.name: scene for use in score.uses for scene in use.scenes}
    scenes |= {scene.name: scene for scene in score.scenes}
    for scene in scenes.values():
        texts = [one.span for one in (scene.base, scene.follow) if one is not None]
        if any(contains(one, span) for one in (scene.span, *texts)):
            return scene
    for node in nodes_of(score):
        if isinstance(node, Show) and contains(node.span, span):
            return scenes.get(node.scene)
    return None


def _quiet_edit(scene: Scene, source: Source, code: str) -> Fix | None:
    """Return the edit that adds a code to what a scene disables."""
    is_yaml = _is_yaml(source)
    codes = (*scene.silenced, code)
    if scene.quiet_span != NO_SPAN:
        value = f"quiet: [{', '.join(codes)}]" if is_yaml else f"quiet {', '.join(codes)}"
        return Fix(scene.quiet_span, value)
    last = max(
        (one.span for one in (scene.base, scene.follow) if one is not None),
        key=lambda span: (span.line, span.column),
    )
    _, name_end = bounds_of(source, scene.name_span)
    brace = re.compile(r"[\"']?\s*:\s*\{").match(source.text, name_end)
    if is_yaml and brace is not None:
        return Fix(span_at(source, brace.end(), brace.end()), f"quiet: [{code}], ")
    first = line_text(source, last.line)
    indent = first[: len(first) - len(first.lstrip())]
    end = end_of_line(source, last.end_line)
    if is_yaml:
        return Fix(span_at(source, end, end), f"\n{indent}quiet: [{code}]")
    _, last_end = bounds_of(source, last)
    if "}" in source.text[last_end:end] or ";" in source.text[last_end:end]:
        return Fix(span_at(source, last_end, last_end), f"; quiet {code}")
    return Fix(span_at(source, end, end), f"\n{indent}quiet {code}")


def _is_yaml(source: Source) -> bool:
    return source.file.lower().endswith((".yaml", ".yml"))


# ---- chunks --------------------------------------------------------------------------------------


def _aligning(known: Look, at: Position) -> Iterator[CodeAction]:
    """Yield changes that put the mark or the section at a position on a chunk boundary."""
    name = _mark_at(known, at)
    schedule = known.schedule
    if name is None or schedule is None:
        return
    try:
        found = align(schedule, name)
    except UsageError:  # its time depends on the run, or the section is not played
        return
    if found.error == 0:
        return
    for tempo in found.tempi:
        edit = _clock_tempo_edit(known, number(tempo.bpm))
        if edit is not None:
            yield CodeAction(
                title=_title(
                    f"put {found.mark} on chunk {tempo.chunk}: {format_tempo(tempo.bpm)} bpm "
                    f"({_percent(tempo.change)})"
                ),
                kind=ActionKind.REFACTOR,
                edits=(edit,),
            )
    edits = () if found.shift.upbeat is None else _upbeat_edits(known, found.shift.upbeat)
    if edits:
        yield CodeAction(
            title=_title(
                f"put {found.mark} on a chunk boundary: an upbeat of "
                f"{milliseconds(found.shift.later)[1:]} ms"
            ),
            kind=ActionKind.REFACTOR,
            edits=edits,
        )


def _mark_at(known: Look, at: Position) -> str | None:
    """Return the name of a mark or a section as `align` expects it."""
    here = known.names.at(known.file, at)
    if here is not None and here.kind is NameKind.SECTION:
        return here.name
    if here is not None and here.kind is NameKind.MARK:
        section = here.scope[1]
        return f"{section}.{here.name}" if section else here.name
    score = known.score
    if score is None:
        return None
    blocks = [("", score.items), *((one.name, one.items) for one in score.sections)]
    for name, items in blocks:
        for item in items:
            if at.is_in(item.span):
                marks = [one for one in nodes_in(item) if isinstance(one, SetMark)]
                return f"{name}.{marks[0].name}".removeprefix(".") if marks else None
    return None


def _clock_tempo_edit(known: Look, bpm: str) -> Fix | None:
    """Return the edit that changes the tempo of the clock, if the score has a tempo of its own."""
    clock = None if known.score is None else known.score.header.clock
    if clock is None or clock.kind is not ClockKind.BPM:
        return None
    return _replace_in(known.source, clock.span, _TEMPO, bpm)


def _replace_in(source: Source, span: Span, pattern: re.Pattern[str], new: str) -> Fix | None:
    """Return the edit that replaces the first match of a pattern in a span."""
    start, end = bounds_of(source, span)
    match = pattern.search(source.text, start, end)
    return None if match is None else Fix(span_at(source, *match.span()), new)


def _upbeat_edits(known: Look, upbeat: str) -> tuple[Fix, ...]:
    """Return the edits that add a section before all others, and before those in `play`."""
    score = known.score
    match = _UPBEAT.fullmatch(upbeat)
    if score is None or match is None or not score.sections:
        return ()
    names = {section.name for section in score.sections}
    name = free_name("upbeat", names)
    if score.play and score.play_span != NO_SPAN:
        first = score.play[0].span
        start = Span(first.file, first.line, first.column, first.line, first.column)
        before = Fix(start, f"{name}{_separator(known, score.play_span, first)}")
        return (_section_edit(known, score.sections[0], name, match), before)
    return (_section_edit(known, score.sections[0], name, match),)


def _separator(known: Look, play: Span, first: Span) -> str:
    """Return what is written between the first section of `play` and another one before it."""
    start, _ = bounds_of(known.source, play)
    end, _ = bounds_of(known.source, first)
    before = known.source.text[start:end]
    if not _is_yaml(known.source) or not re.search(r"[\[\-]", before):
        return " "
    dash = before.rpartition("\n")[2]
    return ", " if "[" in before else f"\n{dash}"


def _section_edit(known: Look, first: Section, name: str, upbeat: re.Match[str]) -> Fix:
    """Return the edit that adds an upbeat before a section."""
    line = min(first.span.line, first.name_span.line)
    text = line_text(known.source, line)
    line = _above_comments(known.source, line)
    indent = text[: len(text) - len(text.lstrip())]
    length, cue = upbeat["length"], upbeat["cue"]
    if _is_yaml(known.source):
        new = f"{indent}- section: {name} {length}\n"
        if cue:
            new += f'{indent}  cues:\n{indent}    - {{at: 1, prompt: "…"}}\n'
    else:
        new = f"section {name} {length} {{ {cue or ''}}}\n\n"
    return Fix(Span(known.file, line, 1, line, 1), new)


def free_name(wanted: str, taken: set[str]) -> str:
    """Return a name that is not taken: the wanted one, or one with a number."""
    if wanted not in taken:
        return wanted
    stem = wanted.rstrip("0123456789")
    names = (f"{stem}{count}" for count in range(2, len(taken) + 3))
    return next(name for name in names if name not in taken)


def _percent(change: Fraction) -> str:
    text = decimal(change * 100, 2)
    return f"{'' if text.startswith('-') else '+'}{text} %".replace("-", "−")


def _locking(known: Look, at: Position) -> Iterator[CodeAction]:
    """Yield tempi near the one at a position with which beats or bars stay on chunk boundaries."""
    score, schedule = known.score, known.schedule
    if score is None or schedule is None:
        return
    clock = score.header.clock
    if clock is not None and clock.kind is ClockKind.BPM and at.is_in(clock.span) and clock.bpm:
        yield from _locks(known, schedule, clock.bpm, clock.meter, (clock.span, _TEMPO))
    meter = Meter(4, 4) if clock is None else clock.meter
    for section in (None, *score.sections):
        nodes = nodes_in(score.items if section is None else section)
        for node in nodes:
            if isinstance(node, ChangeTempo) and node.to is None and at.is_in(node.span):
                own = section.meter.meter if section is not None and section.meter else meter
                yield from _locks(known, schedule, node.bpm, own, (node.span, _NUMBER))


def _locks(
    known: Look,
    schedule: Schedule,
    bpm: Fraction,
    meter: Meter,
    written: tuple[Span, re.Pattern[str]],
) -> Iterator[CodeAction]:
    locks = (*beat_locks(bpm, meter, schedule.grid), *bar_locks(bpm, meter, schedule.grid))
    offered = {lock.bpm: lock for lock in reversed(locks) if lock.bpm != bpm}
    for lock in sorted(offered.values(), key=lambda one: abs(one.change))[:MAX_TEMPI]:
        edit = _replace_in(known.source, *written, number(lock.bpm))
        if edit is not None:
            yield CodeAction(
                title=_title(
                    f"{format_tempo(lock.bpm)} bpm ({_percent(lock.change)}): {lock.beats} "
                    f"beat{'' if lock.beats == 1 else 's'} last exactly {lock.chunks} "
                    f"chunk{'' if lock.chunks == 1 else 's'}"
                ),
                kind=ActionKind.REFACTOR,
                edits=(edit,),
            )


# ---- scenes --------------------------------------------------------------------------------------


def _extracting(known: Look, at: Position) -> Iterator[CodeAction]:
    """Yield the change that makes a scene of a prompt that the score repeats."""
    score = known.loaded.score or known.loaded.part
    if score is None:
        return
    prompts = [node for node in nodes_of(score) if isinstance(node, Prompt)]
    here = next((one for one in prompts if at.is_in(one.span)), None)
    if here is None or not isinstance(here.words, Text):
        return
    same = [one for one in prompts if one.words == here.words]
    taken = {scene.name for use in score.uses for scene in use.scenes}
    name = free_name("scene1", taken | {scene.name for scene in score.scenes})
    literal = text_of(known.source, here.span)
    if len(same) < 2 or not literal.strip():
        return
    is_yaml = known.notation is Notation.YAML
    shown = [_show_edit(known, one, name) if is_yaml else Fix(one.span, name) for one in same]
    definition = (
        _yaml_scene_edit(known, score, name, render_text(here.words, flow=False))
        if is_yaml
        else _scene_edit(known, score, name, literal)
    )
    if definition is not None and None not in shown:
        yield CodeAction(
            title=f"make a scene of this prompt, which is written {len(same)} times",
            kind=ActionKind.REFACTOR,
            edits=(definition, *(one for one in shown if one is not None)),
        )


def _first_line(score: Score) -> int:
    """Return the line of the first section, cue or rule."""
    spans = [one.span for one in (*score.sections, *score.items)]
    return min((span.line for span in spans), default=1)


def _scene_edit(known: Look, score: Score, name: str, literal: str) -> Fix:
    line = _above_comments(known.source, _first_line(score))
    return Fix(Span(known.file, line, 1, line, 1), f"scene {name} {{\n  base {literal}\n}}\n\n")


def _above_comments(source: Source, line: int) -> int:
    """Return the first line of the comments above a line, which are about it, or the line."""
    while line > 1 and line_text(source, line - 1).lstrip().startswith("#"):
        line -= 1
    return line


_PROMPT_KEY = re.compile(r"prompt[\"']?\s*:\s*[\"']?\Z")


def _show_edit(known: Look, prompt: Prompt, name: str) -> Fix | None:
    """Return the edit that replaces `prompt: TEXT` by `show: NAME`."""
    start, end = bounds_of(known.source, prompt.span)
    text = known.source.text
    line = known.source.starts[known.source.line(start)]
    key = _PROMPT_KEY.search(text, line, start)
    if key is None or text[key.start() - 1 : key.start()] in ('"', "'"):
        return None
    end += text[end : end + 1] in ('"', "'") and text[start - 1 : start] == text[end : end + 1]
    return Fix(span_at(known.source, key.start(), end), f"show: {name}")


def _yaml_scene_edit(known: Look, score: Score, name: str, literal: str) -> Fix | None:
    """Return the edit that adds a scene to `scenes`, or `scenes` itself."""
    scenes = re.compile(r"^scenes:[ \t]*(#.*)?$", re.MULTILINE).search(known.source.text)
    new = f"  {name}:\n    base: {literal}\n"
    if scenes is not None:
        first = next((one for one in score.scenes if one.name_span.file == known.file), None)
        if first is None or first.name_span.column != 3:
            return None
        line = first.name_span.line
        return Fix(Span(known.file, line, 1, line, 1), new)
    contents = re.compile(r"^(?:sections|cues|rules):", re.MULTILINE).search(known.source.text)
    if contents is None or score.scenes:
        return None
    return Fix(span_at(known.source, contents.start(), contents.start()), f"scenes:\n{new}\n")

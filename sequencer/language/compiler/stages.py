"""Scores for several stages: check the names, and make of a score the score of each stage.

Each stage gets the complete score. What belongs to other stages loses its actions, but keeps its
position: other positions may be relative to it, and the end of a score may follow from it. The
parts therefore have equal times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sequencer.core.diagnostics import Diagnostic, Diagnostics, Fix, Related, Span
from sequencer.language.compiler.ir import ACTION_NAMES
from sequencer.language.compiler.model_checks import grid_of
from sequencer.language.score import (
    ALL_STAGES,
    Action,
    ChangeMeter,
    ChangeTempo,
    Cut,
    Goto,
    Item,
    Pause,
    Resume,
    Rule,
    Score,
    SendControl,
    SendNote,
    SendOsc,
    SendProgram,
    SetMark,
    StageName,
)
from sequencer.schedule.ensemble import MAX_ACCOUNT_SESSIONS, EnsembleSchedule
from sequencer.schedule.model import MessageAct, RuleEntry, Schedule, Stretch

COMMON_ACTIONS = (
    ChangeTempo,
    ChangeMeter,
    SetMark,
    Pause,
    Resume,
    Goto,
    SendNote,
    SendControl,
    SendProgram,
    SendOsc,
)
"""What all stages do together, because it changes the position or is sent to other devices."""

_SENT = (SendNote, SendControl, SendProgram, SendOsc)

WHOLE_CODES = frozenset({"E422", "E423"})
"""Codes of errors about all that a stage shows, whatever line they refer to."""

UNUSED_CODES = frozenset({"W302", "W303"})
"""Codes of warnings about what nothing uses: they are only true if they are of every stage."""


def names_stages(score: Score) -> bool:
    """Return whether a score mentions stages anywhere, so that they have to be checked."""
    header = score.header
    return (
        header.stages is not None
        or header.together is not None
        or bool(header.stage_seeds)
        or any(item.stages for item in _items(score))
    )


def _items(score: Score) -> Iterator[Item]:
    yield from score.items
    for section in score.sections:
        yield from section.items


def stage_names(score: Score) -> tuple[str, ...]:
    """Return the names of the stages of a score, without duplicates.

    If its header has none, which is reported, they are those that it uses, so that this mistake
    causes no others. They are empty if there are none.
    """
    if score.header.stages is None:
        return _used_names(score)
    return tuple(dict.fromkeys(one.name for one in score.header.stages))


# ---- checking ------------------------------------------------------------------------------------


def check_stages(score: Score, faults: Diagnostics) -> None:
    """Report mistakes in the names of stages, and in what only some of them do."""
    header = score.header
    names = stage_names(score)
    if header.stages is None:
        _report_missing_stages(score, faults)
    else:
        _check_definitions(header.stages, faults)
        for one in header.stage_seeds:
            _check_known(one.stage, names, score, faults)
        for item in _items(score):
            for index, stage in enumerate(item.stages):
                if stage in item.stages[:index]:
                    _report_twice(stage, item.stages[item.stages.index(stage)], faults)
                else:
                    _check_known(stage, names, score, faults)
        if len(names) > MAX_ACCOUNT_SESSIONS:
            first, last = header.stages[0].span, header.stages[-1].span
            faults.warn(
                "W341",
                f"these are {len(names)} stages, and a Reactor account runs at most "
                f"{MAX_ACCOUNT_SESSIONS} sessions at once",
                first.to(last) if first.line else first,
                hint="perform it with a second key, with a raised limit, or on your own GPUs",
            )
    has_short_first = grid_of(header).as_chunk_grid().first is not None
    for item in _items(score):
        if item.stages:
            _check_actions(item, has_short_first, faults)


def _report_missing_stages(score: Score, faults: Diagnostics) -> None:
    """Report what needs stages in a score that names none: each of its lines once."""
    header = score.header
    line = f"stages {', '.join(_used_names(score) or ('left', 'right'))}"
    hint = f"name the stages in the header: {line}"
    if header.together is not None:
        faults.error("E343", "`together` needs several stages", header.together.span, hint=hint)
    for stage in (
        *(one.stage for one in header.stage_seeds),
        *(item.stages[0] for item in _items(score) if item.stages),
    ):
        faults.error(
            "E343",
            f"this score has no stage {stage.name}, because its header has no `stages`",
            stage.span,
            hint=hint,
        )


def _used_names(score: Score) -> tuple[str, ...]:
    """Return the stages that cues and rules name, in this order, and then those of seeds."""
    named = sorted(
        (stage for item in _items(score) for stage in item.stages),
        key=lambda one: (one.span.file != score.file, one.span.line, one.span.column),
    )
    seeds = (one.stage for one in score.header.stage_seeds)
    return tuple(dict.fromkeys(one.name for one in (*named, *seeds)))


def _check_definitions(stages: Sequence[StageName], faults: Diagnostics) -> None:
    seen: dict[str, StageName] = {}
    for stage in stages:
        if stage.name in seen:
            _report_twice(stage, seen[stage.name], faults)
        seen.setdefault(stage.name, stage)


def _report_twice(stage: StageName, first: StageName, faults: Diagnostics) -> None:
    faults.error(
        "E345",
        f"the stage {stage.name} is named twice",
        stage.span,
        hint="remove one of the two",
        related=(Related(first.span, "the first one"),),
    )


def _check_known(stage: StageName, names: Sequence[str], score: Score, faults: Diagnostics) -> None:
    if stage.name in names:
        return
    guess = faults.nearest(stage.name, names)
    scenes = {scene.name for scene in score.scenes}
    if stage.name == ALL_STAGES:
        guess, hint = None, f"for all stages, omit `on {ALL_STAGES}`"
    elif guess is not None:
        hint = f"did you mean {guess}?"
    elif stage.name in scenes:
        hint = f"a scene follows the stages without a comma: on {names[0]} {stage.name}"
    else:
        hint = f"the stages are: {', '.join(names)}"
    faults.error(
        "E346",
        f"there is no stage {stage.name}",
        stage.span,
        hint=hint,
        fix=() if guess is None else (Fix(stage.span, guess),),
    )


def _check_actions(item: Item, has_short_first: bool, faults: Diagnostics) -> None:
    """Report actions of some stages that only all stages can do."""
    stages = ", ".join(one.name for one in item.stages)
    for action in item.actions:
        if isinstance(action, COMMON_ACTIONS):
            why = (
                "is sent once, for all stages"
                if isinstance(action, _SENT)
                else "is common to all stages"
            )
            own = "a rule" if isinstance(item, Rule) else "a cue"
            faults.error(
                "E347",
                f"`{_word_of(action)}` {why}",
                action.span,
                hint=f"write it in {own} of its own, without `on {stages}`",
            )
        elif isinstance(action, Cut) and has_short_first:
            faults.error(
                "E348",
                "the first chunk of a take is shorter than the others, so only all stages together "
                "can start a new take",
                action.span,
                hint=f"cut without `on {stages}`, or use a grid whose chunks are all of one length",
            )


def _word_of(action: Action) -> str:
    if isinstance(action, _SENT):
        return "osc" if isinstance(action, SendOsc) else "midi"
    return ACTION_NAMES[type(action)]


# ---- the score of one stage ----------------------------------------------------------------------


def part_of(score: Score, stage: str | None) -> Score:
    """Return the score of one stage, which mentions no stages.

    Args:
        score: The score.
        stage: The name of the stage; None for what is common to all.

    Returns:
        The score, in which what other stages do has no actions. What names an unknown stage is
        kept: that mistake is reported, and must not cause others.
    """
    known = frozenset(stage_names(score))
    header = score.header
    seed = next((one.seed for one in header.stage_seeds if one.stage.name == stage), header.seed)
    return replace(
        score,
        header=replace(header, stages=None, together=None, stage_seeds=(), seed=seed),
        items=tuple(_item_of(item, stage, known) for item in score.items),
        sections=tuple(
            replace(section, items=tuple(_item_of(item, stage, known) for item in section.items))
            for section in score.sections
        ),
    )


def _item_of(item: Item, stage: str | None, known: frozenset[str]) -> Item:
    if not item.stages:
        return item
    names = {one.name for one in item.stages}
    if stage in names or not names <= known:
        return replace(item, stages=())
    common: tuple[Action, ...] = tuple(
        action for action in item.actions if isinstance(action, COMMON_ACTIONS)
    )
    return replace(item, actions=common, stages=())


# ---- results -------------------------------------------------------------------------------------


def merge_diagnostics(
    score: Score, found: Mapping[str, tuple[Diagnostic, ...]]
) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of the parts, each once.

    Args:
        score: The score.
        found: The diagnostics of each stage, by its name.

    Returns:
        The diagnostics. If one is only of some stages, its message names them, unless the line that
        it refers to does.
    """
    stages_of: dict[Diagnostic, list[str]] = {}
    for name, diagnostics in found.items():
        for one in dict.fromkeys(diagnostics):
            stages_of.setdefault(one, []).append(name)
    own = [(item.span, [one.name for one in item.stages]) for item in _items(score) if item.stages]
    merged: list[Diagnostic] = []
    for one, stages in stages_of.items():
        if len(stages) == len(found):
            merged.append(one)
        elif one.code not in UNUSED_CODES:
            is_clear = one.code not in WHOLE_CODES and any(
                _is_within(one.span, span) and set(stages) == set(names) for span, names in own
            )
            merged.append(one if is_clear else _with_stages(one, stages))
    return tuple(merged)


def _is_within(span: Span, whole: Span) -> bool:
    return span.file == whole.file and whole.line <= span.line <= whole.end_line


def _with_stages(one: Diagnostic, stages: Sequence[str]) -> Diagnostic:
    what = "stage" if len(stages) == 1 else "stages"
    named = f"{what} {', '.join(stages)}"
    hint = one.hint
    if one.code in WHOLE_CODES and hint is not None:
        hint = f"{hint} (on {', '.join(stages)}, or on all stages)"
    return replace(one, message=f"{one.message} ({named})", hint=hint)


def build_ensemble(score: Score, parts: Mapping[str, Schedule]) -> EnsembleSchedule:
    """Return the parts of a score as one result, all of one length.

    Only the first stage sends messages to other devices: they would be sent several times.

    Args:
        score: The score.
        parts: The schedule of each stage, by its name.
    """
    end = max(schedule.end for schedule in parts.values())
    together = score.header.together
    return EnsembleSchedule(
        tuple(
            (name, replace(schedule if index == 0 else without_messages(schedule), end=end))
            for index, (name, schedule) in enumerate(parts.items())
        ),
        None if together is None else together.realign,
    )


def without_messages(schedule: Schedule) -> Schedule:
    """Return a schedule that sends nothing to other devices."""
    if not (schedule.has_midi or schedule.has_osc):
        return schedule
    stretches: list[Stretch] = []
    count = 0
    for stretch in schedule.stretches:
        rules: list[RuleEntry] = []
        for rule in stretch.rules:
            acts = tuple(act for act in rule.acts if not isinstance(act, MessageAct))
            if acts:
                rules.append(replace(rule, id=count, acts=acts))
                count += 1
        stretches.append(replace(stretch, sends=(), rules=tuple(rules)))
    return replace(schedule, stretches=tuple(stretches))

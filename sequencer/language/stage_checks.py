"""What a stage cannot do, whatever model a score is written for.

Only a check for that stage, or a run on it, reports this: another stage may play the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sequencer.core.diagnostics import Diagnostic, Span
from sequencer.language.check import CheckResult, order_by_position
from sequencer.schedule.model import (
    ImageAct,
    PauseAct,
    ResumeAct,
    RuleAct,
    Schedule,
    StrengthAct,
    SuperResolutionAct,
)

VLLM_OMNI = "vllm-omni"
STAGES = (VLLM_OMNI,)
"""The stages that cannot do everything that a score can contain."""
MODELS = ("helios",)
"""The models that vLLM-Omni plays with prompts that change."""
REACTOR = frozenset({"W341", "W407"})
"""The warnings about what Reactor cannot do, but vLLM-Omni can: fades, and many stages."""


def check_stage(
    schedule: Schedule, stage: str, *, spans: Mapping[str, Span] | None = None, file: str = ""
) -> tuple[Diagnostic, ...]:
    """Return an error for everything in a score that a stage cannot do.

    Args:
        schedule: The compiled score.
        stage: The name of the stage.
        spans: Where the header has which setting, if that is known.
        file: The file for what has no position.
    """
    if stage != VLLM_OMNI:
        return ()
    found: list[Diagnostic] = []
    written = spans or {}
    if schedule.model not in MODELS:
        found.append(
            _error(
                f"vLLM-Omni plays Helios, but the score is written for {schedule.model}",
                written.get("model", Span(file, 0, 0, 0, 0)),
                "write model helios, or omit the line",
            )
        )
    if "sr" in written and schedule.sr != "off":
        found.append(
            _error(
                "vLLM-Omni has no super-resolution",
                written["sr"],
                "remove this line, or write sr off",
            )
        )
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            found += _problems_of(entry.acts, entry.origin)
        for rule in stretch.rules:
            found += _problems_of(rule.acts, rule.origin)
    return tuple(found)


def for_stage(checked: CheckResult, stage: str | None) -> CheckResult:
    """Return the result of a check with what a stage cannot do; None is any stage."""
    score = checked.score
    if stage is None or not checked.is_valid or score is None:
        return checked
    file = next(iter(checked.sources), "")
    spans = dict(score.header.spans)
    together = score.header.together
    each = (check_stage(one, stage, spans=spans, file=file) for one in checked.schedules)
    found = list(dict.fromkeys(one for part in each for one in part))
    if together is not None and together.realign is not None and stage == VLLM_OMNI:
        found.append(
            _error(
                "vLLM-Omni cannot pause, so stages cannot wait for each other",
                together.span,
                "write together start",
            )
        )
    kept = [one for one in checked.diagnostics if one.code not in REACTOR or stage != VLLM_OMNI]
    return replace(
        checked,
        schedule=None if found else checked.schedule,
        ensemble=None if found else checked.ensemble,
        diagnostics=tuple(order_by_position((*kept, *found))),
    )


def _problems_of(acts: Iterable[RuleAct], origin: Span) -> list[Diagnostic]:
    found = (_problem_of(act) for act in acts)
    return [_error(one[0], origin, one[1]) for one in found if one is not None]


def _problem_of(act: RuleAct) -> tuple[str, str] | None:
    """Return what vLLM-Omni cannot do about an act, and a hint."""
    match act:
        case ImageAct():
            return "vLLM-Omni shows no images", "remove the image"
        case StrengthAct():
            return "vLLM-Omni has no image strength", "remove the strength"
        case SuperResolutionAct() if act.scale != "off":
            return "vLLM-Omni has no super-resolution", "remove the sr"
        case PauseAct():
            return "vLLM-Omni cannot pause", "remove the pause"
        case ResumeAct():
            return "vLLM-Omni cannot pause, so there is nothing to resume", "remove the resume"
        case _:
            return None


def _error(message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code="E802", message=message, span=span, hint=hint)

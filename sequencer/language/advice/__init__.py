"""Advice on prompts: compares a score with the model's prompt guide; differences are warnings.

``prompts``  which texts the model receives, in which order (variables filled in, sections in play
order) ``english``  the few words by which camera and light are recognised; texts in other languages
are not checked ``rules``    the rules: one small pure function each, with its source

A scene turns off a rule for itself with ``quiet W604``. `advise` takes a `Score`, never a file or a
schedule.
"""

from __future__ import annotations

from sequencer.core.diagnostics import Diagnostic, Severity, Span
from sequencer.core.gc_pause import paused_collection
from sequencer.language.advice.english import clear_caches
from sequencer.language.advice.prompts import Finding, PromptSequence, collect_prompts
from sequencer.language.advice.rules import RULES
from sequencer.language.compiler.stages import names_stages, part_of, stage_names
from sequencer.language.score import Score

__all__ = ["advise", "apply_rules"]


def advise(score: Score) -> tuple[Diagnostic, ...]:
    """Return warnings about a score's prompts by position; each once, however often it plays."""
    with paused_collection():
        try:
            return (
                apply_rules(collect_prompts(score))
                if not names_stages(score)
                else _of_stages(score)
            )
        finally:
            clear_caches()


def _of_stages(score: Score) -> tuple[Diagnostic, ...]:
    """Return the advice on what each stage shows; each once."""
    found: dict[tuple[str, Span], Diagnostic] = {}
    for name in stage_names(score):
        for one in apply_rules(collect_prompts(part_of(score, name))):
            found.setdefault((one.code, one.span), one)
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (one.span.file, one.span.line, one.span.column, one.code),
        )
    )


def apply_rules(prompts: PromptSequence) -> tuple[Diagnostic, ...]:
    """Return what the rules find, by position; each once."""
    found: dict[tuple[str, str, int, int], Diagnostic] = {}
    for code, rule in RULES.items():
        for finding in rule(prompts):
            if code not in finding.silenced:
                where = (code, finding.span.file, finding.span.line, finding.span.column)
                found.setdefault(where, _diagnostic(code, finding))
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (one.span.file, one.span.line, one.span.column, one.code),
        )
    )


def _diagnostic(code: str, finding: Finding) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=finding.message,
        span=finding.span,
        hint=finding.hint,
        related=finding.related,
        severity=Severity.WARNING,
    )

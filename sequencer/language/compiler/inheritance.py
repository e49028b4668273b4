"""What a section has from the section that it is like (`section b like a`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.language.compiler.ir import (
    PlacedCue,
    ResolvedCue,
    ResolvedCueAct,
    ResolvedMessage,
    ResolvedPrompt,
    ResolvedRule,
)
from sequencer.language.score import Section


def find_ancestors(section: Section, sections: Mapping[str, Section]) -> tuple[Section, ...]:
    """Return the section, the one that it is like, the one that that is like, and so on.

    The chain ends at a section that is not like another, at an unknown one, and where it would
    repeat.
    """
    chain = [section]
    names = {section.name}
    while (name := chain[-1].like) is not None and name in sections and name not in names:
        names.add(name)
        chain.append(sections[name])
    return tuple(chain)


def with_inherited_head(chain: tuple[Section, ...]) -> Section:
    """Return the first section of a chain with the length and the options that it inherits."""
    section, *others = chain
    for other in others:
        if section.duration is None and not section.until:
            most = other.most if section.most is None else section.most
            section = replace(section, duration=other.duration, until=other.until, most=most)
        elif section.until and section.most is None:
            section = replace(section, most=other.most)
        section = replace(
            section,
            tempo=section.tempo or other.tempo,
            meter=section.meter or other.meter,
            cut=section.cut or other.cut,
        )
    return section


def check_heads(
    section: Section, chain: tuple[Section, ...], whole: Section, faults: Diagnostics
) -> None:
    """Report a chain that does not end, and a section that has no length after inheriting."""
    last = chain[-1]
    if last.like is not None and any(one.name == last.like for one in chain):
        if last.like == section.name:
            faults.error(
                "E318",
                f"the section {section.name} is like itself"
                if len(chain) == 1
                else f"the section {section.name} is like {section.like}, which is like it",
                section.like_span,
                hint=f"give {section.name} its own length and cues: section {section.name} 8 bars",
                related=tuple(Related(one.like_span, "and this") for one in chain[1:]),
            )
        return
    if whole.until and whole.most is None:
        end = _end_of(section.like_span)
        faults.error(
            "E137",
            "a live section needs a maximum length, so that it always ends",
            section.name_span,
            hint="add, for example: , max 32 bars",
            fix=Fix(end, ", max 32 bars") if end.line else (),
        )
    elif not whole.until and section.most is not None:
        faults.error(
            "E138",
            f"`max` belongs to a live section (until …), and {section.like} is not one",
            section.most.span,
            hint=f"write the length after the name: section {section.name} 8 bars like …",
        )


def _end_of(span: Span) -> Span:
    return Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)


def inherit_cues(levels: Iterable[tuple[ResolvedCue, ...]]) -> tuple[ResolvedCue, ...]:
    """Return the cues of a section and those that it inherits, the inherited ones first.

    Args:
        levels: The cues of the section, of the one that it is like, and so on.
    """
    found: list[ResolvedCue] = []
    marks: set[str] = set()
    for level, cues in enumerate(levels):
        own: list[ResolvedCue] = []
        for cue in cues:
            kept = tuple(mark for mark in cue.marks if level == 0 or mark[0] not in marks)
            own.append(cue if level == 0 else replace(cue, level=level, marks=kept))
        marks.update(name for cue in cues for name, _ in cue.marks)
        found = own + found
    return tuple(found)


def inherit_rules(levels: Iterable[tuple[ResolvedRule, ...]]) -> tuple[ResolvedRule, ...]:
    """Return the rules of a section, and the inherited ones whose triggers it has no rule for."""
    found: tuple[ResolvedRule, ...] = ()
    for rules in levels:
        triggers = {rule.trigger for rule in found}
        found = (*found, *(rule for rule in rules if rule.trigger not in triggers))
    return found


def replace_inherited(cues: Iterable[PlacedCue]) -> Iterator[PlacedCue]:
    """Yield the cues of a section without the inherited actions that its own cues replace.

    A cue replaces the actions of the same kinds at the same exact time that come from further away.
    """
    cues = list(cues)
    by_time: dict[Fraction, list[PlacedCue]] = {}
    for cue in cues:
        by_time.setdefault(cue.seconds, []).append(cue)
    for cue in cues:
        nearer = [one for one in by_time[cue.seconds] if one.level < cue.level]
        if not nearer:
            yield cue
            continue
        kinds = {_kind_of(act) for one in nearer for act in one.acts}
        acts = tuple(act for act in cue.acts if _kind_of(act) not in kinds)
        closest = max((one for one in nearer if one.snap), key=lambda one: -one.level, default=cue)
        if acts:
            yield replace(cue, acts=acts, snap=closest.snap)


def _kind_of(act: ResolvedCueAct) -> str:
    if isinstance(act, ResolvedPrompt):
        return "prompt"
    return act.act.kind if isinstance(act, ResolvedMessage) else act.kind

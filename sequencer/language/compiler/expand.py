"""Third pass: blocks become stretches, one per pass in `play` order; picks choose at random."""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.wide_numbers import MAX_TIME_BITS
from sequencer.language.compiler.ir import (
    NonPromptAct,
    PlacedBlock,
    PlacedCue,
    Resolved,
    ResolvedMessage,
    ResolvedPrompt,
    ResolvedRule,
    ResolvedRuleAct,
)
from sequencer.language.compiler.local_time import (
    INEXACT_TIME_CODE,
    INEXACT_TIME_HINT,
    INEXACT_TIME_MESSAGE,
)
from sequencer.language.compiler.midi import NoteLengths, trigger_key
from sequencer.language.compiler.place import (
    MAX_ENTRIES,
    TOO_MANY_CUES_CODE,
    TOO_MANY_CUES_HINT,
    TOO_MANY_CUES_MESSAGE,
)
from sequencer.language.score import AtNext, Unit
from sequencer.schedule.model import (
    CueAct,
    MessageAct,
    PickAct,
    PromptAct,
    Quantisation,
    RuleAct,
    RuleEntry,
    ShuffleAct,
    draw,
    draw_unused,
)


@dataclass(frozen=True, slots=True)
class ExpandedEntry:
    """A cue of one pass, with its picks chosen, not yet assigned to a chunk."""

    cue: PlacedCue
    acts: tuple[CueAct, ...]


@dataclass(frozen=True, slots=True)
class ExpandedSend:
    """The messages that a cue of one pass sends, not yet numbered."""

    cue: PlacedCue
    acts: tuple[MessageAct, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandedStretch:
    """One pass of one block."""

    placed: PlacedBlock
    occurrence: int
    entries: tuple[ExpandedEntry, ...]
    rules: tuple[RuleEntry, ...]
    sends: tuple[ExpandedSend, ...] = ()


@dataclass(slots=True)
class _Deck:
    """The options of one `shuffle`: those used since all were used, and the last one."""

    used: list[int] = field(default_factory=list)
    last: int | None = None

    def draw(self, seed: int, key: str, ordinal: int, choices: int) -> int:
        """Return the next option, and remember it."""
        chosen = draw_unused(seed, key, ordinal, choices=choices, used=self.used, last=self.last)
        self.used = [chosen] if len(self.used) == choices else [*self.used, chosen]
        self.last = chosen
        return chosen


_Decks = dict[tuple[str | None, int], _Deck]
"""The state of each `shuffle` of a score, by its section and the identity of its prompt.

All passes of a section use one.
"""


def expand(
    resolved: Resolved, placed: tuple[PlacedBlock | None, ...], faults: Diagnostics
) -> tuple[ExpandedStretch, ...]:
    """Return the stretches of a score in play order.

    Blocks that could not be placed (reported before) are omitted.
    """
    seed = resolved.score.header.seed or 0
    occurrences: dict[str | None, int] = {}
    stretches: list[ExpandedStretch] = []
    decks: _Decks = {}
    rules = 0
    start = Fraction(0)
    if _report_too_many_cues(resolved, placed, faults):
        return ()
    for index in resolved.order:
        block = placed[index]
        if block is None:
            continue
        name = block.block.name
        occurrence = occurrences[name] = occurrences.get(name, 0) + 1
        start += block.seconds
        if start.denominator.bit_length() > MAX_TIME_BITS:
            faults.error(
                INEXACT_TIME_CODE, INEXACT_TIME_MESSAGE, block.block.span, hint=INEXACT_TIME_HINT
            )
            return ()
        stretch = expand_block(
            block,
            occurrence,
            seed,
            first_rule=rules,
            lengths=NoteLengths(block, resolved, faults),
            decks=decks,
        )
        rules += len(stretch.rules)
        stretches.append(stretch)
    return tuple(stretches)


def _report_too_many_cues(
    resolved: Resolved, placed: tuple[PlacedBlock | None, ...], faults: Diagnostics
) -> bool:
    """Report a score that would expand to too many cues for memory, before any is created."""
    entries = 0
    for index in resolved.order:
        block = placed[index]
        entries += 0 if block is None else len(block.cues)
        if block is not None and entries > MAX_ENTRIES:
            faults.error(
                TOO_MANY_CUES_CODE, TOO_MANY_CUES_MESSAGE, block.block.span, hint=TOO_MANY_CUES_HINT
            )
            return True
    return False


def expand_block(
    placed: PlacedBlock,
    occurrence: int,
    seed: int,
    *,
    first_rule: int,
    lengths: NoteLengths,
    decks: _Decks,
) -> ExpandedStretch:
    """Return one pass of a block.

    Args:
        placed: The block.
        occurrence: The number of the pass, from 1.
        seed: The seed of the score.
        first_rule: The number of its first rule.
        lengths: Computes the lengths of notes.
        decks: The state of each `shuffle` after the passes before.
    """
    block = placed.block
    here = f"{block.name or ''}|{occurrence}"
    ordinals: dict[str, int] = {}
    entries: list[ExpandedEntry] = []
    sends: list[ExpandedSend] = []
    for cue in placed.cues:
        acts = tuple(
            _choose_act(
                act, cue, here, ordinals=ordinals, seed=seed, decks=decks, section=block.name
            )
            for act in cue.acts
            if not isinstance(act, ResolvedMessage)
        )
        if acts:
            entries.append(ExpandedEntry(cue, acts))
        if len(acts) < len(cue.acts):
            reported = tuple(
                lengths.build_act(act, cue.quarter, cue.seconds)
                for act in cue.acts
                if isinstance(act, ResolvedMessage)
            )
            sends.append(ExpandedSend(cue, reported))
    rules = tuple(
        _expand_rule(rule, here, first_rule + index, lengths)
        for index, rule in enumerate(block.rules)
    )
    return ExpandedStretch(
        placed=placed,
        occurrence=occurrence,
        entries=tuple(entries),
        rules=rules,
        sends=tuple(sends),
    )


def _choose_act(
    act: ResolvedPrompt | NonPromptAct,
    cue: PlacedCue,
    here: str,
    *,
    section: str | None,
    ordinals: dict[str, int],
    seed: int,
    decks: _Decks,
) -> CueAct:
    if not isinstance(act, ResolvedPrompt):
        return act
    if act.choice is None:
        return PromptAct(act.texts[0], fade=act.fade_chunks)
    # The key is the position itself and the ordinal of the pick there, so moving lines or adding a
    # pick elsewhere changes nothing here.
    position = f"q{cue.quarter}" if cue.quarter is not None else f"s{cue.seconds}"
    key = f"{here}|{position}"
    ordinal = ordinals.get(key, 0)
    ordinals[key] = ordinal + 1
    if act.choice == "shuffle":
        deck = decks.setdefault((section, id(act)), _Deck())
        text = act.texts[deck.draw(seed, key, ordinal, len(act.texts))]
    else:
        text = act.texts[draw(seed, key, ordinal, len(act.texts))]
    return PromptAct(text, fade=act.fade_chunks)


def _expand_rule(rule: ResolvedRule, here: str, index: int, lengths: NoteLengths) -> RuleEntry:
    key = f"{here}|{trigger_key(rule.trigger)}"
    return RuleEntry(
        id=index,
        key=key,
        trigger=rule.trigger,
        acts=tuple(_expand_rule_act(act, key, lengths) for act in rule.acts),
        origin=rule.span,
        quantisation=None if rule.at is None else _quantisation(rule.at),
    )


def _quantisation(at: AtNext) -> Quantisation:
    return Quantisation(at.count, "bars" if at.unit is Unit.BARS else "beats")


def _expand_rule_act(act: ResolvedRuleAct, key: str, lengths: NoteLengths) -> RuleAct:
    if isinstance(act, ResolvedMessage):
        return lengths.build_act(act, None if lengths.has_no_beats else Fraction(0), Fraction(0))
    if isinstance(act, ResolvedPrompt):
        match act.choice:
            case "pick":
                return PickAct(act.texts, key, fade=act.fade_chunks)
            case "shuffle":
                return ShuffleAct(act.texts, key, fade=act.fade_chunks)
            case None:
                return PromptAct(act.texts[0], fade=act.fade_chunks)
    return act

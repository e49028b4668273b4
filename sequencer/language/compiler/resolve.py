"""First pass: resolve every name.

Variables and scenes become texts, triggers those of the schedule, and `play` an order of blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import islice

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.core.images import ImageFile
from sequencer.core.midi_notes import MiddleC
from sequencer.core.timebase import Snap
from sequencer.language.compiler.fades import with_fade
from sequencer.language.compiler.inheritance import (
    check_heads,
    find_ancestors,
    inherit_cues,
    inherit_rules,
    with_inherited_head,
)
from sequencer.language.compiler.ir import (
    ACTION_NAMES,
    Block,
    NonPromptAct,
    Resolved,
    ResolvedCue,
    ResolvedCueAct,
    ResolvedMessage,
    ResolvedPrompt,
    ResolvedRule,
    ResolvedRuleAct,
)
from sequencer.language.compiler.midi import message_act, schedule_trigger
from sequencer.language.compiler.prompts import Vocabulary
from sequencer.language.score import (
    Action,
    ChangeMeter,
    ChangeTempo,
    Cue,
    Cut,
    Every,
    Goto,
    Item,
    Pause,
    PlayItem,
    Prompt,
    Resume,
    Rule,
    Score,
    Section,
    SendControl,
    SendMessage,
    SendNote,
    SendOsc,
    SendProgram,
    SetFade,
    SetMark,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    Trigger,
    UseImage,
    played_items,
    unrolled,
)
from sequencer.schedule.model import (
    CutAct,
    GotoAct,
    ImageAct,
    PauseAct,
    ResumeAct,
    StrengthAct,
    SuperResolutionAct,
)
from sequencer.schedule.model import Trigger as ScheduleTrigger

MAX_PASSES = 10_000
"""The maximum number of passes of sections in `play`."""

MAX_LISTED_NAMES = 12
"""The maximum number of names listed in a hint."""


def resolve(score: Score, faults: Diagnostics, find_line: Callable[[int], int] = int) -> Resolved:
    """Resolve every name of a score.

    Mistakes are reported, and the parts they affect are omitted. `find_line` is that of
    `compile_all`.
    """
    resolver = Resolver(score, faults, find_line)
    blocks = resolver.resolve_blocks()
    order = resolver.resolve_order()
    resolver.vocabulary.warn_unused()
    return Resolved(score=score, blocks=blocks, order=order, images=resolver.images)


ResolvedItems = tuple[tuple[ResolvedCue, ...], tuple[ResolvedRule, ...]]


class Resolver:
    """Resolves the names of a score."""

    def __init__(
        self, score: Score, faults: Diagnostics, find_line: Callable[[int], int] = int
    ) -> None:
        self.score = score
        self.faults = faults
        self.vocabulary = Vocabulary(score, faults, find_line)
        self.images: dict[str, ImageFile] = {image.path: image for image in score.images}
        self.middle: MiddleC = score.header.middle or "C3"
        self.sections: dict[str, Section] = {}
        self.own_items: dict[str, ResolvedItems] = {}
        """The cues and rules that each section states itself."""
        for section in score.sections:
            self.sections.setdefault(section.name, section)

    # ---- blocks ----------------------------------------------------------------------------------

    def resolve_blocks(self) -> tuple[Block, ...]:
        """Return the sections, or one block for a score without sections.

        Rules outside sections belong to every block.
        """
        score = self.score
        if not score.sections:
            cues, rules = self._resolve_items(score.items)
            rules = _here(rules)
            return (Block.whole_score(cues=cues, rules=rules, span=_score_span(score)),)
        for item in score.items:
            if not isinstance(item, Rule):
                self.faults.error(
                    "E313",
                    "in a score with sections, every cue belongs in a section",
                    item.span,
                    hint=f"move this cue into a section, for example {score.sections[0].name}",
                )
        everywhere = tuple(
            rule
            for rule in (self._resolve_rule(item) for item in score.items if isinstance(item, Rule))
            if rule is not None
        )
        if score.end is not None:
            self.faults.error(
                "E314",
                "a score with sections ends where its last section ends",
                score.end_span,
                hint="remove this line",
                fix=Fix(score.end_span, ""),
            )
        seen: dict[str, Section] = {}
        for section in score.sections:
            if section.name in seen:
                first = Related(seen[section.name].name_span, "first defined here")
                self.faults.error(
                    "E315",
                    f"the section {section.name} is already defined",
                    section.name_span,
                    hint=f"give it another name, or play it twice: play {section.name}*2",
                    related=(first,),
                )
            seen.setdefault(section.name, section)
        own = [self._resolve_items(section.items) for section in score.sections]
        for section, found in zip(score.sections, own, strict=True):
            self.own_items.setdefault(section.name, found)
        return tuple(
            self._resolve_section(section, found, everywhere)
            for section, found in zip(score.sections, own, strict=True)
        )

    def _resolve_section(
        self, section: Section, own: ResolvedItems, everywhere: tuple[ResolvedRule, ...]
    ) -> Block:
        cues, rules = own
        if section.like is not None:
            section, cues, rules = self._inherit(section, own)
        triggers = {rule.trigger for rule in rules}
        rules = (*rules, *(rule for rule in everywhere if rule.trigger not in triggers))
        duration = section.most if section.is_live else section.duration
        cut = None if section.cut is None else CutAct(section.cut.seed)
        return Block(
            name=section.name,
            duration=duration,
            is_live=section.is_live,
            until=self._resolve_triggers(section.until),
            tempo=section.tempo,
            meter=section.meter,
            cut=cut,
            cues=cues,
            rules=_here(rules),
            span=section.span,
            name_span=section.name_span,
        )

    def _inherit(
        self, section: Section, own: ResolvedItems
    ) -> tuple[Section, tuple[ResolvedCue, ...], tuple[ResolvedRule, ...]]:
        """Return a section with what it has from the section that it is like."""
        chain = find_ancestors(section, self.sections)
        last = chain[-1]
        if last.like is not None and last.like not in self.sections and len(chain) == 1:
            self._check_section(last.like, last.like_span)
        whole = with_inherited_head(chain)
        check_heads(section, chain, whole, self.faults)
        levels = [own, *(self.own_items[one.name] for one in chain[1:])]
        return (
            whole,
            inherit_cues(cues for cues, _ in levels),
            inherit_rules(rules for _, rules in levels),
        )

    def _resolve_triggers(self, triggers: tuple[Trigger, ...]) -> tuple[ScheduleTrigger, ...]:
        firings = (schedule_trigger(trigger, self.middle, self.faults) for trigger in triggers)
        return tuple(firing for firing in firings if firing is not None)

    def _resolve_items(
        self, items: tuple[Item, ...]
    ) -> tuple[tuple[ResolvedCue, ...], tuple[ResolvedRule, ...]]:
        cues: list[ResolvedCue] = []
        rules: list[ResolvedRule] = []
        seen: dict[ScheduleTrigger, ResolvedRule] = {}
        for item in items:
            match item:
                case Cue() | Every():
                    units = self.vocabulary.units
                    cue = self._resolve_cue(item)
                    if (
                        self.vocabulary.units == units
                    ):  # otherwise its position is only half of what was meant
                        cues.append(cue)
                case Rule():
                    rule = self._resolve_rule(item)
                    if rule is None:
                        continue
                    if not rule.is_here:
                        rules.append(rule)
                        continue
                    if rule.trigger in seen:
                        self.faults.warn(
                            "W304",
                            (
                                "another rule of this block has the same trigger; both act, this "
                                "one last"
                            ),
                            item.span,
                            hint="combine them, or remove one of them",
                            related=(Related(seen[rule.trigger].span, "the other rule"),),
                        )
                    seen.setdefault(rule.trigger, rule)
                    rules.append(rule)
        return tuple(cues), tuple(rules)

    # ---- cues and rules --------------------------------------------------------------------------

    def _resolve_cue(self, cue: Cue | Every) -> ResolvedCue:
        foreign = self.vocabulary.foreign
        acts: list[ResolvedCueAct] = []
        tempos: list[ChangeTempo] = []
        meters: list[ChangeMeter] = []
        marks: list[tuple[str, Span]] = []
        snap: Snap | None = None
        for action in cue.actions:
            match action:
                case ChangeTempo():
                    tempos.append(action)
                case ChangeMeter():
                    meters.append(action)
                case SetMark():
                    marks.append((action.name, action.span))
                case SetSnap():
                    snap = action.snap
                case Pause() | Resume() | Goto():
                    self._report_rule_action(action)
                case SendNote() | SendControl() | SendProgram() | SendOsc():
                    self._add_message(action, acts)
                case Prompt() | Show() | SetFade() | UseImage() | SetStrength() | SetSr() | Cut():
                    act = self._resolve_act(action)
                    if act is not None:
                        acts.append(act)
        acts = with_fade(acts, cue.actions, self.faults)
        self._report_duplicates(cue.actions, self.vocabulary.foreign > foreign)
        if isinstance(cue, Every):
            for span in [change.span for change in tempos] + [change.span for change in meters]:
                self.faults.error(
                    "E316",
                    "tempo and meter change in an `at`, not in an `every`",
                    span,
                    hint="use `at POSITION …` instead",
                )
            for name, span in marks:
                self.faults.error(
                    "E317",
                    f"the mark {name} would have several positions in an `every`",
                    span,
                    hint="set it in an `at`",
                )
            return ResolvedCue(
                place=cue.start,
                every=cue.every,
                acts=tuple(acts),
                tempos=(),
                meters=(),
                marks=(),
                snap=snap,
                span=cue.span,
            )
        return ResolvedCue(
            place=cue.place,
            every=None,
            acts=tuple(acts),
            tempos=tuple(tempos),
            meters=tuple(meters),
            marks=tuple(marks),
            snap=snap,
            span=cue.span,
        )

    def _report_rule_action(self, action: Pause | Resume | Goto) -> None:
        word = {Pause: "pause", Resume: "resume", Goto: "goto"}[type(action)]
        self.faults.error(
            "E141",
            f"{word} belongs in a rule: the time of the score continues while the model is paused",
            action.span,
            hint=f"write a rule: on go {word} -> {word}"
            + (f" {action.section}" if isinstance(action, Goto) else ""),
        )

    def _report_duplicates(
        self, actions: tuple[Action, ...], has_foreign_words: bool = False
    ) -> None:
        """Report a second action of the same kind in one cue, which contradicts the first.

        Nothing is reported if one of them was meant as something else.
        """
        if has_foreign_words:
            return
        seen: dict[str, Action] = {}
        for action in actions:
            word = ACTION_NAMES.get(type(action))
            if word is None:
                continue  # a cue may send any number of messages
            if word in seen:
                self.faults.error(
                    "E319",
                    f"this cue has {word} twice",
                    action.span,
                    hint="remove one"
                    if isinstance(action, SetFade)
                    else "remove one, or give it a position of its own",
                    related=(Related(seen[word].span, "the first one"),),
                )
            seen.setdefault(word, action)

    def _resolve_rule(self, rule: Rule) -> ResolvedRule | None:
        acts: list[ResolvedRuleAct] = []
        for action in rule.actions:
            match action:
                case Pause():
                    acts.append(PauseAct())
                case Resume():
                    acts.append(ResumeAct())
                case Goto():
                    if self._check_section(action.section, action.span):
                        acts.append(GotoAct(action.section))
                case ChangeTempo() | ChangeMeter() | SetMark() | SetSnap():
                    word = ACTION_NAMES[type(action)]
                    message = f"{word} belongs in an `at`: a rule has no position of its own"
                    self.faults.error(
                        "E320", message, action.span, hint=f"write it in an `at`: at 5 {word} …"
                    )
                case SendNote() | SendControl() | SendProgram() | SendOsc():
                    self._add_message(action, acts)
                case Prompt() | Show() | SetFade() | UseImage() | SetStrength() | SetSr() | Cut():
                    act = self._resolve_act(action, in_rule=True)
                    if act is not None:
                        acts.append(act)
        acts = with_fade(acts, rule.actions, self.faults)
        self._report_duplicates(rule.actions)
        if any(isinstance(act, CutAct) for act in acts) and not any(
            isinstance(act, ResolvedPrompt) for act in acts
        ):
            self.faults.error(
                "E321",
                "a cut in a rule needs a prompt that opens the new take",
                rule.span,
                hint='add one: -> cut, "…"',
            )
        firing = schedule_trigger(rule.trigger, self.middle, self.faults)
        is_here = bool(rule.actions)
        if is_here and rule.at is not None and not any(_is_landing(act) for act in acts):
            hint = "remove it: a goto waits for the next bar line anyway, and the rest acts at once"
            self.faults.warn(
                "W310", "nothing in this rule waits for a bar line or beat", rule.at.span, hint=hint
            )
        if firing is None:
            return None
        return ResolvedRule(
            trigger=firing, acts=tuple(acts), span=rule.span, at=rule.at, is_here=is_here
        )

    def _add_message(
        self, action: SendMessage, acts: list[ResolvedCueAct] | list[ResolvedRuleAct]
    ) -> None:
        """Add a message; a note without a number was reported."""
        work: ResolvedMessage | None = message_act(action, self.middle, self.faults)
        if work is not None:
            acts.append(work)

    def _resolve_act(
        self,
        action: Prompt | Show | SetFade | UseImage | SetStrength | SetSr | Cut,
        in_rule: bool = False,
    ) -> ResolvedPrompt | NonPromptAct | None:
        match action:
            case SetFade():
                return None  # it belongs to the prompt: see `with_fade`
            case Prompt():
                return self.vocabulary.resolve_prompt(action.words)
            case Show():
                return self.vocabulary.resolve_show(action, in_rule)
            case UseImage():
                image = self.images.get(action.path)
                if (
                    image is None
                ):  # the reader reported missing files; here, the score has no folder to search
                    self.faults.error(
                        "E326",
                        (
                            f"the image {action.path} was not read: the score was read without its "
                            "folder"
                        ),
                        action.span,
                        hint="read the score from its file, or specify the folder of its images",
                    )
                    return None
                return ImageAct(image)
            case SetStrength():
                return StrengthAct(action.value)
            case SetSr():
                return SuperResolutionAct(action.sr.value)
            case Cut():
                return CutAct(action.seed)

    # ---- order -----------------------------------------------------------------------------------

    def _check_section(self, name: str, span: Span, before: PlayItem | None = None) -> bool:
        """Return whether a section exists (reported if not).

        `before` is the item before it in `play`.
        """
        if name in self.sections:
            return True
        times = re.fullmatch(r"x([0-9]{1,5})", name)
        if times is not None and before is not None:
            whole = Span(
                span.file, before.span.line, before.span.column, span.end_line, span.end_column
            )
            fixes = (
                (Fix(whole, f"{before.section}*{times[1]}"),)
                if before.span.line == span.line
                else ()
            )
            hint = f"to play it {times[1]} times in total, write {before.section}*{times[1]}"
            self.faults.error("E322", f"there is no section {name}", span, hint=hint, fix=fixes)
            return False
        guess = self.faults.nearest(name, self.sections)
        column = span.end_column - len(name) if span.line == span.end_line else span.column
        at = Span(span.file, span.end_line, max(1, column), span.end_line, span.end_column)
        fixes = () if guess is None else (Fix(at, guess),)
        hint = (
            f"did you mean {guess}?"
            if guess is not None
            else f"the sections are: {_join_names(self.sections)}"
        )
        if not self.sections:
            hint = f"this score has no sections; add one: section {name} 8 bars {{ … }}"
        self.faults.error("E322", f"there is no section {name}", at, hint=hint, fix=fixes)
        return False

    def resolve_order(self) -> tuple[int, ...]:
        """Return the indices of the blocks in play order."""
        score = self.score
        if not score.sections:
            if score.play:
                self.faults.error(
                    "E323",
                    "there are no sections to play",
                    score.play_span,
                    hint="remove this line",
                )
            return (0,)
        index = {
            section.name: position
            for position, section in reversed(list(enumerate(score.sections)))
        }
        if not score.play:
            return tuple(range(len(score.sections)))
        self._check_played_sections()
        order = self._unroll(index)
        self._report_unplayed()
        return order

    def _check_played_sections(self) -> None:
        """Report the names in `play` that are not sections."""
        before: PlayItem | None = None
        for item in played_items(self.score.play):
            name_span = Span(
                item.span.file,
                item.span.line,
                item.span.column,
                item.span.line,
                item.span.column + len(item.section),
            )
            if not self._check_section(item.section, name_span, before):
                before = None
                continue
            before = item

    def _unroll(self, index: dict[str, int]) -> tuple[int, ...]:
        """Return the blocks in the order of `play`."""
        order: list[int] = []
        unknown = 0
        for item in unrolled(self.score.play):
            if len(order) + item.times > MAX_PASSES:
                self.faults.error(
                    "E324",
                    f"`play` has more than {MAX_PASSES:,} passes",
                    item.span,
                    hint="shorten it",
                )
                break
            if item.section in index:
                order += [index[item.section]] * item.times
            elif (unknown := unknown + item.times) > MAX_PASSES:
                break
        return tuple(order)

    def _report_unplayed(self) -> None:
        """Report sections that are never played, and rules that go to one."""
        score = self.score
        named = {item.section for item in played_items(score.play)}
        played = named | self._goto_targets()
        templates = {section.like for section in score.sections}
        all_known = played <= set(self.sections)  # otherwise one of these may be what was meant
        for section in score.sections if all_known else ():
            if section.name not in played and section.name not in templates:
                self.faults.warn(
                    "W305",
                    f"the section {section.name} is never played",
                    section.name_span,
                    hint="add it to `play`, or remove it",
                )
        for name in sorted(self._goto_targets() - named):
            if name in self.sections:
                self.faults.error(
                    "E325",
                    f"a rule goes to {name}, which is not in `play`",
                    self.sections[name].name_span,
                    hint=f"add {name} to `play`",
                )

    def _goto_targets(self) -> set[str]:
        items = [
            *self.score.items,
            *(item for section in self.score.sections for item in section.items),
        ]
        rules = (item for item in items if isinstance(item, Rule))
        return {
            action.section for rule in rules for action in rule.actions if isinstance(action, Goto)
        }


def _join_names(names: Collection[str]) -> str:
    """Return names for a hint, up to `MAX_LISTED_NAMES`."""
    return ", ".join(islice(names, MAX_LISTED_NAMES)) + (
        f" and {len(names) - MAX_LISTED_NAMES} more" if len(names) > MAX_LISTED_NAMES else ""
    )


def _here(rules: tuple[ResolvedRule, ...]) -> tuple[ResolvedRule, ...]:
    """Return the rules that do something on this stage."""
    return tuple(rule for rule in rules if rule.is_here)


def _is_landing(act: ResolvedRuleAct) -> bool:
    """Return whether a quantised rule does this on a bar line or beat."""
    return not isinstance(act, PauseAct | ResumeAct | GotoAct | ResolvedMessage)


def _score_span(score: Score) -> Span:
    return Span(score.file, 1, 1, 1, 1)

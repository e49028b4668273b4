"""Collect the prompts of a score as the model receives them, in the order in which they come.

Only names are resolved here; times are left to the compiler. An `every` counts as one prompt, a
`pick` as one prompt with several texts. Problems that only the compiler can detect (such as an
unknown variable) are reported before advice is requested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from sequencer.core.diagnostics import Related, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.score import (
    Action,
    Cut,
    Every,
    Item,
    Let,
    Pick,
    Prompt,
    PromptText,
    Rule,
    Scene,
    Score,
    Section,
    Show,
    Text,
    UseImage,
    unrolled,
)


class PromptSource(Enum):
    """Where a prompt's text comes from."""

    PLAIN = "plain"
    BASE = "base"
    FOLLOW = "follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLine:
    """One prompt of the score.

    `texts` is what the model receives (several for a pick), `own` the part written in the cue.
    """

    texts: tuple[str, ...]
    own: tuple[str, ...]
    span: Span
    kind: PromptSource = PromptSource.PLAIN
    scene: str | None = None
    silenced: tuple[str, ...] = ()
    with_image: bool = False
    repeats: bool = False
    """Whether an `every` repeats it."""

    @property
    def text(self) -> str:
        """Its text, or the first text of a pick."""
        return self.texts[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTexts:
    """A scene of the score's own file with variables filled in; `follow` has an empty action."""

    name: str
    base: str | None
    follow: str | None
    span: Span
    follow_span: Span
    silenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromptSequence:
    """All prompts of a score.

    `takes` are its prompts in play order, divided at each cut; `answers` those of its rules.
    """

    takes: tuple[tuple[PromptLine, ...], ...]
    answers: tuple[PromptLine, ...]
    families: tuple[SceneTexts, ...]

    @property
    def lines(self) -> Iterator[PromptLine]:
        """Every prompt."""
        for take in self.takes:
            yield from take
        yield from self.answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem that a rule found."""

    message: str
    span: Span
    hint: str
    silenced: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()


def collect_prompts(score: Score) -> PromptSequence:
    """Return the prompts of a score."""
    return PromptCollector(score).collect()


class PromptCollector:
    """Collects the prompts of a score."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self.values: dict[str, str] = {}
        lets: Iterable[Let] = (*(let for use in score.uses for let in use.lets), *score.lets)
        for let in lets:
            self.values[let.name] = self.fill(let.text)
        every = (*(scene for use in score.uses for scene in use.scenes), *score.scenes)
        self.scenes = {scene.name: scene for scene in every}

    def fill(self, text: Text, action: str = "") -> str:
        """Return a text with its variables filled in; `{action}` becomes `action`."""
        pieces = (
            part
            if isinstance(part, str)
            else action
            if part.name == "action"
            else self.values.get(part.name, "")
            for part in text.parts
        )
        return " ".join("".join(pieces).split())

    def collect(self) -> PromptSequence:
        """Return all prompts of the score."""
        score = self.score
        takes: list[list[PromptLine]] = [[]]
        if score.sections:
            for section in self._sections_in_order():
                if section.cut is not None:
                    takes.append([])
                self.collect_items(section.items, takes)
        else:
            self.collect_items(score.items, takes)
        blocks = (score.items, *(section.items for section in score.sections))
        answers = tuple(
            line
            for items in blocks
            for item in items
            if isinstance(item, Rule)
            for line in self._prompt_lines(item.actions, False)
        )
        families = tuple(self.fill_scene(scene) for scene in score.scenes)
        return PromptSequence(tuple(tuple(take) for take in takes if take), answers, families)

    def _sections_in_order(self) -> Iterator[Section]:
        """Return the sections in play order, each, and each group, at most twice in a row.

        Further repetitions have no new neighbours.
        """
        score = self.score
        if not score.play:
            yield from score.sections
            return
        by_name = {section.name: section for section in score.sections}
        for item in unrolled(score.play, most=2):
            section = by_name.get(item.section)
            if section is not None:
                for _ in range(min(2, item.times)):
                    yield section

    def collect_items(self, items: tuple[Item, ...], takes: list[list[PromptLine]]) -> None:
        """Add the prompts of items to the last take, and begin a take at each cut."""
        for item in items:
            if isinstance(item, Rule):
                continue
            if any(isinstance(action, Cut) for action in item.actions) and takes[-1]:
                takes.append([])
            takes[-1] += self._prompt_lines(item.actions, isinstance(item, Every))

    def _prompt_lines(self, actions: tuple[Action, ...], repeats: bool) -> Iterator[PromptLine]:
        image = any(isinstance(action, UseImage) for action in actions)
        for action in actions:
            match action:
                case Prompt():
                    texts = tuple(self.fill(one) for one in _options(action.words))
                    yield PromptLine(
                        texts=texts, own=texts, span=action.span, with_image=image, repeats=repeats
                    )
                case Show():
                    line = self._shown_line(action, image, repeats)
                    if line is not None:
                        yield line
                case _:
                    pass

    def _shown_line(self, show: Show, image: bool, repeats: bool) -> PromptLine | None:
        scene = self.scenes.get(show.scene)
        text = None if scene is None else scene.base if show.action is None else scene.follow
        if scene is None or text is None:
            return None
        if show.action is None:
            base = (self.fill(text),)
            return PromptLine(
                texts=base,
                own=base,
                span=show.span,
                kind=PromptSource.BASE,
                scene=scene.name,
                silenced=scene.silenced,
                with_image=image,
                repeats=repeats,
            )
        own = tuple(self.fill(one) for one in _options(show.action))
        texts = tuple(self.fill(text, one) for one in own)
        return PromptLine(
            texts=texts,
            own=own,
            span=show.span,
            kind=PromptSource.FOLLOW,
            scene=scene.name,
            silenced=scene.silenced,
            with_image=image,
            repeats=repeats,
        )

    def fill_scene(self, scene: Scene) -> SceneTexts:
        """Return the texts of a scene."""
        base = None if scene.base is None else self.fill(scene.base)
        follow = None if scene.follow is None else self.fill(scene.follow)
        span = scene.span if scene.base is None else scene.base.span
        follow_span = scene.span if scene.follow is None else scene.follow.span
        return SceneTexts(
            name=scene.name,
            base=base,
            follow=follow,
            span=span,
            follow_span=follow_span,
            silenced=scene.silenced,
        )


def _options(words: PromptText) -> tuple[Text, ...]:
    return words.options if isinstance(words, Pick) else (words,)

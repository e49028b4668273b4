"""List a score's scenes with their starts, images and evolutions, for people who choose among them.

The language only knows a scene's two texts. The rest is inferred from context: an image belongs to
a scene when a cue shows both, or when the comment right above the scene names it. An evolution is
an action that a cue gives the scene, or a variable whose name begins with the scene's (`tram_opens`
for `tram`) and that neither of its texts uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sequencer.language.score import (
    Item,
    Let,
    Pick,
    PromptText,
    Scene,
    Score,
    Show,
    Text,
    UseImage,
    Variable,
)
from sequencer.language.values.writing import render_content

_IMAGE = re.compile(r"[^\s\"'<>|()]+\.(?:png|jpe?g|webp)\b", re.IGNORECASE)
_COMMENT = re.compile(r"[ \t]*#")


@dataclass(frozen=True, slots=True)
class Evolution:
    """Something that may happen in a scene.

    `name` is the variable that contains it, or None if it is written in a cue.
    """

    name: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneCard:
    """A scene in the list.

    `base` and `follow` are as written, `start` is the base with its variables filled in.
    """

    name: str
    base: str | None
    follow: str | None
    start: str | None
    image: str | None
    evolutions: tuple[Evolution, ...]
    quiet: tuple[str, ...]
    file: str
    line: int


def scene_cards(score: Score) -> tuple[SceneCard, ...]:
    """Return every scene of a score, in order of definition, those of used files first."""
    lets = tuple(let for use in score.uses for let in use.lets) + score.lets
    scenes = tuple(scene for use in score.uses for scene in use.scenes) + score.scenes
    values: dict[str, str] = {}
    for let in lets:
        values.setdefault(let.name, _fill_text(let.text, values))
    items = [*score.items, *(item for section in score.sections for item in section.items)]
    sources = dict(score.sources)
    return tuple(
        _build_card(scene, scenes, lets, values=values, items=items, sources=sources)
        for scene in scenes
    )


def _build_card(
    scene: Scene,
    scenes: tuple[Scene, ...],
    lets: tuple[Let, ...],
    *,
    values: dict[str, str],
    items: list[Item],
    sources: dict[str, str],
) -> SceneCard:
    image = _find_shown_image(scene.name, items) or _find_comment_image(
        scene, sources.get(scene.span.file, "")
    )
    used = {
        part.name
        for text in (scene.base, scene.follow)
        if text is not None
        for part in text.parts
        if isinstance(part, Variable)
    }
    names = [other.name for other in scenes]
    held = [
        let for let in lets if let.name not in used and _find_owner(let.name, names) == scene.name
    ]
    evolutions = [Evolution(let.name, values[let.name]) for let in held]
    known = {one.text for one in evolutions}
    for text in _find_actions(scene.name, items):
        filled = _fill_text(text, values)
        if filled not in known:
            known.add(filled)
            evolutions.append(Evolution(None, filled))
    return SceneCard(
        name=scene.name,
        base=None if scene.base is None else render_content(scene.base),
        follow=None if scene.follow is None else render_content(scene.follow),
        start=None if scene.base is None else _fill_text(scene.base, values),
        image=image,
        evolutions=tuple(evolutions),
        quiet=scene.silenced,
        file=scene.span.file,
        line=scene.span.line,
    )


def _fill_text(text: Text, values: dict[str, str]) -> str:
    """Return a text with its variables filled in. Unknown variables stay as written."""
    return "".join(
        part if isinstance(part, str) else values.get(part.name, "{" + part.name + "}")
        for part in text.parts
    )


def _find_owner(name: str, scenes: list[str]) -> str | None:
    """Return the scene a variable is named after: the longest scene name that begins its name."""
    fitting = [scene for scene in scenes if name.startswith((f"{scene}_", f"{scene}-"))]
    return max(fitting, key=len, default=None)


def _find_shown_image(name: str, items: list[Item]) -> str | None:
    """Return the first image that a cue shows together with a scene's base."""
    for item in items:
        if any(
            isinstance(action, Show) and action.scene == name and action.action is None
            for action in item.actions
        ):
            for action in item.actions:
                if isinstance(action, UseImage):
                    return action.path
    return None


def _find_comment_image(scene: Scene, source: str) -> str | None:
    """Return the image named in the comment right above a scene."""
    lines = source.split("\n")
    at = scene.span.line - 2
    while 0 <= at < len(lines) and _COMMENT.match(lines[at]):
        found = _IMAGE.search(lines[at])
        if found is not None:
            return found.group()
        at -= 1
    return None


def _find_actions(name: str, items: list[Item]) -> Iterator[Text]:
    for item in items:
        for action in item.actions:
            if isinstance(action, Show) and action.scene == name and action.action is not None:
                yield from _text_options(action.action)


def _text_options(words: PromptText) -> tuple[Text, ...]:
    return words.options if isinstance(words, Pick) else (words,)

"""The texts of a score: with variables and scenes filled in, and random choices made."""

from __future__ import annotations

import hashlib

from sequencer.language.score import Pick, Prompt, PromptText, Score, Show, Text


class Wording:
    """The variables and scenes of a score.

    A scene's text is its `base`, or its `follow` with the action inserted.
    """

    def __init__(self, score: Score) -> None:
        self._values: dict[str, str] = {}
        for let in [*(one for use in score.uses for one in use.lets), *score.lets]:
            self._values[let.name] = self._filled(let.text, self._values)
        self._scenes = {
            one.name: one
            for one in [*(scene for use in score.uses for scene in use.scenes), *score.scenes]
        }

    @staticmethod
    def _filled(text: Text, values: dict[str, str]) -> str:
        return "".join(
            part if isinstance(part, str) else values[part.name] for part in text.parts
        ).strip()

    def options(self, action: Prompt | Show) -> list[str]:
        """Return the possible texts of a prompt: one, or those of its random choice."""
        if isinstance(action, Prompt):
            return self._each(action.words)
        scene = self._scenes[action.scene]
        if action.action is None:
            assert scene.base is not None
            return [self._filled(scene.base, self._values)]
        assert scene.follow is not None
        return [
            self._filled(scene.follow, {**self._values, "action": one})
            for one in self._each(action.action)
        ]

    def _each(self, words: PromptText) -> list[str]:
        texts = words.options if isinstance(words, Pick) else (words,)
        return [self._filled(one, self._values) for one in texts]

    @staticmethod
    def is_random(action: Prompt | Show) -> bool:
        """Return whether the text is a random choice."""
        return isinstance(action.words if isinstance(action, Prompt) else action.action, Pick)

    @staticmethod
    def is_shuffled(action: Prompt | Show) -> bool:
        """Return whether the text is a random choice without repeats."""
        words = action.words if isinstance(action, Prompt) else action.action
        return isinstance(words, Pick) and words.is_shuffled


class Shuffled:
    """The choices of one `shuffle`, in order."""

    def __init__(self) -> None:
        self._left: list[int] = []
        self._before: int | None = None

    def next(self, options: list[str], seed: int, where: str, ordinal: int) -> str:
        """Return the next option: one of those left, and after the last one any but that."""
        if not self._left:
            self._left = [
                one for one in range(len(options)) if one != self._before or len(options) == 1
            ]
            whole = list(range(len(options)))
        else:
            whole = self._left
        taken = int(drawn([str(one) for one in self._left], seed, where, ordinal))
        self._left = [one for one in whole if one != taken]
        self._before = taken
        return options[taken]


def drawn(options: list[str], seed: int, where: str, ordinal: int) -> str:
    """Return the option that a random choice takes: the first eight bytes of a SHA-256, modulo the
    number of options.

    The hash covers the header's seed, the position (section|pass|quarter or time, or
    section|pass|trigger) and how many choices there (or firings) came before, with the character
    U+001F between the three.
    """
    digest = hashlib.sha256("\x1f".join((str(seed), where, str(ordinal))).encode()).hexdigest()
    return options[int(digest[:16], 16) % len(options)]


def drawn_shuffled(options: list[str], seed: int, where: str, firing: int) -> str:
    """Return the option of a firing of a rule, counted from 0."""
    shuffled = Shuffled()
    return [shuffled.next(options, seed, where, number) for number in range(firing + 1)][-1]

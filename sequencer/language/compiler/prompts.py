"""Resolve variables and scenes to texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Literal

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.core.prompt_texts import MAX_PROMPT_LENGTH
from sequencer.language.compiler.fixes import is_yaml
from sequencer.language.compiler.ir import ResolvedPrompt
from sequencer.language.foreign_words import (
    FADE_EXAMPLE,
    FADE_HINT,
    FADE_HINT_IN_YAML,
    NO_LOOPS_HINT,
    NO_NEGATIVE_HINT,
    NO_PAUSES_HINT,
    NO_STOP_HINT,
    NO_VIDEO_HINT,
    SOUND_HINT,
)
from sequencer.language.score import Let, Pick, PromptText, Scene, Score, Show, Text, Use, Variable

ACTION = "action"
"""The variable in a scene's `follow` that is replaced by the action."""


_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("c", "chunk", "chunks"), "c"),
    **dict.fromkeys(("f", "frame", "frames"), "f"),
    "b": "b",
}
"""Words that are units and not scenes if they follow a number, and how the unit is written."""


_PAUSE_WORDS = {
    "stop": "pause",
    "halt": "pause",
    "hold": "pause",
    "freeze": "pause",
    "continue": "resume",
    "unpause": "resume",
}
"""Words that are not scenes unless defined, and the action that pauses or resumes the model."""


_FOREIGN_TEXT_HINTS = {
    **dict.fromkeys(("negative", "negative_prompt", "negative-prompt", "neg"), NO_NEGATIVE_HINT),
    **dict.fromkeys(("audio", "music", "sound", "song"), SOUND_HINT),
    **dict.fromkeys(("video", "clip", "movie", "film"), NO_VIDEO_HINT),
}
"""Words of other tools that a text follows."""
_FOREIGN_ACTION_HINTS = {
    **dict.fromkeys(("end", "finish", "quit", "exit"), NO_STOP_HINT),
    **dict.fromkeys(
        ("fade", "crossfade", "xfade", "dissolve", "transition", "morph", "blend"), FADE_HINT
    ),
    **dict.fromkeys(("wait", "sleep", "delay"), NO_PAUSES_HINT),
    **dict.fromkeys(("loop", "repeat"), NO_LOOPS_HINT),
}
"""Words of other tools that are not scenes unless the score defines them, and alternatives."""


def _suggest_keyword(
    show: Show, name: Span, in_rule: bool, faults: Diagnostics
) -> tuple[str, tuple[Fix, ...]] | None:
    """Return the hint and the fixes for a scene that was meant as something else.

    For example:

    `prompt "…"`, `imag "…"`, `cutt`.
    """
    if show.action is None:
        word = show.scene.casefold()
        if word in _FOREIGN_ACTION_HINTS:
            hint = _FOREIGN_ACTION_HINTS[word]
            return FADE_HINT_IN_YAML if hint == FADE_HINT and is_yaml(name.file) else hint, ()
        meant = _PAUSE_WORDS.get(word) or faults.nearest(show.scene, ("cut", "pause", "resume"))
        if meant in ("pause", "resume") and not in_rule:
            end = f"{NO_STOP_HINT}; " if word in ("stop", "halt") else ""
            return f"{end}{meant} belongs in a rule: on go out -> {meant}", ()
        return None if meant is None else (f"did you mean {meant}?", (Fix(name, meant),))
    text = show.action.span
    if text.line != name.line or not 0 <= text.column - name.end_column <= 1:
        return None  # not next to each other, so this was not written in the text notation
    if show.scene.casefold() in _FOREIGN_TEXT_HINTS:
        return _FOREIGN_TEXT_HINTS[show.scene.casefold()], ()
    if show.scene.casefold() in ("prompt", "text", "say", "show", "scene"):
        fix = Fix(Span(name.file, name.line, name.column, text.line, text.column), "")
        return f"a text alone is a prompt: remove `{show.scene}`", (fix,)
    if _FOREIGN_ACTION_HINTS.get(show.scene.casefold()) == FADE_HINT:
        front = Span(name.file, name.line, name.column, text.line, text.column)
        after = Span(text.file, text.end_line, text.end_column, text.end_line, text.end_column)
        return (
            f"remove `{show.scene}`; {FADE_HINT}",
            (Fix(front, ""), Fix(after, f", {FADE_EXAMPLE}")),
        )
    return (
        None
        if faults.nearest(show.scene, ("image",)) is None
        else ("did you mean image?", (Fix(name, "image"),))
    )


class Vocabulary:
    """The variables and scenes of a score, including those of used files.

    It also finds unused ones.
    """

    def __init__(
        self, score: Score, faults: Diagnostics, find_line: Callable[[int], int] = int
    ) -> None:
        self._faults = faults
        self._find_line = find_line
        self._lets: dict[str, str] = {}
        self._scenes: dict[str, Scene] = {}
        self._let_spans: dict[str, Span] = {}
        self.used: set[str] = set()
        """The variables that were used, and `scene NAME` for each scene."""
        self.missed: set[str] = set()
        """`variable` and `scene`, if an unknown one was used: an unused one may be meant."""
        self._hollow: set[str] = set()
        """Variables whose text contains an unknown variable."""
        self.units = 0
        """The number of units that were separated from their numbers."""
        self.foreign = 0
        """The number of words of other tools that were meant as an action, not as a scene."""
        self._score = score
        for use in score.uses:
            self._add_use(use)
        for let in score.lets:
            self._add_let(let)
        for scene in score.scenes:
            self._add_scene(scene)
        for scene in self._scenes.values():
            self._check_scene(scene)

    def _add_use(self, use: Use) -> None:
        for let in use.lets:
            self._add_let(let)
        for scene in use.scenes:
            self._add_scene(scene)

    def _add_let(self, let: Let) -> None:
        if let.name in self._let_spans:
            first = Related(self._let_spans[let.name], "first defined here")
            self._faults.error(
                "E301",
                f"the variable {let.name} is already defined",
                let.name_span,
                hint="give it another name",
                related=(first,),
            )
            return
        self._let_spans[let.name] = let.name_span
        if let.name == ACTION:
            self._faults.error(
                "E302",
                "`action` is reserved for the action of a scene; a variable cannot have that name",
                let.name_span,
                hint="give it another name",
            )
        if not self._is_known(let.text):
            self._hollow.add(let.name)
        filled = self._fill(let.text, None, earlier=True)
        if filled is None:
            self._hollow.add(let.name)
        self._lets[let.name] = filled or ""

    def _add_scene(self, scene: Scene) -> None:
        if scene.name in self._scenes:
            first = Related(self._scenes[scene.name].name_span, "first defined here")
            self._faults.error(
                "E303",
                f"the scene {scene.name} is already defined",
                scene.name_span,
                hint="give it another name",
                related=(first,),
            )
            return
        self._scenes[scene.name] = scene

    def _check_scene(self, scene: Scene) -> None:
        """Check both texts of a scene once at its definition, also if it is never shown."""
        if scene.base is not None:
            self._fill(scene.base, None)
        if scene.follow is not None:
            self._fill(scene.follow, "")
            if not any(
                isinstance(part, Variable) and part.name == ACTION for part in scene.follow.parts
            ):
                self._faults.warn(
                    "W301",
                    (
                        f"the follow of {scene.name} has no {{action}}: every action would show "
                        "the same prompt"
                    ),
                    scene.follow.span,
                    hint="put {action} where the action belongs",
                )

    def _fill(
        self, text: Text, action: str | None, earlier: bool = False, silent: bool = False
    ) -> str | None:
        """Return a text with its variables filled in, or None if it is too long.

        Mistakes are reported unless `silent` (then they were reported when the scene was read).
        """
        parts: list[str] = []
        size = 0
        for part in text.parts:
            words = part if isinstance(part, str) else self._value(part, action, earlier, silent)
            size += len(words)
            if size > MAX_PROMPT_LENGTH:
                if not silent:
                    self._faults.error(
                        "E304",
                        (
                            f"with its variables this text is longer than {MAX_PROMPT_LENGTH:,} "
                            "characters"
                        ),
                        text.span,
                        hint="shorten the variables it uses",
                    )
                return None
            parts.append(words)
        return "".join(parts).strip()

    def _value(self, variable: Variable, action: str | None, earlier: bool, silent: bool) -> str:
        name = variable.name
        if name == ACTION and action is not None:
            return action
        if name in self._lets:
            self.used.add(name)
            return self._lets[name]
        if not silent:
            self._report_unknown_variable(variable, earlier)
        return ""

    @cached_property
    def _let_names(self) -> frozenset[str]:
        return frozenset(let.name for let in self._score.lets)

    def _report_unknown_variable(self, variable: Variable, earlier: bool) -> None:
        name = variable.name
        if name == ACTION:
            message = "{action} can be used only in a scene's follow"
            self._faults.error(
                "E305", message, variable.span, hint="remove it", fix=Fix(variable.span, "")
            )
            return
        if earlier and name in self._let_names:
            self._faults.error(
                "E306",
                f"the variable {name} is defined further down",
                variable.span,
                hint=f"move `let {name} = …` above this line",
            )
            return
        self.missed.add("variable")
        known: Collection[str] = self._lets.keys() if earlier else self._lets.keys() | {ACTION}
        guess = self._faults.nearest(name, known)
        fixes = () if guess is None else (Fix(variable.span, "{" + guess + "}"),)
        hint = (
            "write {{ and }} for braces, or define it with `let`"
            if guess is None
            else f"did you mean {{{guess}}}?"
        )
        self._faults.error(
            "E307", f"there is no variable {name}", variable.span, hint=hint, fix=fixes
        )

    def start_part(self, faults: Diagnostics) -> None:
        """Report to other diagnostics from here on, and forget what was used and missed."""
        self._faults = faults
        self.used, self.missed = set(), set()

    def contents(self) -> dict[str, object]:
        """Return what each variable and each scene contains: `used` has the same names."""
        found: dict[str, object] = {
            name: (text, name in self._hollow) for name, text in self._lets.items()
        }
        for name, scene in self._scenes.items():
            found[f"scene {name}"] = (scene.base, scene.follow, scene.silenced)
        return found

    def resolve_prompt(self, words: PromptText) -> ResolvedPrompt | None:
        """Resolve a prompt that does not use a scene. Return None if it is empty (reported)."""
        options = words.options if isinstance(words, Pick) else (words,)
        texts = tuple(self._fill(text, None) for text in options)
        return self._build_prompt(texts, words, options)

    def resolve_show(self, show: Show, in_rule: bool = False) -> ResolvedPrompt | None:
        """Resolve a scene as a cue or a rule shows it.

        Return None if that is not possible (reported).
        """
        scene = self._scenes.get(show.scene)
        if scene is None:
            if self._report_unit(show):
                return None
            self.missed.add("scene")
            guess = self._faults.nearest(show.scene, self._scenes)
            name = Span(
                show.span.file,
                show.span.line,
                show.span.column,
                show.span.line,
                show.span.column + len(show.scene),
            )
            fixes: tuple[Fix, ...] = () if guess is None else (Fix(name, guess),)
            hint = (
                f"did you mean {guess}?"
                if guess is not None
                else f'define it: scene {show.scene} {{ base "…" }}'
            )
            if guess is None:
                word = show.scene.casefold()
                self.foreign += (
                    word in _FOREIGN_TEXT_HINTS or _FOREIGN_ACTION_HINTS.get(word) == FADE_HINT
                )
                hint, fixes = _suggest_keyword(show, name, in_rule, self._faults) or (hint, fixes)
            self._faults.error(
                "E308", f"there is no scene {show.scene}", name, hint=hint, fix=fixes
            )
            return None
        self.used.add(f"scene {scene.name}")
        if show.action is None:
            if scene.base is None:
                self._faults.error(
                    "E309",
                    f"the scene {scene.name} has no base",
                    show.span,
                    hint=f'give it one, or write {scene.name} "…"',
                )
                return None
            return self._build_prompt(
                (self._fill(scene.base, None, silent=True),), show, (scene.base,)
            )
        if scene.follow is None:
            self._faults.error(
                "E310",
                f"the scene {scene.name} has no follow for an action",
                show.span,
                hint='give it one: follow "… {action} …"',
            )
            return None
        follow = scene.follow
        options = show.action.options if isinstance(show.action, Pick) else (show.action,)
        actions = tuple(self._fill(option, None) for option in options)
        texts = tuple(
            None if action is None else self._fill(follow, action, silent=True)
            for action in actions
        )
        for option, action, text in zip(options, actions, texts, strict=True):
            if (
                action is not None
                and text is None
                and self._fill(follow, "", silent=True) is not None
            ):
                self._faults.error(
                    "E304",
                    f"with this action the prompt is longer than {MAX_PROMPT_LENGTH:,} characters",
                    option.span,
                    hint=f"shorten the action, or the follow of {scene.name}",
                )
        source = show.action if isinstance(show.action, Pick) else show
        return self._build_prompt(texts, source, (follow, *options))

    def _report_unit(self, show: Show) -> bool:
        """Report a unit apart from its number (`at 12 seconds "…"`), which looks like a scene."""
        short = _UNITS.get(show.scene.casefold())
        before = self._text_before(show.span) if short and show.span.line else ""
        number = re.search(r"(?<![\w.:/+])([0-9]+(?:\.[0-9]+)?)[ \t]+\Z", before)
        if short is None or number is None:
            return False
        line, end = show.span.line, show.span.column + len(show.scene)
        whole = Span(show.span.file, line, number.start(1) + 1, line, end)
        corrected = number.group(1) + short
        self.units += 1
        message = f"{show.scene} is a unit, and a unit directly follows its number"
        self._faults.error(
            "E216", message, whole, hint=f"write {corrected}", fix=Fix(whole, corrected)
        )
        return True

    def _text_before(self, span: Span) -> str:
        """Return what is before a span on its line."""
        source = dict(self._score.sources).get(span.file, "")
        return source.split("\n")[self._find_line(span.line) - 1][: span.column - 1]

    def _is_known(self, text: Text) -> bool:
        """Return whether every variable in a text has a value: a missing one may make it empty."""
        names = {part.name for part in text.parts if isinstance(part, Variable)} - {ACTION}
        return names <= self._lets.keys() and not names & self._hollow

    def _build_prompt(
        self, texts: tuple[str | None, ...], source: PromptText | Show, written: tuple[Text, ...]
    ) -> ResolvedPrompt | None:
        whole = tuple(text for text in texts if text is not None)
        if len(whole) < len(texts):
            return None  # one is too long (reported)
        if not all(whole) and all(self._is_known(text) for text in written):
            message = "this prompt is empty, and the model does not accept an empty prompt"
            self._faults.error(
                "E311", message, source.span, hint="describe what is visible, or remove it"
            )
            return None
        choice: Literal["pick", "shuffle"] | None = None
        if isinstance(source, Pick):
            choice = "shuffle" if source.is_shuffled else "pick"
        return ResolvedPrompt(texts=whole, choice=choice, span=source.span)

    def warn_unused(self) -> None:
        """Warn about variables and scenes of the score itself that nothing uses."""
        if not (self._score.sections or self._score.items):
            return  # a library: other scores use its content
        for let in self._score.lets if "variable" not in self.missed else ():
            if let.name not in self.used and let.name in self._lets:
                self._faults.warn(
                    "W302",
                    f"nothing uses the variable {let.name}",
                    let.name_span,
                    hint=f"write {{{let.name}}} in a text, or remove it",
                )
        for scene in self._score.scenes if "scene" not in self.missed else ():
            if f"scene {scene.name}" not in self.used:
                self._faults.warn(
                    "W303",
                    f"nothing shows the scene {scene.name}",
                    scene.name_span,
                    hint="show it in a cue, or remove it",
                )

"""Ask a language model for the follow-up actions of a scene, until enough answers are accepted.

The command `evolve` uses the same functions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sequencer.api.files import write_text
from sequencer.api.language_model import (
    MODEL_VARIABLE,
    URL_VARIABLE,
    LanguageModel,
    LanguageModelError,
)
from sequencer.api.options import Arguments, python_names
from sequencer.api.sources import wrong_type
from sequencer.core.errors import ScoreError, UsageError
from sequencer.language.evolving import (
    Message,
    Refused,
    Subject,
    as_cue,
    ask_again,
    fault_of,
    first_messages,
    read_answers,
    texts_of,
    with_suggestions,
)
from sequencer.language.score import Scene, Score

MAX_COUNT = 20
"""The most answers that can be asked for at once."""
DEFAULT_COUNT = 5
"""How many answers are asked for by default."""
MAX_ROUNDS = 4
"""How many times the language model is asked, with the advice on what was not accepted."""
Ask = Callable[[Sequence[Message]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evolved:
    """What a language model answered.

    Attributes:
        cues: The accepted answers, as the words of cues.
        refused: The other answers: each has the `answer`, and the `reason` why it was not accepted.
    """

    cues: tuple[str, ...]
    refused: tuple[Refused, ...]


def evolve(
    source: str | Path | Score,
    scene: str | None = None,
    *,
    prompt: str | None = None,
    count: int = DEFAULT_COUNT,
    url: str | None = None,
    model: str | None = None,
    write: bool = False,
) -> Evolved:
    """Ask a language model for follow-up actions of a scene, or for prompts that follow another.

    Each answer has to pass the prompt advice. The key of the endpoint is in the environment
    variable `SEQUENCER_LLM_KEY`. This call blocks until the language model has answered.

    >>> import sequencer
    >>> scene = 'scene boat { base "A boat drifts."; follow "The boat drifts on. {action}" }'
    >>> score = sequencer.reads(f"{scene}\\nat 0c boat\\nend 8c\\n")
    >>> try:
    ...     found = sequencer.evolve(score, "ship", url="http://localhost:11434/v1", model="m")
    ... except sequencer.UsageError as error:
    ...     print(error.message)
    the score has no scene ship in its own file

    Args:
        source: A score: its path, or a Score.
        scene: A scene of the score's own file; None with a `prompt`.
        prompt: A prompt to follow, in place of a scene.
        count: How many answers are wanted: 1 to 20.
        url: The endpoint. Default: the environment variable `SEQUENCER_LLM_URL`.
        model: The language model. Default: the environment variable `SEQUENCER_LLM_MODEL`.
        write: Whether the answers are added to the score's file, as comments above the scene.

    Returns:
        The answers that were accepted, and the others with the reasons.

    Raises:
        TypeError: An argument has another type.
        UsageError: An argument is not valid, or there is no endpoint, model or key.
        ScoreError: The score is not valid.
        LanguageModelError: The language model gave no answer that can be used.
        OutputError: The score cannot be written.
    """
    with python_names():
        question = _question(
            "evolve",
            source,
            scene,
            prompt=prompt,
            count=count,
            url=url,
            model=model,
            write=write,
        )
        return question.written(question.ask())


async def evolve_async(
    source: str | Path | Score,
    scene: str | None = None,
    *,
    prompt: str | None = None,
    count: int = DEFAULT_COUNT,
    url: str | None = None,
    model: str | None = None,
    write: bool = False,
) -> Evolved:
    """Ask a language model, as `evolve` does, for a program that has a running loop.

    The arguments, the result and the errors are those of `evolve`. If the task that awaits it is
    cancelled, nothing is written, and the request that was sent ends by itself.

    >>> import asyncio, sequencer
    >>> async def ask():
    ...     return await sequencer.evolve_async("first.score", "boat")
    >>> try:
    ...     found = asyncio.run(ask())
    ... except sequencer.UsageError as error:
    ...     print(error.message)
    the score has no scene boat in its own file
    """
    import asyncio

    with python_names():
        question = _question(
            "evolve_async",
            source,
            scene,
            prompt=prompt,
            count=count,
            url=url,
            model=model,
            write=write,
        )
        return question.written(await asyncio.to_thread(question.ask))


def _question(
    function: str,
    source: str | Path | Score,
    scene: str | None,
    *,
    prompt: str | None,
    count: int,
    url: str | None,
    model: str | None,
    write: bool,
) -> Question:
    """Check the arguments of a function of the Python API."""
    arguments = Arguments(function)
    arguments.texts(scene=scene, prompt=prompt, url=url, model=model)
    arguments.flags(write=write)
    number = arguments.integer("count", count)
    if not isinstance(source, str | Path | Score):
        raise wrong_type(function, "the path (str or Path) of a score, or a Score", source)
    return Question.of(
        Path(source) if isinstance(source, str) else source,
        scene,
        prompt=prompt,
        count=DEFAULT_COUNT if number is None else number,
        url=url,
        model=model,
        write=write,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a language model is asked, and where the answers are written."""

    subject: Subject
    count: int
    language_model: LanguageModel
    file: Path | None
    """The score to which the answers are added; None if they are not."""
    line: int
    """The line of the scene."""

    @classmethod
    def of(
        cls,
        source: Path | Score,
        scene: str | None,
        *,
        prompt: str | None = None,
        count: int = DEFAULT_COUNT,
        url: str | None = None,
        model: str | None = None,
        write: bool = False,
        environment: Mapping[str, str] = os.environ,
    ) -> Question:
        """Return the question of these arguments, which are those of `evolve`.

        `environment` has the environment variables. Nothing is sent.
        """
        if (scene is None) is (prompt is None):
            raise UsageError(
                "name either a scene or a --prompt",
                "give one of them" if scene is None else "omit one of the two",
            )
        if not 1 <= count <= MAX_COUNT:
            raise UsageError(f"--count {count} is not from 1 to {MAX_COUNT}")
        if write and scene is None:
            raise UsageError("--write adds to a scene, but none is named", "omit --write")
        if write and isinstance(source, Score):
            raise UsageError("--write adds to a file", "give the path of the score")
        score = _valid_score(source)
        found = None if scene is None else _scene(score, scene)
        address = url or environment.get(URL_VARIABLE, "")
        name = model or environment.get(MODEL_VARIABLE, "")
        if not address or not name:
            raise UsageError(
                "there is no endpoint or no model to ask",
                f"give --url and --model, or set {URL_VARIABLE} and {MODEL_VARIABLE}",
            )
        return cls(
            subject=Subject(score=score, scene=scene, prompt=prompt),
            count=count,
            language_model=LanguageModel(address, name, environment),
            file=source if write and isinstance(source, Path) else None,
            line=0 if found is None else found.span.line,
        )

    def ask(self) -> Evolved:
        """Ask, which can take minutes, and return the answers."""
        answers, refused = ask_for(self.subject, self.count, self.language_model.answer)
        return Evolved(cues=tuple(as_cue(self.subject, one) for one in answers), refused=refused)

    def written(self, found: Evolved) -> Evolved:
        """Add the accepted answers to the score, if that was requested, and return all."""
        if self.file is not None and found.cues:
            text = self.file.read_bytes().decode("utf-8")
            write_text(self.file, with_suggestions(text, self.line, found.cues))
        return found


def _valid_score(source: Path | Score) -> Score:
    """Return a score without errors. Raises ScoreError."""
    if isinstance(source, Score):
        from sequencer.language.compiler import compile_all

        compilation = compile_all(source)
        if not compilation.is_valid:
            raise ScoreError(compilation.diagnostics, dict(source.sources))
        return source
    from sequencer.language.check import check

    checked = check(source, advice=False)
    if not checked.is_valid:
        raise ScoreError(checked.diagnostics, checked.sources)
    return checked.score or Score()


def _scene(score: Score, name: str) -> Scene:
    scene = next((one for one in score.scenes if one.name == name), None)
    if scene is None:
        names = ", ".join(one.name for one in score.scenes) or "none"
        raise UsageError(
            f"the score has no scene {name} in its own file", f"its scenes are: {names}"
        )
    if scene.follow is None:
        raise UsageError(
            f"the scene {name} has no follow, so it takes no action",
            'give it one, for example: follow "The tram waits. {action}"',
        )
    return scene


def ask_for(subject: Subject, count: int, ask: Ask) -> tuple[list[str], tuple[Refused, ...]]:
    """Ask until enough answers are accepted, at most `MAX_ROUNDS` times.

    Raises:
        LanguageModelError: No reply can be read.
    """
    messages = first_messages(subject, texts_of(subject), count)
    accepted: list[str] = []
    refused: list[Refused] = []
    was_read = False
    for _ in range(MAX_ROUNDS):
        reply = ask(messages)
        answers = read_answers(reply)
        was_read = was_read or answers is not None
        new: list[Refused] = []
        for answer in answers or ():
            if len(accepted) == count:
                break
            fault = fault_of(subject, answer, accepted)
            if fault is None:
                accepted.append(answer)
            else:
                new.append(Refused(answer, fault))
        refused += new
        if len(accepted) == count:
            break
        messages = [*messages, *ask_again(reply, new, count - len(accepted))]
    if not was_read:
        raise LanguageModelError(
            "the language model did not answer with a list of texts", "try another model"
        )
    return accepted, tuple(refused)

"""Ask a language model for the follow-up actions of a scene, until enough answers are accepted."""

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
from sequencer.core.errors import UsageError
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
MAX_ROUNDS = 4
"""How many times the language model is asked, with the advice on what was not accepted."""
Ask = Callable[[Sequence[Message]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evolved:
    """The accepted answers as the words of cues, and those that were not accepted."""

    cues: tuple[str, ...]
    refused: tuple[Refused, ...]


def evolve(
    path: Path,
    scene: str | None,
    *,
    prompt: str | None = None,
    count: int = 5,
    url: str | None = None,
    model: str | None = None,
    write: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Evolved:
    """Ask for follow-up actions of a scene, or for prompts that follow another one.

    Args:
        path: The score.
        scene: The scene; None with a `prompt`.
        prompt: A prompt to follow, in place of a scene.
        count: How many answers are wanted.
        url: The endpoint. Default: that of the environment.
        model: The name of the language model. Default: that of the environment.
        write: Whether to add the answers to the score, as comments above the scene.
        environment: The environment variables.

    Raises:
        UsageError: An argument is not valid, or there is no endpoint, model or key.
        ScoreError: The score is not valid.
        LanguageModelError: The language model gave no answer.
        OutputError: The score cannot be written.
    """
    if (scene is None) is (prompt is None):
        raise UsageError("name either a scene or a --prompt", "sequencer evolve SCORE SCENE")
    if not 1 <= count <= MAX_COUNT:
        raise UsageError(f"--count {count} is not from 1 to {MAX_COUNT}")
    if write and scene is None:
        raise UsageError("--write adds to a scene, but none is named", "omit --write")
    from sequencer.language.check import check

    checked = check(path, advice=False)
    checked.performable()
    score = checked.score or Score()
    found = None if scene is None else _scene(score, scene)
    subject = Subject(score=score, scene=scene, prompt=prompt)
    address = url or environment.get(URL_VARIABLE, "")
    name = model or environment.get(MODEL_VARIABLE, "")
    if not address or not name:
        raise UsageError(
            "there is no endpoint or no model to ask",
            f"give --url and --model, or set {URL_VARIABLE} and {MODEL_VARIABLE}",
        )
    answers, refused = ask_for(subject, count, LanguageModel(address, name, environment).answer)
    cues = tuple(as_cue(subject, one) for one in answers)
    if write and found is not None and cues:
        text = path.read_bytes().decode("utf-8")
        write_text(path, with_suggestions(text, found.span.line, cues))
    return Evolved(cues=cues, refused=refused)


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

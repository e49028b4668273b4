"""Find a renderer by its name, with its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.stages.simulated.rendering import Renderer

DRAWN, HELIOS = "drawn", "helios"
RENDERERS = (DRAWN, HELIOS)
"""The names of the renderers."""

LoadProgress = Callable[[int, int, str], object]
"""Called while weights are loaded, with megabytes loaded, megabytes in all, and what is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RendererChoice:
    """A renderer that was chosen, before anything is loaded.

    Attributes:
        name: One of `RENDERERS`.
        weights: Where its weights are; only for renderers with a model.
        options: Its options by name.
        with_text: Whether the drawn frames contain the prompt and a few facts.
        draft: Whether the drawn frames are small.
    """

    name: str = DRAWN
    weights: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    with_text: bool = True
    draft: bool = False


def check_choice(choice: RendererChoice) -> None:
    """Check a choice without loading anything. Raises UsageError."""
    if choice.name not in RENDERERS:
        close = get_close_matches(choice.name, RENDERERS, n=1)
        raise UsageError(
            f"--renderer {choice.name!r} is not a renderer",
            f"did you mean {close[0]}?" if close else f"write {' or '.join(RENDERERS)}",
        )
    if choice.name == DRAWN:
        for option, is_given in (
            ("--weights", choice.weights is not None),
            ("--renderer-option", bool(choice.options)),
        ):
            if is_given:
                raise UsageError(
                    f"{option} applies to a renderer with a model, and the drawn frames have none",
                    "add --renderer helios, or omit it",
                )
        return
    if choice.draft:
        raise UsageError(
            f"--draft applies to the drawn frames, but --renderer {choice.name} makes others",
            "use --renderer-option size=320x192 for small frames",
        )
    from sequencer.renderers.helios.options import HeliosOptions

    HeliosOptions.of(choice.weights, choice.options)


def inputs_of(choice: RendererChoice) -> dict[str, object]:
    """Return what determines the frames of a renderer with a model, without loading it.

    It is equal on every machine: the device and the versions of libraries are stated by the loaded
    renderer, which a journal keeps.

    Raises:
        UsageError: The choice is not valid.
        StageError: A folder has no weights of this model.
    """
    check_choice(choice)
    from sequencer.renderers.helios.options import HeliosOptions, HubWeights
    from sequencer.renderers.helios.weights import read_weights

    weights = HeliosOptions.of(choice.weights, choice.options).weights
    if isinstance(weights, HubWeights):
        revision = f"{weights.name}@{weights.revision}"
    else:
        revision = read_weights(weights).revision
    return {
        "name": choice.name,
        "weights": revision,
        "options": dict(sorted(choice.options.items())),
    }


def open_renderer(
    choice: RendererChoice,
    warn: Callable[[str], object] | None = None,
    progress: LoadProgress | None = None,
) -> Renderer:
    """Load a renderer. Close it when the run is over.

    Args:
        choice: The renderer.
        warn: Called with each warning, before anything is loaded.
        progress: Called while weights are loaded.

    Raises:
        UsageError: The choice is not valid.
        StageError: It cannot be loaded: something is not installed, the weights are of another
            kind, or the memory does not suffice.
    """
    check_choice(choice)
    if choice.name == DRAWN:
        from sequencer.stages.simulated.renderer.drawn import DrawnRenderer

        return DrawnRenderer(choice.with_text, choice.draft)
    from sequencer.renderers.helios.loading import load_helios
    from sequencer.renderers.helios.options import HeliosOptions

    return load_helios(
        HeliosOptions.of(choice.weights, choice.options),
        warn or (lambda _: None),
        progress or (lambda *_: None),
    )

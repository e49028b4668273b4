"""The prompts that the model showed last: the page shows the one whose chunk is on screen.

What the model makes is on screen one lag later, which may be several chunks. The page knows from
the frames which chunk is on screen, so it receives from which chunk each of the last prompts is in
force, and not only the one that is being made.
"""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import Delivery
from sequencer.schedule.describe import bare
from sequencer.schedule.model import PromptAct
from sequencer.studio.protocol import ShownPrompt
from sequencer.studio.run_source import RunSource

MAX_ACTION = 400
"""The longest action of a prompt that is shown, in characters."""
KEPT = 4
"""How many prompts are kept: even where each chunk has its own, the one on screen is among them."""


class PromptHistory:
    """The last prompts of a run, each with the chunk from which it is in force.

    Args:
        source: The run.
    """

    def __init__(self, source: RunSource) -> None:
        self._source = source
        self._key: tuple[str | None, int, int] = (None, 0, 0)
        self._shown: list[ShownPrompt] = []

    def look(self) -> None:
        """Note the prompt in force, after an event of the run."""
        view, status = self._source.view, self._source.status
        key = (status.prompt, view.take, view.version)
        if status.prompt is None or key == self._key:
            return
        self._key = key
        before = [one for one in self._shown if one["chunk"] < view.chunk]
        text = bare(status.action(MAX_ACTION) or "") or status.prompt
        now = ShownPrompt(chunk=view.chunk, text=text, source=self._describe(status.prompt))
        self._shown = [*before, now][-KEPT:]

    @property
    def prompts(self) -> list[ShownPrompt]:
        """The prompts, in the order of their chunks: the last one is being made."""
        return self._shown

    def _describe(self, prompt: str) -> str:
        """Return the cue, rule or improvisation that set a prompt: `jam 5.1`, `note D3`."""
        line = self._delivery(prompt)
        if line is None:
            return ""
        if line.fired is not None:
            return line.place
        name = self._source.status.coming.name(line.section, line.occurrence)
        return f"{name} {line.place}".strip()

    def _delivery(self, prompt: str) -> Delivery | None:
        """Return the delivery whose prompt the model shows, if it is known."""
        view = self._source.view
        for chunk in range(view.chunk, -1, -1):
            slot = view.slots.get(chunk)
            for line in reversed(slot.lines if slot is not None else []):
                if any(isinstance(act, PromptAct) and act.text == prompt for act in line.acts):
                    return line
        return None

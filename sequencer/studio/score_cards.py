"""The scores of a folder, as the page offers them before one is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.display import counted
from sequencer.core.errors import SequencerError, UsageError
from sequencer.studio.card_images import CardImages
from sequencer.studio.protocol import CardImage, ScoreCard

if TYPE_CHECKING:
    from sequencer.schedule.model import Schedule, Settings

MAX_SCORES = 60
"""The most scores of a folder that are offered."""
MAX_BLOCKS = 200
"""The most prompts that a card draws."""
WIDTH = 1000
"""What the positions of a card's blocks are parts of: the length of the score."""
ENDINGS = frozenset({".score", ".yaml", ".yml"})
EMPTY: ScoreCard = {
    "file": "",
    "title": "Empty score",
    "text": "One prompt at chunk 0. Add the rest.",
    "kind": "empty",
}


def list_scores(folder: Path) -> list[Path]:
    """Return the scores directly in a folder, by name."""
    try:
        found = sorted(
            one for one in folder.iterdir() if one.suffix.lower() in ENDINGS and one.is_file()
        )
    except OSError:
        return []
    return found[:MAX_SCORES]


class FolderCards:
    """The cards of the scores of a folder, and their images.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._openings: dict[str, Settings] = {}
        """How each score begins, as it was read for the last list."""
        self._images = CardImages()

    def cards(self) -> list[ScoreCard]:
        """Return the card of each score, and that of an empty one. It reads all of them."""
        found: list[ScoreCard] = []
        openings: dict[str, Settings] = {}
        for path in list_scores(self._folder):
            name = path.relative_to(self._folder).as_posix()
            card, schedule = _read(path, name)
            found.append(card)
            if schedule is not None and schedule.takes and schedule.takes[0].opening.prompt:
                openings[name] = schedule.takes[0].opening
        self._openings = openings
        return [*found, EMPTY]

    def image(self, name: str) -> CardImage | None:
        """Return the image of a card; None for a score that shows nothing, or has errors.

        Raises UsageError: The folder has no such score.
        """
        opening = self._openings.get(name)
        if opening is not None:
            return self._images.draw(opening, self._folder)
        if all(
            path.relative_to(self._folder).as_posix() != name for path in list_scores(self._folder)
        ):
            raise UsageError(f"{name!r} is not a score of {self._folder}", "reload the page")
        return None


def _read(path: Path, name: str) -> tuple[ScoreCard, Schedule | None]:
    """Return what the page shows of a score. A score with errors is shown with its first."""
    from sequencer.language.check import check

    try:
        checked = check(path, advice=False)
    except SequencerError as error:
        return _with_error(path, name, error.message), None
    schedule = checked.overview
    if schedule is None:
        first = checked.errors[0].message if checked.errors else "it cannot be performed"
        return _with_error(path, name, first), None
    cues = sum(len(stretch.entries) for stretch in schedule.stretches)
    seconds = int(schedule.grid.boundary(schedule.end))
    live = "at most " if any(stretch.is_live for stretch in schedule.stretches) else ""
    text = (
        f"{counted(cues, 'cue')}, {live}{seconds // 60}:{seconds % 60:02}"
        if cues
        else "no cues: for other scores to use"
    )
    card = ScoreCard(file=name, title=schedule.title or path.stem, text=text, kind="file")
    blocks = _blocks(schedule)
    if blocks:
        card["blocks"] = blocks
    return card, schedule


def _with_error(path: Path, name: str, message: str) -> ScoreCard:
    return ScoreCard(file=name, title=path.stem, text=message, kind="file", wrong=True)


def _blocks(schedule: Schedule) -> list[list[int]]:
    """Return the prompts of a score as `[start, end, tint]`, in parts of `WIDTH` of its length."""
    from sequencer.reports.timeline.from_schedule import plot_schedule

    end = schedule.end
    if end <= 0:
        return []
    return [
        [round(one.start * WIDTH / end), round(one.end * WIDTH / end), one.tint]
        for one in plot_schedule(schedule).prompts[:MAX_BLOCKS]
    ]

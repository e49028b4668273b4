"""The scores of a folder, as the page offers them before one is open."""

from __future__ import annotations

from pathlib import Path

from sequencer.core.display import counted
from sequencer.core.errors import SequencerError
from sequencer.studio.protocol import ScoreCard

MAX_SCORES = 60
"""The most scores of a folder that are offered."""
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


def card_of(path: Path, folder: Path) -> ScoreCard:
    """Return what the page shows of a score. A score with errors is shown with its first."""
    from sequencer.language.check import check

    name = path.relative_to(folder).as_posix()
    try:
        checked = check(path, advice=False)
    except SequencerError as error:
        return {"file": name, "title": path.stem, "text": error.message, "kind": "file"}
    schedule = checked.schedule
    if schedule is None:
        first = checked.errors[0].message if checked.errors else "it cannot be performed"
        return {"file": name, "title": path.stem, "text": first, "kind": "file"}
    cues = sum(len(stretch.entries) for stretch in schedule.stretches)
    seconds = int(schedule.end * schedule.grid.chunk)
    live = "at most " if any(stretch.is_live for stretch in schedule.stretches) else ""
    text = f"{counted(cues, 'cue')}, {live}{seconds // 60}:{seconds % 60:02}"
    return {"file": name, "title": schedule.title or path.stem, "text": text, "kind": "file"}

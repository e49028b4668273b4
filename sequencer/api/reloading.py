"""Read the score of a run again after an edit, for runs that may take it over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.errors import ScheduleError, UsageError

if TYPE_CHECKING:
    from sequencer.language.check import CheckResult
    from sequencer.runtime.operator.reload_control import EditedScore, ReloadSettings

RELOAD_MODES = ("offer", "auto")


def reload_settings(mode: str | None, file: Path | None, what: str) -> ReloadSettings | None:
    """Return how a run takes over edits of a score's file; None if it takes over none.

    Args:
        mode: Whether an edit is offered (`offer`), or takes over when it is saved (`auto`), or
            None.
        file: The file; None if what is played is not the file of a score.
        what: What is played, for the message.

    Raises:
        UsageError: There is no file to watch.
    """
    from sequencer.runtime.operator.reload_control import ReloadSettings

    if mode is None:
        return None
    if file is None:
        raise UsageError(
            f"--reload watches the file of a score, but {what} is not one",
            "give a .score or .yaml file, or omit --reload",
        )
    watched = file
    return ReloadSettings(
        mode="auto" if mode == "auto" else "offer",
        read=lambda: read_edited(watched),
        files=files_around(watched, ()),
    )


def read_edited(file: Path) -> EditedScore:
    """Read and compile a score again. A score with errors is a result, not an exception."""
    from sequencer.language.check import check

    return edited_score(check(file, advice=False), file)


def edited_score(checked: CheckResult, file: Path) -> EditedScore:
    """Return what a run may take over of a score that was checked.

    Args:
        checked: The result of the check.
        file: The score's file; its folder is that of the images.
    """
    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.loop import require_prompt
    from sequencer.runtime.operator.reload_control import EditedScore

    problems = [
        escape_control(f"{one.span.file}:{one.span.line}:{one.span.column}: {one.message}")
        + f" [{one.code}]"
        for one in checked.errors
    ]
    schedule = checked.schedule
    if checked.ensemble is not None:
        names = ", ".join(checked.ensemble.names)
        problems.append(f"{file}: this score is for several stages ({names}), this run is for one")
    if schedule is not None:
        try:
            require_prompt(schedule)
        except ScheduleError as error:
            problems.append(f"{file}: {error.message}")
            schedule = None
    images = () if checked.score is None else checked.score.images
    named = [Path(name) for name in checked.sources if name]
    return EditedScore(
        schedule=None if problems else schedule,
        sources=checked.sources,
        files=files_around(file, (*named, *(file.parent / image.path for image in images))),
        problems=tuple(problems),
    )


def files_around(file: Path, named: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the files and folders whose changes may change a score.

    A folder changes when a file in it is added or replaced, as many editors save.
    """
    return tuple(dict.fromkeys((file, *named)))

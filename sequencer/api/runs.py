"""Start runs of a schedule from Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.api.scripted_events import read_event
from sequencer.runtime import rehearsal
from sequencer.runtime.loop import require_prompt
from sequencer.runtime.output.captioned_video import DEFAULT_PARTS
from sequencer.runtime.rehearsal import DEFAULT_SIZE, RehearsalResult

if TYPE_CHECKING:
    from sequencer.core.images import ImageFile
    from sequencer.runtime.output.captioned_video import Part
    from sequencer.runtime.rehearsal import Watch
    from sequencer.runtime.scripted_events import ScriptedEvent
    from sequencer.schedule import Schedule
    from sequencer.stages.simulated.faults import Faults


def rehearse(
    schedule: Schedule,
    *,
    sources: Mapping[str, str] | None = None,
    folder: Path | None = None,
    out: Path | None = None,
    save: bool = True,
    video: bool = True,
    size: tuple[int, int] = DEFAULT_SIZE,
    realtime: bool = False,
    events: Sequence[str | ScriptedEvent] = (),
    faults: Faults | None = None,
    watch: Watch | None = None,
    warn: Callable[[str], None] | None = None,
    bundle: bool = False,
    images: Callable[[ImageFile], bytes] | None = None,
    caption: Collection[Part] = DEFAULT_PARTS,
    typed: Callable[[str], None] | None = None,
) -> RehearsalResult:
    """Play a schedule on the simulator; leave a folder with video, contact sheet, journal, report and timeline.

    >>> import sequencer
    >>> schedule = sequencer.compile_score(sequencer.reads('seed 1\\nat 0c "A paper boat."\\nend 3c\\n'))
    >>> sequencer.rehearse(schedule, video=False, save=False).report.chunks
    3

    Args:
        schedule: What is played.
        sources: The score's texts by file name, for the journal.
        folder: Where the score's images are. Default: the working directory.
        out: The run's folder. Default: a new one under `runs/`.
        save: Whether anything is written.
        video: Whether frames are rendered.
        size: Width and height of the video in pixels.
        realtime: Play in real time. `sequencer tell` then reaches the run while it plays.
        events: Events given to the run, such as ``go exit@12c`` or ``note D3@jam 3.1``.
        faults: Faults that the simulator injects.
        watch: Called after every chunk with the progress of the run.
        warn: Called with each warning.
        bundle: Whether journal and images are also written into one file.
        images: Returns the bytes of an image that is not in `folder`. It may raise OSError.
        caption: What is written on the frames: any of `title`, `section`, `take`, `position`, `action` and `simulator`.
        typed: In real time, called with what the operator has typed so far; given one, the terminal's keys reach the run.

    Returns:
        The report, and the paths of what was written. `failures` lists what could not be written once the run played.

    Raises:
        UsageError: The folder exists, or an event cannot be read.
        OutputError: The run could not begin; nothing is left behind.
        ScheduleError: There is nothing to perform.
        StageError: The simulator failed.
    """
    require_prompt(schedule)
    return rehearsal.rehearse(
        schedule,
        sources=sources,
        folder=folder,
        out=out,
        save=save,
        video=video,
        size=size,
        realtime=realtime,
        events=[read_event(event, schedule) if isinstance(event, str) else event for event in events],
        faults=faults,
        watch=watch,
        warn=warn,
        bundle=bundle,
        images=images,
        caption=caption,
        typed=typed,
    )

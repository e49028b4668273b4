"""List the files of a run, as `rehearse` and `perform` print them at the end."""

from __future__ import annotations

from pathlib import Path

from sequencer.core.paths import exists

_FILES = (
    ("video.mp4", "the video"),
    ("contact-sheet.png", "one frame for each cue and cut"),
    ("timeline.html", "what was planned and what landed"),
    ("timeline.svg", "the same as one image"),
    ("report.json", "every cue, machine-readable"),
    ("bundle.zip", "journal and images in one file; try: sequencer rerun"),
    ("journal.jsonl", "everything that happened; try: sequencer replay"),
)
"""Each file with its content, in the order of the list."""


def list_files(folder: Path, clips: tuple[Path, ...] = (), with_captions: bool = False) -> str:
    """List the files in a run's folder with their content.

    Args:
        folder: The run's folder.
        clips: The clips that were fetched into it.
        with_captions: Whether bar and beat are written on the frames of the video.

    Returns:
        The lines to print: the folder, and a line for each file that exists.
    """
    lines = [f"{folder}/"]
    for name, what in _FILES:
        if exists(folder / name):
            lines.append(
                f"  {name:<18} {what}"
                + (", with bar and beat" if name == "video.mp4" and with_captions else "")
            )
        if name == "video.mp4":
            takes = sorted(folder.glob("take-*.mp4"), key=lambda path: (len(path.name), path.name))
            lines += [f"  {one.name:<18} the video of a take" for one in takes]
            further = sorted(one.name for one in folder.glob("video-*.mp4"))
            lines += [f"  {one:<18} the video after the run was resumed" for one in further]
            lines += [f"  {clip.name:<18} a requested clip" for clip in clips if exists(clip)]
    return "\n".join(lines)

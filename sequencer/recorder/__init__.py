"""What a run leaves as pictures: a video with captions and a contact sheet.

How a run is wired to it (chunks come from a stage's `pictures` sink, captions from whoever knows the score)::

    from sequencer.recorder import Caption, ContactSheet, VideoWriter

    video = VideoWriter(folder / "video.mp4", size=(1280, 768), fps=grid.fps)   # OutputError, UsageError (bad size)
    sheet = ContactSheet(folder / "contact-sheet.png", title=score_title)

    def sink(pictures: Pictures) -> None:                                       # in the run's own thread
        captions = [Caption(title, section, f"take {take}", "12.3") for each frame]
        video.write_all(pictures.frames, captions)                              # waits only when ~96 MB wait; OutputError
        sheet.add(chunk, pictures.frames, section=section, prompt=prompt)       # scales one frame, keeps a thumbnail

    try:
        ... the run ...
    finally:                                                                    # also after Ctrl-C
        recorded = video.close()                                                # Recorded | None; OutputError
        sheet.save()                                                            # path | None; OutputError

`video.abort()` leaves nothing. `video_size("1280x768")` reads `--video-size`. Where a run is recorded from a live stage,
`sequencer.recorder.live` takes frames with times of their own, and `sequencer.recorder.watch` shows them while they come.
"""

from sequencer.recorder.caption import Caption
from sequencer.recorder.encoding import video_size
from sequencer.recorder.sheet import ContactSheet
from sequencer.recorder.video import DEFAULT_SIZE, Recorded, VideoWriter

__all__ = ["DEFAULT_SIZE", "Caption", "ContactSheet", "Recorded", "VideoWriter", "video_size"]

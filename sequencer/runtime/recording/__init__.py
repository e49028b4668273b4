"""What a run leaves as pictures: a video with captions and a contact sheet.

How a run is wired to it (chunks come from a stage's `pictures` sink, captions from whoever knows the score)::

    from sequencer.runtime.recording import Caption, ContactSheet, VideoWriter

    video = VideoWriter(folder / "video.mp4", size=(1280, 768), fps=grid.fps)   # OutputError, UsageError (bad size)
    sheet = ContactSheet(folder / "contact-sheet.png", title=score_title)
    shot = Shot(section, "12.3", "0:33.0", action="Now it turns.", settings="sr 4x")

    def sink(pictures: Pictures) -> None:                                       # in the run's own thread
        captions = [Caption(title, section, f"take {take}", "12.3") for each frame]
        video.write_all(pictures.frames, captions)                              # waits only when ~96 MB wait; OutputError
        sheet.add(chunk, pictures.frames, lambda: shot)                         # scales one frame, keeps a thumbnail
        sheet.add(chunk, pictures.frames)                                       # a chunk without a cue is only counted

    try:
        ... the run ...
    finally:                                                                    # also after Ctrl-C
        recorded = video.close()                                                # Recorded | None; OutputError
        sheet.save()                                                            # path | None; OutputError

`video.abort()` leaves nothing. `video_size("1280x768")` reads `--video-size`.

A live stage hands over frames with times of their own; both of these return at once and never fail in the middle of a show::

    from sequencer.runtime.recording.live_recorder import LiveRecorder
    from sequencer.runtime.recording.stream import Watch

    recorder = LiveRecorder(folder / "video.mp4", size, warn=say)    # --record; OutputError. size None: the first frame's
    watch = Watch("8765", size)                                      # --watch; UsageError, OutputError. say(watch.invitation)

    def frames(frame: LiveFrame) -> None:                            # in the event loop
        recorder.take(frame.picture, frame.at)                       # a VideoFrame or RGB; a Caption as third, if wanted
        watch.take(frame.picture, frame.at)
        if frame.chunk is not None:
            sheet.add(chunk, frame.picture.to_ndarray(format="rgb24"), lambda: shot)

    recorder.failure, watch.failure                                  # look now and then, and tell at once
    recorded = await asyncio.to_thread(recorder.close)               # LiveRecorded | None; OutputError
    await asyncio.to_thread(watch.close)
"""

from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.contact_sheet import ContactSheet, Shot
from sequencer.runtime.recording.encoder import video_size
from sequencer.runtime.recording.video_writer import DEFAULT_SIZE, Recorded, VideoWriter

__all__ = ["DEFAULT_SIZE", "Caption", "ContactSheet", "Recorded", "Shot", "VideoWriter", "video_size"]

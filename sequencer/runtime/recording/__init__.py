"""Record the frames of a run: a video with captions, a contact sheet, and a stream to watch.

How a run uses it (chunks come from a stage's `pictures` sink, captions from code that knows the score)::

    from sequencer.runtime.recording import Caption, ContactSheet, Shot, VideoWriter

    video = VideoWriter(folder / "video.mp4", size=(1280, 768), fps=grid.fps)   # OutputError, UsageError (bad size)
    sheet = ContactSheet(folder / "contact-sheet.png", title=score_title)
    shot = Shot(section, "12.3", "0:33.0", action="Now it turns.", settings="sr 4x")

    def sink(pictures: Pictures) -> None:                                       # in the run's own thread
        captions = [Caption(title, section, f"take {take}", "12.3") for each frame]
        video.write_all(pictures.frames, captions)                              # waits only if ~96 MB wait; OutputError
        sheet.add(chunk, pictures.frames, lambda: shot)                         # scales one frame, keeps a thumbnail
        sheet.add(chunk, pictures.frames)                                       # a chunk without a cue is only counted

    try:
        ... the run ...
    finally:                                                                    # also after Ctrl-C
        recorded = video.close()                                                # Recorded | None; OutputError
        sheet.save()                                                            # path | None; OutputError

`video.abort()` leaves no file. `video_size("1280x768")` parses `--video-size`.

A live stage delivers frames with times of their own. Both of the following return at once and never fail during a show::

    from sequencer.runtime.recording.live_recorder import LiveRecorder
    from sequencer.runtime.recording.stream import StreamServer

    recorder = LiveRecorder(folder / "video.mp4", size, warn=say)    # --record; OutputError. size None: the first frame's
    watch = StreamServer("8765", size)                               # --watch; UsageError, OutputError. say(watch.invitation)

    def frames(frame: LiveFrame) -> None:                            # in the event loop
        recorder.take(frame.picture, frame.at)                       # a VideoFrame or RGB; optionally a Caption as third
        watch.take(frame.picture, frame.at)
        if frame.chunk is not None:
            sheet.add(chunk, frame.picture.to_ndarray(format="rgb24"), lambda: shot)

    recorder.failure, watch.failure                                  # check now and then, and report at once
    recorded = await asyncio.to_thread(recorder.close)               # LiveRecording | None; OutputError
    await asyncio.to_thread(watch.close)
"""

from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.contact_sheet import ContactSheet, Shot
from sequencer.runtime.recording.encoder import video_size
from sequencer.runtime.recording.video_writer import DEFAULT_SIZE, Recorded, VideoWriter

__all__ = ["DEFAULT_SIZE", "Caption", "ContactSheet", "Recorded", "Shot", "VideoWriter", "video_size"]

"""Record the frames of a run: a video with captions, a contact sheet, and a stream to watch.

How a run uses it (chunks come from a stage's `frame_sink`, captions from code that knows the
score)::

    from sequencer.runtime.recording import Caption, ContactSheet, Shot, VideoWriter

    # Raises OutputError, and UsageError for a bad size
    video = VideoWriter(folder / "video.mp4", size=(1280, 768), fps=grid.fps)
    sheet = ContactSheet(folder / "contact-sheet.png", title=score_title)
    shot = Shot(
        section=section, position="12.3", time="0:33.0", action="Now it turns.", settings="sr 4x"
    )

    def sink(frames: ChunkFrames)   -> None:  # in the run's own thread
        caption = Caption(title=title, section=section, take=f"take {take}", place="12.3")
        captions = [caption for each frame]
        video.write_all(frames.frames, captions)    # waits only if ~96 MB wait; OutputError
        sheet.add(chunk, frames.frames, lambda: shot)    # scales one frame, keeps a thumbnail
        sheet.add(chunk, frames.frames)    # a chunk without a cue is only counted

    try:
        ... the run ...
    finally:  # also after Ctrl-C
        recorded = video.close()  # Recorded | None; OutputError
        sheet.save()  # path | None; OutputError

`video.abort()` leaves no file. `video_size("1280x768")` parses `--video-size`.

A live stage delivers frames with times of their own. Both of the following return at once and never
fail during a show::

    from sequencer.runtime.recording.live_recorder import LiveRecorder
    from sequencer.runtime.recording.stream import StreamServer

    # --record; raises OutputError. Without a size, that of the first frame
    recorder = LiveRecorder(folder / "video.mp4", size, warn=warn)
    # --watch; raises UsageError and OutputError; then print(watch.invitation)
    watch = StreamServer("8765", size)

    def frames(frame: LiveFrame) -> None:  # in the event loop
        recorder.take(frame.image, frame.at)  # a VideoFrame or RGB; optionally a Caption
        watch.take(frame.image, frame.at)
        if frame.chunk is not None:
            sheet.add(chunk, frame.image.to_ndarray(format="rgb24"), lambda: shot)

    recorder.failure, watch.failure  # check now and then, and report at once
    recorded = await asyncio.to_thread(recorder.close)  # LiveRecording | None; OutputError
    await asyncio.to_thread(watch.close)
"""

from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.contact_sheet import ContactSheet, Shot
from sequencer.runtime.recording.encoder import video_size
from sequencer.runtime.recording.video_writer import DEFAULT_SIZE, Recorded, VideoWriter

__all__ = [
    "DEFAULT_SIZE",
    "Caption",
    "ContactSheet",
    "Recorded",
    "Shot",
    "VideoWriter",
    "video_size",
]

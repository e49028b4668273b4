"""Words of other tools that are not in the language, and replacements, for both notations."""

from __future__ import annotations

NO_PAUSES_HINT = (
    "there are no waits: each cue has its own position, for example at +2bar, or at +4s"
)
NO_LOOPS_HINT = "`every` repeats a cue (every 4 bars), `play` a section (play intro*4)"
FADE_EXAMPLE = "fade 2c"
FADE_MESSAGE = "a fade follows its prompt, with its length in chunks"
FADE_HINT = f'to fade to a prompt, write the number of chunks after it: at 9 "…", {FADE_EXAMPLE}'
FADE_HINT_IN_YAML = (
    'to fade to a prompt, add the number of chunks to its cue: {at: 9, prompt: "…", fade: 2c}'
)
SOUND_HINT = (
    'the sound that is played with a score is a line outside of sections: sound "song.wav"; '
    'a MIDI file can set tempi and meters: clock file "song.mid"'
)
_NO_VOLUME = "the sound of a score is played as it is: change the volume in its file"
_NO_CHOICE = "a rule reacts to a trigger: on note C3 -> …; pick chooses one of several texts"
NO_NEGATIVE_HINT = (
    "there is no negative prompt, because the model has none: describe what is visible"
)
NO_VIDEO_HINT = (
    "the model cannot start from a video: an image can begin or change a take, in a cue: "
    'at 1 image "frame.png", "…"'
)
_FIXED_OUTPUT = (
    "this cannot be set: the model makes 640×384 pixels in chunks of 33 frames; sr 4x enlarges the "
    "frames"
)
_IN_TEXT = "this belongs in the text of a prompt"
COMMENT_HINT = "this is not stored: make it a comment, with # before it"
_NO_ORDER = "each cue has its own position: at +4 bars is four bars after the previous cue"
_NO_DEVICES = (
    'external devices can be controlled by MIDI and OSC: midi note C3, midi cc 20 64, osc "/drop" 1'
)
_NO_RAMP = "write a tempo change as tempo 120 -> 132 over 4 bars"
_LIVE = "a section is live if it lasts until a trigger; in its head: until go out, max 32 bars"
NO_STOP_HINT = "a score ends with its last section; without sections `end 64c` sets its end"

FOREIGN_WORD_HINTS: dict[str, str] = {
    **dict.fromkeys(("sleep", "wait", "delay", "rest", "hold"), NO_PAUSES_HINT),
    **dict.fromkeys(("loop", "repeat", "times", "for", "while"), NO_LOOPS_HINT),
    **dict.fromkeys(
        (
            "crossfade",
            "xfade",
            "fade",
            "fadein",
            "fadeout",
            "transition",
            "dissolve",
            "morph",
            "blend",
        ),
        FADE_HINT,
    ),
    **dict.fromkeys(
        ("audio", "music", "sound", "track", "song", "soundtrack", "mp3", "wav"), SOUND_HINT
    ),
    **dict.fromkeys(("volume", "gain", "mute"), _NO_VOLUME),
    **dict.fromkeys(("if", "else", "elif", "case", "switch"), _NO_CHOICE),
    "live": _LIVE,
    **dict.fromkeys(("video", "clip", "movie", "film", "footage"), NO_VIDEO_HINT),
    **dict.fromkeys(("negative", "negative_prompt", "negative-prompt", "neg"), NO_NEGATIVE_HINT),
    **dict.fromkeys(
        ("width", "height", "size", "dimensions", "aspect", "steps", "cfg", "guidance"),
        _FIXED_OUTPUT,
    ),
    **dict.fromkeys(("camera", "style", "lighting", "mood"), _IN_TEXT),
    **dict.fromkeys(
        (
            "author",
            "artist",
            "composer",
            "version",
            "date",
            "description",
            "comment",
            "key",
            "scale",
        ),
        COMMENT_HINT,
    ),
    **dict.fromkeys(("then", "next", "later", "before"), _NO_ORDER),
    **dict.fromkeys(("dmx", "artnet", "http", "webhook", "serial", "send"), _NO_DEVICES),
    **dict.fromkeys(
        ("accelerando", "accel", "ritardando", "rit", "rallentando", "ramp", "glide"), _NO_RAMP
    ),
    **dict.fromkeys(("stop", "quit", "exit", "finish"), NO_STOP_HINT),
}
"""Words that neither begin a statement nor are keys, each with its hint."""

NO_IMAGE_MESSAGE = "the model cannot drop an image within a take"
NO_IMAGE_HINT = 'begin a new take without the image: write cut, and its prompt: cut, "…"'
NO_IMAGE_HINT_WITH_PROMPT = "begin a new take without the image: write cut instead"
"""The hints for `image off`: the chunk of a cut must have a prompt."""

NO_IMAGE_WORDS = frozenset({"off", "none", "no", "clear", "null", "false", "reset", "remove"})
"""Words that are written to remove an image."""

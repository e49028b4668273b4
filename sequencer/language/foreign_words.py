"""Words of other tools that are not part of the language, and what to use instead, for the messages of both notations."""

from __future__ import annotations

import re

from sequencer.language.source import excerpt
from sequencer.language.values.strings import NAME

_NO_PAUSES = "nothing waits here: each place says when something happens, for example at +2bar, or at +4s"
_NO_LOOPS = "`every` repeats a cue (every 4 bars), `play` a section (play intro*4)"
CROSSFADE_ALTERNATIVE = "say in the next prompt how the scene changes; the model takes it up from what it shows"
NO_FADES_HINT = f"there are no crossfades: {CROSSFADE_ALTERNATIVE}"
_NO_SOUND = (
    'no sound is played; a MIDI file can give tempi and meters (clock file "song.mid"), and a clock from outside the beat'
)
_NO_CHOICE = "a rule answers a trigger: on note C3 -> …; one of several texts is drawn with pick"
_NO_NEGATIVE = "there is no negative prompt: write what is to be seen"
_FIXED_OUTPUT = "this cannot be set: the model makes 640×384 pixels in chunks of 33 frames; sr 4x makes its pictures larger"
_IN_TEXT = "this belongs in the text of a prompt"
COMMENT_HINT = "nothing is kept of this: make a comment of it, with # in front"
_NO_ORDER = "each cue has a place of its own: at +4 bars says how long after the one before it"
_NO_DEVICES = "of other gear only MIDI is told something: midi note C3, midi cc 20 64"
_NO_RAMP = "a tempo that changes is written tempo 120 -> 132 over 4 bars"
_NO_STOP = "a score ends with its last section; without sections `end 64c` says where"

FOREIGN_WORD_HINTS: dict[str, str] = {
    **dict.fromkeys(("sleep", "wait", "delay", "rest", "hold"), _NO_PAUSES),
    **dict.fromkeys(("loop", "repeat", "times", "for", "while"), _NO_LOOPS),
    **dict.fromkeys(
        ("crossfade", "xfade", "fade", "fadein", "fadeout", "transition", "dissolve", "morph", "blend"), NO_FADES_HINT
    ),
    **dict.fromkeys(("audio", "music", "sound", "track", "song", "soundtrack", "volume", "gain", "mute"), _NO_SOUND),
    **dict.fromkeys(("if", "else", "elif", "case", "switch"), _NO_CHOICE),
    **dict.fromkeys(("negative", "negative_prompt", "negative-prompt", "neg"), _NO_NEGATIVE),
    **dict.fromkeys(("width", "height", "size", "dimensions", "aspect", "steps", "cfg", "guidance", "model"), _FIXED_OUTPUT),
    **dict.fromkeys(("camera", "style", "lighting", "mood"), _IN_TEXT),
    **dict.fromkeys(
        ("author", "artist", "composer", "version", "date", "description", "comment", "key", "scale"), COMMENT_HINT
    ),
    **dict.fromkeys(("then", "next", "later", "before"), _NO_ORDER),
    **dict.fromkeys(("osc", "dmx", "artnet", "http", "webhook", "serial", "send"), _NO_DEVICES),
    **dict.fromkeys(("accelerando", "accel", "ritardando", "rit", "rallentando", "ramp", "glide"), _NO_RAMP),
    **dict.fromkeys(("stop", "quit", "exit", "finish"), _NO_STOP),
}
"""Words that neither begin a statement nor are keys, each with its hint."""

SECTION_COPY = re.compile(rf"(?:=|:|\b(?:like|extends|copies|copy(?:[ \t]+of)?|as|from|is|same[ \t]+as)\b)[ \t]*({NAME})")
"""`= a` or `like a` after a section's name: it was meant as a copy of the section in group 1."""

NO_COPIES_MESSAGE = "no section is made from another one"


def section_copy_hint(again: str, name: str, play: str) -> str:
    """Return the hint that replaces a copy of a section.

    Args:
        again: The section that was to be copied.
        name: The name of the new section.
        play: How a play order begins in the notation at hand.
    """
    own = f"section {excerpt(name)} 8 bars" if play == "play " else f"section: {excerpt(name)} 8 bars"
    return (
        f"to play {excerpt(again)} again, name it again: {play}{excerpt(again)} {excerpt(again)}; a section of its own: {own}"
    )


NO_IMAGE_HINT = "an image cannot be taken away: show another one, or begin a new take without it: cut"
"""The hint for `image off`."""

NO_IMAGE_WORDS = frozenset({"off", "none", "no", "clear", "null", "false", "reset", "remove"})
"""Words that are written to remove an image."""

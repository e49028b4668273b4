"""E426–E429, E530–E532, W530: a MIDI file as a clock."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, Example, File, code


def song(*meta: tuple[int, bytes]) -> bytes:
    """Return a MIDI file of one track with meta events, each (ticks after the previous one, its bytes), at 24 ticks per
    quarter.
    """
    track = b"".join(bytes((wait,)) + b"\xff" + content for wait, content in (*meta, (96, b"\x2f\x00")))
    return b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x18MTrk" + len(track).to_bytes(4, "big") + track


def _plain() -> bytes:
    return song((0, b"\x51\x03\x07\xa1\x20"))


def _turns() -> bytes:
    """Return a file in 4/4, then 3/4 from the second bar on."""
    return song((0, b"\x58\x04\x04\x02\x18\x08"), (96, b"\x58\x04\x03\x02\x18\x08"))


def _cut_off() -> bytes:
    return _turns()[:-6]


SONG = File("song.mid", _plain)
CLOCK = 'clock file "song.mid"\n'
PLAIN = 'section tram 4 bars {\n  at 1 "A tram waits at an empty stop."\n}\n'

CODES: tuple[Code, ...] = (
    code(
        "E426",
        "a MIDI file, and no folder",
        "A score that is read from a string has no folder that its MIDI file could lie in.",
        Example(CLOCK + 'at 1 "A tram waits at an empty stop."\n', in_folder=False),
        Example('clock 120 bpm\nat 1 "A tram waits at an empty stop."\n', in_folder=False),
    ),
    code(
        "E427",
        "a tempo or a meter beside a MIDI file's",
        "With `clock file` the file says what is played how fast, from its beginning to its end.",
        CLOCK + PLAIN.replace("4 bars", "4 bars, tempo 90"),
        CLOCK + PLAIN,
        files=(SONG,),
    ),
    code(
        "E428",
        "a MIDI file that should wait",
        "The time in a file is written down: a live section would have to hold it, and goto would have to jump in it.",
        CLOCK + PLAIN.replace("4 bars", "until go on, max 4 bars"),
        CLOCK + PLAIN,
        files=(SONG,),
    ),
    code(
        "E429",
        "a change of meter inside of a bar",
        """A section counts its bars from its own beginning. This one begins inside of a bar of the file, and before it ends the
        file changes its meter in the middle of what the section counts as a bar.""",
        CLOCK + 'section upbeat 1 beat {\n  at 1 "A tram waits."\n}\n' + PLAIN.replace("4 bars", "2 bars"),
        CLOCK + PLAIN.replace("4 bars", "2 bars"),
        files=(File("song.mid", _turns),),
    ),
    code(
        "E530",
        "a MIDI file that is not there",
        "Paths count from the folder that the score lies in.",
        CLOCK.replace("song", "sang") + PLAIN,
        CLOCK + PLAIN,
        files=(SONG,),
    ),
    code(
        "E531",
        "a MIDI file outside of the score's folder",
        "A score that came by mail must not read what else lies on your disk, so its files lie in its folder or below.",
        CLOCK.replace("song", "../song") + PLAIN,
        CLOCK + PLAIN,
        files=(SONG,),
    ),
    code(
        "E532",
        "a MIDI file that cannot be used",
        "It is read as a Standard MIDI File of format 0 or 1 that counts in ticks per quarter note.",
        CLOCK.replace("song", "tape") + PLAIN,
        CLOCK + PLAIN,
        files=(File("tape.mid", b"RIFF....WAVE"), SONG),
    ),
    code(
        "W530",
        "a MIDI file with faults",
        """It was read as far as it is intact: the message says what is odd or lost, and where. Where something is lost, the
        last tempo and meter go on.""",
        CLOCK.replace("song", "damaged") + PLAIN,
        CLOCK + PLAIN,
        files=(File("damaged.mid", _cut_off), SONG),
    ),
)

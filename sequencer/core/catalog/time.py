"""E401–E425 and W401–W403: positions that must exist, tempo, repetition, chunks."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, code

START = 'at 0c "A tram waits at an empty stop."\n'
CLOCK = "clock 120 bpm, 4/4\n"
FIRST = CLOCK + 'at 1 "A tram waits at an empty stop."\n'

CODES: tuple[Code, ...] = (
    code(
        "E401",
        "a beat that the bar does not have",
        """Behind the dot stands a beat, never a decimal: in 4/4 there is no 9.10. Half a beat behind the fourth is 9.4+1/2.""",
        FIRST + 'at 9.10 "The tram rolls on."\n',
        FIRST + 'at 11.2 "The tram rolls on."\n',
    ),
    code(
        "E402",
        "bars and beats without a tempo",
        "The clock counts chunks unless the score says a tempo, and without a tempo there are no bars.",
        START + 'at 5 "The tram rolls on."\n',
        FIRST + 'at 5 "The tram rolls on."\n',
    ),
    code(
        "E403",
        "a change of tempo or meter at a time",
        """Where a time in seconds lies among the bars depends on the tempo; so a change of tempo or meter has a musical
        place, or it would move itself.""",
        FIRST + "at 8s tempo 90\n",
        FIRST + "at 5 tempo 90\n",
    ),
    code(
        "E404",
        "bars counted on from seconds inside a ramp",
        """While the tempo ramps a time in seconds lies on no exact beat (it needs a square root), and everything musical
        is exact here.""",
        CLOCK
        + 'section ride 8 bars, tempo 120 -> 140 {\n  at 1 "A tram waits."\n  at 3s "It rolls on."\n  at +1bar sr 4x\n}\n',
        CLOCK + 'section ride 8 bars, tempo 120 -> 140 {\n  at 1 "A tram waits."\n  at 3 "It rolls on."\n  at +1bar sr 4x\n}\n',
    ),
    code(
        "E405",
        "a meter without a tempo",
        "A meter says how beats make bars; without a tempo there are no beats.",
        'section ride 16c, meter 3/4 {\n  at 0c "A tram waits."\n}\n',
        'section ride 16c, tempo 120, meter 3/4 {\n  at 0c "A tram waits."\n}\n',
    ),
    code(
        "E406",
        "an every without an end",
        "In a score without sections only `end` says how long a repetition goes on.",
        'every 4c "A tram waits."\n',
        'every 4c "A tram waits."\nend 16c\n',
    ),
    code(
        "E407",
        "a change of meter that another one moves",
        "Its place was counted with other meters than it has in the end: written as a bar it stays where it is.",
        FIRST + "at 32b meter 3/4\nat 8b meter 7/8\nend 20\n",
        FIRST + "at 9 meter 3/4\nat 3 meter 7/8\nend 20\n",
    ),
    code(
        "E408",
        "a meter off the bar line",
        "A meter begins with a bar.",
        FIRST + "at 5.2 meter 3/4\nend 9\n",
        FIRST + "at 5 meter 3/4\nend 9\n",
    ),
    code(
        "E409",
        "a change of tempo without a tempo",
        "The clock counts chunks, so there is no tempo to change.",
        START + "at 4c tempo 90\n",
        FIRST + "at 5 tempo 90\n",
    ),
    code(
        "E410",
        "a mark set twice",
        "A mark names one place of its section.",
        FIRST + 'at 3 mark lift, "Its doors open."\nat 5 mark lift, "Its doors close."\nend 9\n',
        FIRST + 'at 3 mark lift, "Its doors open."\nat 5 mark drop, "Its doors close."\nend 9\n',
    ),
    code(
        "E411",
        "places that depend on each other",
        "Each of these places is counted from the other, so neither has a first one to begin with.",
        CLOCK + 'at mark drop mark lift, "A tram waits."\nat mark lift mark drop, "Its doors open."\n',
        CLOCK + 'at 1 mark lift, "A tram waits."\nat mark lift +2bar mark drop, "Its doors open."\n',
    ),
    code(
        "E412",
        "an unknown mark",
        "A mark is set among a cue's actions (at 5 mark drop) and counts in its own section only.",
        FIRST + 'at 3 mark lift, "Its doors open."\nat mark lif +1bar sr 4x\nend 9\n',
        FIRST + 'at 3 mark lift, "Its doors open."\nat mark lift +1bar sr 4x\nend 9\n',
    ),
    code(
        "E413",
        "an every that is denser than a chunk",
        "The model changes at chunk boundaries only, so two cues within one chunk would meet on one boundary.",
        CLOCK + 'every 1 beat "A tram waits."\nend 9\n',
        CLOCK + 'every 4 beats "A tram waits."\nend 9\n',
    ),
    code(
        "E414",
        "an every with far too many cues",
        "One repetition makes at most 200,000 cues.",
        'every 2c "A tram waits."\nend 400001c\n',
        'every 2c "A tram waits."\nend 64c\n',
    ),
    code(
        "E415",
        "a place past the end",
        "A cue lies within its section; a place at its very end is the next section's start.",
        CLOCK + 'section ride 8 bars {\n  at 1 "A tram waits."\n  at 9 "The tram rolls on."\n}\n',
        CLOCK + 'section ride 9 bars {\n  at 1 "A tram waits."\n  at 9 "The tram rolls on."\n}\n',
    ),
    code(
        "E416",
        "far too many cues",
        "A score has at most 400,000 cues, all passes counted.",
        'section ride 200c {\n  every 1c "A tram waits."\n}\nplay ride*2001\n',
        'section ride 200c {\n  every 1c "A tram waits."\n}\nplay ride*2\n',
    ),
    code(
        "E420",
        "a score beyond the bounds of a schedule",
        """A score has at most 1,000,000 chunks, about sixteen days, and a section as many bars: more is a mistake. Times are
        exact, so each tempo that has nothing in common with those before it makes them longer; a time has at most 4,000 digits.
        It takes thousands of tempi with two decimals to get there.""",
        START + "end 2000000c\n",
        START + "end 2000c\n",
    ),
    code(
        "E421",
        "a cut without a prompt on its chunk",
        "A cut starts the model anew, and the model starts with a prompt: give it one at the place of the cut.",
        START + 'at 4c cut seed 99\nat 5c "An empty stop at dawn."\n',
        START + 'at 4c cut seed 99, "An empty stop at dawn."\n',
    ),
    code(
        "E422",
        "a score without a prompt",
        "The model does not start without one.",
        "at 0c sr 4x\n",
        'at 0c sr 4x, "A tram waits at an empty stop."\n',
    ),
    code(
        "E423",
        "no prompt at the start",
        "The model starts with the prompt of chunk 0, and this score's first prompt lands later.",
        'at 4c "A tram waits at an empty stop."\n',
        START,
    ),
    code(
        "E424",
        "two prompts on one chunk",
        """Two places that are nearer to each other than a chunk can snap to the same boundary, and a chunk shows one
        prompt. At 24 frames a second a chunk lasts 1.375 seconds.""",
        FIRST + 'at 5 "Its doors open."\nat 5.2 "Its doors close."\nend 9\n',
        FIRST + 'at 5 "Its doors open."\nat 6 "Its doors close."\nend 9\n',
    ),
    code(
        "E425",
        "a cut behind a live section whose prompt stands elsewhere",
        """Behind a live section (or with an outer clock) nobody knows before the run which chunk a place falls on. Two
        places that share a chunk today may not share it tonight, and a cut needs its prompt: the two have the very
        same place.""",
        """
clock 120 bpm
section jam until go out, max 16 bars {
  at 1 "A tram waits."
}
section after 8 bars {
  at 3 cut seed 99
  at 3.1+1/4 "An empty stop at dawn."
}
""",
        """
clock 120 bpm
section jam until go out, max 16 bars {
  at 1 "A tram waits."
}
section after 8 bars {
  at 3 cut seed 99, "An empty stop at dawn."
}
""",
    ),
    code(
        "W401",
        "a tempo beside an outer clock",
        "An outer clock brings its own tempo; what the score says counts in rehearsal, where nobody plays.",
        'clock midi, nominal 120 bpm\nat 1 "A tram waits."\nat 5 tempo 140\n',
        'clock midi, nominal 120 bpm\nat 1 "A tram waits."\nat 5 sr 4x\n',
    ),
    code(
        "W402",
        "a strength without its image",
        "The model takes up the strength together with the next image: alone it changes nothing yet.",
        START + "at 4c strength 0.5\n",
        START,
    ),
    code(
        "W403",
        "two of a kind on one chunk",
        "Both land on the same boundary, and the later one wins.",
        START + "at 4c sr 4x\nat 4c sr off\n",
        START + "at 4c sr 4x\nat 5c sr off\n",
    ),
)

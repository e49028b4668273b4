"""The rows of the header: title, clock, grid, snap and so on."""

from __future__ import annotations

from sequencer.core.timebase import Snap
from sequencer.language import values
from sequencer.language.score import SuperResolution
from sequencer.language.spec.rows import Argument, PartKind, Setting
from sequencer.language.spec.schema_parts import (
    NAME,
    NUMBER,
    SECONDS,
    choose_from,
    describe_reference,
    match_pattern,
    one_or_more,
)
from sequencer.language.values import writing
from sequencer.language.values.strings import read_string
from sequencer.schedule.model import DEFAULT_LEAD_CHUNKS, MAX_SEED

_METER = r"(?: *, *[0-9]+/[0-9]+)?"
_BARE_CLOCK = rf"chunks|{NUMBER} *bpm{_METER}"
_FOLLOWED_CLOCK = (
    rf"(?:midi(?: +\".+\")?|link){_METER}, *nominal +{NUMBER}(?: *bpm)?{_METER}"
    r"|mtc +(?:24|25|29\.97|30)(?: +\".+\")?|file +\".+\""
)
SNAPS = tuple(str(snap) for snap in Snap)
RESOLUTIONS = tuple(str(sr) for sr in SuperResolution)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        field="title",
        keyword="score",
        argument=Argument.STRING,
        read=read_string,
        write=str,
        schema=describe_reference("text", "The title."),
        example='score "Night tram"',
        reference='`score "Title"` | none | the title',
    ),
    Setting(
        field="clock",
        keyword="clock",
        read=values.read_clock,
        write=writing.render_clock,
        schema=match_pattern(
            f"{_BARE_CLOCK}|{_FOLLOWED_CLOCK}",
            (
                'The clock: chunks · 120 bpm, 4/4 · midi "port", 4/4, nominal 120 bpm · link, … · '
                'mtc 25 · file "song.mid" · file "song.beats"'
            ),
        ),
        example="clock 120 bpm, 4/4",
        reference="`clock …` | `clock chunks` | the clock of musical positions; see below",
        has_span=True,
        part=PartKind.CLOCK,
    ),
    Setting(
        field="sound",
        keyword="sound",
        argument=Argument.SOUND,
        read=values.read_sound,
        write=writing.render_sound,
        schema={
            "description": "The sound that is played with the score: song.wav · {file: song.wav, "
            "from: 12.5s}",
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "minLength": 1},
                        "from": {"type": "string", "pattern": f"^{SECONDS}$"},
                    },
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ],
        },
        example='sound "song.wav"',
        reference='`sound "song.wav"`, `sound "song.wav" from 12.5s` | none | the sound file that '
        "is played with the score, and the second of it at which the score begins; see "
        "[below](#the-sound-of-a-score)",
        has_span=True,
    ),
    Setting(
        field="grid",
        keyword="grid",
        read=values.read_grid,
        write=writing.render_grid,
        schema=match_pattern(
            rf"[0-9]+ +frames? *@ *{NUMBER} +fps(?: *, *first +[0-9]+)?",
            "The model's chunks: 33 frames @ 24 fps, or 12 frames @ 16 fps, first 9.",
        ),
        example="grid 33 frames @ 24 fps",
        reference="`grid N frames @ F fps`, `grid 12 frames @ 16 fps, first 9` | "
        "`grid 33 frames @ 24 fps` | how long a chunk is; F may be `23.976` or `24000/1001` and "
        "stays exact; `first` is for models whose first chunk of a take is shorter, see "
        "[below](#a-shorter-first-chunk)",
        has_span=True,
        part=PartKind.GRID,
    ),
    Setting(
        field="snap",
        keyword="snap",
        read=values.read_snap,
        write=str,
        schema=choose_from(SNAPS, "How positions snap to chunks (default: nearest)."),
        example="snap nearest",
        reference="`snap nearest`, `floor`, `ceil` | `snap nearest` | how positions are snapped to "
        "chunks; see"
        " [below](#from-a-position-to-a-chunk)",
        part=PartKind.SNAP,
    ),
    Setting(
        field="lead",
        keyword="lead",
        read=values.read_lead,
        write=lambda chunks: f"{chunks}c",
        schema=match_pattern(
            "[1-9][0-9]*c",
            (
                "How long before its chunk a prompt is sent at the latest (default: "
                f"{DEFAULT_LEAD_CHUNKS}c)."
            ),
        ),
        example="lead 2c",
        reference=(
            "`lead Nc` | `lead 2c` | a prompt is sent at least N chunks before its own chunk; N is "
            "at least 1"
        ),
    ),
    Setting(
        field="late",
        keyword="late",
        read=values.read_late,
        write=str,
        schema=choose_from(
            ("shift", "drop"), "What happens to a cue that cannot be sent in time (default: shift)."
        ),
        example="late shift",
        reference="`late shift`, `drop` | `late shift` | "
        "what happens to an `at` or `every` cue that could not be sent in time:"
        " it moves to the next chunk that can be reached, or it is dropped",
    ),
    Setting(
        field="seed",
        keyword="seed",
        read=values.read_seed,
        write=str,
        schema={
            "description": "The opening seed (default: 0).",
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_SEED},
                {"type": "string", "pattern": "^[0-9]{1,10}$"},
                {
                    "description": "{all: 1, right: 7}: the seeds of stages, and of all others.",
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": f"^{NAME}$"},
                    "additionalProperties": {
                        "anyOf": [
                            {"type": "integer", "minimum": 0, "maximum": MAX_SEED},
                            {"type": "string", "pattern": "^[0-9]{1,10}$"},
                        ]
                    },
                },
            ],
        },
        example="seed 42",
        reference="`seed N`, `seed N on STAGE` | `seed 0` | the model's seed for the first take, "
        "0 to 4294967295; with `on`, that of one [stage](#several-stages)",
    ),
    Setting(
        field="sr",
        keyword="sr",
        read=values.read_sr,
        write=str,
        schema=choose_from(RESOLUTIONS, "The opening super-resolution (default: 2x)."),
        example="sr 2x",
        reference="`sr off`, `2x`, `4x` | `sr 2x` | super-resolution at the start",
    ),
    Setting(
        field="middle",
        keyword="middle",
        read=values.read_middle,
        write=str,
        schema=choose_from(("C3", "C4"), "The name of MIDI note 60 (default: C3)."),
        example="middle C3",
        reference="`middle C3`, `C4` | `middle C3` | the name of MIDI note 60",
        part=PartKind.MIDDLE,
    ),
    Setting(
        field="model",
        keyword="model",
        read=values.read_model,
        write=str,
        schema=choose_from(values.MODELS, "The model that the score is written for."),
        example="model helios",
        reference="`model NAME` | `model helios` | the model that the score is written for, one of "
        f"{', '.join(f'`{name}`' for name in values.MODELS)}: it sets the grid, and `check` "
        "reports what the model cannot do; see [models](models.md). For another one, write its "
        "`grid`",
    ),
    Setting(
        field="stages",
        keyword="stages",
        argument=Argument.NAMES,
        read=values.read_stages,
        write=writing.render_stages,
        schema=one_or_more(
            match_pattern(rf"{NAME}(?: *, *{NAME})*", "Names: left, middle, right."),
            "The stages that play the score together.",
        ),
        example="stages left, middle, right",
        reference="`stages NAME, NAME, …` | one stage without a name | the stages that play the "
        "score together; see [several stages](#several-stages)",
        part=PartKind.STAGES,
    ),
    Setting(
        field="together",
        keyword="together",
        read=values.read_together,
        write=writing.render_together,
        schema=match_pattern(
            "start|realign +[1-9][0-9]*c",
            "When all stages wait for each other (default: start).",
        ),
        example="together realign 16c",
        reference="`together start`, `together realign Nc` | `together start` | when all stages "
        "wait for each other: they start together, and with `realign` they also pause and resume "
        "together every N chunks",
        has_span=True,
    ),
)
"""The lines of the header, in the order in which they are printed."""

"""Fuzz targets for prompt lists, timelines and markers of other programs."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

from sequencer.language.interchange.imported import ImportOptions
from sequencer.language.interchange.longlive import FOLDER
from tests.fuzz import imported_files

SAMPLES: dict[str, tuple[bytes, ...]] = {
    "film-director": (
        b'[[0,"A boat."],[2,"x"],[4,"Now it turns."]]',
        (
            b"https://example.org/#s=i4420FFyVChILEgtUkjKTyxRSCnKTCsp1lOK1Yk20lGqANEmOkp--eUKmSUKJaVF"
            b"ecUKjxqmKOTnJacCFcUCAA"
        ),
    ),
    "edl": (
        (
            b"TITLE: Boat\nFCM: NON-DROP FRAME\n\n"
            b"001  001      V     C        01:00:00:00 01:00:00:01 01:00:00:00 01:00:00:01  \n"
            b"chunk 0: A boat. |C:ResolveColorPurple |M:drift |D:99\n\n"
            b"002  001      V     C        01:00:04:03 01:00:04:04 01:00:04:03 01:00:04:04  \n"
            b"chunk 3, +125 ms, cut seed 9, sr 4x: Turn. |C:ResolveColorRed |M:3.1 |D:1\n"
        ),
    ),
    "helios": (
        b'id,prompt_index,prompt\n1,0,"A boat, once."\n1,1,It turns.\n2,0,"A ""pool"""\n',
        b"id,prompt_index,prompt,refined_prompt\n1,0,a,b\n",
    ),
    "longlive": (
        (
            b'{"prompts": ["A boat.", "It turns."]}\n\0num_output_frames: 240\n'
            b"switch_frame_indices: [48]\n"
        ),
        b'{"prompts": ["A boat.", "It turns."]}\n\0switch_frame_indices:\n  - 48\n',
        b'\0{"caption": "A boat."}\0{"caption": "It turns."}\0' + b"3, 4\n",
    ),
    "scope": (
        (
            b'{"version":"2.0","exportedAt":"x","settings":{"seed":42},"prompts":[{"startTime":0,'
            b'"endTime":4.0,"prompts":[{"text":"A","weight":100}]},{"startTime":4.0,"endTime":8.25,'
            b'"prompts":[{"text":"B","weight":70},{"text":"C","weight":30}]}]}'
        ),
        (
            b'{"format":"scope-workflow","metadata":{"name":"Boat"},"pipelines":[{"loras":[{}],'
            b'"params":{"seed":7}}],"timeline":{"entries":[{"start_time":0,"end_time":4.1,'
            b'"prompts":[{"text":"A"}],"transition_steps":4}]}}'
        ),
    ),
    "deforum": (
        (
            b'{"prompts":{"0":"a --neg b","30":"{c}","max_f/4-5":"d"},"max_frames":480,"fps":24,'
            b'"seed":-1,"strength_schedule":"0: (0.65), 30: (0.8)",'
            b'"init_images":"{\\"0\\":\\"https://x/y.png\\"}"}'
        ),
    ),
    "parseq": (
        (
            b'{"meta":{"docName":"D"},"options":{"bpm":120,"output_fps":20},"keyframeLock":"beats",'
            b'"managedFields":["seed"],"prompts":{"format":"v2","promptList":[{"positive":"A ${x}",'
            b'"negative":"b","from":0},{"positive":"B","from":60,"overlap":{"type":"linear"}}],'
            b'"commonPrompt":{"positive":"fog"},"commonPromptPos":"append"},"keyframes":[{"frame":9}]}'
        ),
        b'{"rendered_frames":[{"frame":0,"deforum_prompt":"a --neg b"}]}',
    ),
    "ltx-director": (
        (
            b'{"settings":{"frame_rate":25},"global_prompt":"Fog.","timeline":{"segments":[{"start":0,'
            b'"length":50,"prompt":"A"},{"start":50,"length":9,"imageFile":"a.png"}],'
            b'"audioSegments":[{"file":"a.wav"}],"motionSegments":[{}]}}'
        ),
    ),
}
WORDS: dict[str, tuple[str, ...]] = {
    "film-director": ('[[0,"', "],[", "100001", "-1", '"', "#s="),
    "edl": ("|C:", "|M:", "|D:9", "TITLE:", "FCM:", "01:00:00:00", "\n\n", "chunk 3, cut: "),
    "helios": (",", '"', "\n", "1,0,", "id,prompt_index,prompt\n", "\r"),
    "longlive": ('{"prompts": [', "\0", "switch_frame_indices:", "- 3\n", "]", '"caption"', "9"),
    "scope": ('"weight"', '"prompts"', "1e9", "0.1", "null", "-1", '"seed"', "[]"),
    "deforum": ("max_f", "/0", "--neg", '"0"', "*", "1e9", "null", '"init_images"', '"{}"'),
    "parseq": ("${", "null", '"from"', '"beats"', "1e9", '"template"', '"prepend"', "[]"),
    "ltx-director": ('"segments"', '"imageFile"', "null", "1e9", "-1", '"../a.png"', "[]"),
}
_OPTIONS = (
    ImportOptions(),
    ImportOptions(notes_are_prompts=True, blend="join", bpm=Fraction(977, 10), title="\x1b"),
    ImportOptions(fps=Fraction(24000, 1001), interpolate_time=3, video_id="1"),
)


def reading(kind: str) -> Callable[[bytes], None]:
    """Return a target: a file of this kind becomes a score that checks, or an UnreadableError."""
    return imported_files.reading(kind, _OPTIONS, partial(_split, kind))


def _split(kind: str, data: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Return the file, and those that belong to it: after a null character for LongLive."""
    if kind == "film-director" and data[:1] == b"[":
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        code = base64.urlsafe_b64encode(packer.compress(data) + packer.flush())
        return b"#s=" + code.rstrip(b"="), {}
    if kind != "longlive":
        return data, {}
    first, *others = data.split(b"\0")
    if first:
        return first, {"film.yaml": others[0]} if others else {}
    files = {f"{index}.json": one for index, one in enumerate(others[:-1])}
    return FOLDER, {**files, "shot_durations.txt": others[-1] if others else b""}


def files(kind: str) -> Callable[[], Iterator[bytes]]:
    """Return what yields files of a kind; the content of links is not packed."""
    return lambda: iter(SAMPLES[kind])

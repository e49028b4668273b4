from __future__ import annotations

import json
from typing import Any

import pytest

from sequencer.language.interchange import ltx_director
from sequencer.language.interchange.imported import Imported, ImportOptions, UnreadableError

SEGMENTS: list[dict[str, Any]] = [
    {"start": 48, "length": 48, "prompt": "It turns.", "imageFile": "a.png"},
    {"start": 0, "length": 48, "prompt": "A boat.", "imageFile": "../b.png"},
    {"start": 96, "length": 48, "imageFile": "a.png"},
    {"start": 144, "length": 24},
]


def read(segments: Any, has: str = "a.png", **other: Any) -> Imported:
    content = {"version": 1, "timeline": {"segments": segments}, **other}
    data = json.dumps(content).encode()
    return ltx_director.read(data, ImportOptions(title="t", has_file=lambda path: path == has))


def test_segments_images_and_the_global_prompt() -> None:
    assert ltx_director.recognise(b'{"timeline": {"segments": []}}')
    found = read(SEGMENTS, global_prompt="Fog.", retake_global_prompt="Rain.")
    assert found.text == (
        'score "t"\nlet global = "Fog."\n\n# dropped: retake_global_prompt Rain.\n'
        '# dropped: the image ../b.png\nat 0f "{global} A boat."\n'
        'at 48f image "a.png", "{global} It turns."\nat 96f image "a.png"\n'
        'at 144f "{global}"\n\nend 168f\n'
    )
    assert found.kept == 4


def test_without_a_global_prompt_a_segment_can_be_empty_and_the_rate_can_differ() -> None:
    found = read(SEGMENTS, settings={"frame_rate": 48})
    assert 'at 1s image "a.png", "It turns."' in found.text
    assert dict(found.dropped) == {"images": 1, "empty segments": 1}
    timeline = {
        "segments": SEGMENTS[:2],
        "audioSegments": [{"file": "a.wav"}],
        "motionSegments": [{}],
    }
    data = json.dumps({"timeline": timeline}).encode()
    found = ltx_director.read(data, ImportOptions())
    assert "# dropped: audio segment a.wav\n" in found.text
    assert dict(found.dropped) == {"motion segments": 1, "audio segments": 1, "images": 2}


@pytest.mark.parametrize(
    ("segments", "message", "place"),
    [
        ([{}], "the start must be a number, not missing", " at /timeline/segments/0/start"),
        ([{"start": -1}], "from 0", " at /timeline/segments/0/start"),
        ([{"start": 0, "prompt": []}], "a string", " at /timeline/segments/0/prompt"),
        ([{"start": 0, "length": "x"}], "a number", " at /timeline/segments/0/length"),
        ([], "there is nothing in it", ""),
    ],
)
def test_a_broken_timeline_is_an_error_with_its_pointer(
    segments: Any, message: str, place: str
) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read(segments)
    assert raised.value.place == place

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from sequencer.language.interchange import deforum
from sequencer.language.interchange.imported import Imported, ImportOptions, UnreadableError

SETTINGS: dict[str, Any] = {
    "prompts": {"0": "A bunny --neg bad", "30": "A {cat}", "max_f/4-5": "c"},
    "max_frames": 480,
    "fps": 24,
    "seed": 9,
    "strength_schedule": "0: (0.65), 30: (0.8)",
    "zoom": "0: (1.0)",
    "init_images": '{"30": "https://x.example/y.png"}',
    "soundtrack_path": "a.mp3",
}


def read(settings: dict[str, Any], **options: Any) -> Imported:
    return deforum.read(json.dumps(settings).encode(), ImportOptions(title="d", **options))


def test_frames_negative_prompts_images_and_schedules() -> None:
    assert deforum.recognise(json.dumps(SETTINGS).encode())
    found = read(SETTINGS)
    assert found.text == (
        'score "d"\nseed 9\n\n# dropped: strength_schedule 0: (0.65), 30: (0.8)\n'
        "# dropped: soundtrack a.mp3\n# dropped: --neg bad\n"
        'at 0f "A bunny"\n# dropped: the image https://x.example/y.png\nat 30f "A {{cat}}"\n'
        'at 115f "c"\n\nend 480f\n'
    )
    assert found.kept == 3
    assert 'at 1.2s "A {{cat}}"' in read({**SETTINGS, "fps": 25}).text
    assert 'at 30f "A {{cat}}"' in read({**SETTINGS, "fps": 25}, fps=Fraction(24)).text


def test_a_random_seed_is_reported_and_a_missing_rate_too() -> None:
    found = read({"prompts": {"0": "a", "15": "b", "30": "c"}, "seed": -1})
    assert '# dropped: "b" (the next prompt is on the same chunk)\nat 2s "c"' in found.text
    assert dict(found.dropped) == {"random seeds": 1, "prompts on one chunk": 1}
    assert found.notes == ("it does not contain a frame rate, so it is read at 15 fps",)


@pytest.mark.parametrize(
    ("text", "frame"),
    [("12", 12), (" max_f ", 100), ("max_f-1", 99), ("max_f/3", 33), ("2*max_f/8+1-3", 23)],
)
def test_a_frame_can_be_an_expression(text: str, frame: int) -> None:
    assert deforum.evaluate_frame(text, Fraction(100)) == frame


@pytest.mark.parametrize(
    "text", ["", "+", "1+", "1 2", "max_f max_f", "sin(1)", "1/0", "-1", "1**2", "1" * 201, "١"]
)
def test_anything_else_is_not_evaluated(text: str) -> None:
    assert isinstance(deforum.evaluate_frame(text, Fraction(100)), str)
    assert isinstance(deforum.evaluate_frame("max_f", None), str)


@pytest.mark.parametrize(
    ("change", "message", "place"),
    [
        ({"prompts": {"0": 3}}, "must be a string", " at /prompts/0"),
        ({"prompts": {"0": "a", "1e": "b"}}, "not a frame", " at /prompts/1e"),
        ({"prompts": {"0-5": "a"}}, "must be from 0", " at /prompts/0-5"),
        ({"fps": 0}, "from 1 to 1000", " at /fps"),
        ({"seed": 0.5}, "whole number", " at /seed"),
        ({"max_frames": -3}, "max_frames must be from 0", " at /max_frames"),
        ({"init_images": "{"}, "the images cannot be read: this is not JSON", " at /init_images"),
    ],
)
def test_broken_settings_are_an_error_with_their_pointer(
    change: dict[str, Any], message: str, place: str
) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read({**SETTINGS, **change})
    assert raised.value.place == place

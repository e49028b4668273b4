from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from sequencer.language.interchange import parseq
from sequencer.language.interchange.imported import Imported, ImportOptions, UnreadableError

OPTIONS = {"input_fps": 20, "bpm": 120, "output_fps": 20, "cadence": 1}
LIST = [
    {"name": "P2", "positive": "B", "negative": "", "from": 60, "overlap": {"type": "linear"}},
    {"name": "P1", "positive": "A ${x} boat", "negative": "bad", "from": 0, "overlap": {"type": "none"}},
    {"name": "P3", "positive": "off", "from": 70, "enabled": False},
]  # fmt: skip


def document(prompts: Any, **other: Any) -> dict[str, Any]:
    return {
        "meta": {"docName": "Doc"},
        "options": OPTIONS,
        "prompts": prompts,
        "keyframes": [{"frame": 0}, {"frame": 200}],
        **other,
    }


def read(content: dict[str, Any], **options: Any) -> Imported:
    data = json.dumps(content).encode()
    assert parseq.recognise(data)
    return parseq.read(data, ImportOptions(title="p", **options))


def test_a_list_of_prompts_in_seconds() -> None:
    found = read(document(LIST, managedFields=["seed", "info"]))
    assert found.text == (
        'score "Doc"\n\n# dropped: "off" is disabled\n# dropped: negative bad\n'
        '# dropped: the value of ${x}\nat 0s "A ${{x}} boat"\n'
        '# dropped: its overlap with other prompts\nat 3s "B"\n\nend 10s\n'
        "# dropped: the values of seed\n"
    )
    assert found.kept == 2 and "${x}" in found.notes[0]


def test_locked_to_beats_it_has_a_clock_and_a_common_prompt_is_a_variable() -> None:
    prompts = {
        "format": "v2",
        "enabled": True,
        "promptList": LIST[:2],
        "commonPrompt": "fog",
        "commonPromptPos": "prepend",
    }
    text = read(document(prompts, keyframeLock="beats")).text
    assert text.startswith('score "Doc"\nclock 120 bpm, 4/4\nlet common = "fog"\n')
    assert 'at 6b "{common} B"' in text and text.rstrip().endswith("end 20b")
    after = {**prompts, "commonPromptPos": "append", "commonPrompt": {"positive": "fog"}}
    assert '"B {common}"' in read(document(after)).text
    template = {**prompts, "commonPromptPos": "template"}
    assert read(document(template)).dropped[0] == ("templates", 1)
    assert "at 6b" in read(document(LIST), bpm=Fraction(120)).text


def test_rendered_frames_and_a_single_prompt() -> None:
    frames = [{"frame": 0, "deforum_prompt": "a --neg b"}, {"frame": 1}, {"frame": 40, "deforum_prompt": "c"}]  # fmt: skip
    found = read({"rendered_frames": frames})
    assert 'at 0s "a"\nat 2s "c"' in found.text
    assert 'at 0s "x"' in read(document({"positive": "x", "negative": "y"})).text


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        (document({}), "there are no prompts", " at /prompts"),
        (document([{"positive": 3}]), "must be a string", " at /prompts/0/positive"),
        (document([{"positive": "a", "from": -1}]), "from 0", " at /prompts/0/from"),
        (document(LIST, options={"bpm": 1, "output_fps": "x"}), "number", " at /options/output_fps"),
        (document([]), "there is nothing in it", ""),
        ({"rendered_frames": 3}, "must be an array", " at /rendered_frames"),
    ],
)  # fmt: skip
def test_a_broken_document_is_an_error_with_its_pointer(
    content: dict[str, Any], message: str, place: str
) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read(content)
    assert raised.value.place == place

"""The faults file: what its entries do, and what is reported if it is invalid."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.errors import UsageError
from sequencer.stages.simulated.faults import MAX_FILE_BYTES, Faults, read_faults, reads_faults

EVERYTHING = """\
seed: 7
fps: 30000/1001
dialect: 2026-early
scheduled_prompts: list
frames_emitted: chunk
generation_started: each
warmup: 1
reset_keeps: yes
strength: live
unheard: 500ms
jitter: 12ms
stale_states: 2
slow:
  - {chunk: 5, by: 400ms}
  - {from: 8, to: 9, factor: 3/2, take: 1}
delays:
  connect: 1s
  answer: 50ms
  jitter: 5ms
  commands: {set_image: 200ms}
  at_chunk: true
  prompt: 10ms
  image: 1m0.5s
  upload: 2s
  shown: 150ms
  shown_jitter: 10ms
refuse:
  - {command: set_image, nth: 1, reason: too busy}
messages:
  - {do: lose, type: state, nth: 3}
  - {do: repeat, type: chunk_complete, by: 10ms}
  - {do: delay, type: prompt_accepted, by: 2s}
  - {do: swap, type: state}
drops:
  - {chunk: 5, for: 3s}
  - {at: 12s}
uploads:
  - {nth: 2, reason: no space}
  - {image: tram.png}
end: {chunk: 90, reason: out of credits}
"""


def test_every_key() -> None:
    faults = reads_faults(EVERYTHING)
    assert faults.fps == Fraction(30000, 1001)
    assert faults.reset_keeps
    assert faults.jitter == 12_000_000
    assert faults.slow[1].covers(1, 9)
    assert not faults.slow[1].covers(0, 9)
    assert faults.delays.image == 60_500_000_000
    assert faults.delays.commands == {"set_image": 200_000_000}
    assert faults.drops[0].lasting == 3_000_000_000
    assert faults.uploads[1].covers(5, "refs/tram.png")
    assert faults.end is not None
    assert faults.end.reason == "out of credits"


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "slow:\n", "delays:\n"])
def test_an_empty_file_is_a_model_that_behaves(text: str) -> None:
    assert reads_faults(text) == Faults()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stal: 1\n", "f:1:1: stal: there is no such key"),
        ("seed: 1\nslow:\n  - {chunk: 1, bye: 3s}\n", "f:3:16: slow.0.bye: there is no such key"),
        ("jitter: soon\n", "f:1:1: jitter: 'soon' is not a duration: write 350ms, 12.5s or 1m30s"),
        ("jitter: 5\n", "f:1:1: jitter: '5' is not a duration: write 350ms, 12.5s or 1m30s"),
        ("fps: 24/0\n", "f:1:1: fps: '24/0' is not a number: write 24, 19.5 or 30000/1001"),
        ("fps: 0\n", "f:1:1: fps: "),
        ("dialect: old\n", "f:1:1: dialect: "),
        (
            "slow: [{by: 3s}]\n",
            "f:1:8: slow.0: specify the slow chunks: chunk: 5, or from: 5 and to: 9",
        ),
        ("slow: [{from: 3, to: 2}]\n", "f:1:8: slow.0: to: needs a from: at or before it"),
        ("slow: {chunk: 1}\n", "f:1:1: slow: should be a list: begin each item with a dash"),
        ("refuse:\n  - {command: dance}\n", "f:2:6: refuse.0.command: "),
        ("refuse:\n  - {nth: 1}\n", "f:2:5: refuse.0.command: is required"),
        ("messages:\n  - {do: lose, type: stat}\n", "f:2:16: messages.0.type: "),
        (
            "messages:\n  - {do: lose, type: state, by: 1s}\n",
            "f:2:5: messages.0: by: has no meaning with do: lose",
        ),
        ("drops: [{for: 1s}]\n", "f:1:9: drops.0: specify the time: chunk: 5, or at: 12s"),
        ("end: {at: 1s, take: 1}\n", "f:1:1: end: take: needs chunk:"),
        ("delays: 3\n", "f:1:1: delays: should be a map of keys"),
        ("- a\n", "f:1:1: the file: should be a map of keys"),
        ("seed: 1\nseed: 2\n", "f:2:1: duplicate seed"),
        ("seed: [1\n", "f:2:1: "),
        ("a: &x 1\nb: *x\n", "f:2:4: aliases (*name) are not supported"),
        ("? [a]\n: 1\n", "f:1:3: a key must be a word"),
        ("seed: \x07\n", "f: is not YAML"),
        ("delays: {commands: {dance: 1s}}\n", "f:1:21: delays.commands.dance"),
    ],
)
def test_what_is_wrong_is_reported_with_its_position(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        reads_faults(text, "f")
    assert caught.value.message.startswith(message)
    assert caught.value.hint
    assert caught.value.exit_code == 1


def test_every_problem_is_shown() -> None:
    with pytest.raises(UsageError) as caught:
        reads_faults("a: 1\nb: 2\njitter: x\n", "f")
    assert len(caught.value.message.splitlines()) == 3
    with pytest.raises(UsageError) as caught:
        reads_faults("".join(f"k{index}: 1\n" for index in range(50)), "f")
    assert caught.value.message.splitlines()[-1] == "and 30 more"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_faults(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_faults(tmp_path)
    large, binary, good = tmp_path / "large.yaml", tmp_path / "binary.yaml", tmp_path / "good.yaml"
    large.write_text("#" * (MAX_FILE_BYTES + 1))
    binary.write_bytes(b"\xff\xfe\x00")
    good.write_bytes(b"\xef\xbb\xbfwarmup: 1\r\n")
    with pytest.raises(UsageError, match="larger than"):
        read_faults(large)
    with pytest.raises(UsageError, match="UTF-8"):
        read_faults(binary)
    assert read_faults(good).warmup == 1


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UsageError):
        reads_faults("[" * 20_000)
    with pytest.raises(UsageError):
        reads_faults("slow: " + "[" * 400 + "]" * 400)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_any_text_is_faults_or_a_usage_error(text: str) -> None:
    try:
        assert isinstance(reads_faults(text), Faults)
    except UsageError as error:
        assert str(error)


def test_the_documentation_names_every_key_and_its_example_reads() -> None:
    page = (Path(__file__).parents[4] / "docs" / "faults.md").read_text(encoding="utf-8")
    from sequencer.stages.simulated import faults as faults_module

    for model in (
        faults_module.Faults,
        faults_module.Delays,
        faults_module.Slow,
        faults_module.Refusal,
        faults_module.MessageFault,
        faults_module.Drop,
        faults_module.End,
        faults_module.UploadFault,
    ):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in page, f"{model.__name__}.{name}"
    examples = page.split("```yaml\n")[1:]
    assert len(examples) >= 2
    for example in examples:
        reads_faults(example.split("```")[0])

"""The formats that have no test module of their own, each with one small score."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from sequencer import compile_score, reads
from sequencer.reports.interchange import WRITERS, find_writer, writers
from sequencer.reports.interchange.exported import Exported, ExportOptions, UnwritableError
from sequencer.reports.interchange.film import film_of_schedule
from sequencer.reports.interchange.longlive import describe_errors

SCORE = 'seed 5\nat 0c "A <b> & c."\nat 3c "It turns."\nat 6c cut, "A pool."\nend 8c\n'
CLOSE = 'grid 3 frames @ 24 fps\nat 0c "A"\nat 1c "B"\nend 8c\n'


def write(kind: str, score: str = SCORE) -> Exported:
    writer = find_writer(kind)
    assert writer is not None
    return writer.write(film_of_schedule(compile_score(reads(score))), ExportOptions(name="boat"))


def test_every_format_has_its_own_name() -> None:
    assert len({one.KIND for one in writers()}) == len(WRITERS)
    assert find_writer("tapes") is None


def test_subtitles_last_until_the_next_prompt() -> None:
    assert write("srt").text == (
        "1\n00:00:00,000 --> 00:00:04,125\nA <b> & c.\n\n"
        "2\n00:00:04,125 --> 00:00:08,250\nIt turns.\n\n"
        "3\n00:00:08,250 --> 00:00:11,000\nA pool.\n\n"
    )
    text = write("vtt").text
    assert text is not None and text.startswith(
        "WEBVTT\n\n00:00:00.000 --> 00:00:04.125\nA &lt;b&gt; &amp; c.\n"
    )


def test_labels_have_everything_of_a_cue() -> None:
    assert write("audacity").text == (
        "0.000000\t0.000000\tchunk 0 · 0c · prompt A <b> & c.\n"
        "4.125000\t4.125000\tchunk 3 · 3c · prompt It turns.\n"
        "8.250000\t8.250000\tchunk 6 · 6c · cut · prompt A pool.\n"
    )


def test_a_film_beyond_what_film_director_shows_is_reported() -> None:
    assert write("film-director").warnings == ("this format does not contain 1 cut, the seed 5",)
    found = write("film-director", 'at 0c "A"\nat 30c "B"\nend 40c\n')
    assert found.warnings[-1].endswith(
        "shows 30 chunks, and this has 40: prompts that it does not show: 1"
    )
    assert "chunks of 33 frames" in write("film-director", CLOSE).warnings[-1]


def test_longlive_in_its_first_form() -> None:
    found = write("longlive")
    assert found.text == '{"prompts": ["A <b> & c.", "It turns.", "A pool."]}\n'
    assert found.beside == {
        "boat.yaml": "num_output_frames: 45  # latent frames\n"
        "switch_frame_indices: [18, 33]\nnum_frame_per_block: 3\n"
        "# how much later than in the score each switch is, in ms: +375, 0\n"
    }
    assert found.summary == "prompts: 3, rounded 1 (at most 375 ms)"
    with pytest.raises(UnwritableError, match="the prompt on chunk 1 is in the same block"):
        write("longlive", CLOSE)


def test_rounded_times_are_counted() -> None:
    assert describe_errors([Fraction(0)]) == ""
    assert describe_errors([Fraction(-1, 8), Fraction(1, 4)]) == ", rounded 2 (at most 250 ms)"


def test_longlive_in_its_second_form() -> None:
    found = write("longlive-shots")
    assert found.text is None
    assert found.beside["001.json"] == '{"caption": "It turns."}\n'
    assert found.beside["shot_durations.txt"] == "3, 3, 2\n"
    assert "also the 1 that follow without a cut" in found.warnings[-1]
    with pytest.raises(UnwritableError, match="the prompt on chunk 1 is in the same block"):
        write("longlive-shots", CLOSE)


def test_updates_of_vllm_omni_leave_out_the_first_prompt() -> None:
    found = write("vllm-omni")
    assert found.text is not None
    assert json.loads(found.text) == [
        {"at": 4.125, "prompt": "It turns.", "transition_chunks": 1},
        {"at": 8.25, "prompt": "A pool.", "transition_chunks": 1},
    ]
    assert 'start the client with the prompt "A <b> & c."' in found.summary


def test_a_workflow_of_scope_has_a_timeline_and_a_seed() -> None:
    found = write("scope")
    assert found.text is not None
    workflow = json.loads(found.text)
    assert workflow["pipelines"][0]["params"] == {"seed": 5}
    assert [one["end_time"] for one in workflow["timeline"]["entries"]] == [4.125, 8.25, 11.0]
    assert found.warnings == ("this format does not contain 1 cut",)

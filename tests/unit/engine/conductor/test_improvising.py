"""What an operator improvises: it acts within reach, as a rule would that fired at that moment."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.report import Report
from sequencer.events.events import Improvised
from tests.support.conductor_transcripts import IMAGE_FILES, conduct

# A bar of two seconds is two chunks long.
SCORE = """
    clock 120 bpm, 4/4
    section intro 2 bars {
      at 1 "in"
    }
    section jam 4 bars {
      at 1 image "a.png", "j1"
      at 3 "j3"
    }
    play intro jam
"""
STARTED = """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, prompt 8 j3, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
"""


def test_a_prompt_acts_on_the_next_chunk_in_reach() -> None:
    conduct(
        'at 0c "a"\nend 6c\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.5 improvise prompt b      -> prompt 3 b
        2.2 made 1 a                ->
        3.2 made 2 a                ->
        4.2 made 3 b                ->
        ---
        0c: landed, at 0, lead 200.0
        improvised: landed, at 3, lead 1700.0, waited 1700.0
        takes 1, chunks 4, not ended
        """,
    )


def test_settings_act_on_the_next_chunk() -> None:
    conduct(
        'at 0c "a"\nend 6c\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.5 improvise sr off        -> sr off
        0.6 improvise strength 0.5  -> strength 0.5
        1.2 made 0 a                ->
        2.2 made 1 a                ->
        ---
        0c: landed, at 0, lead 200.0
        improvised: landed, at 1, lead 700.0, waited 700.0
        improvised: landed, at 1, lead 600.0, waited 600.0
        takes 1, chunks 2, not ended
        """,
    )


def test_an_image_of_the_score_needs_no_upload() -> None:
    conduct(
        'at 0c image "a.png", "a"\nend 6c\n',
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, show a.png a, wake 10
        0.1 took a                  ->
        0.1 encoded                 -> start
        0.2 started                 ->
        0.5 improvise image a.png   -> show a.png a
        ---
        0c: sent, planned 0, lead 200.0
        improvised: sent, planned 1
        takes 1, chunks 0, not ended
        """,
    )


def test_another_image_is_uploaded_once_and_then_shown() -> None:
    conduct(
        'at 0c "a"\nend 6c\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.5 improvise image b.png   -> upload b.png
        0.6 improvise image b.png   ->
        1.2 made 0 a                ->
        1.5 uploaded b.png          -> show b.png a
        1.6 improvise image b.png   -> show b.png a
        ---
        0c: landed, at 0, lead 200.0
        improvised: overtaken, planned 2
        improvised acts on the same chunk
        improvised: overtaken, planned 2
        improvised acts on the same chunk
        improvised: sent, planned 2
        takes 1, chunks 1, not ended
        """,
    )


def test_an_image_that_would_not_be_encoded_in_time_acts_a_chunk_later() -> None:
    """Otherwise the prompt that it is sent with would replace that of the cue at 2c."""
    conduct(
        'at 0c image "a.png", "a"\nat 2c "b"\nend 6c\n',
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, show a.png a, prompt 2 b, wake 10
        0.1 took a                  ->
        0.1 encoded                 -> start
        0.2 started                 ->
        0.8 improvise image a.png   ->
        1.2 made 0 a                -> show a.png b
        ---
        0c: landed, at 0, lead 200.0
        2c: sent, planned 2
        improvised: sent, planned 2
        takes 1, chunks 1, not ended
        """,
    )


def test_an_image_that_cannot_be_uploaded_does_not_end_the_run() -> None:
    conduct(
        'at 0c "a"\nend 6c\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.5 improvise image b.png   -> upload b.png
        1.2 made 0 a                ->
        1.5 upload-failed b.png no  ->
        2.2 made 1 a                ->
        2.3 improvise image b.png   -> upload b.png
        ---
        0c: landed, at 0, lead 200.0
        improvised: refused
        it could not be uploaded: no
        improvised: waiting
        takes 1, chunks 2, not ended
        """,
    )


def test_an_upload_is_repeated_after_a_lost_connection() -> None:
    conduct(
        'at 0c "a"\nend 6c\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 improvise image b.png   -> upload b.png
        0.4 lost cable              ->
        0.5 improvise image a.png   ->
        0.6 restored                -> upload b.png, upload a.png
        0.65 state 0 a               ->
        0.7 uploaded a.png          -> show a.png a
        ---
        0c: sent, planned 0, lead 200.0
        improvised: waiting
        improvised: sent, planned 1
        note: the connection was lost: cable
        takes 1, chunks 0, not ended
        """,
    )


def test_a_section_is_gone_to_at_the_next_bar_line_in_reach() -> None:
    conduct(
        SCORE,
        f"""
        {STARTED.strip()}
        0.5 improvise goto jam      -> prompt 6 j3
        1.2 made 0 in               -> show a.png j1
        ---
        1.1: landed, at 0, lead 200.0
        1.1: skipped, planned 4
        goto jam
        3.1: skipped, planned 8
        goto jam
        1.1: sent, planned 2
        3.1: sent, planned 6
        goto jam by improvised: waiting
        takes 1, chunks 1, not ended
        """,
    )


def test_it_waits_for_a_bar_line_or_beat() -> None:
    """Bars are two chunks long here, and beats half a chunk."""
    conductor = conduct(
        'clock 120 bpm, 4/4\nsection a 8 bars {\n  at 1 "a"\n}\nsection b 2 bars {\n  at 1 "b"\n}\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 16 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        """,
    )
    for number, unit in enumerate(("bars", "beats")):
        conductor.receive(Improvised(at=1_300_000_000 + number, prompt=unit, unit=unit))  # type: ignore[arg-type]  # one of the two
    conductor.receive(Improvised(at=1_400_000_000, section="b", unit="bars", every=2))
    lines = {line.place: line for line in conductor.view.deliveries if line.fired is not None}
    assert {place: (line.quarter, line.nominal) for place, line in lines.items()} == {
        "improvised at next bar": (8, 4),
        "improvised at next beat": (Fraction(6), 3),
    }
    assert [float(one.end) for one in conductor.view.passes] == [4.0, 8.0]
    assert [one.place for one in conductor.view.run_actions] == ["improvised at next 2 bars"]


def test_what_is_improvised_while_a_take_is_opened_acts_once_it_runs() -> None:
    conduct(
        'at 0c "a"\nend 6c\n',
        """
        0.0 improvise prompt x      ->
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 improvise image b.png   ->
        0.2 took a                  -> start
        0.3 started                 -> prompt 2 x, upload b.png
        0.5 uploaded b.png          -> show b.png a
        ---
        0c: sent, planned 0, lead 300.0
        improvised: sent, planned 2
        improvised: sent, planned 1
        takes 1, chunks 0, not ended
        """,
    )


def test_an_image_that_is_uploaded_during_a_cut_opens_the_next_take() -> None:
    conduct(
        'at 0c "a"\nat 2c cut, "b"\nend 6c\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.1 improvise image b.png   -> upload b.png
        1.2 made 0 a                -> reset, wake 11.2
        1.5 uploaded b.png          ->
        2.2 made 1 a                ->
        2.3 reset                   -> seed 3, sr 2x, show b.png b, wake 12.3
        ---
        0c: landed, at 0, lead 200.0
        2c: sent, planned 2, lead 0.0
        improvised: sent, planned 2, lead 0.0, waited 1200.0
        takes 1, chunks 2, not ended
        """,
    )


def test_an_image_that_is_uploaded_while_a_take_is_opened_waits_for_it() -> None:
    conduct(
        'at 0c "a"\nat 2c cut, "b"\nend 6c\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.1 improvise image b.png   -> upload b.png
        1.2 made 0 a                -> reset, wake 11.2
        2.2 made 1 a                ->
        2.3 reset                   -> seed 3, sr 2x, prompt 0 b, wake 12.3
        2.4 uploaded b.png          ->
        2.5 took b                  -> start
        2.6 started                 -> show b.png b
        ---
        0c: landed, at 0, lead 200.0
        2c: sent, at 2, lead 300.0
        improvised: sent, planned 3
        takes 2, chunks 2, not ended
        """,
    )


def reported(script: str, score: str = 'at 0c "a"\nend 3c\n') -> Report:
    return conduct(score, script).report()


def test_what_comes_too_late_is_reported() -> None:
    report = reported(
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                ->
        2.3 improvise prompt late   ->
        2.4 improvise image b.png   -> upload b.png
        3.2 made 2 a                -> wake 13.2
        3.3 improvise prompt later  ->
        3.4 uploaded b.png          ->
        3.5 shown 2                 -> wake 4.6
        4.6 woke                    -> finish (the score is over)
        """
    )
    late = [cue for cue in report.cues if cue.place == "improvised"]
    assert [(cue.status, cue.reason) for cue in late] == [
        (Status.SKIPPED, "it fired too near the end: no chunk within reach was left"),
        (Status.SKIPPED, "the run was over before it could be shown"),
    ]
    assert report.notes == ("an improvised cue came too late: the run was over before",)


@pytest.mark.parametrize(
    "values", [{}, {"strength": Fraction(2)}, {"strength": Fraction(-1, 2)}], ids=repr
)
def test_values_of_a_journal_are_checked(values: dict[str, Fraction]) -> None:
    with pytest.raises(ValueError, match=r"improvised|strength"):
        Improvised(at=1, strength=values.get("strength"))


def test_its_images_are_listed_after_those_of_the_score() -> None:
    conductor = conduct(
        'at 0c image "a.png", "a"\nend 6c\n',
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, show a.png a, wake 10
        0.1 took a                  ->
        0.1 encoded                 -> start
        0.2 started                 ->
        0.5 improvise image b.png   -> upload b.png
        """,
    )
    assert conductor.view.images == IMAGE_FILES

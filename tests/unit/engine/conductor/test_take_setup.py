"""How a take is set up: uploads, its opening, the start, and what happens if answers fail to
arrive.
"""

from __future__ import annotations

import pytest

from tests.support.conductor_transcripts import conduct

PLAIN = """
    at 0c "a"
    at 3c "b"
    end 5c
"""
PICTURED = """
    at 0c image "a.png", strength 0.5, "a"
    at 3c image "b.png"
    end 5c
"""


def test_a_score_is_played_from_its_first_chunk_until_its_last_was_shown() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.4 shown 0                 ->
        2.2 made 1 a                ->
        2.3 took b                  ->
        3.2 made 2 a                ->
        3.4 shown 2                 ->
        4.2 made 3 b                ->
        4.4 shown 3                 ->
        5.2 made 4 b                -> wake 15.2
        5.4 shown 4                 -> wake 6.5
        6.4 woke 6.4                ->
        6.5 woke                    -> finish (the score is over)
        7.0 go on                   ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3, lead 3200.0
        takes 1, chunks 5, ended well (the score is over)
        """,
    )


def test_images_are_uploaded_before_the_first_take_is_set_up() -> None:
    conduct(
        PICTURED,
        """
        0.0 ready                   -> upload a.png, upload b.png
        0.5 uploaded b.png          ->
        0.6 lost gone               ->
        0.7 restored                -> upload a.png
        0.9 uploaded a.png          -> seed 3, sr 2x, strength 0.5, show a.png a, wake 10.9
        1.0 took a                  ->
        1.1 encoded                 -> start
        1.2 started                 ->
        2.2 made 0 a                ->
        3.2 made 1 a                -> show b.png a
        4.2 made 2 a                ->
        4.3 encoded                 ->
        5.2 made 3 a                ->
        6.2 made 4 a                -> wake 16.2
        6.3 shown 4                 -> wake 7.4
        7.4 woke                    -> finish (the score is over)
        ---
        0c: landed, at 0, shown 4, lead 300.0
        3c: landed, planned 3, at 4, lead 1000.0
        note: the connection was lost: gone
        takes 1, chunks 5, ended well (the score is over)
        """,
    )


def test_an_image_that_only_a_rule_shows_is_uploaded_before_the_first_take_too() -> None:
    """So a rule that fires early does not wait for an upload."""
    conduct(
        """
    at 0c "a"
    end 5c
    on go x -> image "b.png"
""",
        """
        0.0 ready                   -> upload b.png
        0.5 uploaded b.png          -> seed 3, sr 2x, prompt 0 a, wake 10.5
        0.6 took a                  -> start
        0.7 started                 ->
        0.8 go x                    -> show b.png a
        """,
    )


@pytest.mark.parametrize(
    ("script"),
    [
        """
        0.0 ready                   -> upload a.png, upload b.png
        0.5 upload-failed b.png full -> finish (the image b.png could not be uploaded: full)
        """,
        """
        0.0 ready                   -> upload a.png, upload b.png
        0.5 upload-failed 0123456789abcdef full -> finish (the image 0123456789ab could not be uploaded: full)
        """,
    ],
)
def test_without_an_image_nothing_is_begun(script: str) -> None:
    conduct(PICTURED, script)


def test_a_take_starts_when_the_model_holds_what_it_opens_with() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 conditions image        ->
        0.2 took b                  ->
        0.3 conditions prompt       -> start
        """,
    )
    conduct(
        PICTURED,
        """
        0.0 ready                   -> upload a.png, upload b.png
        0.1 uploaded a.png          ->
        0.2 uploaded b.png          -> seed 3, sr 2x, strength 0.5, show a.png a, wake 10.2
        0.3 conditions prompt       ->
        0.4 conditions image        -> start
        """,
    )
    conduct(
        PICTURED,
        """
        0.0 ready                   -> upload a.png, upload b.png
        0.2 uploaded b.png          ->
        0.3 uploaded a.png          -> seed 3, sr 2x, strength 0.5, show a.png a, wake 10.3
        0.4 encoded                 ->
        0.5 took "a "               -> start
        """,
    )


def test_where_the_model_does_not_answer_the_take_is_started_all_the_same() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        9.0 woke                    ->
        9.1 lost gone               ->
        10.0 woke                   -> wake 20
        11.0 restored               -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 21
        21.0 woke                   -> start, wake 31
        21.1 started                ->
        22.1 made 0 a               ->
        ---
        0c: landed, at 0, lead 21100.0
        3c: sent, planned 3
        note: the connection was lost: gone
        note: the model did not report that it has what it needs to start; it was started all the same
        takes 1, chunks 1, not ended
        """,
    )


def test_a_start_that_is_refused_is_tried_again_twice() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 refused start "no prompt" -> wake 1.2
        1.1 woke                    ->
        1.2 woke                    -> seed 3, sr 2x, prompt 0 a, prompt 3 b, start, wake 11.2
        1.3 refused start "no prompt" -> wake 2.3
        2.3 woke                    -> seed 3, sr 2x, prompt 0 a, prompt 3 b, start, wake 12.3
        2.4 refused start "no prompt" -> finish (the model refused to start: no prompt)
        ---
        0c: missed, planned 0
        the run ended first: the model refused to start: no prompt
        3c: missed, planned 3
        the run ended first: the model refused to start: no prompt
        refused: start: no prompt
        refused: start: no prompt
        refused: start: no prompt
        takes 0, chunks 0, ended (the model refused to start: no prompt)
        """,
    )


def test_what_a_take_opens_with_is_sent_again_twice_where_it_is_refused() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 refused schedule_prompt busy -> wake 0.35
        0.2 took a                  ->
        0.3 woke                    ->
        0.35 woke                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.35
        0.4 refused schedule_prompt busy -> wake 0.65
        0.65 woke                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.65
        0.7 refused schedule_prompt busy -> finish (the model refused what the take opens with (schedule_prompt): busy)
        ---
        0c: refused, planned 0
        busy
        3c: missed, planned 3
        the run ended first: the model refused what the take opens with (schedule_prompt): busy
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        takes 0, chunks 0, ended (the model refused what the take opens with (schedule_prompt): busy)
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 refused schedule_prompt busy -> wake 0.35
        0.35 woke                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.35
        0.4 took a                  -> start
        0.5 started                 ->
        1.5 made 0 a                ->
        2.5 closing "finished by hand" -> finish (finished by hand)
        ---
        0c: landed, at 0, lead 500.0
        3c: skipped, planned 3
        the operator ended the run before its chunk was made
        refused: schedule_prompt: busy
        takes 1, chunks 1, stopped (finished by hand)
        """,
    )


def test_what_a_take_opens_with_may_be_refused_after_the_model_was_asked_to_start() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 conditions prompt       -> start
        0.2 refused schedule_prompt busy -> wake 0.45
        0.3 conditions prompt       ->
        0.45 woke                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.45
        0.5 took a                  -> start
        """,
    )


def test_the_first_revision_sent_it_once() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 refused schedule_prompt busy -> finish (the model refused what the take opens with (schedule_prompt): busy)
        ---
        0c: refused, planned 0
        busy
        3c: missed, planned 3
        the run ended first: the model refused what the take opens with (schedule_prompt): busy
        refused: schedule_prompt: busy
        takes 0, chunks 0, ended (the model refused what the take opens with (schedule_prompt): busy)
        """,
        revision=1,
    )


def test_another_prompt_that_is_refused_during_the_opening_is_sent_once_more_by_itself() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 refused schedule_prompt busy -> prompt 3 b
        0.3 refused schedule_prompt busy -> prompt 3 b
        0.4 refused schedule_prompt busy ->
        0.5 refused set_seed busy   ->
        0.6 started                 ->
        ---
        0c: sent, planned 0, lead 600.0
        3c: refused, planned 3
        busy
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        refused: set_seed: busy
        takes 1, chunks 0, not ended
        """,
    )


def test_a_start_that_nothing_answers_is_asked_for_three_times() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        10.0 woke                   -> start, wake 20
        10.1 woke                   ->
        10.2 lost gone              ->
        20.1 woke                   ->
        20.2 restored               -> wake 30.2
        30.2 woke                   -> start, wake 40.2
        40.2 woke                   -> finish (the model did not answer to start)
        ---
        0c: missed, planned 0
        the run ended first: the model did not answer to start
        3c: missed, planned 3
        the run ended first: the model did not answer to start
        note: the connection was lost: gone
        takes 0, chunks 0, ended (the model did not answer to start)
        """,
    )


def test_the_state_after_a_second_start_shows_whether_the_first_one_worked() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        1.0 state 0 a               ->
        10.0 woke                   -> start, wake 20
        10.2 refused start "started already" ->
        10.3 state 0 a              ->
        11.3 made 0 a               ->
        ---
        0c: landed, at 0, lead 10300.0
        3c: sent, planned 3
        refused: start: started already
        takes 1, chunks 1, not ended
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        10.0 woke                   -> start, wake 20
        10.2 refused start "no prompt" ->
        10.3 state 0 a stopped      -> wake 11.3
        11.3 woke                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, start, wake 21.3
        11.4 refused start "no prompt" -> finish (the model refused to start: no prompt)
        ---
        0c: missed, planned 0
        the run ended first: the model refused to start: no prompt
        3c: missed, planned 3
        the run ended first: the model refused to start: no prompt
        refused: start: no prompt
        refused: start: no prompt
        takes 0, chunks 0, ended (the model refused to start: no prompt)
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        10.0 woke                   -> start, wake 20
        13.3 state 2 a 3=b          ->
        14.3 made 2 a               ->
        ---
        0c: landed, at 0, lead 11300.0
        3c: sent, planned 3, lead 14300.0
        takes 1, chunks 3, not ended
        """,
    )


def test_a_lost_connection_while_a_take_is_set_up_sets_it_up_again() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 lost gone               ->
        0.2 restored                -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.2
        0.3 took a                  -> start
        0.4 state 0 a stopped       ->
        0.5 started                 ->
        ---
        0c: sent, planned 0, lead 500.0
        3c: sent, planned 3
        note: the connection was lost: gone
        takes 1, chunks 0, not ended
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 lost gone               ->
        0.2 restored                -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.2
        0.3 took a                  -> start
        0.4 state 0 a stopped       -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.4
        0.5 took a                  -> start
        """,
        revision=2,
    )


def test_a_lost_connection_before_the_start_is_answered_leaves_it_to_the_models_state() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 lost gone               ->
        0.3 restored                -> wake 10.3
        0.4 state 0 a stopped       -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10.4
        0.5 state 0 a stopped       ->
        0.6 took a                  -> start
        0.7 state 0 a stopped       ->
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 lost gone               ->
        3.3 restored                -> wake 13.3
        3.4 state 1 a               -> prompt 3 b
        4.4 made 1 a                ->
        """,
    )


def test_the_first_chunk_replaces_a_start_that_is_not_reported() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.3 made 0 a 0              ->
        1.3 made 0 a                ->
        1.4 shown 0 1               ->
        ---
        0c: landed, at 0, lead 300.0
        3c: sent, planned 3
        takes 1, chunks 1, not ended
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.3 made 2 a                ->
        3.3 made 1 a                ->
        3.4 shown 0 2               ->
        3.5 shown 0 1               ->
        ---
        0c: landed, at 0, lead 1300.0
        3c: sent, planned 3
        takes 1, chunks 2, not ended
        """,
    )


def test_what_an_operator_did_while_a_take_was_opened_acts_when_it_runs() -> None:
    conduct(
        PLAIN
        + """
    on go flash -> "flash"
    on note 60 -> "note"
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.01 go flash               ->
        0.02 go nothing             ->
        0.03 note 60 0              ->
        0.05 hand-pause             ->
        0.1 took a                  -> start
        0.15 note 60                ->
        0.2 started                 -> prompt 2 flash, pause, prompt 2 note
        0.3 paused 0                ->
        0.9 hand-resume             -> resume
        1.0 resumed 1               ->
        ---
        0c: sent, planned 0, lead 200.0
        3c: waiting
        go flash: overtaken, planned 2
        note C3 acts on the same chunk
        note C3: sent, planned 2
        takes 1, chunks 0, not ended
        """,
    )


def test_a_take_that_is_cut_at_once_leaves_what_was_held_to_the_next_one() -> None:
    conduct(
        """
    at 0c "a"
    at 1c cut seed 9, "b"
    on go flash -> "flash"
    end 5c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.05 go flash               ->
        0.1 took a                  -> start
        0.2 started                 -> reset, wake 10.2
        0.3 go flash                ->
        1.2 made 0 a                ->
        1.25 reset                  -> seed 9, sr 2x, prompt 0 b, wake 11.25
        1.3 took b                  -> start
        1.4 started                 -> prompt 2 flash
        1.45 took flash             ->
        2.4 made 0 b                ->
        3.4 made 1 b                ->
        4.4 made 2 flash            ->
        5.4 made 3 flash            -> wake 15.4
        5.5 shown 3                 -> wake 6.6
        6.6 woke                    -> finish (the score is over)
        ---
        0c: landed, at 0, lead 200.0
        1c: landed, at 1, shown 4, lead 150.0
        go flash: overtaken, planned 3, lead 2000.0, waited 2000.0
        go flash acts on the same chunk
        go flash: landed, at 3, shown 4, lead 2000.0, waited 2000.0
        takes 2, chunks 5, ended well (the score is over)
        """,
    )


def test_a_take_that_shows_nothing_opens_with_no_prompt_and_no_image() -> None:
    conduct(
        """
    at 0c strength 0.25, sr 4x, "a"
    at 2c cut, "b"
    at 3c cut seed 5, sr 2x, "c"
    end 4c
    """,
        """
        0.0 ready                   -> seed 3, sr 4x, strength 0.25, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> reset, wake 11.2
        2.2 made 1 a                ->
        2.3 reset                   -> seed 3, sr 4x, strength 0.25, prompt 0 b, wake 12.3
        2.4 took b                  -> start
        2.5 started                 -> reset, wake 12.5
        3.5 made 0 b                ->
        3.6 reset                   -> seed 5, sr 2x, strength 0.25, prompt 0 c, wake 13.6
        3.7 took c                  -> start
        3.8 started                 ->
        4.8 made 0 c                -> wake 14.8
        4.9 shown 0                 -> wake 6
        6.0 woke                    -> finish (the score is over)
        ---
        0c: landed, at 0, shown 3, lead 200.0
        2c: landed, at 2, lead 200.0
        3c: landed, at 3, lead 200.0
        takes 3, chunks 4, ended well (the score is over)
        """,
    )


# ---- runs that wait, armed, for their operator ---------------------------------------------------


def test_a_run_that_waits_for_its_operator_is_set_up_and_starts_when_it_is_begun() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  ->
        9.0 go x                    ->
        10  woke                    ->
        200 begin                   -> start, wake 210
        200.2 started               ->
        201.2 made 0 a              ->
        """,
        waits_for_go=True,
    )


def test_a_run_that_is_begun_before_it_is_set_up_starts_as_soon_as_it_is() -> None:
    conduct(
        PICTURED,
        """
        0.0 ready                   -> upload a.png, upload b.png
        0.3 begin                   ->
        0.5 uploaded b.png          ->
        0.9 uploaded a.png          -> seed 3, sr 2x, strength 0.5, show a.png a, wake 10.9
        1.0 took a                  ->
        1.1 encoded                 -> start
        """,
        waits_for_go=True,
    )


def test_an_armed_run_is_set_up_again_after_a_lost_connection_and_still_waits() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  ->
        5.0 lost gone               ->
        6.0 restored                -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 16
        6.1 took a                  ->
        7.0 begin                   -> start
        """,
        waits_for_go=True,
    )


def test_a_model_that_does_not_answer_is_not_started_before_the_run_is_begun() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        10  woke                    ->
        12  begin                   -> start, wake 22
        """,
        waits_for_go=True,
    )


def test_the_start_of_a_device_begins_an_armed_run_and_its_stop_does_not() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  ->
        1.0 clock stop              ->
        2.0 clock start             -> start
        """,
        waits_for_go=True,
    )


def test_a_clock_that_runs_already_does_not_begin_a_run_that_waits_for_its_operator() -> None:
    script = """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        0.2 fit 8 120               ->
        0.5 begin                   -> start
        """
    score = 'clock midi, 4/4, nominal 120 bpm\nat 1 "a"\nend 4\n'
    conduct(score, script, waits_for_go=True)
    conduct(
        score,
        script.replace("fit 8 120               ->", "fit 8 120               -> start").replace(
            "0.5 begin                   -> start", "0.5 begin                   ->"
        ),
    )


def test_an_operator_ends_an_armed_run() -> None:
    conductor = conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  ->
        1.0 closing enough          -> finish (enough)
        """,
        waits_for_go=True,
    )
    assert conductor.view.take == 0

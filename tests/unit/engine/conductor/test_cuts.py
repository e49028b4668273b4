"""Cuts: a take ends with a reset, and the next one is opened when the model reports the reset or
fails to.
"""

from __future__ import annotations

from tests.support.conductor_transcripts import conduct

TWO = """
    at 0c "a"
    at 3c cut seed 9, "b"
    at 5c "c"
    end 7c
"""


def test_a_cut_asks_for_a_reset_while_the_chunk_before_it_is_made() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        2.5 shown 0 1               ->
        3.2 made 2 a                ->
        3.3 reset                   -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 13.3
        3.4 shown 1 1               ->
        3.5 took b                  -> start
        3.6 started                 ->
        3.65 state 1 a              ->
        3.7 shown 2 1               ->
        3.8 shown 3 1               ->
        4.6 made 0 b                ->
        4.7 shown 0 2               ->
        5.6 made 1 b                ->
        6.6 made 2 c                ->
        7.6 made 3 c                -> wake 17.6
        7.7 shown 3 2               -> wake 8.8
        7.8 shown 4 2               -> finish (the score is over)
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3, lead 300.0
        5c: landed, at 5, shown 6, lead 2300.0
        takes 2, chunks 7, ended well (the score is over)
        """,
    )


def test_a_reset_that_is_not_reported_is_asked_for_again_and_then_taken_for_done() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        3.2 made 2 a                ->
        12.0 woke                   ->
        12.1 lost gone              ->
        12.2 woke                   -> wake 22.2
        12.3 restored               -> reset, wake 22.3
        22.3 woke                   -> reset, wake 32.3
        32.3 woke                   -> reset, wake 42.3
        42.3 woke                   -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 52.3
        42.4 took b                 -> start
        42.5 started                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, at 3, lead 200.0
        5c: sent, planned 5
        note: the connection was lost: gone
        note: the model did not report the reset; the new take was opened all the same
        note: nothing was reported for 39.3 s before chunk 3
        takes 2, chunks 3, not ended
        """,
    )


def test_a_model_that_still_runs_the_old_take_is_asked_as_often_as_it_takes() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        12.2 woke                   -> reset, wake 22.2
        22.2 woke                   -> reset, wake 32.2
        32.0 state 2 a              ->
        32.2 woke                   -> reset, wake 42.2
        42.2 woke                   -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 52.2
        """,
    )


def test_what_the_old_take_made_after_the_cut_was_due_is_noted() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        3.2 made 2 a                ->
        4.2 made 3 a                ->
        5.2 made 4 a                ->
        5.3 reset                   -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 15.3
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3, lead 0.0
        5c: sent, planned 5
        note: the model made 2 chunks after chunk 2, where a cut was due
        takes 1, chunks 3, not ended
        """,
    )
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        5.2 state 4 a               ->
        5.25 state 3 a              ->
        5.3 reset                   -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 15.3
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3, lead 0.0
        5c: sent, planned 5
        note: the model made 1 chunk after chunk 2, where a cut was due
        takes 1, chunks 3, not ended
        """,
    )


def test_a_reset_before_the_chunk_in_the_making_was_reported_has_to_be_confirmed() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        2.3 reset                   ->
        2.4 state 2 a               ->
        2.5 state 0 a stopped       -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 12.5
        2.6 took b                  -> start
        2.7 started                 ->
        3.7 made 0 b                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3, lead 200.0
        5c: sent, planned 5
        takes 2, chunks 4, not ended
        """,
    )
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        2.5 state 0 a stopped       ->
        2.6 reset                   ->
        12.2 woke                   -> reset, wake 22.2
        12.3 reset                  -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 22.3
        12.4 reset                  -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 22.4
        12.5 reset                  ->
        12.6 took b                 -> start
        """,
    )


def test_a_reset_that_was_asked_for_twice_and_comes_twice_sets_the_take_up_twice() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        3.2 made 2 a                ->
        12.2 woke                   -> reset, wake 22.2
        22.2 woke                   -> reset, wake 32.2
        22.3 reset                  -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 32.3
        22.4 took b                 -> start
        22.5 reset                  -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 32.5
        22.6 took b                 -> start
        22.7 reset                  -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 32.7
        22.8 reset                  ->
        22.9 took b                 -> start
        23.0 started                ->
        """,
    )


def test_a_cut_that_is_refused_is_not_made() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        2.3 refused schedule_prompt busy ->
        2.4 refused reset no        -> prompt 3 b, prompt 5 c
        3.2 made 2 a                ->
        4.2 made 3 a                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: refused, planned 3, lead 800.0
        no
        5c: sent, planned 5
        refused: schedule_prompt: busy
        refused: reset: no
        takes 1, chunks 4, not ended
        """,
    )


def test_a_second_reset_that_is_refused_shows_that_the_first_one_worked() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        3.2 made 2 a                ->
        12.2 woke                   -> reset, wake 22.2
        12.3 refused reset "nothing runs" -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 22.3
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3, lead 0.0
        5c: sent, planned 5
        refused: reset: nothing runs
        takes 1, chunks 3, not ended
        """,
    )


LATE = """
    {}
    at 0c "a"
    at 1c "x"
    at 2c cut, "b"
    at 3c sr 4x, "y"
    at 5c "d"
    end 9c
"""


def test_what_a_late_cut_passed_over_opens_the_next_take_or_is_dropped() -> None:
    script = """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 1 x, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 lost gone               ->
        5.2 restored                ->
        5.3 state 4 a               -> prompt 6 x, reset, wake 15.3
        6.2 made 4 a                ->
        6.3 reset                   -> seed 3, sr 4x, prompt 0 d, wake 16.3
        6.4 took d                  -> start
        6.5 started                 ->
        7.5 made 0 d                ->
        8.5 made 1 d                ->
        ---
        0c: landed, at 0, lead 200.0
        1c: missed, planned 1
        no chunk was reported with it before the next prompt was due
        2c: landed, planned 2, at 5, lead 200.0
        without its prompt: 3c acts on the same chunk
        3c: landed, planned 3, at 5, lead 200.0
        without its prompt: 5c acts on the same chunk
        5c: landed, at 5, lead 200.0
        note: the connection was lost: gone
        note: no chunk was reported for 5.1 s, while chunks 0 to 3 were made
        takes 2, chunks 7, not ended
        """
    conduct(LATE.format("late shift"), script)


def test_what_a_late_cut_passed_over_is_dropped_where_late_cues_are() -> None:
    conduct(
        LATE.format("late drop"),
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 1 x, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 lost gone               ->
        5.2 restored                ->
        5.3 state 4 a               -> reset, wake 15.3
        6.2 made 4 a                ->
        6.3 reset                   -> seed 3, sr 2x, prompt 0 d, wake 16.3
        6.4 took d                  -> start
        6.5 started                 ->
        7.5 made 0 d                ->
        8.5 made 1 d                ->
        9.5 made 2 d                ->
        ---
        0c: landed, at 0, lead 200.0
        1c: dropped, planned 1
        chunk 1 could not be reached any more
        2c: landed, planned 2, at 5, lead 200.0
        without its prompt: 5c acts on the same chunk
        3c: dropped, planned 3
        chunk 3 could not be reached any more
        5c: landed, at 5, lead 200.0
        note: the connection was lost: gone
        note: no chunk was reported for 5.1 s, while chunks 0 to 3 were made
        takes 2, chunks 8, not ended
        """,
    )


def test_a_cut_that_could_only_begin_at_the_end_is_not_made() -> None:
    score = """
    at 0c "a"
    at 3c cut, "b"
    end 5c
    """
    events = """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 lost gone               ->
        4.2 restored                ->
        4.3 state 4 a               ->
        5.2 made 4 a                -> wake 15.2
        ---
        0c: landed, at 0, lead 200.0
        3c: waiting
        note: the connection was lost: gone
        takes 1, chunks 5, not ended
        """
    conduct(score, events)


def test_earlier_revisions_made_a_cut_after_the_end() -> None:
    conduct(
        """
    at 0c "a"
    at 3c cut, "b"
    end 5c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 lost gone               ->
        4.2 restored                ->
        4.31 state 4 a              -> reset, wake 14.31
        5.2 made 4 a                ->
        5.3 reset                   -> seed 3, sr 2x, prompt 0 b, wake 15.3
        5.4 took b                  -> start
        5.5 started                 ->
        6.5 made 0 b                -> wake 16.5
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, planned 3, at 5, lead 200.0
        chunk 3 could not be reached any more
        note: the connection was lost: gone
        note: the model made 1 chunk after the end of the score
        takes 2, chunks 6, not ended
        """,
        revision=2,
    )


def test_a_cut_waits_for_a_model_that_rests() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.1 hand-pause              -> pause
        1.2 made 0 a                ->
        1.3 paused 0                ->
        5.0 hand-resume             -> resume
        5.1 resumed                 ->
        6.1 made 1 a                -> reset, wake 16.1
        6.2 hand-pause              ->
        7.1 made 2 a                ->
        7.2 reset                   -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 17.2
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3, lead 0.0
        5c: sent, planned 5
        takes 1, chunks 3, not ended
        """,
    )


def test_a_lost_connection_while_a_reset_is_awaited_asks_again() -> None:
    conduct(
        TWO,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> reset, wake 12.2
        2.3 lost gone               ->
        4.0 restored                -> reset, wake 14
        4.1 state 0 "" stopped      ->
        4.2 reset                   ->
        4.25 lost gone              ->
        4.27 restored               -> reset, wake 14.27
        4.3 took b                  ->
        4.35 state 0 b stopped      -> seed 9, sr 2x, prompt 0 b, prompt 2 c, wake 14.35
        4.4 started                 ->
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3, lead 0.0
        5c: sent, planned 5
        note: the connection was lost: gone
        note: the connection was lost: gone
        takes 1, chunks 3, not ended
        """,
    )


def test_what_a_rule_shows_while_a_cut_is_under_way_opens_the_next_take() -> None:
    conduct(
        """
    at 0c "a"
    at 6c "c"
    on go cut -> cut seed 4, "new"
    on go both -> cut, "two"
    on go both -> sr 4x
    on go flash -> "flash"
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 go cut                  -> reset, wake 11.3
        1.4 go flash                ->
        1.5 go both                 ->
        2.2 made 1 a                ->
        2.3 reset                   -> seed 4, sr 2x, prompt 0 new, wake 12.3
        2.4 took new                -> start
        2.5 started                 -> prompt 2 flash, reset, wake 12.5
        3.5 made 0 new              ->
        4.5 made 1 new              ->
        4.6 reset                   -> seed 4, sr 4x, prompt 0 two, prompt 1 flash, wake 14.6
        4.7 took two                -> start
        4.8 started                 ->
        ---
        0c: landed, at 0, lead 200.0
        6c: waiting
        go cut: landed, at 2, lead 200.0, waited 1200.0
        go flash: sent, planned 4
        go both: sent, planned 3, lead 200.0, waited 2300.0
        go both: sent, at 3, lead 200.0, waited 2300.0
        note: the model made 1 chunk after chunk 2, where a cut was due
        takes 3, chunks 3, not ended
        """,
    )


def test_a_rule_that_cuts_while_the_model_rests_cuts_there() -> None:
    conduct(
        """
    at 0c "a"
    on go cut -> cut seed 4, "new"
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.1 hand-pause              -> pause
        1.2 made 0 a                ->
        1.3 paused 0                ->
        1.4 go cut                  -> reset, wake 11.4
        1.5 reset                   -> seed 4, sr 2x, prompt 0 new, wake 11.5
        1.6 took new                -> start
        1.7 started                 ->
        2.7 made 0 new              ->
        ---
        0c: landed, at 0, lead 200.0
        go cut: landed, at 1, lead 200.0, waited 300.0
        takes 2, chunks 2, not ended
        """,
    )


def test_what_is_counted_in_a_take_counts_from_its_first_chunk() -> None:
    conduct(
        """
    at 0c "a"
    at 2c cut, "b"
    at 5c "c"
    at 6c sr off
    on go rest -> pause
    on go on -> resume
    end 8c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        10.0 woke                   -> start, wake 20
        10.1 started                ->
        11.1 made 0 a               -> reset, wake 21.1
        12.1 made 1 a               ->
        12.2 reset                  -> seed 3, sr 2x, prompt 0 b, prompt 3 c, wake 22.2
        12.25 refused start "late"  -> wake 13.25
        13.25 woke                  -> start, wake 23.25
        13.3 took b                 ->
        13.4 started                ->
        14.4 made 0 b               ->
        14.5 go rest                -> pause
        15.4 made 1 b               ->
        15.5 go rest                -> pause
        15.6 paused 1               ->
        20.0 go on                  -> resume
        20.1 resumed 2              ->
        21.1 made 2 b               -> sr off
        21.2 state 4 b              ->
        22.1 made 4 c               ->
        22.2 lost gone              ->
        22.3 restored               ->
        22.4 state 5 c              ->
        23.1 made 5 c               -> wake 33.1
        23.2 shown 5 2              ->
        23.3 shown 5 3              -> wake 24.4
        ---
        0c: landed, at 0, lead 10100.0
        2c: landed, at 2, shown 7, lead 1200.0
        5c: landed, planned 5, at 6, shown 7, lead 8900.0
        6c: landed, at 6, shown 7, lead 100.0
        pause by go rest: landed at 3 after 1100.0
        pause by go rest: landed at 3 after 100.0
        resume by go on: landed at 4 after 100.0
        refused: start: late
        note: the model did not report that it has what it needs to start; it was started all the same
        note: the connection was lost: gone
        takes 2, chunks 8, not ended
        """,
    )

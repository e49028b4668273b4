"""Messages to external devices are sent a fifth of a second before their time, whatever the model
does.
"""

from __future__ import annotations

from tests.support.conductor_transcripts import conduct

HEAD = """
    clock 60 bpm, 4/4
    section one 2 bars {
      at 1 "a"
      at 1.2 midi note C3 for 1 beat
      at 1.4 midi cc 20 99, midi program 3 ch 2
      at 2.2 midi note D3 ch 10 vel 90 for 500ms
      at 2.4 midi note E3 for 4 beats, midi cc 21 5
      on note 70 -> midi note F3 for 2 beats, midi cc 30 7
    }
"""


def test_a_message_leaves_when_its_part_of_a_chunk_is_shown() -> None:
    conduct(
        HEAD,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.5 note 70                 -> midi 0.5 904164, midi 2.5 804100, midi 0.5 b01e07
        1.2 made 0 a                ->
        1.3 boundary 1 1.2 1        ->
        1.7 shown 0                 ->
        2.2 made 1 a                -> wake 2.5
        2.5 woke                    -> midi 2.7 903c64, midi 3.7 803c00
        2.7 shown 1                 ->
        3.2 made 2 a                ->
        3.25 boundary 3 3.2 1       ->
        3.7 shown 2                 ->
        4.2 made 3 a                -> wake 4.5
        4.4 woke                    ->
        5.2 made 4 a                -> midi 4.7 b01463, midi 4.7 c102
        5.3 note 70                 -> midi 5.3 904164, midi 7.3 804100, midi 5.3 b01e07
        6.2 made 5 a                -> wake 6.5
        6.7 shown 5                 -> midi 6.7 993e5a, midi 7.2 893e00
        7.2 made 6 a                ->
        8.2 made 7 a                -> wake 8.5, wake 18.2
        8.3 shown 7                 -> wake 9.4
        9.4 woke                    -> midi 8.7 b01505, finish (the score is over)
        ---
        1.1: landed, at 0, lead 200.0
        note A#3: midi note 65 ch 1 vel 100 for 2000 ms, midi cc 30 7 ch 1 sent as 0.0
        1.2: midi note 60 ch 1 vel 100 for 1000 ms sent as 1.0
        1.4: midi cc 20 99 ch 1, midi program 3 ch 2 (2 on the wire) sent as 3.0, late by 500.0
        note A#3: midi note 65 ch 1 vel 100 for 2000 ms, midi cc 30 7 ch 1 sent as 3.6
        2.2: midi note 62 ch 10 vel 90 for 500 ms sent as 5.0
        2.4: midi note 64 ch 1 vel 100 for 4000 ms left out as 7.0, late by 700.0
        2.4: midi cc 21 5 ch 1 sent as 7.0, late by 700.0
        takes 1, chunks 8, ended well (the score is over)
        """,
    )


def test_a_run_whose_chunks_nobody_sees_goes_by_their_boundaries() -> None:
    conduct(
        HEAD,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.25 boundary 1 1.2 1       ->
        2.2 made 1 a                ->
        2.25 boundary 2 2.2 1       ->
        3.2 made 2 a                ->
        3.25 boundary 3 3.2 1       ->
        4.2 made 3 a                ->
        4.25 boundary 4 4.2 1       ->
        5.2 made 4 a                ->
        5.25 boundary 5 5.0 1       ->
        6.2 made 5 a                ->
        7.2 made 6 a                ->
        8.2 made 7 a                -> wake 18.2
        18.2 woke                   -> midi 4.25 b01463, midi 4.25 c102, midi 8.25 b01505, finish (the score is over)
        ---
        1.1: landed, at 0, lead 200.0
        1.2: midi note 60 ch 1 vel 100 for 1000 ms left out as 1.0, late by 15950.0
        1.4: midi cc 20 99 ch 1, midi program 3 ch 2 (2 on the wire) sent as 3.0, late by 13950.0
        2.2: midi note 62 ch 10 vel 90 for 500 ms left out as 5.0, late by 11950.0
        2.4: midi note 64 ch 1 vel 100 for 4000 ms left out as 7.0, late by 9950.0
        2.4: midi cc 21 5 ch 1 sent as 7.0, late by 9950.0
        note: the last chunk was not shown within 10 s after it was reported
        takes 1, chunks 8, ended well (the score is over)
        """,
    )


def test_what_is_late_is_sent_but_for_notes() -> None:
    conduct(
        HEAD,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.25 boundary 1 1.2 1       ->
        1.3 shown 0                 ->
        1.4 lost gone               ->
        7.2 restored                ->
        7.3 state 6 a               -> midi 4.3 b01463, midi 4.3 c102
        7.35 shown 6                ->
        8.2 made 6 a                ->
        ---
        1.1: landed, at 0, lead 200.0
        1.2: midi note 60 ch 1 vel 100 for 1000 ms left out as 1.0, late by 5000.0
        1.4: midi cc 20 99 ch 1, midi program 3 ch 2 (2 on the wire) sent as 3.0, late by 3000.0
        2.2: midi note 62 ch 10 vel 90 for 500 ms left out as 5.0, late by 1000.0
        note: the connection was lost: gone
        note: no chunk was reported for 6.1 s, while chunks 1 to 5 were made
        takes 1, chunks 7, not ended
        """,
    )


def test_an_offset_moves_messages_in_a_fixed_run() -> None:
    conduct(
        HEAD,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.05 offset 0.1             ->
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 shown 0                 ->
        2.2 made 1 a                -> midi 2.2 903c64, midi 3.2 803c00
        2.3 shown 1                 ->
        2.4 offset -0.3             ->
        3.2 made 2 a                ->
        ---
        1.1: landed, at 0, lead 200.0
        1.2: midi note 60 ch 1 vel 100 for 1000 ms sent as 1.0
        takes 1, chunks 3, not ended
        """,
    )


def test_a_pause_holds_what_the_model_does_not_make() -> None:
    conduct(
        HEAD,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.25 shown 0                ->
        0.9 hand-pause              -> pause
        1.2 made 0 a                -> midi 1.25 903c64, midi 2.25 803c00
        1.25 paused 0               ->
        1.9 woke                    ->
        3.0 resumed 1               ->
        3.1 shown 1                 ->
        4.0 made 1 a                ->
        4.1 shown 2                 ->
        """,
    )


def test_before_and_after_a_cut_each_take_has_boundaries_of_its_own() -> None:
    conduct(
        """
    clock 60 bpm, 4/4
    section one 1 bar {
      at 1 "a"
      at 1.4 midi cc 20 1
    }
    section two 1 bar, cut {
      at 1 "b", midi cc 20 2
      at 1.2 midi cc 20 3
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                ->
        2.3 shown 0 1               ->
        3.2 made 2 a                -> reset, wake 13.2
        3.3 shown 1 1               ->
        4.2 made 3 a                -> wake 5.1
        4.3 shown 2 1               ->
        4.35 reset                  -> seed 3, sr 2x, prompt 0 b, wake 14.35
        4.4 took b                  -> start
        4.5 started                 ->
        5.3 shown 3 1               -> midi 5.3 b01401
        5.5 made 0 b                ->
        6.3 shown 4 1               ->
        6.35 shown 0 2              -> midi 6.35 b01402
        6.5 made 1 b                -> wake 7.15
        7.5 made 2 b                -> midi 7.35 b01403
        8.5 made 3 b                -> wake 18.5
        9.3 shown 3 2               -> wake 10.4
        10.4 woke                   -> finish (the score is over)
        ---
        1.1: landed, at 0, lead 200.0
        1.1: landed, at 4, lead 150.0
        1.1: landed, at 4, lead 150.0
        1.4: midi cc 20 1 ch 1 sent as 3.0
        1.1: midi cc 20 2 ch 1 sent as 4.0
        1.2: midi cc 20 3 ch 1 sent as 5.0, late by 150.0
        takes 2, chunks 8, ended well (the score is over)
        """,
    )


def test_nothing_is_sent_of_a_run_that_ends_before_its_score() -> None:
    conduct(
        HEAD,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 shown 0                 ->
        1.4 closing "the limit"     -> finish (the limit)
        1.5 note 70                 ->
        ---
        1.1: landed, at 0, lead 200.0
        takes 1, chunks 1, ended (the limit)
        """,
    )


def test_the_last_messages_of_a_score_are_sent_with_its_end() -> None:
    conduct(
        """
    clock 60 bpm, 4/4
    section one 1 beat {
      at 1 "a", midi cc 20 1
      at 500ms midi note C3 for 2s
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> wake 11.2
        11.2 woke                   -> finish (the score is over)
        ---
        1.1: landed, at 0, lead 200.0
        note: the last chunk was not shown within 10 s after it was reported
        takes 1, chunks 1, ended well (the score is over)
        """,
    )
    conduct(
        """
    clock 60 bpm, 4/4
    section one 1 beat {
      at 1 "a", midi cc 20 1
      at 500ms midi note C3 for 2s
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> finish (the score is over)
        """,
        revision=1,
    )


FOLLOWED = """
    clock midi, nominal 60 bpm, 4/4
    section one 2 bars {
      at 1 "a"
      at 1.2 midi note C3 for 1 beat
      at 1.4 midi cc 20 99, midi program 3 ch 2
      at 2.2 midi note D3 for 500ms
      at 6s midi cc 21 5
      at 2.4 midi note E3 for 4 beats
    }
    section two 2 bars {
      at 1 "b", midi cc 20 1
    }
"""


def test_a_followed_clock_has_its_messages_on_its_beats() -> None:
    conduct(
        FOLLOWED,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.05 fit 0 60               ->
        2.1 started                 -> wake 2.85
        2.9 woke                    -> midi 3.05 903c64, midi 4.05 803c00, wake 4.85
        3.1 made 0 a                ->
        3.2 fit 1.3 90              -> wake 4.133333333
        4.1 made 1 a                -> prompt 4 b
        4.3 fit 3 60                -> midi 4.3 b01463, midi 4.3 c102, wake 6.1
        5.1 made 2 a                ->
        6.1 made 3 a                -> midi 6.3 903e64, midi 6.8 803e00, wake 7.1
        7.1 made 4 a                -> midi 7.3 b01505, wake 8.1
        7.2 clock stop              ->
        7.3 woke                    ->
        8.0 clock continue          ->
        8.05 fit 6 60               ->
        8.1 made 5 a                -> wake 8.85
        9.1 made 6 a                -> midi 9.05 904064, midi 13.05 804000, wake 9.85
        10.1 made 7 a               -> midi 10.05 b01401
        ---
        1.1: landed, at 0, error 2350.0, lead 2100.0
        1.1: sent, planned 3, error -900.0, lead 2000.0
        chunk 3 could not be reached any more
        1.2: midi note 60 ch 1 vel 100 for 1000 ms sent as 0.0
        1.4: midi cc 20 99 ch 1, midi program 3 ch 2 (2 on the wire) sent as 0.0
        2.2: midi note 62 ch 1 vel 100 for 500 ms sent as 1.9
        6s: midi cc 21 5 ch 1 sent as 2.9
        2.4: midi note 64 ch 1 vel 100 for 4000 ms sent as 4.65, late by 50.0
        1.1: midi cc 20 1 ch 1 sent as 5.65, late by 50.0
        takes 1, chunks 8, not ended
        """,
    )


def test_after_a_jump_controllers_and_programs_in_force_are_sent_again() -> None:
    conduct(
        FOLLOWED,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.05 fit 0 60               ->
        2.1 started                 -> wake 2.85
        3.1 made 0 a                -> midi 3.05 903c64, midi 4.05 803c00, wake 4.85
        3.2 locate 5                -> midi 3.2 b01463, midi 3.2 c102, midi 3.2 903e64, midi 3.7 803e00, wake 4, prompt 3 b
        3.25 fit 5 60               ->
        4.1 made 1 a                -> midi 4.25 b01505, wake 5.05
        4.2 locate 1                -> midi 4.2 903c64, midi 5.2 803c00, prompt 4 a, prompt 3 a
        4.3 fit 1 60                ->
        5.1 made 2 a                -> wake 6.1
        5.2 locate 12               -> midi 5.2 b01401, midi 5.2 c102, midi 5.2 b01505, prompt 5 b
        5.3 fit 12 60               ->
        6.1 made 3 a                ->
        ---
        1.1: landed, at 0, error 2350.0, lead 2100.0
        1.1: skipped, planned 2, error -6000.0
        the clock was moved away from it
        locate to quarter 5: overtaken, planned 3, lead 1900.0
        1.1 acts on the same chunk
        1.1: skipped
        the clock was moved past it
        locate to quarter 1: skipped, planned 4
        the clock was moved away from it
        locate to quarter 12: sent, planned 5
        1.2: midi note 60 ch 1 vel 100 for 1000 ms sent as 0.0, late by 50.0
        2.2: midi note 62 ch 1 vel 100 for 500 ms sent as 0.0
        6s: midi cc 21 5 ch 1 sent as 0.0
        1.2: midi note 60 ch 1 vel 100 for 1000 ms sent as 0.0
        takes 1, chunks 4, not ended
        """,
    )


def test_a_note_that_is_a_quarter_of_a_second_late_is_played_and_no_later_one() -> None:
    conduct(
        FOLLOWED,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.05 fit 0 60               ->
        2.1 started                 -> wake 2.85
        3.3 woke                    -> midi 3.05 903c64, midi 4.05 803c00, wake 4.85
        """,
    )
    conduct(
        FOLLOWED,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.05 fit 0 60               ->
        2.1 started                 -> wake 2.85
        3.301 woke                  -> wake 4.85
        """,
    )


def test_a_note_in_beats_at_a_position_in_seconds_lasts_as_long_as_it_is_written() -> None:
    conduct(
        """
    clock midi, nominal 60 bpm, 4/4
    section one 2 bars {
      at 1 "a"
      at 1s midi note C3 for 2 beats
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.05 fit 0 120              ->
        2.1 started                 -> wake 2.85
        3.0 woke                    -> midi 3.05 903c64, midi 5.05 803c00
        """,
    )

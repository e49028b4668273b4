"""A run that follows a clock: positions get their chunks once the clock reports where it is."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.revisions import CURRENT
from sequencer.events.commands import SchedulePrompt, SetImageStrength, SetSrScale
from tests.support.conductor_transcripts import compiled, conduct, event_of

MIDI = """
    clock midi, nominal 60 bpm, 4/4
    section one 4 bars {
      at 1 "a"
      at 2 "b"
      at 3 "c", sr off
      at 10s "t"
      on go flash -> "flash"
      on stop -> sr 4x
    }
    section jam until go out, max 4 bars {
      at 1 "j1"
      at 2 "j2"
      at 3 "j3"
    }
    section two 2 bars {
      at 1 "d"
      at 2 image "a.png", "e"
    }
"""


def test_a_run_waits_for_its_clock_and_follows_it() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        1.0 fit 0 60 stopped        ->
        2.0 clock start             -> start
        2.1 started                 -> prompt 2 b
        2.2 fit 0 60                ->
        3.1 made 0 a                ->
        3.2 fit 1 60                ->
        3.3 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        4.2 fit 2 60                ->
        4.4 shown 0                 ->
        5.1 made 2 a                ->
        6.1 made 3 a                ->
        6.2 fit 4 60                ->
        7.1 made 4 b                -> prompt 7 c
        7.5 shown 3                 ->
        8.1 made 5 b                -> sr off
        9.1 made 6 b                -> prompt 9 t
        9.2 fit 7.5 75              ->
        10.1 made 7 c               ->
        11.1 made 8 c               ->
        12.1 made 9 c               ->
        13.1 made 10 t              -> prompt 13 j1
        14.1 made 11 t              ->
        15.1 made 12 t              ->
        ---
        1.1: landed, at 0, error 2400.0, lead 2100.0, off 2200.0
        2.1: landed, planned 2, at 4, error -900.0, lead 2000.0
        the clock or the lag changed inside the reach: chunk 3 would be right by now
        3.1: landed, at 7, error 100.0, lead 2000.0
        10s: landed, planned 9, at 10, error -900.0, lead 2000.0
        the clock or the lag changed inside the reach: chunk 10 would be right by now
        1.1: sent, planned 13, error 300.0, lead 2000.0
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        takes 1, chunks 13, not ended
        """,
    )


def test_an_offset_moves_what_is_not_committed_yet() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        1.0 boundary 1 0.5 7 9      ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        2.3 offset 1.5              ->
        3.1 made 0 a                -> prompt 3 b
        3.2 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        5.1 made 2 a                ->
        5.5 shown 3                 ->
        6.1 made 3 a                ->
        7.1 made 4 a                ->
        8.1 made 5 b                -> prompt 8 c
        9.1 made 6 b                -> sr off
        9.5 shown 5                 ->
        ---
        1.1: landed, at 0, shown 3, lead 2100.0
        2.1: landed, planned 3, at 5, error -1400.0, lead 2000.0, off -2200.0, beyond 400.0
        the clock or the lag changed inside the reach: chunk 4 would be right by now
        3.1: sent, planned 8
        10s: waiting
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        takes 1, chunks 7, not ended
        """,
    )


def test_a_stopped_clock_holds_the_score_and_goes_on() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        3.1 made 0 a                -> prompt 3 b
        3.2 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        5.1 made 2 a                ->
        5.2 clock stop              -> sr 4x
        5.3 fit 3 60                ->
        6.1 made 3 a                ->
        6.5 shown 3                 ->
        7.1 made 4 b                ->
        7.3 shown 4                 ->
        8.1 made 5 b                ->
        9.0 clock continue          ->
        9.05 fit 3 60               ->
        9.1 made 6 b                ->
        10.1 made 7 b               ->
        11.1 made 8 b               -> prompt 11 c
        12.1 made 9 b               -> sr off
        13.1 made 10 c              -> prompt 13 t
        ---
        1.1: landed, at 0, shown 3, lead 2100.0
        2.1: landed, planned 2, at 4, error 100.0, lead 2000.0
        chunk 2 could not be reached any more
        3.1: sent, planned 11, error 250.0, lead 2000.0
        10s: sent, planned 13, error 3000.0
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        stop: landed, at 4, lead 900.0, waited 900.0
        takes 1, chunks 11, not ended
        """,
    )


def test_a_clock_that_jumps_brings_what_is_in_force_there() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        3.1 made 0 a                -> prompt 3 b
        3.2 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        4.2 locate 9                -> prompt 4 t, prompt 3 a
        4.3 fit 9 60                ->
        5.1 made 2 a                -> sr off
        6.1 made 3 c                ->
        6.3 shown 3                 ->
        6.4 locate 34               -> show a.png e
        6.5 fit 34 60               ->
        7.1 made 4 c                -> sr off
        8.1 made 5 d                ->
        9.1 made 6 e                ->
        10.1 made 7 e               ->
        11.1 made 8 e               ->
        ---
        1.1: landed, at 0, shown 3, lead 2100.0
        2.1: skipped, planned 2, error -2000.0
        the clock was moved away from it
        3.1: skipped
        the clock was moved past it
        10s: missed, planned 2, error 2000.0, lead 1900.0
        no chunk was reported with it before the next prompt was due
        1.1: skipped
        the clock was moved past it
        2.1: skipped
        the clock was moved past it
        3.1: skipped
        the clock was moved past it
        1.1: skipped
        the clock was moved past it
        locate to quarter 9: landed, at 4, lead 1900.0
        without its prompt: 10s acts on the same chunk
        2.1: sent, planned 5, at 6, error -200.0, lead 700.0
        locate to quarter 34: landed, at 6, lead 1000.0
        without its prompt: 2.1 acts before it
        takes 1, chunks 9, not ended
        """,
    )


def test_a_jump_back_to_the_beginning_brings_nothing() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        3.1 made 0 a                -> prompt 3 b
        3.2 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        7.1 made 4 b                -> prompt 7 c
        7.2 locate 0                -> prompt 7 a
        7.25 clock start            ->
        7.3 fit 0 60                ->
        8.1 made 5 b                -> prompt 8 b
        9.1 made 6 a                ->
        10.1 made 7 a               ->
        ---
        1.1: landed, at 0, lead 2100.0
        2.1: landed, planned 2, at 4, error -2000.0
        chunk 2 could not be reached any more
        3.1: skipped, planned 7, error -1000.0
        the clock was moved away from it
        1.1: landed, planned 0, at 7, error 3000.0, lead 1900.0
        chunk 0 could not be reached any more
        2.1: sent, planned 8, lead 2000.0
        3.1: waiting
        10s: waiting
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        takes 1, chunks 8, not ended
        """,
    )


def test_a_clock_that_was_moved_before_the_first_take_is_joined_where_it_is() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.05 locate 9               ->
        0.1 took a                  ->
        2.0 fit 9 60                -> start
        2.1 started                 -> prompt 2 t
        3.1 made 0 a                -> sr off
        3.2 fit 10 60               ->
        4.1 made 1 a                ->
        5.1 made 2 c                -> prompt 5 j1
        ---
        1.1: landed, at 0, error 11400.0, lead 2100.0
        2.1: skipped
        the clock was moved past it
        3.1: skipped
        the clock was moved past it
        10s: sent, planned 0, error 3200.0, lead 2000.0
        chunk 0 could not be reached any more
        1.1: sent, planned 5, error -11000.0
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        locate to quarter 91/10: landed, at 2, lead 2000.0
        without its prompt: 10s acts on the same chunk
        takes 1, chunks 3, not ended
        """,
    )
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.05 locate 9               ->
        0.1 took a                  ->
        2.0 clock start             -> start
        2.05 fit 0 60               ->
        2.1 started                 -> prompt 2 b
        3.1 made 0 a                ->
        ---
        1.1: landed, at 0, error 2350.0, lead 2100.0
        2.1: sent, planned 2, error -2000.0
        3.1: waiting
        10s: waiting
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        takes 1, chunks 1, not ended
        """,
    )


def test_a_live_section_is_left_by_the_clock_too_and_by_its_max_where_the_clock_is_stopped() -> (
    None
):
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        3.1 made 0 a                -> prompt 3 b
        3.2 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        4.2 locate 17               -> prompt 4 j2, prompt 3 a
        4.3 fit 17 60               ->
        5.1 made 2 a                -> sr off
        6.1 made 3 j1               ->
        6.2 go out                  ->
        7.1 made 4 j1               ->
        8.1 made 5 d                -> prompt 8 d
        9.1 made 6 d                ->
        10.1 made 7 d               ->
        ---
        1.1: landed, at 0, lead 2100.0
        2.1: skipped, planned 2, error -2000.0
        the clock was moved away from it
        3.1: skipped
        the clock was moved past it
        10s: skipped
        the clock was moved past it
        1.1: skipped
        the clock was moved past it
        2.1: sent, planned 4, lead 1900.0
        3.1: skipped
        the live section was left
        locate to quarter 17: landed, at 4, lead 1900.0
        without its prompt: 2.1 acts on the same chunk
        1.1: sent, planned 8, lead 2000.0
        2.1: waiting
        exit by go out: landed at 8 after 3900.0
        takes 1, chunks 8, not ended
        """,
    )
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        3.1 made 0 a                -> prompt 3 b
        3.2 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        4.2 locate 17               -> prompt 4 j2, prompt 3 a
        4.3 fit 17 60               ->
        5.1 made 2 a                -> sr off
        6.1 made 3 j1               ->
        6.2 clock stop              ->
        7.1 made 4 j1               ->
        17.1 made 14 j1             ->
        18.1 made 15 j1             ->
        19.1 made 16 j1             ->
        20.1 made 17 j1             ->
        21.1 made 18 d              ->
        22.1 made 19 d              ->
        23.0 clock continue         ->
        23.1 made 20 d              ->
        24.1 made 21 d              ->
        ---
        1.1: landed, at 0, lead 2100.0
        2.1: skipped, planned 2, error -2000.0
        the clock was moved away from it
        3.1: skipped
        the clock was moved past it
        10s: skipped
        the clock was moved past it
        1.1: skipped
        the clock was moved past it
        2.1: sent, planned 4, lead 1900.0
        3.1: waiting
        locate to quarter 17: landed, at 4, lead 1900.0
        without its prompt: 2.1 acts on the same chunk
        1.1: overtaken, planned 20, error -12000.0
        2.1 acts on the same chunk
        2.1: committed, planned 24, error -12000.0
        note: no chunk was reported for 10.0 s, while chunks 5 to 14 were made
        takes 1, chunks 22, not ended
        """,
    )


def test_a_score_with_its_own_tempo_is_followed_in_real_time() -> None:
    conduct(
        """
    clock 60 bpm, 4/4
    section one 2 bars {
      at 1 "a"
      at 2 "b"
      at 6s "c"
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 -> prompt 2 b
        1.7 made 0 a                -> prompt 3 c
        3.2 made 1 a                ->
        4.7 made 2 a                ->
        5.0 shown 2                 ->
        6.2 made 3 b                -> wake 16.2
        7.7 made 4 b                ->
        9.2 made 5 c                ->
        9.3 shown 5                 -> finish (the score is over)
        11.0 woke                   ->
        ---
        1.1: landed, at 0, shown 2, error 2300.0, lead 200.0
        2.1: landed, planned 2, at 3, error 1300.0, lead 3000.0, off 800.0
        the clock or the lag changed inside the reach: chunk 1 would be right by now
        6s: missed, planned 3, error 800.0, lead 3000.0
        the clock or the lag changed inside the reach: chunk 2 would be right by now
        note: the frames of the last chunk were not recognised: those of the one after it came
        takes 1, chunks 4, ended well (the score is over)
        """,
        following=True,
    )


def test_time_code_counts_seconds() -> None:
    conduct(
        """
    clock mtc 25
    section one 8s {
      at 0s "a"
      at 3s "b"
      on go out -> goto two
    }
    section jam until go out, max 8s {
      at 0s "j"
      at 2s "k"
    }
    section two 4s {
      at 0s "d"
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 fit 0 60                -> start
        2.1 started                 -> prompt 2 b
        3.1 made 0 a                ->
        3.2 fit 1.2 60              ->
        3.3 boundary 1 3.1 1 1.2    ->
        4.1 made 1 a                ->
        5.1 made 2 a                ->
        6.1 made 3 b                ->
        7.1 made 4 b                -> prompt 7 j
        8.1 made 5 b                ->
        9.1 made 6 b                -> prompt 9 k
        10.1 made 7 j               ->
        10.2 go out                 -> prompt 10 d
        11.1 made 8 j               ->
        12.1 made 9 d               ->
        ---
        0s: landed, at 0, error 2400.0, lead 2100.0
        3s: landed, planned 1, at 3, error 300.0, lead 2000.0
        chunk 1 could not be reached any more
        0s: landed, at 7, error 300.0, lead 2000.0
        2s: sent, planned 9, error 300.0, lead 2000.0
        0s: sent, planned 10, lead 1900.0
        exit by go out: landed at 10 after 1900.0
        takes 1, chunks 10, not ended
        """,
    )


def test_fits_that_nothing_can_have_measured_are_not_believed() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        1.0 fit nan 60              ->
        1.1 fit 1e300 60            ->
        1.2 fit 0 inf               ->
        1.3 locate nan              ->
        2.0 fit 0 60                -> start
        2.1 started                 -> prompt 2 b
        2.2 boundary 1 3.1 0 1.2    ->
        """,
    )


def test_a_fixed_run_takes_no_notice_of_a_clock() -> None:
    conduct(
        """
    at 0c "a"
    at 3c "b"
    on stop -> sr 4x
    end 5c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.15 fit 4 60               ->
        0.2 started                 ->
        0.3 fit 4 60                ->
        0.4 locate 4                ->
        0.5 boundary 1 1.2 1 1      ->
        0.6 offset 1                ->
        0.7 clock stop              -> sr 4x
        1.2 made 0 a                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3
        stop: sent, planned 1, lead 500.0, waited 500.0
        takes 1, chunks 1, not ended
        """,
    )


def test_a_clock_that_stops_does_not_start_a_run_that_waits_for_it() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        0.2 clock stop              ->
        0.3 locate 0                ->
        0.4 reset                   ->
        0.5 lost gone               ->
        0.6 restored                -> seed 3, sr 2x, prompt 0 a, wake 10.6
        0.7 took a                  ->
        2.0 fit 0 60                -> start
        2.1 started                 -> prompt 2 b, sr 4x
        3.1 made 0 a                ->
        ---
        1.1: landed, at 0, error 2400.0, lead 2100.0
        2.1: sent, planned 2, error -2000.0
        3.1: waiting
        10s: waiting
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        stop: sent, planned 1, lead 1000.0, waited 1000.0
        note: the connection was lost: gone
        takes 1, chunks 1, not ended
        """,
    )


def test_a_clock_that_was_moved_is_joined_as_seen_from_the_chunk_that_is_made() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.05 locate 9               ->
        0.1 took a                  ->
        2.0 fit 9 60                -> start
        4.0 made 1 a                -> prompt 4 t
        ---
        1.1: landed, at 0, error 11300.0, lead 2000.0
        2.1: skipped
        the clock was moved past it
        3.1: skipped
        the clock was moved past it
        10s: skipped
        the clock was moved past it
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        locate to quarter 11: committed, planned 4
        takes 1, chunks 2, not ended
        """,
    )
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.05 locate 9               ->
        0.1 took a                  ->
        2.0 fit 9 60                -> start
        2.1 lost gone               ->
        2.2 restored                -> wake 12.2
        4.1 state 2 a               -> prompt 4 t
        ---
        1.1: sent, planned 0, error 11400.0, lead 2100.0
        2.1: skipped
        the clock was moved past it
        3.1: skipped
        the clock was moved past it
        10s: skipped
        the clock was moved past it
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        locate to quarter 111/10: committed, planned 4
        note: the connection was lost: gone
        takes 1, chunks 2, not ended
        """,
    )


def test_the_first_revision_noted_what_was_shown_while_a_take_played() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        2.3 shown 0                 ->
        3.1 made 0 a                -> prompt 3 b
        3.4 shown 3                 ->
        4.1 made 1 a                ->
        ---
        1.1: landed, at 0, lead 2100.0, off 100.0
        2.1: sent, planned 3, error -1000.0
        3.1: waiting
        10s: waiting
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        takes 1, chunks 2, not ended
        """,
        revision=1,
    )


def test_a_live_section_whose_clock_is_stopped_is_over_after_its_max_at_the_nominal_tempo() -> None:
    """Quarter 18 is two quarters into the section, which ends at quarter 32: it is over 14 s after
    the clock stopped.
    """
    conduct(
        MIDI.replace('at 1 "d"', 'at 1 "d"\n      on go mark -> sr 4x'),
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 fit 0 60                -> start
        2.1 started                 -> prompt 2 b
        2.9 fit 16.8 60             ->
        3.1 made 0 a                -> prompt 3 j2
        3.2 boundary 1 3.1 1 1.2    ->
        4.0 locate 17.9             -> prompt 2 a
        4.05 clock stop             ->
        4.1 made 1 a                -> sr off
        17.1 made 14 a              ->
        17.2 go mark                ->
        18.0 made 15 a              ->
        18.01 go mark               ->
        18.1 made 16 a              ->
        18.2 go mark                -> sr 4x
        19.1 made 17 a              ->
        ---
        1.1: landed, at 0, error 2400.0, lead 2100.0
        2.1: skipped, planned 2, error -2000.0
        the clock was moved away from it
        3.1: skipped, planned 0, error -8000.0
        the clock was moved away from it
        10s: overtaken, planned 0, error -10000.0
        1.1 acts on the same chunk
        1.1: overtaken, planned 0, error -16000.0
        2.1 acts on the same chunk
        2.1: skipped, planned 2, error -18000.0
        the clock was moved away from it
        2.1: sent, planned 3, error -17000.0
        3.1: waiting
        locate to quarter 179/10: landed, at 3
        without its prompt: 2.1 acts on the same chunk
        1.1: waiting
        2.1: waiting
        go mark: sent, planned 18, lead 900.0, waited 900.0
        note: no chunk was reported for 13.0 s, while chunks 2 to 14 were made
        takes 1, chunks 18, not ended
        """,
    )
    conduct(
        """
    clock mtc 25
    section jam until go out, max 8s {
      at 0s "j"
    }
    section two 4s {
      at 0s "d"
      on go mark -> sr 4x
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 j, wake 10
        0.1 took j                  ->
        2.0 fit 0 60                -> start
        2.1 started                 ->
        3.1 made 0 j                ->
        3.2 boundary 1 3.1 1 1.2    ->
        4.0 clock stop              ->
        4.1 made 1 j                ->
        9.9 made 7 j                ->
        9.95 go mark                ->
        10.1 made 8 j               -> prompt 11 d
        10.2 go mark                -> sr 4x
        ---
        0s: landed, at 0, error 2400.0, lead 2100.0
        0s: sent, planned 1, error -7000.0
        chunk 1 could not be reached any more
        go mark: sent, planned 10
        note: no chunk was reported for 5.8 s, while chunks 2 to 7 were made
        takes 1, chunks 9, not ended
        """,
    )


def test_a_clock_that_only_goes_on_does_not_move_the_beginning_of_the_score() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        1.0 fit 5 60                -> start
        1.05 clock stop             ->
        1.1 clock continue          ->
        2.1 started                 -> prompt 2 b, sr 4x
        3.1 made 0 a                ->
        ---
        1.1: landed, at 0, error 2350.0, lead 2100.0
        2.1: sent, planned 2, error -2000.0
        3.1: waiting
        10s: waiting
        1.1: waiting
        2.1: waiting
        3.1: waiting
        1.1: waiting
        2.1: waiting
        stop: sent, planned 1, lead 1000.0, waited 1000.0
        takes 1, chunks 1, not ended
        """,
    )


def test_a_state_without_news_sends_nothing() -> None:
    conduct(
        MIDI,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        2.9 boundary 0 2.1 1 1.2    ->
        3.1 made 0 a                -> prompt 3 b
        3.3 fit 4 60                ->
        3.4 state 1 a               ->
        4.1 made 1 a                -> prompt 4 c
        """,
    )


LIVE = """
    {clock}
    section jam until go out, max {length} {{
      at {begin} "a"
    }}
    section two {length} {{
      at {begin} "b"
    }}
"""
BEATS = LIVE.format(clock="clock 60 bpm, 4/4", length="8 bars", begin="1")
SECONDS = LIVE.format(clock="", length="32s", begin="0s")


def resting(score: str, out: str, revision: int = CURRENT) -> Pass:
    """Return the first pass of a run that follows wall time from 0.2 s on and is left while the
    model rests after chunk 2.
    """
    conductor = Conductor(compiled(score), following=True, revision=revision)
    for event in (
        "0.0 ready",
        "0.1 took a",
        "0.2 started",
        "1.2 made 0 a",
        "1.2 boundary 1 1.2 1 1",
        "2.2 made 1 a",
        "2.3 hand-pause",
        "3.2 made 2 a",
        "3.3 paused 2",
        f"{out} go out",
    ):
        conductor.receive(event_of(event))
    return conductor.view.passes[0]


@pytest.mark.parametrize(
    ("out", "quarter"),
    [("3.4", 8), ("7.9", 8), ("8.0", 12), ("13.0", 16), ("15.9", 16), ("28.3", 32), ("40.0", 32)],
)
def test_an_exit_while_the_model_rests_is_at_a_bar_line_that_the_clock_has_not_passed(
    out: str, quarter: int
) -> None:
    assert resting(BEATS, out).end_quarter == quarter
    assert resting(BEATS, out, revision=3).end_quarter == 8, "where chunks could be reached"


@pytest.mark.parametrize(
    ("out", "second", "earlier"),
    [("3.4", Fraction(6), 5), ("12.9996", Fraction(13), 5), ("13.0", Fraction(13001, 1000), 5)],
)
def test_an_exit_without_beats_is_at_the_time_that_is_seen_or_to_which_nothing_was_sent(
    out: str, second: Fraction, earlier: int
) -> None:
    """The fifth chunk is seen at 6.2 s, which is six seconds after the first one began."""
    assert resting(SECONDS, out).end == second
    assert resting(SECONDS, out, revision=3).end == earlier


@pytest.mark.parametrize(("revision", "prompt"), [(3, ""), (CURRENT, "a")])
@pytest.mark.parametrize("clock", ["clock 60 bpm, 4/4", "clock midi, nominal 60 bpm, 4/4", ""])
def test_a_run_opens_with_the_first_prompt_though_it_is_a_little_after_the_beginning(
    clock: str, revision: int, prompt: str
) -> None:
    score = f'{clock}\nat 200ms sr off\nat 400ms "a"\nat 450ms strength 0.5\nend 9c\n'
    conductor = Conductor(compiled(score), following=True, revision=revision)
    commands = conductor.receive(event_of("0.0 ready"))
    assert [one.prompt for one in commands if isinstance(one, SchedulePrompt)] == [prompt]
    assert [one.scale for one in commands if isinstance(one, SetSrScale)] == [
        "off" if prompt else "2x"
    ]
    assert not [one for one in commands if isinstance(one, SetImageStrength)], (
        "it comes after the prompt"
    )


JUMPED = """
    clock midi, nominal 60 bpm, 4/4
    section one 8 bars {
      at 1 image "a.png", strength 0.5, "a"
      at 5.3 image "b.png"
      on go cut -> cut, "cut"
    }
"""


@pytest.mark.parametrize(
    ("revision", "jump", "before", "brings"),
    [
        (CURRENT, "show b.png a, prompt 3 a", "strength 0.5", "landed, at 3, lead 1800.0"),
        (4, "show b.png a", "strength 0.5, show a.png a", "sent, at 3, lead 1000.0"),
    ],
)
def test_an_image_after_a_jump_is_not_undone_by_what_the_jump_brings(
    revision: int, jump: str, before: str, brings: str
) -> None:
    reason = "without its image: 5.3 acts before it"
    conduct(
        JUMPED,
        f"""
        0.0 ready                   -> upload a.png, upload b.png, seed 3, sr 2x, strength 0.5, show a.png a, wake 10
        0.1 took a                  ->
        0.2 encoded                 ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        3.1 made 0 a                ->
        3.2 boundary 1 3.1 1 1.2    ->
        3.3 locate 18               -> {jump}
        3.35 fit 18 60              ->
        3.5 encoded                 ->
        4.1 made 1 a                -> {before}
        5.1 made 2 a                ->
        6.1 made 3 a                ->
        ---
        1.1: landed, at 0, lead 2100.0
        5.3: landed, planned 0, at 2, error 1950.0, lead 800.0
        chunk 0 could not be reached any more
        locate to quarter 18: {brings}
        {reason if revision == CURRENT else "# nothing"}
        takes 1, chunks 4, not ended
        """.replace("        # nothing\n", ""),
        revision=revision,
    )


def test_a_take_that_is_cut_after_a_jump_keeps_what_it_opens_with() -> None:
    conduct(
        JUMPED,
        """
        0.0 ready                   -> upload a.png, upload b.png, seed 3, sr 2x, strength 0.5, show a.png a, wake 10
        0.1 took a                  ->
        0.2 encoded                 ->
        2.0 clock start             -> start
        2.1 started                 ->
        2.2 fit 0 60                ->
        3.1 made 0 a                ->
        3.2 boundary 1 3.1 1 1.2    ->
        3.3 locate 9                ->
        3.35 fit 9 60               ->
        3.5 go cut                  -> reset, wake 13.5
        4.1 made 1 a                ->
        4.2 reset                   -> seed 3, sr 2x, strength 0.5, prompt 0 cut, wake 14.2
        4.3 took cut                -> start
        4.4 started                 -> strength 0.5
        5.4 made 0 cut              ->
        6.4 made 1 cut              ->
        ---
        1.1: landed, at 0, lead 2100.0
        5.3: waiting
        locate to quarter 9: landed, at 3, lead 1000.0
        without its image: go cut acts before it; without its prompt: go cut acts before it
        go cut: landed, at 2, lead 200.0, waited 900.0
        takes 2, chunks 4, not ended
        """,
    )

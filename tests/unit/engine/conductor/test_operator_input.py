"""Operator commands and MIDI input: live sections are left at bar lines, rules act within reach."""

from __future__ import annotations

import pytest

from tests.support.conductor_transcripts import conduct

# A bar of two seconds is two chunks long.
JAM = """
    clock 120 bpm, 4/4
    section intro 2 bars {
      at 1 "in"
    }
    section jam until go out, max 8 bars {
      at 1 "j1"
      at 2 "j2"
      at 3 "j3"
      at 4 "j4"
      at 6 image "a.png"
      on go again -> goto intro
      on go nowhere -> goto jam
      on note 62 -> goto outro
    }
    section outro 2 bars {
      at 1 "out"
      at 2 "end"
    }
    play intro jam outro
"""


def test_a_live_section_is_left_at_the_next_bar_line_in_reach() -> None:
    conduct(
        JAM,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.15 go out                 ->
        0.2 started                 ->
        1.2 made 0 in               ->
        2.2 made 1 in               -> prompt 4 j1
        3.2 made 2 in               ->
        4.2 made 3 in               -> prompt 6 j2
        5.2 made 4 j1               ->
        5.3 go out                  ->
        6.2 made 5 j1               -> prompt 8 out
        7.2 made 6 j2               ->
        8.2 made 7 j2               -> prompt 10 end
        9.2 made 8 out              ->
        10.2 made 9 out             ->
        11.2 made 10 end            ->
        12.2 made 11 end            -> wake 22.2
        12.3 shown 11               -> wake 13.4
        13.4 woke                   -> finish (the score is over)
        ---
        1.1: landed, at 0, lead 200.0
        1.1: landed, at 4, lead 2000.0
        2.1: landed, at 6, lead 2000.0
        3.1: skipped
        the live section was left
        4.1: skipped
        the live section was left
        6.1: skipped
        the live section was left
        1.1: landed, at 8, lead 2000.0
        2.1: landed, at 10, shown 11, lead 2000.0
        exit by go out: landed at 8 after 2900.0
        takes 1, chunks 12, ended well (the score is over)
        """,
    )


def test_a_live_section_that_nobody_leaves_ends_by_itself() -> None:
    conduct(
        JAM,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
        18.2 made 17 j4             -> show a.png in, prompt 20 out
        19.2 made 18 j4             ->
        19.3 go out                 ->
        20.2 made 19 j4             -> prompt 22 end
        21.2 made 20 out            ->
        ---
        1.1: missed, planned 0, lead 200.0
        no chunk was reported with it before the next prompt was due
        1.1: overtaken, planned 4, lead 2000.0
        2.1 acts on the same chunk
        2.1: overtaken, planned 6, lead 2000.0
        3.1 acts on the same chunk
        3.1: overtaken, planned 8, lead 2000.0
        4.1 acts on the same chunk
        4.1: overtaken, planned 10, lead 2000.0
        1.1 acts on the same chunk
        6.1: sent, planned 14, lead 1000.0
        chunk 14 could not be reached any more
        1.1: landed, at 20, lead 2000.0
        2.1: sent, planned 22
        exit by go out: skipped
        the section ends by itself before it could be left
        note: no chunk was reported for 18.0 s, while chunks 0 to 17 were made
        takes 1, chunks 21, not ended
        """,
    )


def test_an_exit_that_comes_again_changes_nothing() -> None:
    conduct(
        JAM,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
        1.2 made 0 in               ->
        2.2 made 1 in               -> prompt 4 j1
        3.2 made 2 in               ->
        4.2 made 3 in               -> prompt 6 j2
        5.2 made 4 j1               ->
        5.3 go out                  ->
        6.2 made 5 j1               -> prompt 8 out
        6.3 go out                  ->
        7.2 made 6 j2               ->
        7.3 go out                  ->
        8.2 made 7 j2               -> prompt 10 end
        9.2 made 8 j3               ->
        ---
        1.1: landed, at 0, lead 200.0
        1.1: landed, at 4, lead 2000.0
        2.1: landed, at 6, lead 2000.0
        3.1: skipped
        the live section was left
        4.1: skipped
        the live section was left
        6.1: skipped
        the live section was left
        1.1: sent, planned 8, lead 2000.0
        2.1: sent, planned 10
        exit by go out: landed at 8 after 2900.0
        exit by go out: skipped
        it was about to be left
        exit by go out: skipped
        it was about to be left
        takes 1, chunks 9, not ended
        """,
    )


def test_a_goto_goes_on_with_the_next_pass_of_a_section_or_with_the_first() -> None:
    conduct(
        JAM.replace("play intro jam outro", "play intro jam intro outro"),
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
        1.2 made 0 in               ->
        2.2 made 1 in               -> prompt 4 j1
        3.2 made 2 in               ->
        4.2 made 3 in               -> prompt 6 j2
        5.2 made 4 j1               ->
        5.3 go again                ->
        6.2 made 5 j1               -> prompt 8 in
        7.2 made 6 j2               ->
        8.2 made 7 j2               -> prompt 12 out, prompt 14 end
        9.2 made 8 in               ->
        10.2 made 9 in              ->
        11.2 made 10 in             ->
        12.2 made 11 in             ->
        13.2 made 12 out            ->
        ---
        1.1: landed, at 0, lead 200.0
        1.1: landed, at 4, lead 2000.0
        2.1: landed, at 6, lead 2000.0
        3.1: skipped
        goto intro
        4.1: skipped
        goto intro
        6.1: skipped
        goto intro
        1.1: landed, at 8, lead 2000.0
        1.1: landed, at 12, lead 4000.0
        2.1: sent, planned 14
        goto intro by go again: landed at 8 after 2900.0
        takes 1, chunks 13, not ended
        """,
    )
    conduct(
        JAM,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
        1.2 made 0 in               ->
        2.2 made 1 in               -> prompt 4 j1
        3.2 made 2 in               ->
        4.2 made 3 in               -> prompt 6 j2
        5.2 made 4 j1               ->
        5.3 go nowhere              ->
        6.2 made 5 j1               -> prompt 8 j1
        7.2 made 6 j2               ->
        7.3 go again                -> prompt 8 j2
        8.2 made 7 j2               -> prompt 10 in
        9.2 made 8 j1               ->
        10.2 made 9 j1              ->
        11.2 made 10 in             ->
        ---
        1.1: landed, at 0, lead 200.0
        1.1: landed, at 4, lead 2000.0
        2.1: landed, at 6, lead 2000.0
        3.1: skipped
        goto jam
        4.1: skipped
        goto jam
        6.1: skipped
        goto jam
        1.1: stuck, planned 8
        goto intro; but what overwrote it never came to the model
        1.1: landed, at 10, lead 2000.0
        1.1: waiting
        2.1: waiting
        3.1: waiting
        4.1: waiting
        6.1: waiting
        1.1: waiting
        2.1: waiting
        goto jam by go nowhere: overtaken
        go again came before it had left
        goto intro by go again: landed at 10 after 2900.0
        takes 1, chunks 11, not ended
        """,
    )


def test_a_goto_after_which_nothing_is_left_goes_back() -> None:
    conduct(
        JAM.replace("on note 62 -> goto outro", "").replace(
            "play intro jam outro", "play intro jam"
        ),
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
        5.2 made 4 j1               -> prompt 7 j2
        5.3 go again                ->
        5.4 note 62                 ->
        ---
        1.1: sent, planned 0, lead 200.0
        1.1: overtaken, planned 4
        2.1 acts on the same chunk
        2.1: sent, planned 6
        chunk 6 could not be reached any more
        3.1: skipped
        goto intro
        4.1: skipped
        goto intro
        6.1: skipped
        goto intro
        1.1: waiting
        1.1: waiting
        2.1: waiting
        3.1: waiting
        4.1: waiting
        6.1: waiting
        goto intro by go again: waiting
        note: no chunk was reported for 5.0 s, while chunks 0 to 4 were made
        takes 1, chunks 5, not ended
        """,
    )


def test_a_goto_near_the_end_of_a_section_counts_its_bars_on() -> None:
    conduct(
        JAM,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
        18.2 made 17 j4             -> show a.png in, prompt 20 out
        19.2 made 18 j4             ->
        19.3 go again               -> prompt 20 j4
        20.2 made 19 j4             -> prompt 22 in
        21.2 made 20 j4             ->
        22.2 made 21 j4             ->
        23.2 made 22 in             ->
        ---
        1.1: missed, planned 0, lead 200.0
        no chunk was reported with it before the next prompt was due
        1.1: overtaken, planned 4, lead 2000.0
        2.1 acts on the same chunk
        2.1: overtaken, planned 6, lead 2000.0
        3.1 acts on the same chunk
        3.1: overtaken, planned 8, lead 2000.0
        4.1 acts on the same chunk
        4.1: landed, planned 10, at 20, lead 2000.0
        chunk 10 could not be reached any more
        6.1: sent, planned 14, lead 1000.0
        chunk 14 could not be reached any more
        1.1: skipped, planned 20
        goto intro
        1.1: landed, at 22, lead 2000.0
        1.1: waiting
        2.1: waiting
        3.1: waiting
        4.1: waiting
        6.1: waiting
        1.1: waiting
        2.1: waiting
        goto intro by go again: landed at 22 after 2900.0
        note: no chunk was reported for 18.0 s, while chunks 0 to 17 were made
        takes 1, chunks 23, not ended
        """,
    )


def test_what_was_sent_for_the_plan_that_is_left_is_overwritten() -> None:
    """In a section that can no longer be left, prompts are sent far ahead; a goto of another pass's
    rule withdraws them.
    """
    conduct(
        """
    clock 120 bpm, 4/4
    section one 4 bars {
      at 1 "a"
      at 2 "b"
      at 3 "c"
      at 4 "d"
      on go back -> goto one
    }
    section two 4 bars {
      at 1 "e"
      at 3 "f"
    }
    play one two
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 2 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 took b                  ->
        1.4 go back                 ->
        2.2 made 1 a                -> prompt 4 a
        3.2 made 2 b                ->
        3.3 took a                  ->
        3.4 go back                 -> prompt 4 b
        4.2 made 3 b                -> prompt 6 a
        5.2 made 4 a                ->
        6.2 made 5 a                -> prompt 8 b
        7.2 made 6 a                ->
        ---
        1.1: landed, at 0, lead 200.0
        2.1: landed, at 2, lead 2200.0
        3.1: skipped
        goto one
        4.1: skipped
        goto one
        1.1: stuck, planned 4
        goto one; but what overwrote it never came to the model
        1.1: landed, at 6, lead 2000.0
        2.1: sent, planned 8
        3.1: waiting
        4.1: waiting
        1.1: waiting
        3.1: waiting
        goto one by go back: overtaken
        go back came before it had left
        goto one by go back: landed at 6 after 2800.0
        takes 1, chunks 7, not ended
        """,
    )


def test_what_was_sent_for_the_bar_at_which_a_section_is_left_is_overwritten() -> None:
    conduct(
        JAM,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.2 started                 ->
        1.2 made 0 in               ->
        2.2 made 1 in               -> prompt 4 j1
        3.2 made 2 in               ->
        4.2 made 3 in               -> prompt 6 j2
        5.2 made 4 j1               ->
        6.2 made 5 j1               -> prompt 8 j3
        6.3 go out                  -> prompt 8 out
        7.2 made 6 j2               ->
        7.3 refused schedule_prompt busy ->
        7.4 refused schedule_prompt busy ->
        ---
        1.1: landed, at 0, lead 200.0
        1.1: landed, at 4, lead 2000.0
        2.1: landed, at 6, lead 2000.0
        3.1: skipped, planned 8
        the live section was left
        4.1: skipped
        the live section was left
        6.1: skipped
        the live section was left
        1.1: sent, planned 8
        2.1: waiting
        exit by go out: waiting
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        takes 1, chunks 7, not ended
        """,
    )


def test_what_fired_just_before_the_last_section_was_left_has_no_chunk_any_more() -> None:
    conduct(
        """
    clock 120 bpm, 4/4
    section jam until go out, max 8 bars {
      at 1 "a"
      at 7 "b"
      on go flash -> "flash"
      on go set -> sr off
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        6.2 made 5 a                ->
        6.25 go set                 -> sr off
        6.3 go flash                -> prompt 8 flash
        6.4 go out                  ->
        7.2 made 6 a                ->
        8.2 made 7 a                -> wake 18.2
        8.3 shown 7                 -> wake 9.4
        9.4 woke                    -> finish (the score is over)
        ---
        1.1: landed, at 0, shown 7, lead 200.0
        7.1: skipped
        the live section was left
        go set: landed, at 7, lead 950.0, waited 950.0
        go flash: skipped, planned 8, lead 1900.0, waited 1900.0
        it fired too near the end: no chunk within reach was left
        exit by go out: landed at 8 after 1800.0
        note: no chunk was reported for 6.0 s, while chunks 0 to 5 were made
        takes 1, chunks 8, ended well (the score is over)
        """,
    )


RULES = """
    at 0c "a"
    at 5c "b"
    on go flash -> "flash"
    on go gallery -> image "a.png", "there"
    on go set -> strength 0.5
    on go draw -> pick("one" | "two" | "three")
    on go rest -> pause
    on go on -> resume
    on cc 20 > 64 -> "high"
    on cc 20 < 32 ch 2 -> "low"
    on program 3 -> "program"
    on note 60 -> midi note C3, sr 4x
    end 9c
"""


def test_rules_act_on_the_first_chunk_in_reach() -> None:
    conduct(
        RULES,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 go flash                -> prompt 3 flash
        1.4 go gallery              -> show a.png there
        1.5 go set                  -> strength 0.5
        2.2 made 1 a                ->
        3.2 made 2 there            -> prompt 5 b
        3.3 go draw                 -> prompt 5 one
        4.2 made 3 flash            ->
        4.3 go draw                 -> prompt 6 two
        5.2 made 4 flash            ->
        6.2 made 5 one              ->
        7.2 made 6 two                ->
        7.3 go flash                ->
        7.4 go set                  -> strength 0.5
        7.5 go draw                 ->
        8.2 made 7 two              ->
        8.3 go set                  ->
        9.2 made 8 two                -> wake 19.2
        9.3 shown 8                 -> wake 10.4
        10.4 woke                   -> finish (the score is over)
        ---
        0c: landed, at 0, lead 200.0
        5c: overtaken, planned 5, lead 2000.0
        go draw acts on the same chunk
        go flash: landed, at 3, lead 1900.0, waited 1900.0
        go gallery: missed, at 2, lead 800.0, waited 800.0
        the model never reported that it accepted its image
        go set: landed, at 2, lead 700.0, waited 700.0
        go draw: landed, at 5, lead 1900.0, waited 1900.0
        go draw: landed, at 6, shown 8, lead 1900.0, waited 1900.0
        go flash: skipped, planned 9
        it fired too near the end: no chunk within reach was left
        go set: landed, at 8, lead 800.0, waited 800.0
        go draw: skipped, planned 9
        it fired too near the end: no chunk within reach was left
        go set: skipped, planned 9
        it fired too near the end: no chunk within reach was left
        takes 1, chunks 9, ended well (the score is over)
        """,
    )


def test_controllers_fire_when_they_cross_and_again_when_they_came_back() -> None:
    conduct(
        RULES,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 cc 20 100               ->
        0.4 cc 20 61                ->
        0.5 cc 20 65                ->
        0.6 cc 20 60                ->
        0.7 cc 20 64                ->
        0.8 cc 20 65                -> prompt 2 high
        0.85 cc 20 66               ->
        1.2 made 0 a                ->
        1.3 cc 20 40 2              ->
        1.35 cc 20 32 2             ->
        1.4 cc 20 31 1              ->
        1.5 cc 20 31 2              -> prompt 3 low
        1.6 cc 20 35 2              ->
        1.7 cc 20 31 2              ->
        1.8 cc 20 36 2              ->
        1.9 cc 20 0 2               ->
        2.0 program 3               -> prompt 3 program
        2.1 program 4               ->
        2.15 program 3 5            ->
        2.2 made 1 a                ->
        ---
        0c: landed, at 0, lead 200.0
        5c: waiting
        cc 20 > 64: sent, planned 2, lead 1400.0, waited 1400.0
        cc 20 < 32 ch 2: overtaken, planned 3
        cc 20 < 32 ch 2 acts on the same chunk
        cc 20 < 32 ch 2: overtaken, planned 3
        program 3 acts on the same chunk
        program 3: overtaken, planned 3
        program 3 acts on the same chunk
        program 3: sent, planned 3
        takes 1, chunks 2, not ended
        """,
    )


def test_a_rule_that_fires_before_a_cut_acts_with_it() -> None:
    conduct(
        """
    at 0c "a"
    at 3c cut, "b"
    on go flash -> "flash"
    on go set -> sr off
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 go flash                -> prompt 2 flash
        1.2 made 0 a                ->
        1.3 go set                  -> sr off
        1.4 go flash                -> prompt 3 flash
        2.2 made 1 a                -> reset, wake 12.2
        2.3 go set                  ->
        3.2 made 2 a                ->
        3.3 reset                   -> seed 3, sr off, prompt 0 b, wake 13.3
        3.4 took b                  -> start
        3.5 started                 -> sr off
        4.5 made 0 b                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3, lead 200.0
        go flash: missed, planned 2, lead 1900.0, waited 1900.0
        no chunk was reported with it before the next prompt was due
        go set: landed, at 2, lead 900.0, waited 900.0
        go flash: overtaken, planned 3, lead 2100.0, waited 2100.0
        3c acts on the same chunk
        go set: sent, planned 4, lead 1000.0, waited 1000.0
        takes 2, chunks 4, not ended
        """,
    )


@pytest.mark.parametrize(
    ("until", "event"),
    [
        ("note 60", "note 60"),
        ("cc 20 > 64", "cc 20 127"),
        ("program 3", "program 3"),
        ("start", "clock start"),
    ],
)
def test_whatever_can_end_a_live_section_does(until: str, event: str) -> None:
    conduct(
        JAM.replace("until go out", f"until {until}"),
        f"""
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 in, wake 10
        0.1 took in                 -> start
        0.15 cc 20 0                ->
        0.2 started                 ->
        5.2 made 4 j1               -> prompt 7 j2
        5.3 {event} ->
        6.2 made 5 j1               -> prompt 8 out
        """,
    )

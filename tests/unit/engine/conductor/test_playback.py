"""While a take plays: what is sent when, and how the conductor handles chunks, states, answers,
refusals and pauses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sequencer.engine.conductor.dispatch import commit_up_to
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import CURRENT
from tests.support.conductor_transcripts import compiled, conduct

# ---- what is sent when ---------------------------------------------------------------------------


def test_prompts_leave_as_soon_as_nothing_can_change_them_and_settings_during_the_chunk_before() -> (
    None
):
    conduct(
        """
    at 0c "a"
    at 2c sr 4x
    at 3c image "a.png", strength 0.5
    at 4c image "b.png", "b"
    at 6c "c", sr off
    end 8c
    """,
        """
        0.0 ready                   -> upload a.png, upload b.png, seed 3, sr 2x, prompt 0 a, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> sr 4x
        2.2 made 1 a                -> strength 0.5, show a.png a
        3.2 made 2 a                -> show b.png b
        3.3 encoded                 ->
        4.2 made 3 a                ->
        4.3 encoded                 ->
        5.2 made 4 b                -> sr off
        6.2 made 5 b                ->
        7.2 made 6 c                ->
        8.2 made 7 c                -> wake 18.2
        ---
        0c: landed, at 0, lead 200.0
        2c: landed, at 2, lead 1000.0
        3c: landed, at 3, lead 1000.0
        4c: landed, at 4, lead 1000.0
        6c: landed, at 6, lead 6200.0
        takes 1, chunks 8, not ended
        """,
    )


def test_the_last_chunk_is_waited_for_as_long_as_chunks_took_to_be_made() -> None:
    conduct(
        """
    at 0c "a"
    end 3c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.7 made 0 a                ->
        3.2 made 1 a                ->
        4.7 made 2 a                -> wake 14.7
        5.0 shown 2                 -> wake 6.6
        6.6 woke                    -> finish (the score is over)
        """,
    )


def test_in_a_live_section_prompts_leave_two_chunks_ahead() -> None:
    conduct(
        """
    section jam until go on, max 12c {
      at 0c "a"
      at 1c "b"
      at 2c "c"
      at 3c "d", sr 4x
      at 6c "e"
    }
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 1 b, prompt 2 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> prompt 3 d
        2.2 made 1 b                -> sr 4x
        3.2 made 2 c                ->
        4.2 made 3 d                -> prompt 6 e
        5.2 made 4 d                ->
        """,
    )


def test_only_so_many_prompts_are_sent_far_ahead() -> None:
    text = "\n".join(f'at {chunk}c "p{chunk}"' for chunk in range(40))
    ahead = ", ".join(f"prompt {chunk} p{chunk}" for chunk in range(33))
    conduct(
        text + "\nend 41c",
        f"""
        0.0 ready                   -> seed 3, sr 2x, {ahead}, wake 10
        0.1 took p0                 -> start
        0.2 started                 ->
        1.2 made 0 p0               -> prompt 33 p33
        2.2 made 1 p1               -> prompt 34 p34
        """,
    )


def test_cues_of_one_chunk_act_together_and_firings_instead_of_cues() -> None:
    conduct(
        """
    at 0c "a"
    at 3c "b", strength 0.25
    at 3.2s sr off
    at 3.4s image "a.png"
    on go one -> "one", sr 4x
    on go two -> "two"
    end 7c
    """,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 go one                  ->
        1.4 go two                  ->
        2.2 made 1 a                -> strength 0.25, show a.png two, sr 4x
        2.3 encoded                 ->
        2.4 go one                  -> prompt 4 one
        2.5 go two                  -> prompt 4 two
        3.2 made 2 a                -> sr 4x
        3.25 refused schedule_prompt busy ->
        4.2 made 3 two              ->
        5.2 made 4 two              ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3, lead 1000.0
        without its prompt: go one acts on the same chunk
        3.2s: overtaken, planned 3, error -200.0, lead 1000.0
        go one acts on the same chunk
        3.4s: landed, at 3, error -400.0, lead 1000.0
        go one: landed, at 3, lead 1000.0, waited 1900.0
        without its prompt: go two acts on the same chunk
        go two: landed, at 3, lead 1000.0, waited 1800.0
        go one: landed, at 4, lead 1800.0, waited 1800.0
        without its prompt: go two acts on the same chunk
        go two: landed, at 4, lead 1700.0, waited 1700.0
        refused: schedule_prompt: busy
        takes 1, chunks 5, not ended
        """,
    )


JUMPED = """
    {}
    section jam until go on, max 12c {{
      at 0c "a"
      at 3c "b", sr off
      at 4c sr 4x
      at 5c image "a.png"
      at 6c "c"
      at 7c "d"
    }}
"""


def test_what_could_not_be_reached_any_more_acts_on_the_next_chunk() -> None:
    conduct(
        JUMPED.format("late shift"),
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> prompt 3 b
        5.25 made 4 a               -> show a.png c, sr 4x, prompt 7 d
        6.2 made 5 a                ->
        7.2 made 6 a                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: missed, planned 3
        no chunk was reported with it before the next prompt was due
        4c: landed, planned 4, at 6, lead 950.0
        chunk 4 could not be reached any more
        5c: sent, planned 5, lead 950.0
        chunk 5 could not be reached any more
        6c: sent, planned 6, lead 950.0
        7c: sent, planned 7, lead 1950.0
        takes 1, chunks 7, not ended
        """,
    )


def test_what_could_not_be_reached_any_more_is_dropped_where_late_cues_are() -> None:
    conduct(
        JUMPED.format("late drop"),
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> prompt 3 b
        5.2 made 4 a                -> prompt 7 d
        6.2 made 5 a                ->
        7.2 made 6 a                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3
        without its sr: chunk 3 could not be reached any more
        4c: dropped, planned 4
        chunk 4 could not be reached any more
        5c: dropped, planned 5
        chunk 5 could not be reached any more
        6c: dropped, planned 6
        chunk 6 could not be reached any more
        7c: sent, planned 7, lead 2000.0
        takes 1, chunks 7, not ended
        """,
    )


def test_whatever_is_within_the_lead_is_committed() -> None:
    text = "\n".join(f'at {chunk}c "p{chunk}"' for chunk in range(60)) + "\nend 60c"
    run = RunState(replace(compiled(text), lead=40))
    run.phase = Phase.OPENING
    commit_up_to(run, 59)
    assert sorted(run.ledger.slots) == list(range(41)), (
        "more than 32 prompts are only sent ahead as far as the lead demands it"
    )


# ---- what the model reports ----------------------------------------------------------------------


PLAIN = """
    at 0c "a"
    at 3c "b"
    at 6c "c"
    end 9c
"""


def test_a_chunk_that_is_reported_twice_or_too_late_counts_once() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a 0              ->
        1.25 made 0 a               ->
        1.26 made 0 a 0             ->
        1.3 made 0 x                ->
        2.2 made 1 a                ->
        2.3 made 0 x                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3
        6c: sent, planned 6
        takes 1, chunks 2, not ended
        """,
    )


def test_a_warm_up_chunk_without_frames_is_none_of_the_score() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a 0              ->
        1.3 state 1 a               ->
        ---
        0c: sent, planned 0, lead 200.0
        3c: sent, planned 3
        6c: sent, planned 6
        takes 1, chunks 0, not ended
        """,
    )


def test_a_chunk_that_cannot_be_made_yet_is_not_believed_until_the_next_one_agrees() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 made 6 x                ->
        2.2 made 1 a                ->
        2.3 made 6 c                ->
        2.4 made 7 c                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: missed, planned 3
        no chunk was reported with it before the next prompt was due
        6c: landed, planned 6, at 7
        takes 1, chunks 8, not ended
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 made 5 x                ->
        1.4 made 5 x                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: sent, planned 3
        6c: sent, planned 6, lead 1400.0
        takes 1, chunks 6, not ended
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.8 made 2 a                ->
        3.0 made 3 b                ->
        3.1 made 4 b                ->
        3.15 made 6 b               ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3, lead 2800.0
        6c: sent, planned 6
        takes 1, chunks 5, not ended
        """,
    )


def test_chunks_that_are_not_reported_are_taken_for_made() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 took b                  ->
        5.2 made 4 b                ->
        8.2 made 7 c                ->
        9.2 made 8 c                -> wake 19.2
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3
        6c: landed, planned 6, at 7
        takes 1, chunks 9, not ended
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 took b                  ->
        8.2 made 7 c                ->
        9.2 made 8 c                -> wake 19.2
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3
        6c: landed, planned 6, at 7
        note: no chunk was reported for 7.0 s, while chunks 1 to 7 were made
        takes 1, chunks 9, not ended
        """,
    )


@pytest.mark.parametrize(
    ("revision", "stated", "landed"),
    [
        (CURRENT, "x", "missed, planned 3, lead 3200.0"),
        (CURRENT, "b", "landed, at 3, lead 3200.0"),
        (4, "x", "landed, at 3, lead 3200.0"),
    ],
)
def test_what_a_state_reports_of_a_chunk_decides_what_landed_there(
    revision: int, stated: str, landed: str
) -> None:
    reason = "no chunk was reported with it before the next prompt was due"
    conduct(
        PLAIN,
        f"""
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 took b                  ->
        3.2 made 2 a                ->
        3.3 state 3 {stated}        ->
        7.2 made 6 c                ->
        8.2 made 7 c                ->
        9.2 made 8 c                -> wake 19.2
        ---
        0c: landed, at 0, lead 200.0
        3c: {landed}{chr(10) + " " * 8 + reason if "missed" in landed else ""}
        6c: landed, at 6
        takes 1, chunks 9, not ended
        """,
        revision=revision,
    )


def test_a_prompt_that_never_shows_is_missed_when_the_next_one_does() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                ->
        3.2 made 2 a                ->
        4.2 made 3 a                ->
        5.2 made 4 a                ->
        6.2 made 5 a                ->
        7.2 made 6 a                ->
        8.2 made 7 "c "             ->
        9.2 made 8 c                -> wake 19.2
        9.3 shown 8                 -> wake 10.4
        10.4 woke                   -> finish (the score is over)
        ---
        0c: landed, at 0, lead 200.0
        3c: missed, planned 3, lead 3200.0
        no chunk was reported with it before the next prompt was due
        6c: landed, planned 6, at 7, shown 8, lead 6200.0
        takes 1, chunks 9, ended well (the score is over)
        """,
    )


def test_a_prompt_may_show_late_and_a_model_may_not_report_what_it_shows() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0                  ->
        2.2 made 1                  ->
        3.2 made 2                  ->
        4.2 made 3 a                ->
        5.2 made 4 b                ->
        6.2 made 5 b                ->
        7.2 made 6                  ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, planned 3, at 4, lead 3200.0
        6c: landed, at 6, lead 6200.0
        takes 1, chunks 7, not ended
        """,
    )


def test_a_state_is_believed_once_the_take_has_shown_itself() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 state 1 a               ->
        1.2 made 0 a                ->
        1.3 state 2 a               ->
        2.2 state 3 a               ->
        2.3 state 2 a               ->
        2.35 state 7 a              ->
        2.4 state 3 a stopped       ->
        3.2 made 3 b                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, at 3, lead 2200.0
        6c: sent, planned 6
        takes 1, chunks 4, not ended
        """,
    )


def test_a_state_beyond_the_end_ends_the_show() -> None:
    conduct(
        """
    at 0c "a"
    at 3c "b"
    at 7c sr off, "c"
    on go x -> "x"
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> prompt 3 b
        2.2 made 1 a                ->
        15.2 state 11 c             -> wake 25.2
        15.3 shown 8                -> wake 16.4
        16.4 woke                   -> finish (the score is over)
        ---
        0c: landed, at 0, shown 8, lead 200.0
        3c: missed, planned 3
        no chunk was reported with it
        7c: missed, planned 7
        chunk 7 could not be reached any more
        note: no chunk was reported for 13.0 s, while chunks 2 to 10 were made
        note: the model made 2 chunks after the end of the score
        takes 1, chunks 9, ended well (the score is over)
        """,
    )
    conduct(
        """
    at 0c "a"
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        15.2 state 9 a              -> wake 25.2
        15.3 state 10 a             ->
        15.4 shown 9                -> finish (the score is over)
        ---
        0c: landed, at 0, lead 200.0
        note: no chunk was reported for 14.0 s, while chunks 1 to 8 were made
        note: the frames of the last chunk were not recognised: those of the one after it came
        takes 1, chunks 9, ended well (the score is over)
        """,
    )
    conduct(
        """
    at 0c "a"
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        15.2 state 12 a             ->
        16.2 made 12 a              -> wake 26.2
        ---
        0c: landed, at 0, lead 200.0
        note: no chunk was reported for 14.0 s, while chunks 1 to 11 were made
        note: the model made 4 chunks after the end of the score
        takes 1, chunks 9, not ended
        """,
        revision=2,
    )


def test_chunks_beyond_the_end_are_noted() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        12.0 made 10 c              -> wake 22
        12.1 shown 8                -> wake 13.2
        12.2 shown 9                -> finish (the score is over)
        ---
        0c: landed, at 0, shown 8, lead 200.0
        3c: missed, planned 3
        no chunk was reported with it before the next prompt was due
        6c: landed, planned 6, at 10, shown 8
        note: no chunk was reported for 10.8 s, while chunks 1 to 10 were made
        note: the model made 2 chunks after the end of the score
        takes 1, chunks 9, ended well (the score is over)
        """,
    )


# ---- refusals ------------------------------------------------------------------------------------


def test_a_refused_prompt_is_sent_again_for_the_next_chunk_in_reach() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 refused schedule_prompt busy -> prompt 3 b
        2.2 made 1 a                ->
        2.4 refused schedule_prompt busy -> prompt 6 c
        2.5 refused schedule_prompt busy -> prompt 4 b
        3.2 made 2 a                ->
        4.2 made 3 a                ->
        5.2 made 4 b                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, planned 3, at 4, lead 4200.0
        refused at chunk 3 (busy), sent again
        6c: sent, planned 6
        refused at chunk 6 (busy), sent again
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        takes 1, chunks 5, not ended
        """,
    )


def test_a_refused_prompt_is_not_sent_again_where_a_later_cue_acts_or_late_cues_are_dropped() -> (
    None
):
    conduct(
        """
    at 0c "a"
    at 2c "b"
    at 3c "c"
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 2 b, prompt 3 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 refused schedule_prompt busy ->
        ---
        0c: landed, at 0, lead 200.0
        2c: overtaken, planned 2
        a later cue acts where it could have landed
        3c: sent, planned 3
        refused: schedule_prompt: busy
        takes 1, chunks 1, not ended
        """,
    )
    conduct(
        """
    late drop
    at 0c "a"
    at 2c "b"
    at 5c "c"
    end 9c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 2 b, prompt 5 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 refused schedule_prompt busy ->
        1.4 took c                  ->
        1.5 refused schedule_prompt busy ->
        1.6 refused set_sr_scale no ->
        ---
        0c: landed, at 0, lead 200.0
        2c: refused, planned 2
        busy
        5c: sent, planned 5
        refused: schedule_prompt: busy
        refused: schedule_prompt: busy
        refused: set_sr_scale: no
        takes 1, chunks 1, not ended
        """,
    )


def test_what_else_is_refused_ends_what_it_carried() -> None:
    conduct(
        """
    at 0c "a"
    at 2c image "a.png", strength 0.5, "b", sr off
    at 4c strength 0.75
    at 5c image "b.png"
    end 9c
    """,
        """
        0.0 ready                   -> upload a.png, upload b.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> strength 0.5, show a.png b, sr off
        1.3 refused set_conditioning "no image" ->
        2.2 made 1 a                ->
        3.2 made 2 a                -> strength 0.75
        3.3 refused set_image_strength no ->
        3.4 refused set_image_strength no ->
        4.2 made 3 a                -> show b.png b
        4.3 refused set_conditioning no ->
        4.4 refused set_sr_scale no ->
        5.2 made 4 a                ->
        ---
        0c: landed, at 0, lead 200.0
        2c: refused, planned 2, lead 1000.0
        no image
        4c: refused, planned 4, lead 1000.0
        no
        5c: refused, planned 5, lead 1000.0
        no
        refused: set_conditioning: no image
        refused: set_image_strength: no
        refused: set_image_strength: no
        refused: set_conditioning: no
        refused: set_sr_scale: no
        takes 1, chunks 5, not ended
        """,
    )


# ---- pauses --------------------------------------------------------------------------------------


LIVE = """
    at 0c "a"
    at 2c sr off
    at 3c "b", sr 4x
    at 5c image "a.png"
    on go rest -> pause
    on go on -> resume
    end 9c
"""


def test_while_the_model_rests_only_prompts_leave() -> None:
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.9 go rest                 -> pause
        1.0 go rest                 -> pause
        1.2 made 0 a                ->
        1.3 paused 0                ->
        1.4 state 1 a paused        ->
        4.0 go on                   -> resume
        4.1 resumed 1               -> sr off
        5.1 made 1 a                -> sr 4x
        5.5 hand-pause              -> pause
        5.6 hand-resume             -> resume
        5.65 refused pause late     ->
        6.1 made 2 a                ->
        6.2 resumed 3               ->
        ---
        0c: landed, at 0, lead 200.0
        2c: landed, at 2, lead 1000.0
        3c: sent, planned 3, lead 6100.0
        5c: committed, planned 5
        pause by go rest: landed at 0 after 400.0
        pause by go rest: landed at 0 after 300.0
        resume by go on: landed at 1 after 100.0
        refused: pause: late
        takes 1, chunks 3, not ended
        """,
    )


def test_a_model_that_does_not_report_where_it_pauses_gets_no_more_prompts_for_that_chunk() -> None:
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> sr off
        1.3 go rest                 -> pause
        1.4 paused                  ->
        2.2 made 1 a                ->
        9.0 go on                   -> resume
        9.1 resumed                 -> sr 4x
        10.1 made 2 a               ->
        ---
        0c: landed, at 0, lead 200.0
        2c: landed, at 2, lead 1000.0
        3c: sent, planned 3, lead 10100.0
        5c: committed, planned 5
        pause by go rest: landed at 1 after 100.0
        resume by go on: landed at 2 after 100.0
        takes 1, chunks 3, not ended
        """,
    )
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> sr off
        1.3 paused                  ->
        9.0 go on                   -> resume
        9.1 resumed 2               ->
        10.1 made 2 a               -> sr 4x
        ---
        0c: landed, at 0, lead 200.0
        2c: landed, at 2
        3c: sent, planned 3, lead 10100.0
        chunk 3 could not be reached any more
        5c: committed, planned 5
        resume by go on: landed at 2 after 100.0
        takes 1, chunks 3, not ended
        """,
    )


def test_states_replace_pauses_that_are_not_reported() -> None:
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> sr off
        1.3 go rest                 -> pause
        2.2 made 1 a                ->
        2.3 state 2 a paused        ->
        8.0 go on                   -> resume
        9.0 state 1 a               ->
        9.05 state 2 a              -> sr 4x
        9.1 made 2 a                ->
        ---
        0c: landed, at 0, lead 200.0
        2c: landed, at 2, lead 1000.0
        3c: sent, planned 3, lead 9100.0
        5c: committed, planned 5
        pause by go rest: landed at 1 after 1000.0
        resume by go on: landed at 2 after 1050.0
        takes 1, chunks 3, not ended
        """,
    )


def test_a_pause_that_is_asked_for_while_the_model_rests_comes_at_once() -> None:
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> sr off
        1.3 go rest                 -> pause
        2.2 made 1 a                ->
        2.3 paused                  ->
        2.4 go rest                 -> pause
        2.5 paused                  ->
        ---
        0c: landed, at 0, lead 200.0
        2c: sent, planned 2, lead 1000.0
        3c: committed, planned 3
        5c: committed, planned 5
        pause by go rest: landed at 1 after 1000.0
        pause by go rest: landed at 1 after 100.0
        takes 1, chunks 2, not ended
        """,
    )


def test_a_model_that_does_not_report_where_it_pauses_does_so_after_the_last_chunk_that_it_makes() -> (
    None
):
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> sr off
        1.3 go rest                 -> pause
        1.4 paused                  ->
        2.2 made 1 a                ->
        3.2 made 2 a                ->
        ---
        0c: landed, at 0, lead 200.0
        2c: landed, at 2, lead 1000.0
        3c: committed, planned 3, lead 3200.0
        5c: committed, planned 5
        pause by go rest: landed at 2 after 100.0
        takes 1, chunks 3, not ended
        """,
    )


def test_a_second_pause_that_is_asked_for_does_not_move_the_first() -> None:
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> sr off
        1.3 go rest                 -> pause
        2.2 made 1 a                ->
        2.3 go rest                 -> pause
        2.4 paused 1                ->
        2.5 go rest                 -> pause
        8.0 resumed 2               -> sr 4x
        8.1 refused pause late      ->
        ---
        0c: landed, at 0, lead 200.0
        2c: sent, planned 2, lead 1000.0
        3c: sent, planned 3
        5c: committed, planned 5
        pause by go rest: landed at 1 after 1100.0
        pause by go rest: landed at 1 after 100.0
        pause by go rest: skipped
        it was taken back before its chunk was done
        refused: pause: late
        takes 1, chunks 2, not ended
        """,
    )


def test_a_pause_that_is_refused_or_taken_back_holds_nothing() -> None:
    conduct(
        LIVE,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.5 go rest                 -> pause
        1.2 made 0 a                ->
        1.3 refused pause "not now" -> sr off
        1.4 go on                   -> resume
        1.5 refused resume "not paused" ->
        2.0 go rest                 -> pause
        2.1 go rest                 -> pause
        2.15 refused pause "once is enough" ->
        2.2 made 1 a                -> sr 4x
        2.3 resumed                 ->
        ---
        0c: landed, at 0, lead 200.0
        2c: sent, planned 2, lead 900.0
        3c: sent, planned 3
        5c: committed, planned 5
        pause by go rest: refused
        not now
        resume by go on: refused
        not paused
        pause by go rest: skipped
        it was taken back before its chunk was done
        pause by go rest: refused
        once is enough
        refused: pause: not now
        refused: resume: not paused
        refused: pause: once is enough
        takes 1, chunks 2, not ended
        """,
    )


# ---- lost connections ----------------------------------------------------------------------------


def test_after_a_lost_connection_the_models_state_decides_what_is_sent_again() -> None:
    conduct(
        """
    at 0c "a"
    at 2c image "a.png", strength 0.5
    at 4c "b"
    at 6c "c"
    at 8c "d"
    end 12c
    """,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 4 b, prompt 6 c, prompt 8 d, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> strength 0.5, show a.png a
        1.3 lost gone               ->
        1.8 restored                ->
        1.9 state 1 a 6=c 8=x       -> strength 0.5, show a.png a, prompt 4 b, prompt 8 d
        1.95 encoded                ->
        2.2 made 1 a                ->
        3.2 made 2 a                ->
        ---
        0c: landed, at 0, lead 200.0
        2c: landed, at 2, lead 1000.0
        4c: sent, planned 4
        6c: sent, planned 6
        8c: sent, planned 8
        note: the connection was lost: gone
        takes 1, chunks 3, not ended
        """,
    )
    conduct(
        """
    at 0c "a"
    at 2c image "a.png", strength 0.5, sr off
    at 4c "b"
    end 12c
    """,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 4 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> strength 0.5, show a.png a, sr off
        1.25 encoded                ->
        1.3 lost gone               ->
        1.8 restored                ->
        1.9 state 1 a 4=b           -> sr off
        2.2 made 1 a                ->
        2.3 lost gone               ->
        2.4 restored                ->
        2.5 state 2 a 4=b           -> sr off
        3.2 made 2 a                ->
        ---
        0c: landed, at 0, lead 200.0
        2c: sent, at 2, lead 1000.0
        chunk 2 could not be reached any more
        4c: sent, planned 4
        note: the connection was lost: gone
        note: the connection was lost: gone
        takes 1, chunks 3, not ended
        """,
    )


def test_after_a_lost_connection_what_a_take_opened_with_and_what_goes_with_an_image_are_not_sent_again_alone() -> (
    None
):
    conduct(
        """
    at 0c "a"
    at 9c "b"
    end 12c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 9 b, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 lost gone               ->
        1.3 restored                ->
        1.4 state 1 x 9=b           ->
        """,
    )
    conduct(
        """
    at 0c "a"
    at 3c image "a.png", "b"
    end 12c
    """,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> show a.png b
        2.3 lost gone               ->
        4.3 restored                ->
        4.4 state 4 a               -> show a.png b
        """,
    )


def test_a_prompt_that_has_landed_is_not_sent_again_whatever_the_model_shows() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        4.2 made 3 b                ->
        4.3 lost gone               ->
        4.4 restored                ->
        4.5 state 4 x 6=c           ->
        """,
    )


def test_a_prompt_that_never_came_to_the_model_is_sent_again_or_dropped() -> None:
    script = """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 lost gone               ->
        5.2 restored                ->
        5.3 state 4 a 6=c           ->
        6.2 made 4 a                ->
        7.2 made 5 a                ->
        8.2 made 6 c                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: missed, planned 3
        no chunk was reported with it before the next prompt was due
        6c: landed, at 6, lead 7200.0
        note: the connection was lost: gone
        takes 1, chunks 7, not ended
        """
    conduct(PLAIN, script)
    conduct(
        """
    at 0c "a"
    at 3c "b"
    at 9c "c"
    end 12c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 9 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 lost gone               ->
        5.2 restored                ->
        5.3 state 4 a 9=c           -> prompt 6 b
        6.2 made 4 a                ->
        7.2 made 5 a                ->
        8.2 made 6 b                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: landed, planned 3, at 6
        chunk 3 could not be reached any more
        9c: sent, planned 9
        note: the connection was lost: gone
        takes 1, chunks 7, not ended
        """,
    )
    conduct(
        """
    late drop
    at 0c "a"
    at 3c "b", sr 4x
    at 4c sr off, "x"
    at 9c "c"
    end 12c
    """,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 4 x, prompt 9 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 lost gone               ->
        5.2 restored                ->
        5.3 state 5 a 9=c           ->
        6.2 made 5 a                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: missed, planned 3
        no chunk was reported with it before the next prompt was due
        4c: dropped, planned 4
        chunk 4 could not be reached any more
        9c: sent, planned 9
        note: the connection was lost: gone
        takes 1, chunks 6, not ended
        """,
    )


def test_with_late_drop_an_image_that_did_not_leave_is_dropped_with_its_prompt() -> None:
    conduct(
        """
    late drop
    at 0c "a"
    at 3c image "a.png", strength 0.5, "b"
    at 4c "x", sr off
    at 9c "c"
    end 12c
    """,
        """
        0.0 ready                   -> upload a.png, seed 3, sr 2x, prompt 0 a, prompt 4 x, prompt 9 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 lost gone               ->
        5.2 restored                ->
        5.3 state 4 a 9=c           ->
        6.2 made 4 a                ->
        ---
        0c: landed, at 0, lead 200.0
        3c: dropped, planned 3
        chunk 3 could not be reached any more
        4c: dropped, planned 4, lead 5300.0
        chunk 4 could not be reached any more
        9c: sent, planned 9
        note: the connection was lost: gone
        takes 1, chunks 5, not ended
        """,
    )


def test_what_ends_a_run_from_outside() -> None:
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        9.2 session-ended "too long" -> finish (the session was ended: too long)
        ---
        0c: landed, at 0, lead 200.0
        3c: missed, planned 3
        the run ended first: the session was ended: too long
        6c: missed, planned 6
        the run ended first: the session was ended: too long
        note: no chunk was reported in the last 8.0 s, from chunk 1 on
        takes 1, chunks 1, ended (the session was ended: too long)
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        8.2 closing "finished by hand" -> finish (finished by hand)
        ---
        0c: landed, at 0, lead 200.0
        3c: skipped, planned 3
        the operator ended the run before its chunk was made
        6c: skipped, planned 6
        the operator ended the run before its chunk was made
        note: no chunk was reported in the last 7.0 s, from chunk 1 on
        takes 1, chunks 1, stopped (finished by hand)
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, prompt 6 c, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 closing "the limit"     -> finish (the limit)
        ---
        0c: landed, at 0, lead 200.0
        3c: missed, planned 3
        the run ended first: the limit
        6c: missed, planned 6
        the run ended first: the limit
        takes 1, chunks 1, ended (the limit)
        """,
    )
    conduct(
        PLAIN + '    on go flash -> "flash", sr off\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> prompt 3 b
        1.3 go flash                -> prompt 3 flash
        1.4 closing "the limit"     -> finish (the limit)
        ---
        0c: landed, at 0, lead 200.0
        3c: overtaken, planned 3
        go flash acts on the same chunk
        6c: missed
        the run ended first: the limit
        go flash: missed, planned 3
        the run ended first: the limit
        takes 1, chunks 1, ended (the limit)
        """,
    )
    conduct(
        PLAIN + '    on go flash -> "flash", sr off\n',
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                -> prompt 3 b
        1.3 go flash                -> prompt 3 flash
        1.45 closing "finished by hand" -> finish (finished by hand)
        ---
        0c: landed, at 0, lead 200.0
        3c: overtaken, planned 3
        go flash acts on the same chunk
        6c: skipped
        the operator ended the run before its chunk was made
        go flash: skipped, planned 3
        the operator ended the run before its chunk was made
        takes 1, chunks 1, stopped (finished by hand)
        """,
    )
    conduct(
        PLAIN,
        """
        0.0 closing "finished by hand" -> finish (finished by hand)
        ---
        0c: skipped
        the operator ended the run before its chunk was made
        3c: skipped
        the operator ended the run before its chunk was made
        6c: skipped
        the operator ended the run before its chunk was made
        takes 0, chunks 0, stopped (finished by hand)
        """,
    )

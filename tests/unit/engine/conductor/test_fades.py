"""Fades: which prompts are sent with one, to which stages, and again after what."""

from __future__ import annotations

from tests.support.conductor_transcripts import conduct

FADING = """
    at 0c "a"
    at 3c "b", fade 2c
    end 5c
"""
WITH_IMAGE = """
    at 0c "a"
    at 3c image "a.png", "b", fade 2c
    end 5c
"""
IN_A_JAM = """
    section jam until go out, max 8c {
      at 0c "a"
      on go x -> "b", fade 3c
    }
"""


def test_a_stage_that_fades_gets_the_number_of_chunks() -> None:
    conduct(
        FADING,
        """
        0.0 ready fades             -> seed 3, sr 2x, prompt 0 a, prompt 3 b fade 2, wake 10
        """,
    )


def test_a_stage_that_does_not_fade_gets_the_prompt_alone_and_the_report_has_a_note() -> None:
    conduct(
        FADING,
        """
        0.0 ready                   -> seed 3, sr 2x, prompt 0 a, prompt 3 b, wake 10
        ---
        0c: sent, planned 0
        3c: sent, planned 3
        note: the stage does not fade: each prompt replaces the previous one at once
        takes 0, chunks 0, not ended
        """,
    )


def test_a_prompt_with_an_image_does_not_fade() -> None:
    conduct(
        WITH_IMAGE,
        """
        0.0 ready fades             -> upload a.png, seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        2.2 made 1 a                -> show a.png b
        """,
    )


def test_a_refused_prompt_is_sent_again_with_its_fade() -> None:
    conduct(
        FADING,
        """
        0.0 ready fades             -> seed 3, sr 2x, prompt 0 a, prompt 3 b fade 2, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        0.3 refused schedule_prompt busy -> prompt 3 b fade 2
        """,
    )


def test_a_prompt_that_was_lost_with_the_connection_is_sent_again_with_its_fade() -> None:
    conduct(
        FADING,
        """
        0.0 ready fades             -> seed 3, sr 2x, prompt 0 a, prompt 3 b fade 2, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.3 lost gone               ->
        1.5 restored                ->
        1.6 state 1 a               -> prompt 3 b fade 2
        """,
    )


def test_the_prompt_of_a_rule_fades() -> None:
    conduct(
        IN_A_JAM,
        """
        0.0 ready fades             -> seed 3, sr 2x, prompt 0 a, wake 10
        0.1 took a                  -> start
        0.2 started                 ->
        1.2 made 0 a                ->
        1.5 go x                    -> prompt 3 b fade 3
        """,
    )

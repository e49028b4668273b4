"""The last prompts of a run, with the chunks from which the journal has them in force."""

from __future__ import annotations

from typing import Any

from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.studio.prompt_history import KEPT
from tests.support.studio_runs import StudioRun, schedule_of

LIVE = schedule_of("live-set.score")


def prompts_at(run: StudioRun, *seconds: float) -> list[list[dict[str, Any]]]:
    """Return the prompts that the page shows of a run at some seconds, the last ones at its end."""
    found: list[list[dict[str, Any]]] = []

    def note(now: int) -> None:
        found.append([dict(one) for one in run.view.parts(now)["playback"]["prompts"]])

    for one in seconds:
        run.at(one, note)
    run.play()
    return found


def test_each_prompt_has_the_chunk_from_which_it_is_in_force() -> None:
    run = StudioRun(LIVE, "note D3 ch 10@12s", "go out@22s")
    (early, late) = prompts_at(run, 0.3, 21.0)
    landed = {
        line["landed"]: line["what"]
        for line in run.view.parts(0)["lines"]
        if line["landed"] is not None and "prompt" in line["kinds"]
    }
    assert early == []
    assert [one["chunk"] for one in late] == sorted(landed)[: len(late)]
    assert [one["source"] for one in late] == ["intro 1.1", "jam 1.1", "note D3 ch 10"]
    assert all(one["text"].startswith(landed[one["chunk"]].strip("“”…")[:20]) for one in late[1:])


def test_only_the_last_prompts_are_kept() -> None:
    cues = "".join(f'at {chunk}c "A tram passes stop {chunk}."\n' for chunk in range(9))
    run = StudioRun(compile_score(reads(f"seed 1\n{cues}end 12c\n", file="prompts.score")))
    (late,) = prompts_at(run, 12.0)
    assert len(late) == KEPT
    assert late[-1]["text"] == "A tram passes stop 8."
    assert [one["chunk"] for one in late] == [5, 6, 7, 8]

"""A run as a score of its own kind: sections, bars and scenes are kept, and what was played by hand
becomes cues. Random shows: the frozen score is performed with the same on the same chunks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest

from sequencer.api.scripted_events import read_event
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.view import RunView
from sequencer.engine.journal import Journal, JournalWriter, header_of, read_journal
from sequencer.language.compiler import compile_score
from sequencer.language.notations import print_score, reads
from sequencer.reports.diff import compare
from sequencer.reports.freeze import landed_acts
from sequencer.reports.musical_freeze import freeze_music
from sequencer.runtime.loop import Performance
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.simulation.mishaps import draw_operator_events
from tests.simulation.scores import Scores
from tests.support.builders import IMAGE_FILE, OTHER_IMAGE_FILE, find_image_file
from tests.support.conductor_transcripts import event_of

IMAGES = (IMAGE_FILE, OTHER_IMAGE_FILE, replace(IMAGE_FILE, path="c.png", sha256="c" * 64))


def perform(
    schedule: Schedule, sources: dict[str, str], events: Sequence[str], journal: Path
) -> RunView:
    """Perform a schedule on the simulator, and return the run at its end."""
    clock = VirtualClock()
    run = Performance(
        schedule,
        SimulatedStage(clock, settings=SimulatedSettings(schedule.grid, Faults())),
        clock,
        journal=JournalWriter(journal, header_of(schedule, sources, {})),
        script=[read_event(one, schedule, find_image_file) for one in events],
        following=False,
    )
    asyncio.run(run.run())
    return run.conductor.view


def ran(folder: Path, text: str, *events: str) -> Journal:
    text = dedent(text)
    schedule = compile_score(replace(reads(text), images=IMAGES))
    perform(schedule, {"a.score": text}, events, folder / "a.jsonl")
    return read_journal(folder / "a.jsonl")


def frozen(folder: Path, text: str, *events: str) -> str:
    found = freeze_music(ran(folder, text, *events))
    assert found.notes == ()
    return print_score(found.score)


JAM = """\
    # A jam.
    score "Jam"
    clock 120 bpm, 4/4
    seed 4
    let place = "a stop"  # where

    # The tram.
    scene tram {
      base "A tram waits at {place}."
      follow "A tram at {place}. {action}"
    }

    section jam until go out, max 16 bars {
      # It begins.
      at 1 tram  # at once
      at +2 bar tram "It turns."
      every 4 bars from 5 tram "Again."
      on go flash -> tram pick("Light!" | "Dark!"), sr 4x
      on go launch at next 2 bars -> tram "A new bar."
    }
    section coda 2 bars {
      at 1 tram "It leaves."
    }
    section unused 2 bars {
      # nobody plays this
      at 1 tram
    }
    play jam*2 coda
"""


def test_a_jam_becomes_a_score_with_its_scenes_and_comments(tmp_path: Path) -> None:
    text = frozen(
        tmp_path,
        JAM,
        "go flash@jam 1/2 1.3",
        "go out@jam 1/2 5.1",
        "go launch@jam 2/2 2.2",
        'prompt "A {red} moon."@jam 2/2 6',
        "go out@jam 2/2 7.2",
    )
    assert text == dedent(
        """\
        # A jam.
        score "Jam"
        clock 120 bpm, 4/4
        seed 4

        let place = "a stop"  # where

        # The tram.
        scene tram {
          base "A tram waits at {place}."
          follow "A tram at {place}. {action}"
        }

        section jam 5 bars {
          # It begins.
          at 1 tram  # at once
          at 2.2 tram "Dark!", sr 4x
          at 3 tram "It turns."
          every 4 bars from 5 tram "Again."
        }

        section jam-2 8 bars {
          at 1 tram
          at 3 tram "It turns."
          at 5 tram "A new bar."
          at 7 "A {{red}} moon."
        }

        section coda 2 bars {
          at 1 tram "It leaves."
        }

        play jam jam-2 coda
        """
    )


def test_the_runs_are_equal_but_for_their_settings(tmp_path: Path) -> None:
    journal = ran(tmp_path, JAM, "go flash@jam 1/2 1.3", "go out@jam 1/2 5.1")
    score = freeze_music(journal).score
    perform(compile_score(score), {"b.score": print_score(score)}, (), tmp_path / "b.jsonl")
    found = compare(journal, read_journal(tmp_path / "b.jsonl"))
    assert (found.prompts, found.sends, found.chunks[0]) == ((), (), found.chunks[1])
    assert found.cues == ()
    assert {one.split(":")[0] for one in found.settings} == {"schedule digest"}


def test_inherited_cues_choices_and_groups_are_written_out(tmp_path: Path) -> None:
    text = frozen(
        tmp_path,
        """\
        clock 120 bpm, 4/4
        seed 4
        section chorus 4 bars {
          at 1 "C1."
          at 3 shuffle("a." | "b." | "c.")
          at end -1 bar "E."
        }
        section verse 4 bars {
          at 1 "V."
        }
        section last like chorus {
          at 1 "L1."
          at 2 "L2."
        }
        play (verse chorus)*2 last
        """,
    )
    assert text == dedent(
        """\
        clock 120 bpm, 4/4
        seed 4

        section chorus 4 bars {
          at 1 "C1."
          at 3 "c."
          at 4 "E."
        }

        section chorus-2 4 bars {
          at 1 "C1."
          at 3 "a."
          at 4 "E."
        }

        section verse 4 bars {
          at 1 "V."
        }

        section last 4 bars {
          at 1 "L1."
          at 2 "L2."
          at 3 "b."
          at 4 "E."
        }

        play verse chorus verse chorus-2 last
        """
    )


SHOWS = 60


def shown(run: RunView) -> dict[tuple[int, str], object]:
    """Return what acted on each chunk."""
    found: dict[tuple[int, str], object] = {}
    for (chunk, kind), (_, slot) in landed_acts(run).items():
        image = slot.image
        values = {
            "prompt": slot.prompt,
            "image": None if image is None else image.sha256,
            "strength": slot.strength,
            "sr": slot.sr,
            "cut": slot.cut,
        }
        found[chunk, kind] = values[kind]
    return found


def draw_show(seed: int) -> tuple[str, Schedule, list[str]]:
    """Return a random score with its schedule and events."""
    rng = Random(seed)
    text = "\n".join(Scores(rng).lines(rng.choice(["chunks", "fixed", "live", "live"]))) + "\n"
    schedule = compile_score(replace(reads(text), images=IMAGES))
    events = list(draw_operator_events(rng, schedule, text))
    sections = [f"goto {one.section}" for one in schedule.stretches if one.section]
    for _ in range(rng.randrange(4)):
        what = rng.choice(["prompt improvised", "image b.png", "sr 4x", "strength 0.5", *sections])
        events.append(f"{what}@{rng.randrange(schedule.end + 1)}c")
    return text, schedule, events


@pytest.mark.parametrize("first", range(0, SHOWS, 20))
def test_a_frozen_show_is_performed_with_the_same_commands(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        text, schedule, events = draw_show(seed)
        run = perform(schedule, {"a.score": text}, events, folder / "a.jsonl")
        if run.chunk == 0:
            continue
        found = freeze_music(read_journal(folder / "a.jsonl"))
        again = perform(compile_score(found.score), {}, (), folder / "b.jsonl")
        assert (found.notes, again.chunk) == ((), run.chunk), f"seed {seed}"
        assert shown(again) == shown(run), f"seed {seed}"


# ---- what cannot be kept -------------------------------------------------------------------------


def test_a_run_without_text_is_frozen_in_chunks(tmp_path: Path) -> None:
    schedule = compile_score(reads('at 0c "A."\nat 2c "B."\nend 4c\n'))
    perform(schedule, {}, (), tmp_path / "a.jsonl")
    found = freeze_music(read_journal(tmp_path / "a.jsonl"))
    assert found.notes == (
        "sections and beats cannot be kept: its journal has no text of the score that can be read",
    )
    assert "clock chunks" in print_score(found.score)


def test_used_files_become_part_of_the_score(tmp_path: Path) -> None:
    main = 'use "lib.score"\nclock 120 bpm, 4/4\nat 1 tram\nend 4\n'
    used = 'scene tram {\n  base "A tram."\n}\n'
    text = main + used
    schedule = compile_score(reads(text.replace('use "lib.score"\n', "")))
    sources = {str(tmp_path / "a.score"): main, str(tmp_path / "lib.score"): used}
    perform(schedule, sources, (), tmp_path / "a.jsonl")
    found = freeze_music(read_journal(tmp_path / "a.jsonl"))
    assert found.notes == ("the scenes and variables that it uses are in the score itself",)
    assert print_score(found.score) == (
        'scene tram {\n  base "A tram."\n}\n\nclock 120 bpm, 4/4\n\nat 1 tram\n\nend 4\n'
    )


# ---- external clocks -----------------------------------------------------------------------------

FOLLOWING = """\
    clock midi, 4/4, nominal 120 bpm
    grid 24 frames @ 24 fps
    seed 3
    section jam until go out, max 16 bars {
      at 1 "A."
      at 3 "B."
      on go flash -> "Light."
    }
    section coda 2 bars {
      at 1 "C."
    }
"""


def followed(folder: Path, bpm: int) -> Journal:
    """Play along with a clock that is slower than the score's tempo, and play two go cues."""
    text = dedent(FOLLOWING)
    schedule = compile_score(reads(text))
    writer = JournalWriter(
        folder / "a.jsonl", header_of(schedule, {"a.score": text}, {}, following=True)
    )
    conductor = Conductor(schedule, True)

    def receive(line: str) -> None:
        event = event_of(line)
        writer.event(event)
        for command in conductor.receive(event):
            writer.command(event.at, command)

    receive("0 ready")
    receive("0.1 took A.")
    receive("0.2 clock start")
    receive(f"0.2 fit 0 {bpm}")
    receive("0.3 started")
    chunk = 0
    while not conductor.is_finished and chunk < 60:
        receive(f"{chunk + 1}.3 fit {(chunk + 1.1) * bpm / 60} {bpm}")
        prompt = conductor.view.prompt_at(chunk)
        receive(f"{chunk + 1}.3 made {chunk} {prompt}")
        if chunk == 2:
            receive("3.4 go flash")
        if chunk == 10:
            receive("11.4 go out")
        chunk += 1
    writer.close()
    return read_journal(folder / "a.jsonl")


def test_a_run_that_followed_a_clock_keeps_it_and_reports_what_moved(tmp_path: Path) -> None:
    found = freeze_music(followed(tmp_path, 60))
    assert print_score(found.score) == dedent(
        """\
        clock midi, 4/4, nominal 120 bpm
        grid 24 frames @ 24 fps
        seed 3

        section jam 4 bars {
          at 1 "A."
          at 2.4 "Light."
          at 3 "B."
        }

        section coda 2 bars {
          at 1 "C."
        }
        """
    )
    assert found.notes == (
        "jam 3.1: chunk 4 at the score's own tempo, chunk 6 in the run (-2.0 s)",
        "jam 2.4: chunk 3 at the score's own tempo, chunk 5 in the run (-2.0 s)",
        "coda 1.1: chunk 8 at the score's own tempo, chunk 14 in the run (-6.0 s)",
    )

"""What an operator is told about edits of a score, and what `reload` and `undo` do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sequencer.api.reloading import read_edited, reload_settings
from sequencer.core.errors import UsageError
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.run_actions import RELOADS
from sequencer.events.codec import Event
from sequencer.events.events import ReloadRequested
from sequencer.runtime.loop import Performance
from sequencer.runtime.operator.commands import IgnoredError
from sequencer.runtime.operator.reload_control import (
    ReloadControl,
    describe_problems,
    is_reload_command,
)
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

BOAT = 'seed 1\nat 0c "A boat."\nat 4c "A red boat."\nend 8c\n'
BLUE = BOAT.replace("red", "blue")
GREEN = BOAT.replace("red", "green")


@dataclass
class Desk:
    """A run that has not begun, whose score is edited."""

    file: Path
    mode: str = "offer"
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file.write_text(BOAT, encoding="utf-8")
        read = read_edited(self.file)
        assert read.schedule is not None
        clock = VirtualClock()
        stage = SimulatedStage(clock, settings=SimulatedSettings(read.schedule.grid))
        self.run = Performance(read.schedule, stage, clock, may_reload=True)
        self.events: list[Event] = []
        self.run.deliver = self.events.append  # type: ignore[method-assign,assignment]  # nothing is played here
        self.control = ReloadControl(
            self.run,
            reload_settings(self.mode, self.file, "boat"),
            [read.sources],
            clock.now,
            self.said.append,
        )

    def save(self, text: str) -> None:
        """Save an edit, as an editor does: under another name first."""
        other = self.file.with_suffix(".new")
        other.write_text(text, encoding="utf-8")
        other.replace(self.file)

    async def edit(self, text: str) -> None:
        """Save an edit, and let it be noticed."""
        self.save(text)
        await self.control.poll()
        await self.control.poll()

    def receive(self) -> None:
        """Let the conductor receive what was delivered."""
        for event in self.events:
            commands = self.run.conductor.receive(event)
            self.control.look(event, commands, self.run.conductor)
        self.events.clear()

    @property
    def versions(self) -> list[int]:
        return [one.version for one in self.events if isinstance(one, ReloadRequested)]


def on_a_desk(
    tmp_path: Path, act: Callable[[Desk], Coroutine[Any, Any, None]], mode: str = "offer"
) -> Desk:
    async def main() -> Desk:
        desk = Desk(tmp_path / "boat.score", mode)
        await desk.control.poll()
        await act(desk)
        return desk

    return asyncio.run(main())


def test_an_edit_is_offered_once_and_taken_over_when_it_is_asked_for(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.edit(BLUE)
        await desk.control.poll()
        assert desk.said == ["the score was edited; to let it take over: reload"]
        assert desk.versions == []
        answer = await desk.control.answer("reload at section")
        assert answer == "version 2 of the score takes over before the run begins"
        (event,) = desk.events
        assert event == ReloadRequested(at=0, version=2, where="section")
        desk.receive()
        assert desk.said[1:] == ["version 2 of the score has taken over with chunk 0"]
        assert desk.run.conductor.view.version == 2

    on_a_desk(tmp_path, act)


def test_auto_takes_an_edit_over_when_it_is_saved(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.edit(BLUE)
        assert desk.versions == [2]
        assert desk.said == ["version 2 of the score takes over before the run begins"]

    on_a_desk(tmp_path, act, "auto")


def test_a_file_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        desk.save("seed 1\n")
        await desk.control.poll()
        assert desk.said == []
        await desk.edit(BLUE)
        assert desk.said == ["the score was edited; to let it take over: reload"]

    on_a_desk(tmp_path, act)


@pytest.mark.parametrize("mode", ["offer", "auto"])
def test_an_invalid_edit_changes_nothing_and_is_reported(tmp_path: Path, mode: str) -> None:
    async def act(desk: Desk) -> None:
        await desk.edit(BLUE + "at nonsense\n")
        (said,) = desk.said
        assert said.startswith("the edited score is not valid, so the run goes on as before: ")
        assert "boat.score:5:4: " in said and "[E161]" in said
        with pytest.raises(UsageError, match="not valid") as caught:
            await desk.control.answer("reload")
        assert caught.value.hint == "fix it and reload once more"
        assert desk.events == []

    on_a_desk(tmp_path, act, mode)


def test_a_score_without_a_prompt_is_not_taken_over(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.edit("end 8c\n")
        assert desk.said[0].endswith("boat.score:1:1: this score shows no prompt [E422]")

    on_a_desk(tmp_path, act)


def test_undo_goes_back_step_by_step_and_reload_goes_on_again(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        for text in (BLUE, GREEN):
            desk.save(text)
            await desk.control.answer("reload")
        desk.receive()
        assert await desk.control.answer("undo") == (
            "version 2 of the score takes over before the run begins"
        )
        await desk.control.answer("undo at chunk")
        assert desk.versions == [2, 1]
        with pytest.raises(IgnoredError, match="nothing to undo"):
            await desk.control.answer("undo")
        await desk.control.answer("reload")
        assert desk.versions == [2, 1, 3], "a text that is known keeps its number"
        await desk.control.answer("undo")
        assert desk.versions == [2, 1, 3, 1]

    on_a_desk(tmp_path, act)


def test_a_score_that_did_not_change_is_not_reloaded(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        with pytest.raises(IgnoredError, match="as the run plays it"):
            await desk.control.answer("reload")
        await desk.edit(BLUE)
        await desk.edit(BOAT)
        assert desk.said[1:] == ["the score is again as the run plays it"]
        assert desk.events == []

    on_a_desk(tmp_path, act)


def test_a_refusal_is_an_answer_with_a_hint(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.edit("grid 24 frames @ 24 fps\n" + BOAT)
        assert desk.said[0].startswith("the edited score cannot take over: ")
        assert "[E702]" in desk.said[0]
        with pytest.raises(IgnoredError, match="another grid") as caught:
            await desk.control.answer("reload")
        assert caught.value.hint is not None
        assert desk.events == []

    on_a_desk(tmp_path, act)


def test_what_the_conductor_refuses_is_reported_and_can_be_tried_again(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        desk.save(BLUE)
        await desk.control.answer("reload")
        current = desk.run.conductor.view.passes[0]
        move = desk.run.conductor._run.actions.fired(
            RELOADS, "version 2", "reload", current=current, line=0, at=0
        )
        move.end(Status.REFUSED, "its image could not be uploaded")
        desk.control.look(desk.events[0], (), desk.run.conductor)
        assert desk.said == [
            "version 2 of the score cannot take over: its image could not be uploaded"
        ]
        await desk.control.answer("reload")
        assert desk.versions == [2, 2]

    on_a_desk(tmp_path, act)


def test_a_run_has_a_limited_number_of_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.runtime.operator.reload_control.MAX_VERSIONS", 2)

    async def act(desk: Desk) -> None:
        desk.save(BLUE)
        await desk.control.answer("reload")
        desk.save(GREEN)
        with pytest.raises(IgnoredError, match="has had 2 versions"):
            await desk.control.answer("reload")

    on_a_desk(tmp_path, act)


@pytest.mark.parametrize("text", ["reload at dawn", "undo everything", "reload in"])
def test_other_words_are_refused(tmp_path: Path, text: str) -> None:
    async def act(desk: Desk) -> None:
        with pytest.raises(UsageError, match="not an operator command"):
            await desk.control.answer(text)

    assert is_reload_command(text)
    on_a_desk(tmp_path, act)


def test_only_whole_words_are_commands_here() -> None:
    assert is_reload_command("undo") and is_reload_command(" reload in verse 2")
    assert not is_reload_command("go reload") and not is_reload_command("reloaded")


def test_the_first_problem_is_named_and_the_others_counted() -> None:
    assert describe_problems(()) == "it cannot be performed"
    assert describe_problems(("a",)) == "a"
    assert describe_problems(("a", "b", "c")) == "a (and 2 more; see: sequencer check)"


def test_only_the_file_of_a_score_can_be_watched() -> None:
    with pytest.raises(UsageError, match=r"set\.json is not one"):
        reload_settings("auto", None, "set.json")

"""What an operator reads about edits of a score, and what `reload` and `undo` do."""

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
class Setup:
    """A run that has not begun, whose score is edited."""

    file: Path
    mode: str = "offer"
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file.write_text(BOAT, encoding="utf-8")
        read = read_edited(self.file)
        assert read.schedule is not None
        clock = VirtualClock()
        stage = SimulatedStage(clock, settings=SimulatedSettings(read.schedule.grid))
        self.run = Performance(read.schedule, stage, clock, may_reload=True)
        self.events: list[Event] = []
        self.run.deliver = self.events.append  # type: ignore[method-assign,assignment]  # nothing is played here
        settings = reload_settings(self.mode, self.file, "boat")
        assert settings is not None
        self.control = ReloadControl(
            self.run,
            settings,
            [read.sources],
            clock.now,
            self.printed.append,
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


def with_setup(
    tmp_path: Path, act: Callable[[Setup], Coroutine[Any, Any, None]], mode: str = "offer"
) -> Setup:
    async def main() -> Setup:
        setup = Setup(tmp_path / "boat.score", mode)
        await setup.control.poll()
        await act(setup)
        return setup

    return asyncio.run(main())


def test_an_edit_is_offered_once_and_taken_over_when_it_is_asked_for(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        await setup.edit(BLUE)
        await setup.control.poll()
        assert setup.printed == ["the score was edited; to let it take over: reload"]
        assert setup.versions == []
        answer = await setup.control.answer("reload at section")
        assert answer == "version 2 of the score takes over before the run begins"
        (event,) = setup.events
        assert event == ReloadRequested(at=0, version=2, where="section")
        setup.receive()
        assert setup.printed[1:] == ["version 2 of the score has taken over with chunk 0"]
        assert setup.run.conductor.view.version == 2

    with_setup(tmp_path, act)


def test_auto_takes_an_edit_over_when_it_is_saved(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        await setup.edit(BLUE)
        assert setup.versions == [2]
        assert setup.printed == ["version 2 of the score takes over before the run begins"]

    with_setup(tmp_path, act, "auto")


def test_a_file_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        setup.save("seed 1\n")
        await setup.control.poll()
        assert setup.printed == []
        await setup.edit(BLUE)
        assert setup.printed == ["the score was edited; to let it take over: reload"]

    with_setup(tmp_path, act)


@pytest.mark.parametrize("mode", ["offer", "auto"])
def test_an_invalid_edit_changes_nothing_and_is_reported(tmp_path: Path, mode: str) -> None:
    async def act(setup: Setup) -> None:
        await setup.edit(BLUE + "at nonsense\n")
        (printed,) = setup.printed
        assert printed.startswith("the edited score is not valid, so the run goes on as before: ")
        assert "boat.score:5:4: " in printed and "[E161]" in printed
        with pytest.raises(UsageError, match="not valid") as caught:
            await setup.control.answer("reload")
        assert caught.value.hint == "fix it and reload once more"
        assert setup.events == []

    with_setup(tmp_path, act, mode)


def test_a_score_without_a_prompt_is_not_taken_over(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        await setup.edit("end 8c\n")
        assert setup.printed[0].endswith("boat.score:1:1: this score shows no prompt [E422]")

    with_setup(tmp_path, act)


def test_undo_goes_back_step_by_step_and_reload_goes_on_again(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        for text in (BLUE, GREEN):
            setup.save(text)
            await setup.control.answer("reload")
        setup.receive()
        assert await setup.control.answer("undo") == (
            "version 2 of the score takes over before the run begins"
        )
        await setup.control.answer("undo at chunk")
        assert setup.versions == [2, 1]
        with pytest.raises(IgnoredError, match="nothing to undo"):
            await setup.control.answer("undo")
        await setup.control.answer("reload")
        assert setup.versions == [2, 1, 3], "a text that is known keeps its number"
        await setup.control.answer("undo")
        assert setup.versions == [2, 1, 3, 1]

    with_setup(tmp_path, act)


def test_a_run_that_is_resumed_can_undo_what_took_over_before(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        setup.save(BLUE)
        await setup.control.answer("reload")
        setup.receive()
        settings = reload_settings("offer", setup.file, "boat")
        assert settings is not None
        resumed = ReloadControl(
            setup.run, settings, [{"a": BOAT}, {"a": BLUE}], lambda: 0, setup.printed.append
        )
        await resumed.answer("undo")
        assert setup.versions == [1]

    with_setup(tmp_path, act)


def test_a_score_that_did_not_change_is_not_reloaded(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        with pytest.raises(IgnoredError, match="as the run plays it"):
            await setup.control.answer("reload")
        await setup.edit(BLUE)
        await setup.edit(BOAT)
        assert setup.printed[1:] == ["the score is again as the run plays it"]
        assert setup.events == []

    with_setup(tmp_path, act)


def test_a_refusal_is_an_answer_with_a_hint(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        await setup.edit("grid 24 frames @ 24 fps\n" + BOAT)
        assert setup.printed[0].startswith("the edited score cannot take over: ")
        assert "[E702]" in setup.printed[0]
        with pytest.raises(IgnoredError, match="another grid") as caught:
            await setup.control.answer("reload")
        assert caught.value.hint is not None
        assert setup.events == []

    with_setup(tmp_path, act)


def test_what_the_conductor_refuses_is_reported_and_can_be_tried_again(tmp_path: Path) -> None:
    async def act(setup: Setup) -> None:
        setup.save(BLUE)
        await setup.control.answer("reload")
        current = setup.run.conductor.view.passes[0]
        move = setup.run.conductor._run.actions.fired(
            RELOADS, "version 2", "reload", current=current, line=0, at=0
        )
        move.end(Status.REFUSED, "its image could not be uploaded")
        setup.control.look(setup.events[0], (), setup.run.conductor)
        assert setup.printed == [
            "version 2 of the score cannot take over: its image could not be uploaded"
        ]
        await setup.control.answer("reload")
        assert setup.versions == [2, 2]

    with_setup(tmp_path, act)


def test_a_run_has_a_limited_number_of_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.runtime.operator.reload_control.MAX_VERSIONS", 2)

    async def act(setup: Setup) -> None:
        setup.save(BLUE)
        await setup.control.answer("reload")
        setup.save(GREEN)
        with pytest.raises(IgnoredError, match="has had 2 versions"):
            await setup.control.answer("reload")

    with_setup(tmp_path, act)


@pytest.mark.parametrize("text", ["reload at dawn", "undo everything", "reload in"])
def test_other_words_are_refused(tmp_path: Path, text: str) -> None:
    async def act(setup: Setup) -> None:
        with pytest.raises(UsageError, match="not an operator command"):
            await setup.control.answer(text)

    assert is_reload_command(text)
    with_setup(tmp_path, act)


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

"""Check that a local runtime serves the model of a score."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sequencer.core.errors import SequencerError, StageError

if TYPE_CHECKING:
    from sequencer.api.performing import PerformOptions
    from sequencer.schedule.model import Schedule
    from sequencer.stages.reactor.http import ApiClient


async def check_local_runtime(options: PerformOptions, *schedules: Schedule) -> None:
    """Check, before anything is opened, that the local runtime of a run serves its model.

    Args:
        options: The options of the run. Without `local`, nothing is checked.
        schedules: What is played there, one after the other.

    Raises:
        StageError: It serves another model, or nothing answers.
        UsageError: The address is not valid.
    """
    if not options.local:
        return
    from sequencer.stages.reactor.http import ApiClient
    from sequencer.stages.reactor.settings import PRODUCTION, ReactorSettings

    platform = ApiClient(ReactorSettings(url=options.url or PRODUCTION, local=True).base())
    try:
        await platform.ask("asking for its state", "GET", "/health")
        for schedule in schedules:
            await check_local_model(platform, schedule)
    finally:
        await platform.close()


async def check_local_model(platform: ApiClient, schedule: Schedule) -> None:
    """Raise StageError if a local runtime serves a model with other commands.

    A runtime need not have a schema: then nothing is known, and nothing is raised.
    """
    from sequencer.models.catalog import find_spec
    from sequencer.models.from_schema import commands_of_schema

    spec = find_spec(schedule.model)
    try:
        answer = await platform.ask("asking for its schema", "GET", "/schema")
        commands = commands_of_schema(json.dumps(answer.body), "/schema")
    except SequencerError:
        return
    if spec.prompt.command not in commands:
        raise StageError(
            f"the local runtime serves another model: it has no command {spec.prompt.command}, "
            f"with which {spec.title} gets its prompts",
            f"start one with this model: sequencer serve --model {spec.model}",
        )

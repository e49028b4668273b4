"""Connect a live run with OSC: what comes in, the score's messages, and the run's feedback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from sequencer.core.errors import UsageError
from sequencer.runtime.live.osc_output import osc_output
from sequencer.runtime.live.run import LiveRun
from sequencer.runtime.operator.reload_control import is_reload_command
from sequencer.runtime.osc.endpoints import Endpoint
from sequencer.runtime.osc.feedback import OscFeedback
from sequencer.runtime.osc.receiver import OscReceiver
from sequencer.runtime.osc.sockets import OscTargets, listening

UPDATE_INTERVAL_S = 0.05
"""How often, in seconds, feedback that changes with time is looked at."""


@asynccontextmanager
async def osc_input(run: LiveRun, endpoint: Endpoint) -> AsyncIterator[None]:
    """Receive OSC for a run. Beyond this machine, the operator is warned: OSC has no keys."""
    performance = run.performance
    reloading: set[asyncio.Task[None]] = set()

    async def reload(line: str) -> None:
        try:
            answer = await run.operator.answer(line)
        except UsageError as error:
            answer = error.message if error.hint is None else f"{error.message}; {error.hint}"
        if answer:
            run.notify(answer)

    def handle_line(line: str) -> str | None:
        if not is_reload_command(line):
            return run.operator.handle_line(line, from_device=True)
        task = asyncio.ensure_future(reload(line))  # it reads files, which takes a while
        reloading.add(task)
        task.add_done_callback(reloading.discard)
        return None

    receiver = OscReceiver(
        lambda: performance.conductor.view.schedule,
        handle_line=handle_line,
        deliver=run.deliver_from_device,
        notify=run.notify,
        now=run.clock.now,
        debounce=run.debounce,
    )
    async with listening(endpoint, receiver):
        if not endpoint.is_here:
            run.notify(
                f"OSC at {endpoint} takes commands from every machine that reaches it: "
                "use it only on a network that you trust"
            )
        try:
            yield
        finally:
            for task in reloading:
                task.cancel()


@asynccontextmanager
async def osc_targets(run: LiveRun, endpoints: Sequence[Endpoint]) -> AsyncIterator[None]:
    """Send the OSC messages of the score, and what the run reports about itself."""
    targets = OscTargets(endpoints, run.notify)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(osc_output(run, targets))
        await stack.enter_async_context(_feedback(run, targets))
        yield


@asynccontextmanager
async def _feedback(run: LiveRun, targets: OscTargets) -> AsyncIterator[None]:
    feedback = OscFeedback(run.live_status, run.performance.conductor, targets.send)
    run.lookers.append(feedback)
    run.notice_listeners.append(feedback.warn)

    async def keep_updating() -> None:
        while True:
            feedback.update(run.clock.now())
            await asyncio.sleep(UPDATE_INTERVAL_S)

    updating = asyncio.create_task(keep_updating())
    try:
        yield
        feedback.update(run.clock.now())
    finally:
        updating.cancel()
        with suppress(asyncio.CancelledError):
            await updating
        run.lookers.remove(feedback)
        run.notice_listeners.remove(feedback.warn)

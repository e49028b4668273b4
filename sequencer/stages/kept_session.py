"""A session that outlives its run: between two runs it is kept, and billed, for the next one.

A run that has another after it keeps the session (`KeptSession.keep`) before its stage is closed.
Until the stage of the next run takes it over, whoever holds it has to end it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sequencer.events.commands import SetImageStrength

if TYPE_CHECKING:
    from sequencer.events.codec import Event
    from sequencer.models.spec import ModelSpec
    from sequencer.stages.simulated.helios import HeliosModel
    from sequencer.stages.wire.messages import Reference

DEFAULT_STRENGTH = 1.0
"""The image strength of a new session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHandover:
    """What the next stage needs of a session at Reactor. Times are of the runs' clocks.

    Attributes:
        session: Its id.
        uploaded: The images that it holds, by SHA-256.
        received_events: What the last take reported; frames of it may still arrive.
        made_at: When it was made, in nanoseconds.
        kept_at: When its last run ended, in nanoseconds.
    """

    session: str
    uploaded: Mapping[str, Reference]
    received_events: Sequence[Event] = field(repr=False)
    made_at: int
    kept_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHandover:
    """What the next simulator needs of a simulated session.

    Attributes:
        model: The model.
        at: The model's own time, in nanoseconds: it makes nothing until it is taken over.
        kept_at: When its last run ended, in nanoseconds of the clock of that run.
    """

    model: HeliosModel
    at: int
    kept_at: int


Handover = SessionHandover | ModelHandover


class KeptSession(Protocol):
    """A stage whose run is over, and whose session can be kept for the next run."""

    def keep(self) -> bool:
        """Keep the session when the stage is closed; return whether there is one."""
        ...

    @property
    def made_at(self) -> int:
        """When the session was made, in nanoseconds of the run's clock."""
        ...

    @property
    def kept_at(self) -> int:
        """When the run ended whose session was kept, in nanoseconds of the run's clock."""
        ...

    async def take_over(self) -> Handover:
        """Release the session for the next stage, and return what that needs.

        The caller calls `forget` once the next stage has the session, and `end` if it failed.

        Raises StageError if the session has ended.
        """
        ...

    async def end(self) -> None:
        """End the session, unless it is over. Safe to call twice and after failures."""
        ...

    async def forget(self) -> None:
        """Note that the next stage ends the session."""
        ...


def settings_after_reset(spec: ModelSpec) -> tuple[SetImageStrength, ...]:
    """Return the settings that a run does not send itself, as they are in a new session.

    A reset clears the prompts and the image. Whether it clears strength and super-resolution is
    not known for every model; seed and super-resolution are sent with every take.
    """
    return () if spec.strength is None else (SetImageStrength(DEFAULT_STRENGTH),)

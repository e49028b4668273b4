"""The simulator: the entire Helios contract, in process, deterministic, with frames.

In the order of the data flow: `faults` (what goes wrong, from a file), `helios` (the state machine;
`timing` is what is due when and how long things take, `helios_state` its conditions, uploads and
outputs, `pending_commands` and `snapshots` what it remembers, `outgoing` its messages),
`faulty_channel` (the path of its messages), `stage` (all of it on a run's clock), `renderer` (what
the chunks look like).
"""

from sequencer.stages.simulated.faults import Faults, read_faults, reads_faults
from sequencer.stages.simulated.stage import (
    FrameSink,
    ImageBytes,
    SimulatedSettings,
    SimulatedStage,
)

__all__ = [
    "Faults",
    "FrameSink",
    "ImageBytes",
    "SimulatedSettings",
    "SimulatedStage",
    "read_faults",
    "reads_faults",
]

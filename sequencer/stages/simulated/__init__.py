"""The simulated stage: the whole Helios contract on paper, in process, deterministic, with pictures.

In the order in which things flow: `faults` (what goes wrong, from a file), `model` (the machine; `agenda` is what is due when,
`pace` how long things take, `conditions` and `uploads` what it holds), `link` (the way its messages take), `stage` (both behind
a run's clock), `pictures` (what the chunks look like).
"""

from sequencer.stages.simulated.faults import Faults, read_faults, reads_faults
from sequencer.stages.simulated.stage import ImageBytes, PictureSink, SimulatedSettings, SimulatedStage

__all__ = ["Faults", "ImageBytes", "PictureSink", "SimulatedSettings", "SimulatedStage", "read_faults", "reads_faults"]

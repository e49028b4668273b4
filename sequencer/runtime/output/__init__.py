"""What every run has, rehearsed or live: a folder that gets its name when it is whole, a report, a film, a proper end."""

from sequencer.runtime.output.run_folder import RunFolder
from sequencer.runtime.signals import closing_on_signals

__all__ = ["RunFolder", "closing_on_signals"]

"""The conductor: pure.

`machine` is the table of the state machine, `run` its state; `opening`, `beginning`, `playing`, `following`, `hands` and
`sending` are its handlers; `plan` is what is to come, `ledger` what was sent and what has landed, `flights` what was not
answered yet, `moves` what rules do to the run itself, `sends` what gear is told, `report` what became of it all.
"""

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import HANDLERS, Conductor
from sequencer.engine.conductor.midi_output import SentMidi
from sequencer.engine.conductor.report import CueReport, Report, RunActionReport
from sequencer.engine.conductor.run_state import Phase

__all__ = ["HANDLERS", "Conductor", "CueReport", "Phase", "Report", "RunActionReport", "SentMidi", "Status"]

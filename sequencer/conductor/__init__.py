"""The conductor: pure.

`machine` is the table of the state machine, `run` its state; `opening`, `beginning`, `playing`, `following`, `hands` and
`sending` are its handlers; `plan` is what is to come, `ledger` what was sent and what has landed, `flights` what was not
answered yet, `moves` what rules do to the run itself, `sends` what gear is told, `report` what became of it all.
"""

from sequencer.conductor.lines import Status
from sequencer.conductor.machine import TABLE, Conductor
from sequencer.conductor.report import CueReport, MoveReport, Report
from sequencer.conductor.run import Phase
from sequencer.conductor.sends import Sent

__all__ = ["TABLE", "Conductor", "CueReport", "MoveReport", "Phase", "Report", "Sent", "Status"]

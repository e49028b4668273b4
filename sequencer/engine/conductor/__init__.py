"""The conductor: a pure state machine that turns events into commands.

`machine` holds the table of handlers, `transitions` that of the phases, `run_state` the state that
the handlers change, and `view` what the rest of the program may read of it. The handlers are in
`take_setup` (uploads, conditions, start and reset), `take_start`, `playback` (chunks, answers and
refusals), `operator_input`, `clock_input` and `show_end`; `dispatch` sends what is due. `plan`
knows the cues still to come, `ledger` what was sent and what has landed, `pending_commands` the
commands without an answer, `run_actions` what rules do to the run itself, `message_output` the
messages to external devices, and `report` what happened to each cue.
"""

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import HANDLERS, Conductor
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.conductor.report import CueReport, Report, RunActionReport
from sequencer.engine.conductor.transitions import Phase

__all__ = [
    "HANDLERS",
    "Conductor",
    "CueReport",
    "Phase",
    "Report",
    "RunActionReport",
    "SentMessages",
    "Status",
]

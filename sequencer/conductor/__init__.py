"""The conductor: pure. `machine` is the state machine, `plan` what is to come, `ledger` what was sent and landed."""

from sequencer.conductor.lines import Status
from sequencer.conductor.machine import TABLE, Conductor, Phase
from sequencer.conductor.report import CueReport, Report

__all__ = ["TABLE", "Conductor", "CueReport", "Phase", "Report", "Status"]

"""Readers for single values that both notations share, re-exported from one place.

Each reader takes the text of a value, its span, and the collector for diagnostics. It returns the
value, or None if it reported a diagnostic.
"""

from sequencer.language.values.amounts import read_duration
from sequencer.language.values.clock import read_clock
from sequencer.language.values.fade import read_fade
from sequencer.language.values.midi import read_midi
from sequencer.language.values.osc import read_osc
from sequencer.language.values.play import read_pass, read_play
from sequencer.language.values.positions import read_position
from sequencer.language.values.quantisation import read_quantisation, split_quantisation
from sequencer.language.values.settings import (
    MODELS,
    check_tempo,
    read_bpm,
    read_cut,
    read_fps,
    read_grid,
    read_late,
    read_lead,
    read_meter,
    read_middle,
    read_model,
    read_seed,
    read_snap,
    read_sr,
    read_strength,
    read_tempo,
)
from sequencer.language.values.sound import read_sound, read_sound_start
from sequencer.language.values.stages import (
    read_on_stages,
    read_stage_name,
    read_stages,
    read_together,
)
from sequencer.language.values.strings import NAME, is_name, normalise_name, read_name
from sequencer.language.values.triggers import find_option, read_trigger, report_length_with_until

__all__ = [
    "MODELS",
    "NAME",
    "check_tempo",
    "find_option",
    "is_name",
    "normalise_name",
    "read_bpm",
    "read_clock",
    "read_cut",
    "read_duration",
    "read_fade",
    "read_fps",
    "read_grid",
    "read_late",
    "read_lead",
    "read_meter",
    "read_middle",
    "read_midi",
    "read_model",
    "read_name",
    "read_on_stages",
    "read_osc",
    "read_pass",
    "read_play",
    "read_position",
    "read_quantisation",
    "read_seed",
    "read_snap",
    "read_sound",
    "read_sound_start",
    "read_sr",
    "read_stage_name",
    "read_stages",
    "read_strength",
    "read_tempo",
    "read_together",
    "read_trigger",
    "report_length_with_until",
    "split_quantisation",
]

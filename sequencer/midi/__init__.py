"""MIDI input and output: ports by name, TCP sockets, timed sending, MIDI files.

The meaning of messages is not known here.
"""

from sequencer.midi.addresses import MidiError
from sequencer.midi.backends import Ports, ports
from sequencer.midi.inputs import MidiInput, open_input
from sequencer.midi.outputs import MidiOutput, open_output

__all__ = ["MidiError", "MidiInput", "MidiOutput", "Ports", "open_input", "open_output", "ports"]

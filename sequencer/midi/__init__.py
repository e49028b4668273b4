"""MIDI from and to the world: ports by name, TCP sockets, what is sent when, MIDI files. What it means is not known here."""

from sequencer.midi.addresses import MidiError
from sequencer.midi.backends import Ports, ports
from sequencer.midi.inputs import MidiInput, open_input
from sequencer.midi.outputs import MidiOutput, open_output

__all__ = ["MidiError", "MidiInput", "MidiOutput", "Ports", "open_input", "open_output", "ports"]

"""The shell around a run: stamp → journal → conductor → stage."""

from sequencer.performance.cues import ScriptedEvent, scripted
from sequencer.performance.shell import Outcome, Performance, Watcher, require_prompt

__all__ = ["Outcome", "Performance", "ScriptedEvent", "Watcher", "require_prompt", "scripted"]

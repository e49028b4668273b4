"""The stage at Reactor: a live Helios over HTTP and WebRTC.

In the order of a session: `settings` (where, how, with which key), `platform` (one HTTP client, errors in words), `token`,
`session`, `session_time`, `stun` and `signalling` (how to meet), `connection` (the peers' connection: channels and frames),
`talk` (what is said on it) with `answers` (which command an answer belongs to), `meeting` (from a session to a connection that
understands us), `uploads`, `trailer` and `tagged` (what a runtime appends to frames), `repeats` (which frames came before),
`shown` and `takes` (which chunk of which take a frame belongs to), `clips`, and `stage`, which is all of it.
"""

from sequencer.stages.reactor.clips import Clip
from sequencer.stages.reactor.frames import FrameSink, LiveFrame
from sequencer.stages.reactor.safety import Secret
from sequencer.stages.reactor.settings import KEY_VARIABLE, ConnectionStats, ConnectionStatus, ReactorSettings, find_key
from sequencer.stages.reactor.stage import ReactorStage

__all__ = [
    "KEY_VARIABLE",
    "Clip",
    "ConnectionStats",
    "ConnectionStatus",
    "FrameSink",
    "LiveFrame",
    "ReactorSettings",
    "ReactorStage",
    "Secret",
    "find_key",
]

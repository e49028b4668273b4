"""The Reactor stage: a live Helios model over HTTP and WebRTC.

In the order of a session: `settings` (address, options, API key), `environment` (proxies and
certificates), `http` (the HTTP client, which explains its errors), `safety` (which addresses may be
called, and texts without secrets), `session` (the session and its token), `signalling` (STUN, offer
and answer), `connection` (the WebRTC connection: channels and frames), `client_protocol` (messages
and which command an answer belongs to), `connector` (from a session to a connection whose protocol
version works), `liveness`, `uploads`, `frame_trailer` and `tagged_frames` (what a runtime appends
to frames), `repeated_frames` (which frames repeat the previous one), `frame_pacing`, `shown_chunks`
and `frame_takes` (which chunk of which take a frame belongs to), `frames`, `clips`, and `stage`,
which combines them.
"""

from sequencer.core.secrets import Secret
from sequencer.stages.live_frames import FrameSink, LiveFrame
from sequencer.stages.reactor.clips import Clip
from sequencer.stages.reactor.settings import (
    KEY_VARIABLE,
    ConnectionStats,
    ConnectionStatus,
    ReactorSettings,
    find_key,
)
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

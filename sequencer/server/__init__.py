"""The local server: the simulated Helios model behind Reactor's protocol.

Any Reactor client can rehearse without a key.

The modules, from the network inwards: `app` (start, stop), `http_guard` (which requests are
allowed), `routes` (the HTTP surface), `session` (a session and its clients), `peer` (one WebRTC
connection), `network_faults` (a simulated bad network), `model_runner` (the model in real time),
`video_source` (its frames in time), `uploads`, `clips`, `tokens`, `openapi`, `settings`.
"""

from sequencer.server.app import StageServer
from sequencer.server.settings import BadNetwork, ServerSettings

__all__ = ["BadNetwork", "ServerSettings", "StageServer"]

"""The stand-in: the simulated Helios behind Reactor's wire, so that any Reactor client can rehearse without a key.

From the outside in: `server` (start, stop), `connections` (TCP connections and their limits), `guard` (who may ask), `routes`
(the HTTP surface), `sessions` (who plays), `peer` (one WebRTC connection), `relay` (a bad network between), `show` (the model
in real time), `screen` (its pictures as they come), `uploads`, `clips`, `tokens`, `schema`.
"""

from sequencer.server.app import StageServer
from sequencer.server.settings import BadNetwork, StandInSettings

__all__ = ["BadNetwork", "StageServer", "StandInSettings"]

"""The frames of the simulated model, bit-exact everywhere: `frames` makes them.

`palette` is their colours, `particles` what drifts over them, `text_overlay` what is written on
them, and `pixels` the arithmetic: smooth fields, images, and three colours packed into one integer.
"""

from sequencer.stages.simulated.renderer.frames import (
    EDITION,
    FADE,
    HEIGHT,
    WIDTH,
    Renderer,
    as_drawn,
    version,
)

__all__ = ["EDITION", "FADE", "HEIGHT", "WIDTH", "Renderer", "as_drawn", "version"]

"""The pictures of the simulated model, bit-exact everywhere: `renderer` makes them.

`noise` is what they flow with, `palette` their colours, `stills` the images in them, `motes` what drifts over them and
`lettering` what is written there; `packed` is how three colours are reckoned with at once.
"""

from sequencer.stages.simulated.renderer.frames import EDITION, FADE, HEIGHT, WIDTH, Renderer, as_drawn, version

__all__ = ["EDITION", "FADE", "HEIGHT", "WIDTH", "Renderer", "as_drawn", "version"]

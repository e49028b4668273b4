"""Colours derived from a prompt, from its hash and the colours and lights that it names."""

from __future__ import annotations

import hashlib
import re

import numpy as np

from sequencer.stages.simulated.renderer.pixels import TURN, Packed, packed, sine

COLOURS = 1024
"""Steps from the darkest to the brightest colour of a palette."""

SHADES = 64
"""Steps of relief from shadow to highlight; the middle one leaves a colour unchanged."""

_HUES = 1536  # six sectors of 256

_NAMED = {
    "red": 0, "scarlet": 20, "crimson": 1500, "rose": 1440, "pink": 1400, "orange": 110,
    "copper": 90, "amber": 160, "gold": 190, "golden": 190, "yellow": 240, "sunlight": 200,
    "sunset": 80, "dawn": 1420, "dusk": 1200, "lime": 380, "green": 520, "forest": 560,
    "grass": 470, "moss": 440, "emerald": 620, "teal": 740, "turquoise": 760, "cyan": 790,
    "sea": 840, "ocean": 870, "ice": 820, "water": 860, "rain": 900, "sky": 880, "blue": 960,
    "night": 1020, "indigo": 1080, "violet": 1160, "purple": 1200, "magenta": 1290, "neon": 1300,
    "fire": 60, "flame": 60, "ember": 40, "snow": 850, "moon": 940, "sun": 180, "desert": 130,
    "sand": 150,
}  # fmt: skip

# From the darkest to the brightest: (step, which of the three hues, saturation, value)
_STOPS = (
    (0, 0, 190, 10),
    (150, 0, 204, 36),
    (320, 0, 196, 82),
    (480, 1, 182, 134),
    (620, 1, 150, 184),
    (750, 2, 140, 220),
    (860, 2, 150, 244),
    (940, 2, 90, 254),
    (1023, 2, 24, 255),
)

_OLIVE = range(130, 340)

_DISTANCES = ((90, 230), (140, 320), (-120, -280), (-90, -420), (180, 360), (-60, 200))


def _rgb(hue: int, saturation: int, value: int) -> tuple[int, int, int]:
    """Convert hue 0…1535, saturation and value 0…255 to red, green, blue 0…255."""
    sector, part = divmod(hue % _HUES, 256)
    low = value * (255 - saturation) // 255
    falling = value * (255 - saturation * part // 255) // 255
    rising = value * (255 - saturation * (255 - part) // 255) // 255
    return (
        (value, rising, low),
        (falling, value, low),
        (low, value, rising),
        (low, falling, value),
        (rising, low, value),
        (value, low, falling),
    )[sector]


def _hues(prompt: str) -> tuple[int, int, int]:
    """Return three hues of a prompt: ground, body, light.

    The first colour that it names is the body, the last the light.
    """
    digest = hashlib.sha256(prompt.encode()).digest()
    named = [_NAMED[word] for word in re.findall(r"[a-z]+", prompt.lower()) if word in _NAMED]
    ground = int.from_bytes(digest[:2], "big") % _HUES
    near, far = _DISTANCES[digest[2] % len(_DISTANCES)]
    sway = digest[3] // 4 - 32
    if not named:
        return ground, ground + near, ground + far
    light = named[-1] + sway // 2
    body = named[0] + sway if named[0] != named[-1] else light + near // 2
    if body % _HUES in _OLIVE:  # dark yellow is a dull green: start from night instead
        return _NAMED["indigo"] + sway, body - 40, light
    return body + far // 3, body, light


def palette(prompt: str) -> Packed:
    """Return the colours of a prompt as 0x00BBGGRR, indexed by colour × SHADES + shade."""
    hues = _hues(prompt)
    bands = (
        44 + hashlib.sha256(prompt.encode()).digest()[5] % 40
    )  # colours from one fold of the sheen to the next
    indexes = np.array([stop[0] for stop in _STOPS], dtype=np.int64)
    stops = np.array(
        [_rgb(hues[which], saturation, value) for _, which, saturation, value in _STOPS],
        dtype=np.int64,
    )
    colour = np.arange(COLOURS, dtype=np.int64)
    left = np.clip(np.searchsorted(indexes, colour, side="right") - 1, 0, len(_STOPS) - 2)
    span = (indexes[left + 1] - indexes[left])[:, None]
    part = (colour - indexes[left])[:, None]
    plain = stops[left] + (stops[left + 1] - stops[left]) * part // span
    sheen = np.array([sine(step * TURN // bands, 17) for step in range(COLOURS)], dtype=np.int64)[
        :, None
    ]
    plain = plain * (256 + sheen) >> 8
    shade = np.arange(SHADES, dtype=np.int64) - SHADES // 2
    darker = plain[:, None, :] * (512 + np.minimum(shade, 0) * 11)[None, :, None] // 512
    glint = np.maximum(shade, 0)
    lighter = (
        darker
        + (255 - darker) * (glint * glint)[None, :, None] * 3 // 4096
        + plain[:, None, :] * glint[None, :, None] // 96
    )
    return packed(np.minimum(lighter, 255).astype(np.uint8).reshape(-1, 3))

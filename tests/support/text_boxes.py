"""The boxes of all texts in an SVG timeline, by the metrics of a real font if it is installed."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from sequencer.reports.timeline.text_metrics import width_of

SVG = "{http://www.w3.org/2000/svg}"
FONTS = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
"""The widest of the fonts that the timeline requests: text that fits with them fits with the
others.
"""
SIZES = {"n": 9.0, "t": 21.0, "s": 11.5, "b": 11.5}
BOLD = frozenset("tbw")


@lru_cache(maxsize=2)
def font(bold: bool) -> Any:
    """Return the font at 1,000 pixels, or None if it is not installed."""
    from PIL import ImageFont

    try:
        return ImageFont.truetype(FONTS[bold], 1000)
    except OSError:
        return None


@lru_cache(maxsize=8192)
def _advance(char: str, bold: bool) -> float:
    found = font(bold)
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if found is None or (found.getmask(char).getbbox() is None and not char.isspace()):
        return float(width_of(char, 1000, bold=bold))
    return float(found.getlength(char))


def measured(text: str, size: float, bold: bool) -> float:
    """Return the width of a text in pixels."""
    return sum(_advance(char, bold) for char in text) * size / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The position of a text, and the right end of its container."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    limit: float | None

    def overlaps(self, other: Box) -> bool:
        """Return whether two texts overlap."""
        return (
            self.left < other.right - 0.2
            and other.left < self.right - 0.2
            and self.top < other.bottom - 0.2
            and other.top < self.bottom - 0.2
        )


def boxes_of(svg: str) -> list[Box]:
    """Return the boxes of all texts."""
    return list(_boxes(ET.fromstring(svg), 0.0, 0.0, None))  # noqa: S314  # our own output


def _boxes(element: ET.Element, dx: float, dy: float, limit: float | None) -> Iterator[Box]:
    for child in element:
        x, y = dx, dy
        inside = limit
        if child.tag == f"{SVG}g":
            transform = child.attrib.get("transform")
            if transform:
                along, down = transform.removeprefix("translate(").removesuffix(")").split()
                x, y = x + float(along), y + float(down)
            rect = child.find(f"{SVG}rect")
            if rect is not None and "x" in rect.attrib and child.find(f"{SVG}text") is not None:
                inside = x + float(rect.attrib["x"]) + float(rect.attrib["width"])
        elif child.tag == f"{SVG}svg":
            x, y = x + float(child.attrib["x"]), y + float(child.attrib["y"])
            inside = x + float(child.attrib["width"])
        elif child.tag == f"{SVG}text":
            yield _box(child, x, y, inside)
            continue
        yield from _boxes(child, x, y, inside)


def _box(element: ET.Element, dx: float, dy: float, limit: float | None) -> Box:
    classes = set(element.attrib.get("class", "").split())
    size = next((SIZES[one] for one in classes if one in SIZES), 10.5)
    width = measured(element.text or "", size, bool(classes & BOLD))
    text, tallest = element.text or "", size
    for span in element.iter(f"{SVG}tspan"):
        own = set(span.attrib.get("class", "").split())
        span_size = next((SIZES[one] for one in own if one in SIZES), size)
        width += float(span.attrib.get("dx", "0")) + measured(
            span.text or "", span_size, bool((own | classes) & BOLD)
        )
        tallest = max(tallest, span_size)
        text += span.text or ""
    left = dx + float(element.attrib["x"])
    if "e" in classes:
        left -= width
    base = dy + float(element.attrib["y"])
    return Box(
        text=text,
        left=left,
        right=left + width,
        top=base - 0.72 * tallest,
        bottom=base,
        limit=limit,
    )


def faults_of(svg: str) -> list[str]:
    """Return a description of each text that overlaps another, or leaves the page or its box."""
    root = ET.fromstring(svg)  # noqa: S314  # our own output
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = boxes_of(svg)
    found = []
    for box in boxes:
        if box.left < 0 or box.right > width or box.top < 0 or box.bottom > height:
            found.append(f"{box.text!r} leaves the page: {box}")
        if box.limit is not None and box.right > box.limit + 0.2:
            found.append(f"{box.text!r} leaves its box: {box}")
    rows: dict[int, list[Box]] = {}
    for box in boxes:
        for band in {int(box.top // 40), int(box.bottom // 40)}:
            rows.setdefault(band, []).append(box)
    for row in rows.values():
        found += [
            f"{one.text!r} and {other.text!r} overlap"
            for one, other in combinations(row, 2)
            if one.overlaps(other)
        ]
    return found

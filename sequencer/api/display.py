"""Show schedules and runs in notebooks: their timeline as inline SVG, without scripts.

The style of the SVG applies to it alone.
"""

from __future__ import annotations

import re
from itertools import count

from sequencer.runtime.results import PerformanceResult, RehearsalResult
from sequencer.schedule.model import Schedule

_numbers = count(1)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_MEDIA = re.compile(r"(@media[^{]*)\{((?:[^{}]*\{[^{}]*\})*)\}")


def render_html(value: object) -> str | None:
    """Return the HTML of a schedule or of the result of a run; None for anything else.

    It is one `div` with an SVG image in it, which is well-formed XML. All texts are escaped, and
    there are no scripts, links or references to files. Images are named and not shown, because a
    schedule does not know where they are.
    """
    from sequencer.reports.timeline import timeline_svg

    if isinstance(value, Schedule):
        return _inline(timeline_svg(value))
    if isinstance(value, RehearsalResult | PerformanceResult):
        return _inline(timeline_svg(value.schedule, value.conductor))
    return None


def _inline(svg: str) -> str:
    """Return an SVG image for a page that contains others.

    Its classes, ids and style rules are kept apart from the page's.
    """
    name = f"sequencer-timeline-{next(_numbers)}"
    svg = _STYLE.sub(lambda match: f"<style>{_scoped(match[1], f'#{name}')}</style>", svg, count=1)
    svg = svg.replace('<pattern id="open"', f'<pattern id="{name}-open"').replace(
        '"url(#open)"', f'"url(#{name}-open)"'
    )
    return f'<div id="{name}" style="max-width:100%;overflow-x:auto">{svg.strip()}</div>'


def _scoped(style: str, within: str) -> str:
    """Return style rules that apply only within one element."""
    found: list[str] = []
    end = 0
    for media in _MEDIA.finditer(style):
        found += [
            _scoped_rules(style[end : media.start()], within),
            f"{media[1]}{{{_scoped_rules(media[2], within)}}}",
        ]
        end = media.end()
    return "".join((*found, _scoped_rules(style[end:], within)))


def _scoped_rules(rules: str, within: str) -> str:
    def scoped(match: re.Match[str]) -> str:
        selectors = ",".join(f"{within} {one.strip()}" for one in match[1].split(","))
        return f"{selectors}{{{match[2]}}}"

    return _RULE.sub(scoped, rules)

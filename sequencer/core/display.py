"""Show values in notebooks, with renderers that are registered here.

The values need not know which package renders them.

A schedule is drawn as a timeline, but `schedule` is a lower package than `reports`, which draws it.
`import sequencer` registers `sequencer.api.display`, which is loaded when a notebook first shows a
value.
"""

from __future__ import annotations

from collections.abc import Callable

MAX_TITLE_LENGTH = 60
"""The longest title in a `repr`, in characters."""

HtmlRenderer = Callable[[object], "str | None"]
_renderers: list[HtmlRenderer] = []


def register_html_renderer(renderer: HtmlRenderer) -> None:
    """Register the function that returns the HTML of a value, or None if it cannot draw it.

    It replaces the function that was registered before.
    """
    _renderers[:] = [renderer]


def html_of(value: object) -> str | None:
    """Return the HTML of a value for a notebook.

    Return None if nothing is registered that can draw it; then its `repr` is shown.
    """
    for renderer in _renderers:
        found = renderer(value)
        if found is not None:
            return found
    return None


def counted(number: int, what: str) -> str:
    """Return a number with what it counts, such as `1 cue` or `3 cues`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def summary_repr(value: object, title: str | None, *parts: str) -> str:
    """Return a one-line `repr`, such as `<Schedule 'Night tram': 96 chunks, 18 cues>`.

    A journal may come from anybody, so control characters in the texts are escaped.
    """
    name = type(value).__name__
    if title is not None:
        shown = title if len(title) <= MAX_TITLE_LENGTH else title[: MAX_TITLE_LENGTH - 1] + "…"
        name = f"{name} {shown!r}"
    text = ", ".join(part for part in parts if part)
    return f"<{name}: {text if text.isprintable() else repr(text)[1:-1]}>"

"""The legend of a timeline: the meaning of the marks that occur in it."""

from __future__ import annotations

from sequencer.reports.timeline.plot import Plot


def legend_of(plot: Plot) -> tuple[tuple[str, str, str], ...]:
    """Return (shape, colour, meaning) of every mark that occurs."""
    fates = {flag.fate for flag in plot.flags} if plot.performed else set()
    fired = plot.performed and any(flag.fired for flag in plot.flags)
    message = f"{' or '.join(plot.protocols)} message"
    known = (
        (
            "bar",
            "late",
            "lands later than written",
            any((flag.error or 0) > 0 for flag in plot.flags),
        ),
        (
            "bar",
            "early",
            "lands earlier than written",
            any((flag.error or 0) < 0 for flag in plot.flags),
        ),
        (
            "hatch",
            "live",
            "may be left here",
            any(band.open_from is not None for band in plot.bands),
        ),
        ("gap", "soft", "chunks without events, omitted", bool(plot.axis.gaps)),
        ("slant", "soft", "fades in", any(held.fade for held in plot.prompts)),
        ("tick", "ink", message, any(not mark.was_left_out for mark in plot.messages)),
        (
            "tick",
            "bad",
            f"{message} not sent, too late",
            any(mark.was_left_out for mark in plot.messages),
        ),
        (
            "dot",
            "good",
            "landed as planned",
            any(flag.fate == "landed" and not flag.fired for flag in plot.flags),
        ),
        ("diamond", "live", "fired by a rule", fired),
        ("dot", "late", "landed later than planned", "later" in fates),
        ("ring", "soft", "skipped or overtaken", "aside" in fates),
        ("cross", "bad", "lost", "lost" in fates),
    )
    return tuple((shape, colour, text) for shape, colour, text, occurs in known if occurs)

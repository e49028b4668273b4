"""The settings of the server, which a user writes in the configuration of the editor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sequencer.editing.hints import HintSetting

SECTION = "score"
"""The name under which an editor keeps the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user can choose."""

    hints: HintSetting = HintSetting.ALL
    """Which hints are shown at the ends of lines."""
    advice: bool = True
    """Whether advice on the prompts is shown."""


def read_settings(given: object, before: Settings) -> tuple[Settings, list[str]]:
    """Return the settings that a client sends.

    Args:
        given: An object with the settings, or with an object `score` that has them. Settings of
            other programs in it are ignored.
        before: What is used for a setting that is missing or not valid.

    Returns:
        The settings, and a sentence about each value that is not valid.
    """
    values = _mapping(given)
    values = _mapping(values.get(SECTION, values))
    found, problems = before, []
    hints = values.get("hints")
    choices = [one.value for one in HintSetting]
    if hints in choices:
        found = replace(found, hints=HintSetting(hints))
    elif hints is not None:
        listed = ", ".join(f'"{one}"' for one in choices)
        problems.append(f"{SECTION}.hints is {_shown(hints)}; it can be {listed}")
    advice = values.get("advice")
    if isinstance(advice, bool):
        found = replace(found, advice=advice)
    elif advice is not None:
        problems.append(f"{SECTION}.advice is {_shown(advice)}; it can be true or false")
    return found, problems


def _mapping(value: object) -> Mapping[str, Any]:
    """Return an object of JSON; pygls makes tuples with names of the ones it does not know."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    return {}


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)

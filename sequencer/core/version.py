"""The version of this package, from its metadata, and its address."""

from __future__ import annotations

HOME = "https://github.com/helios-sequencer/helios-sequencer"
"""The address of the project."""

NOT_INSTALLED = "0+unknown"
"""The version of a package that is run without being installed, in the form that PEP 440 wants."""


def package_version() -> str:
    """Return the version that is installed, such as `0.1.0`; `NOT_INSTALLED` if there is none."""
    from importlib.metadata import (
        PackageNotFoundError,
        version,
    )  # loading it takes as long as a small check

    try:
        return version("helios-sequencer")
    except PackageNotFoundError:
        return NOT_INSTALLED

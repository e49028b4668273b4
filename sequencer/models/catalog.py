"""Find the spec of a model by its name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from sequencer.models.spec import ModelSpec

FOLDER = Path(__file__).parent / "specs"
DEFAULT = "helios"
"""The model of a score that names none."""
NAMES = ("helios", "longlive-2", "lingbot", "lingbot-world-2", "visko-orbis")
"""The models, in the order in which they are listed. Each has a file in `specs`."""


@cache
def find_spec(name: str) -> ModelSpec:
    """Return the spec of a model. Raises UsageError for another name."""
    if name not in NAMES:
        meant = closest_model(name)
        known = f"write one of {', '.join(NAMES)}"
        raise UsageError(
            f"{name!r} is not a model", known if meant is None else f"did you mean {meant}?"
        )
    return read_spec((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")


def closest_model(text: str) -> str | None:
    """Return the model whose name or title was probably meant, or None."""
    from difflib import get_close_matches

    spellings = {find_spec(name).title.casefold(): name for name in NAMES}
    spellings |= {name: name for name in NAMES}
    found = get_close_matches(text.casefold()[:60], spellings, n=1)
    return spellings[found[0]] if found else None


def read_spec(text: str, file: str) -> ModelSpec:
    """Read the text of a spec. Raises InputError, which names the field that is not valid."""
    import yaml
    from pydantic import ValidationError

    from sequencer.models.spec import ModelSpec

    try:
        return ModelSpec.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(f"{file} is not YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the spec"
        raise InputError(f"{file}: {where}: {first['msg']}") from None

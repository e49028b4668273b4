"""List the models that scores can be written for, and what each can do.

With --from-schema, print the mechanical half of a spec for another model, from the schema that a
local runtime answers with at /schema.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.models.spec import ModelSpec

MAX_SCHEMA_BYTES = 4 << 20
_ADDRESS = re.compile(r"[\w.-]+:\d+(?:/|\Z)")
"""The beginning of an address without a scheme."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="only this model, with its sources")
    parser.add_argument(
        "--from-schema",
        metavar="URL|FILE",
        help="print a spec for the model with this schema; lines to be completed are marked",
    )
    parser.add_argument("--json", action="store_true", help="print the specs as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the models, or one, or a new spec."""
    from sequencer.core.errors import UsageError
    from sequencer.models.catalog import NAMES, find_spec

    if args.from_schema is not None:
        from sequencer.models.from_schema import spec_from_schema

        if args.name is not None or args.json:
            raise UsageError("--from-schema prints a new spec", "omit NAME and --json")
        print(spec_from_schema(_read(args.from_schema), args.from_schema), end="")
        return 0
    specs = [find_spec(name) for name in (NAMES if args.name is None else (args.name,))]
    if args.json:
        print(json.dumps([one.model_dump(mode="json") for one in specs], ensure_ascii=False))
        return 0
    print("\n\n".join(_described(one, in_full=args.name is not None) for one in specs))
    return 0


def _described(spec: ModelSpec, *, in_full: bool) -> str:
    """Return what a model can do, in words."""
    grid = spec.grid
    first = "" if grid.first is None else f", first {grid.first}"
    prompt = "sent ahead" if spec.prompt.scheduled else "sent one chunk early"
    lines = [
        f"{spec.model}: {spec.title}",
        f"  grid      {grid.frames} frames @ {float(grid.fps):g} fps{first}",
    ]
    lines.append(f"  prompts   {prompt}" + (", fades" if spec.fade else ""))
    if spec.limits.prompt is not None:
        lines[-1] += f", at most {spec.limits.prompt} characters"
    image = spec.image
    when = "none"
    if image is not None:
        when = "on any chunk" if image.when == "any" else "at the start of a take"
        when += ", required" if image.required else ""
    lines.append(f"  images    {when}" + (", with strength" if spec.strength else ""))
    lines.append(f"  sr        {'yes' if spec.sr else 'no'}")
    if spec.limits.chunks is not None:
        lines.append(f"  scenes    of {spec.limits.chunks} chunks, then it {spec.limits.after}")
    if in_full:
        lines.append(f"  session   {spec.connect}: {', '.join(one.name for one in spec.tracks)}")
        lines.append(f"  commands  {', '.join(spec.commands())}")
        lines += [f"  unproven  {one}" for one in spec.unproven]
    return "\n".join(lines)


def _read(where: str) -> str:
    """Return the text of a schema at an address or in a file. Raises InputError."""
    from sequencer.core.errors import InputError

    if where.startswith(("http://", "https://")):
        import httpx

        try:
            answer = httpx.get(where, timeout=20, follow_redirects=False, trust_env=False)
            answer.raise_for_status()
        except httpx.ConnectError as error:
            raise InputError(
                f"{where} cannot be read: {str(error).splitlines()[0]}",
                "nothing listens there: start the runtime, or check the host and the port",
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = (str(error) or type(error).__name__).splitlines()[0]
            raise InputError(
                f"{where} cannot be read: {why}",
                "a local runtime has its schema at http://127.0.0.1:8080/schema",
            ) from None
        return answer.text[:MAX_SCHEMA_BYTES]
    try:
        return Path(where).read_bytes()[:MAX_SCHEMA_BYTES].decode("utf-8", errors="replace")
    except OSError as error:
        hint = f"the address begins with http://: http://{where}" if _ADDRESS.match(where) else None
        raise InputError(f"{where} cannot be read: {error.strerror}", hint) from None

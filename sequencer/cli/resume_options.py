"""Store the options of a live run in its journal, and decide with which options a killed run may be resumed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sequencer.engine.journal import Journal
    from sequencer.runtime.output.run_folder import RunFolder

RESTORED = ("midi_in", "midi_out", "send_clock", "video_size", "watch", "clip", "max_minutes", "price", "bundle", "event")
"""Options that a resumed run takes from the killed run, unless the command line sets them. None of them is a secret."""
SETTLED = ("local", "record", "no_transport")
"""Options fixed when the session began: the command line may repeat them, but not change them."""


def remembered(args: argparse.Namespace) -> dict[str, Any]:
    """Return the given options in JSON types, for the header of a journal."""
    found: dict[str, Any] = {}
    for name in RESTORED:
        value = getattr(args, name)
        if value not in (None, False, []):
            found[name] = (
                list(value) if isinstance(value, tuple | list) else value if isinstance(value, int | str) else str(value)
            )
    if args.offset:
        found["offset"] = args.offset
    return found


def resume_options(args: argparse.Namespace, folder: RunFolder, journal: Journal) -> None:
    """Complete the command line of `--resume` with the options of the original run.

    Raises:
        UsageError: An option contradicts them.
        InputError: The journal contains an option that cannot be used, or would connect to a network.
    """
    from sequencer.cli.perform import SIMULATED
    from sequencer.core.errors import InputError

    told = journal.header.get("settings", {})
    if told.get("stage") == SIMULATED:
        raise InputError(f"{args.resume} played on the embedded stage, which ended with its process", "perform it anew")
    _check_settled(args, folder, journal, told)
    options = told.get("options", {})
    if not isinstance(options, dict):
        raise InputError(f"the journal in {args.resume} does not hold its options as it should", "is the run yours?")
    for name in RESTORED:
        if getattr(args, name) in (None, False, []) and name in options:
            setattr(args, name, _restored(name, options[name], args.resume))
    args.stage, args.local, args.record = told.get("stage", "reactor"), bool(told.get("local")), bool(told.get("record"))
    args.no_transport = bool(told.get("no_transport"))
    args.wire = args.wire or (told["wire"] if told.get("wire") in ("auto", "v0", "v1") else None)
    args.faults, args.follow = None, journal.following
    if args.offset == options.get("offset"):
        args.offset = 0  # it is in force already, or the operator has changed it since


def _check_settled(args: argparse.Namespace, folder: RunFolder, journal: Journal, told: Mapping[str, Any]) -> None:
    from sequencer.core.errors import UsageError

    def refuse(option: str, how: str) -> UsageError:
        return UsageError(f"{option} contradicts the run in {args.resume}, which was started {how}", f"leave {option} out")

    if args.stage is not None and args.stage != told.get("stage", "reactor"):
        raise refuse(f"--stage {args.stage}", f"with --stage {told.get('stage', 'reactor')}")
    for name in SETTLED:
        if getattr(args, name) and not told.get(name):
            option = f"--{name.replace('_', '-')}"
            raise refuse(option, "without it")
    if args.follow and not journal.following:
        raise refuse("--follow", "without it")
    if args.faults is not None:
        raise refuse("--faults", "on a live model")
    if args.out is not None and args.out.absolute() != folder.final.absolute():
        raise refuse(f"--out {args.out}", f"as {folder.final}")
    if args.score is not None:
        _check_score(args, journal)


def _check_score(args: argparse.Namespace, journal: Journal) -> None:
    """Check that a score given with --resume is the one that the run plays. Raises UsageError if it is not."""
    from sequencer.cli.inputs import load_input
    from sequencer.core.errors import UsageError
    from sequencer.schedule.document import digest

    if digest(load_input(args.score, quiet=True).schedule) != digest(journal.schedule):
        message = f"{args.score} is not the score that the run in {args.resume} plays, or was changed since"
        raise UsageError(message, f"leave {args.score} out: the run goes on with the score that it began with")


def _restored(name: str, value: object, run: Path) -> Any:
    """Return the value of an option from a journal, parsed as the command line would parse it."""
    from sequencer.cli.perform import amount
    from sequencer.cli.rehearse import video_size
    from sequencer.core.errors import InputError
    from sequencer.midi.addresses import Socket, address

    option = f"--{name.replace('_', '-')}"
    try:
        if name in ("midi_in", "midi_out"):
            if isinstance(port := address(str(value)), Socket) and not port.is_here:
                raise InputError(
                    f"the run in {run} was started with {option} {port}, which leads to a network",
                    f"if that is right: {option} {port}",
                )
            return str(value)
        if name == "video_size" and isinstance(value, list):
            return video_size("x".join(str(side) for side in value))
        if name in ("max_minutes", "price"):
            return amount(str(value))
        if name == "event" and isinstance(value, list):
            return [str(one) for one in value]
        if name == "watch":
            return str(value)
        if name == "clip" and isinstance(value, int):
            return value
        if name in ("send_clock", "bundle") and isinstance(value, bool):
            return value
    except argparse.ArgumentTypeError:
        pass
    raise InputError(f"the journal in {run} does not hold {option} as it should", f"give it yourself: {option} …")

"""Store a live run's options in its journal, and decide which options may resume a killed run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import InputError

if TYPE_CHECKING:
    from sequencer.api.performing import PerformOptions
    from sequencer.engine.journal import Journal
    from sequencer.runtime.osc.endpoints import Endpoint
    from sequencer.runtime.output.run_folder import RunFolder

RESTORED = (
    "midi_in",
    "midi_out",
    "send_clock",
    "osc_in",
    "osc_out",
    "video_size",
    "watch",
    "clip",
    "max_minutes",
    "price",
    "bundle",
    "reload",
    "debounce",
    "debounce_keys",
    "event",
)
"""Options that a resumed run takes from the killed run, unless the command line sets them.

None of them is a secret.
"""
SETTLED = ("local", "record", "no_transport")
"""Options fixed when the session began: the command line may repeat them, but not change them.

A test requires each option of `perform` to be in one of the two, or in the test's list of those
that are handled separately.
"""


def remembered(args: PerformOptions) -> dict[str, Any]:
    """Return the given options in JSON types, for the header of a journal."""
    found: dict[str, Any] = {}
    for name in RESTORED:
        value = getattr(args, name)
        if _is_given(value):
            found[name] = (
                [one if isinstance(one, int) else str(one) for one in value]
                if isinstance(value, tuple | list)
                else value
                if isinstance(value, int | str)
                else str(value)
            )
    if args.offset:
        found["offset"] = args.offset
    return found


def _is_given(value: object) -> bool:
    """Return whether an option was given: 0 is a value."""
    return value is not None and value is not False and value != []


def resume_options(args: PerformOptions, folder: RunFolder, journal: Journal) -> None:
    """Complete the command line of `--resume` with the options of the original run.

    Raises:
        UsageError: An option contradicts them.
        InputError: The journal contains an option that cannot be used, or would connect to a
            network.
    """
    from sequencer.api.performing import SIMULATED, VLLM_OMNI
    from sequencer.core.errors import InputError

    settings = journal.header.get("settings", {})
    if settings.get("stage") == SIMULATED:
        raise InputError(
            f"{args.resume} played on the simulator, which ended with its process",
            "perform it again",
        )
    if settings.get("stage") == VLLM_OMNI:
        raise InputError(
            f"{args.resume} played on vLLM-Omni, whose session ended with its connection",
            "perform it again",
        )
    _check_settled(args, folder, journal, settings)
    options = settings.get("options", {})
    if not isinstance(options, dict):
        raise InputError(
            f"the journal in {args.resume} does not contain valid options", "is the run yours?"
        )
    for name in RESTORED:
        if not _is_given(getattr(args, name)) and name in options:
            setattr(args, name, _restored(name, options[name], args.resume or folder.final))
    args.stage, args.local, args.record = (
        settings.get("stage", "reactor"),
        bool(settings.get("local")),
        bool(settings.get("record")),
    )
    args.no_transport = bool(settings.get("no_transport"))
    args.wire = args.wire or (
        settings["wire"] if settings.get("wire") in ("auto", "v0", "v1") else None
    )
    args.faults, args.follow = None, journal.following
    if args.offset == options.get("offset"):
        args.offset = 0  # it is in force already, or the operator has changed it since


def _check_settled(
    args: PerformOptions, folder: RunFolder, journal: Journal, settings: Mapping[str, Any]
) -> None:
    from sequencer.core.errors import UsageError

    def refuse(option: str, how: str) -> UsageError:
        return UsageError(
            f"{option} contradicts the run in {args.resume}, which was started {how}",
            f"omit {option}",
        )

    if args.stage is not None and args.stage != settings.get("stage", "reactor"):
        raise refuse(f"--stage {args.stage}", f"with --stage {settings.get('stage', 'reactor')}")
    for name in SETTLED:
        if getattr(args, name) and not settings.get(name):
            option = f"--{name.replace('_', '-')}"
            raise refuse(option, "without it")
    if args.follow and not journal.following:
        raise refuse("--follow", "without it")
    if args.faults is not None:
        raise refuse("--faults", "on a live model")
    if args.reload and not journal.may_reload:
        raise refuse("--reload", "without it")
    played = journal.played
    for option, given, ends in (
        ("--from", args.from_, None if played is None else played.start),
        ("--to", args.to, None if played is None else played.stop),
    ):
        if given is not None and (ends is None or " ".join(given.split()) != ends.text):
            raise refuse(
                f"{option} {given}", "without it" if ends is None else f"with {option} {ends.text}"
            )
    if args.out is not None and args.out.absolute() != folder.final.absolute():
        raise refuse(f"--out {args.out}", f"as {folder.final}")
    _check_score(args, journal)


def _check_score(args: PerformOptions, journal: Journal) -> None:
    """Check that a score given with --resume is the one that the run plays.

    Raises UsageError if it is not.
    """
    from sequencer.api.sources import input_of
    from sequencer.core.errors import UsageError
    from sequencer.schedule.document import digest

    if args.score is None:
        return
    found = input_of(args.score, "perform", keeps_chunks=True)
    if digest(found.schedule) != digest(journal.schedule):
        given = args.score if isinstance(args.score, str | Path) else "the given score"
        message = (
            f"{given} is not the score that the run in {args.resume} plays, or has changed since"
        )
        raise UsageError(
            message, f"omit {given}: the run continues with the score that it began with"
        )


def _restored(name: str, value: object, run: Path) -> Any:
    """Return the value of an option from a journal, parsed as the command line would parse it."""
    from sequencer.api.options import parse_amount, parse_video_size
    from sequencer.api.reloading import RELOAD_MODES
    from sequencer.core.errors import InputError, UsageError
    from sequencer.midi.addresses import Socket, address
    from sequencer.runtime.osc.endpoints import parse_input, parse_target

    option = f"--{name.replace('_', '-')}"
    if name in ("midi_in", "midi_out"):
        if isinstance(port := address(str(value)), Socket) and not port.is_here:
            raise InputError(
                (
                    f"the run in {run} was started with {option} {port}, which opens a network "
                    "connection"
                ),
                f"if that is right: {option} {port}",
            )
        return str(value)
    if name == "osc_in" and isinstance(value, str):
        return _restored_endpoint(option, value, parse_input, run)
    if name == "osc_out" and isinstance(value, list):
        return [_restored_endpoint(option, str(one), parse_target, run) for one in value]
    if name == "event" and isinstance(value, list):
        return [str(one) for one in value]
    if name == "watch" or (name == "reload" and value in RELOAD_MODES):
        return str(value)
    if (
        name in ("clip", "debounce", "debounce_keys")
        and isinstance(value, int)
        and not isinstance(value, bool)
    ):
        return value
    if name in ("send_clock", "bundle") and isinstance(value, bool):
        return value
    with suppress(UsageError):
        if name == "video_size" and isinstance(value, list):
            return parse_video_size("x".join(str(side) for side in value))
        if name in ("max_minutes", "price"):
            return parse_amount(str(value))
    raise InputError(
        f"the journal in {run} does not contain a valid {option}", f"specify it: {option} …"
    )


def _restored_endpoint(
    option: str, value: str, parse: Callable[[str], Endpoint], run: Path
) -> Endpoint:
    from sequencer.core.errors import InputError, UsageError

    try:
        endpoint = parse(value)
    except UsageError:
        raise InputError(
            f"the journal in {run} does not contain a valid {option}", f"specify it: {option} …"
        ) from None
    if not endpoint.is_here:
        raise InputError(
            f"the run in {run} was started with {option} {endpoint}, which opens a network "
            "connection",
            f"if that is right: {option} {endpoint}",
        )
    return endpoint


def check_not_running(folder: RunFolder) -> None:
    """Check that a run is not in progress: two processes would write its journal.

    Raises InputError if it is.
    """
    from sequencer.runtime.operator.remote import is_going_on

    if is_going_on(folder.path):
        raise InputError(
            f"the run in {folder.final} is still in progress",
            f"to end it: sequencer tell {folder.final} finish",
        )


def address_of(url: object, run: Path) -> str | None:
    """Return the address at which a run played, from its journal.

    The key is sent there, and a journal may come from anybody.

    Raises:
        InputError: The address is neither the platform's usual one nor on this machine.
    """
    from sequencer.stages.reactor.settings import PRODUCTION, is_loopback

    if url is None or (isinstance(url, str) and (url == PRODUCTION or is_loopback(url))):
        return url
    raise InputError(
        (
            f"according to the journal in {run}, it played at {str(url)[:200]!r}, where your key "
            "would be sent"
        ),
        "if that is right, confirm it with --url ADDRESS",
    )

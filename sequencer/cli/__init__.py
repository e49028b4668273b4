"""Run the command line, `sequencer COMMAND …`: find the command, run it, and report errors.

Exit codes: 0 success, 1 the score or the run has errors, 2 the command line is not valid, 130
interrupted.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, NoReturn

from sequencer.cli.streams import discard, prepare
from sequencer.core.diagnostics import escape_control
from sequencer.core.errors import SequencerError, UsageError
from sequencer.core.version import HOME

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

COMMANDS = (
    "check", "format", "schema", "scenes", "sheet", "compile", "timeline", "rehearse", "render",
    "replay", "show", "diff", "rerun", "freeze", "evolve", "sweep", "studio", "doctor",
    "perform", "midi", "osc", "beats", "models", "import", "export", "tell", "serve", "explain",
    "language-server",
)  # fmt: skip
"""The commands in the order of the help.

Each is a module of this package with `add_arguments(parser)` and `run(args) -> int`.
"""

COMPLETION = "completion"
"""The command without a module of its own."""

_ENVIRONMENT_ERRNOS = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "ELOOP"),
        *("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBUSY", "ESTALE", "EMFILE", "ENFILE", "ENOMEM"),
    )
    if hasattr(errno, name)
)
"""System errors that a file, a folder or the machine can cause. Any other system error is a bug."""
_OUTPUT_ERRNOS = frozenset((errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EBADF, errno.EAGAIN))
"""Errors that, without a file name, are about standard output.

Errors of files are reported where they are written.
"""

INTERRUPTED = 130


class VersionAction(argparse.Action):
    """Prints the version, and looks it up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print it and exit."""
        print(f"sequencer {_version()}")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        print(self.format_help(), end="", file=file)  # argparse's own hides an output error

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        # Each part of a command has a parser of its own, which knows what could be meant.
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            raise UsageError(f"unrecognized arguments: {' '.join(unknown)}", self._meant(unknown))
        return found, unknown

    def _meant(self, unknown: Sequence[str]) -> str:
        """Return the hint for arguments that do not exist."""
        from difflib import get_close_matches

        options = list(self._option_string_actions)
        for one in unknown:
            name = one.partition("=")[0]
            meant = get_close_matches(name, options, 1, 0.75) if name.startswith("--") else []
            if meant:
                return f"did you mean {meant[0]}? see: {self.prog} --help"
        return f"see: {self.prog} --help"

    def error(self, message: str) -> NoReturn:
        text, _, hint = message.partition("\nhint: ")  # of the value of an option, see `argument`
        lacking = _LACKS_VALUE.fullmatch(text)
        if lacking is not None:
            text = f"{lacking[1]} needs a value"
        raise UsageError(text, hint or f"see: {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        from difflib import get_close_matches

        words = list(map(str, action.choices))
        known = ", ".join(words[:-1]) + " or " * (len(words) > 1) + words[-1]
        meant = get_close_matches(str(value), words, n=1)
        raise UsageError(
            f"{_name_of(action)} is {known}, not {value}",
            f"did you mean {meant[0]}?" if meant else f"write {known}",
        )

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError:
            kind = _NUMBERS.get(action.type)
            if kind is None:
                raise
            name, example = _name_of(action), action.default
            hint = f"see: {self.prog} --help"
            if isinstance(example, int | float):
                hint = f"write for example {name} {example}"
            raise UsageError(f"{name} {arg_string} is not {kind}", hint) from None


_LACKS_VALUE = re.compile(r"argument (\S+): expected (?:one|at least one) argument")
_NUMBERS: dict[Any, str] = {int: "a whole number", float: "a number"}


def _name_of(action: argparse.Action) -> str:
    """Return the name of an argument as it is typed, or as the help names it."""
    if action.option_strings:
        return action.option_strings[-1]
    return str(action.metavar or action.dest)


def _version() -> str:
    from sequencer.core.version import NOT_INSTALLED, package_version

    version = package_version()
    return "not installed" if version == NOT_INSTALLED else version


def _module_name(command: str) -> str:
    """Return the name of a command's module."""
    name = command.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Build the parser of the command line; with `only`, just that command's part.

    Loading the other commands takes time.
    """
    whole = _Parser(
        prog="sequencer",
        description=(
            "A score sequencer for real-time video models: write a score, check it, rehearse it, "
            "replay it."
        ),
        epilog="Begin with: sequencer rehearse scores/first.score",
    )
    whole.add_argument("--version", action=VersionAction, nargs=0, help="show the version and exit")
    commands = whole.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=_Parser
    )
    for name in COMMANDS if only is None else (only,):
        module = import_module(f"sequencer.cli.{_module_name(name)}")
        summary = (module.__doc__ or "").split("\n", 1)[0]
        part = commands.add_parser(
            name,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(part)
        part.set_defaults(run=module.run)
    if only is None:
        part = commands.add_parser(
            COMPLETION, help="Print a completion script for bash, zsh or tcsh."
        )
        part.add_argument("shell", choices=("bash", "zsh", "tcsh"))
        part.set_defaults(run=_completion)
    return whole


def _completion(args: argparse.Namespace) -> int:
    import shtab

    print(shtab.complete(parser(), args.shell))
    return 0


def _arguments(given: list[str]) -> argparse.Namespace:
    """Parse the arguments.

    Raises UsageError, with a reference to the help of the command that they are for.
    """
    if given and not given[0].startswith("-") and given[0] not in (*COMMANDS, COMPLETION):
        from difflib import get_close_matches

        meant = get_close_matches(given[0], COMMANDS, n=1)
        hint = f"did you mean {meant[0]}?" if meant else f"the commands are {', '.join(COMMANDS)}"
        raise UsageError(f"there is no command {given[0]}", hint)
    return parser(given[0] if given and given[0] in COMMANDS else None).parse_args(given)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Every problem that a user can cause is reported in a sentence. Any other exception is a bug, and
    is reported with its traceback.

    Args:
        argv: The arguments. None reads them from `sys.argv`.

    Returns:
        The exit code: 0, 1, 2 or 130.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    prepare()
    try:
        try:
            args = _arguments(arguments)
        except SystemExit:  # --help and --version
            sys.stdout.flush()
            raise
        code: int = args.run(args)
        sys.stdout.flush()  # report an output error here, not in Python's exit
    except SequencerError as error:
        print_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("sequencer: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`), which is not an error. Prevent a message of
        # Python at exit.
        discard(sys.stdout)
        return 0
    except OSError as error:
        return _system_error(error)
    except Exception:  # noqa: BLE001  the outermost handler: any other exception is a bug, and is reported as one
        return _bug()
    return code


def print_error(error: SequencerError) -> None:
    """Print a problem that a user can solve to standard error."""
    message = (
        f"sequencer: {error}"
        if error.exit_code != 1 or "error[" not in error.message
        else str(error)
    )
    print(escape_control(message), file=sys.stderr)


def _system_error(error: OSError) -> int:
    """Report an otherwise unreported system error: in a sentence if about files or folders."""
    if error.errno not in _ENVIRONMENT_ERRNOS and not (
        error.filename is None and error.errno in _OUTPUT_ERRNOS
    ):
        return _bug()
    reason = error.strerror or str(error)
    if error.filename is not None:
        path = (
            error.filename.decode("utf-8", "replace")
            if isinstance(error.filename, bytes)
            else error.filename
        )
        print(escape_control(f"sequencer: {path} cannot be used: {reason}"), file=sys.stderr)
    elif error.errno in _OUTPUT_ERRNOS:
        discard(sys.stdout)
        print(f"sequencer: standard output cannot be written: {reason}", file=sys.stderr)
    elif error.errno == errno.ENOENT and not _cwd_exists():
        print(
            "sequencer: the current folder does not exist any more\nhint: change to another folder",
            file=sys.stderr,
        )
    else:
        print(escape_control(f"sequencer: {reason}"), file=sys.stderr)
    return 1


def _cwd_exists() -> bool:
    """Return whether the current folder still exists."""
    try:
        os.getcwd()  # noqa: PTH109  # Path.cwd would load more
    except OSError:
        return False
    return True


def _bug() -> int:
    """Report the current exception as a bug."""
    import traceback

    message = (
        "sequencer: this is a bug, not your fault. Please report it with the lines above: "
        f"{HOME}/issues"
    )
    print(f"{traceback.format_exc()}\n{message}", file=sys.stderr)
    return 1

"""Runs commands in forks of a process that has everything imported, so that trying all of them in
many environments is fast.

A job is a line of JSON on standard input. Each fork gets its folder, environment variables, limits
and standard streams as from a shell, and Python streams as Python creates them at startup. Its
output goes into two files.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
from typing import Any, TextIO

CLOSED, NOBODY_READS = "closed", "nobody reads"
"""What a stream can be, besides a path."""


def load() -> None:
    """Import every module of the package, apart from those of extras that are not installed."""
    import sequencer

    for one in pkgutil.walk_packages(sequencer.__path__, "sequencer."):
        if one.name.endswith("__main__") or one.name.startswith("sequencer.renderers."):
            continue  # renderers load libraries for many seconds, and no command here uses one
        try:
            importlib.import_module(one.name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "sequencer":
                raise


def lead(number: int, where: str) -> None:
    """Redirect a standard stream."""
    if where == CLOSED:
        os.close(number)
        return
    if where == NOBODY_READS:
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open(
            where, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
    os.dup2(writing, number)
    os.close(writing)


def stream(number: int, variables: dict[str, str]) -> TextIO | None:
    """Return a standard stream as Python creates it: None if it is closed."""
    try:
        os.fstat(number)
    except OSError:
        return None
    encoding = variables.get("PYTHONIOENCODING", "utf-8")
    errors = "backslashreplace" if number == 2 else "strict"
    if number == 0:
        return open(number, encoding=encoding, errors=errors, closefd=False)
    found = open(  # noqa: SIM115  it stays open
        number, "w", encoding=encoding, errors=errors, closefd=False
    )
    if number == 2:
        found.reconfigure(line_buffering=True)
    return found


def play(job: dict[str, Any]) -> int:
    """Run a command in this process, which is a fork; return its exit code."""
    from sequencer.cli import main

    os.setsid()
    os.chdir(job["folder"])
    if job["gone"]:
        os.mkdir("gone")  # noqa: PTH102
        os.chdir("gone")
        os.rmdir("../gone")  # noqa: PTH106
    for name, value in job["variables"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    for number, where in enumerate(job["streams"]):
        lead(number, where)
    os.closerange(3, 256)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        found = stream(number, dict(os.environ))
        setattr(sys, name, found)
        setattr(sys, f"__{name}__", found)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for name, most in job["limits"].items():
        resource.setrlimit(getattr(resource, name), (most, most))
    sys.argv = ["sequencer", *job["words"]]
    try:
        code = main(job["words"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001  # as Python does at exit
        import traceback

        traceback.print_exc()
        code = 70
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        code = 120  # as Python does
    return code


def serve() -> None:
    """Run jobs until there are no more.

    The answer to each is the id of its process, and then its exit code.
    """
    load()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 71
            try:
                code = play(job)
            finally:
                os._exit(code)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()

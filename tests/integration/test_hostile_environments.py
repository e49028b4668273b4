"""No command prints a traceback in any environment that a terminal, a daemon or a locked-down
machine can provide.

The commands come from the parser, so that a new command is tested as soon as it exists. If nothing
in the environment affects a command, its exit code is that of a normal run; otherwise it is a
documented one, with a sentence that states why.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from itertools import combinations
from pathlib import Path

import pytest

import sequencer
from sequencer.cli import parser
from tests.support.command_server import CLOSED, NOBODY_READS
from tests.support.requirements import require

SCORE = (
    'score "Boat"\nseed 7\nat 0c "A paper boat drifts along a gutter. Grey light. Wide shot."\nend '
    "2c\n"
)
SONG = bytes.fromhex(
    "4d546864 00000006 0000 0001 0060 4d54726b 00000014 00ff580404021808 00ff510307a120 8300ff2f00"
)
DOCUMENTED = {0, 1, 2, 130}
PATIENCE = 60.0

POSITIONALS = {
    "SCORE": "boat.score",
    "SCORE|RUN": "boat.score",
    "SCORE|FOLDER": "boat.score",
    "FILE": "boat.score",
    "RUN": "run",
    "FILE|LINK": "song.mid",
    "WORDS": "pause",
}
"""The value for each positional argument, by its name in the help."""
OUTPUTS = {"-o": "out.svg"}
"""The value for each required option."""
FURTHER: dict[str, list[str]] = {
    "check": ["--grid"],
    "format": ["--stdout"],
    "compile": ["-o", "out.json"],
    "sheet": ["--full"],
    "freeze": ["-o", "out.score"],
    "import": ["-o", "imported.score"],
    "evolve": ["--prompt", "A boat at a pier."],
    "export": ["-o", "exported.edl"],
    "rehearse": ["--no-video", "--out", "new"],
    "rerun": ["--no-video", "--bundle", "--out", "again"],
    "perform": ["boat.score", "--stage", "simulated", "--out", "live"],
    "doctor": ["--stage", "simulated"],
    "midi listen": ["--seconds", "0.2"],
}
"""Further arguments, so that the command does its work."""


NOWHERE = "/dev/null"
STREAMS = ("stdin", "stdout", "stderr")


@dataclass(frozen=True)
class Environment:
    """A condition that differs from a normal run.

    `alike`: it affects no command, and the exit code is that of a normal run.
    """

    name: str
    _: KW_ONLY
    variables: dict[str, str | None] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    gone: bool = False
    """Whether the current folder is removed."""
    alike: bool = True
    explains: bool = False
    """Whether standard error must name the reason if the exit code is not 0."""
    program: Sequence[str] = ()
    """The program that starts Python."""
    at_start: bool = False
    """Whether Python itself must be started in this environment."""
    words: Callable[[list[str]], list[str]] = list
    prepare: Callable[[Path], None] = lambda _: None


def leaves(
    whole: argparse.ArgumentParser, names: tuple[str, ...] = ()
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command and subcommand with its parser."""
    parts = [one for one in whole._actions if isinstance(one, argparse._SubParsersAction)]
    if not parts:
        yield " ".join(names), whole
    for part in parts:
        for name, below in part.choices.items():
            yield from leaves(below, (*names, name))


def words_of(name: str, command: argparse.ArgumentParser) -> list[str]:
    """Return a command line that makes the command do its work."""
    found = name.split()
    for action in command._actions:
        if action.option_strings:
            if action.required:
                found += [action.option_strings[0], OUTPUTS[action.option_strings[0]]]
        elif action.choices:
            found.append(str(next(iter(action.choices))))
        elif action.nargs not in ("?", "*"):
            assert action.metavar in POSITIONALS, (
                f"declare in POSITIONALS what {action.metavar} of `{name}` is"
            )
            found.append(POSITIONALS[str(action.metavar)])
    if name in (*SERVING, "midi listen"):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        found += ["--port", str(port)] if name in SERVING else [f"tcp-listen://127.0.0.1:{port}"]
    return found + FURTHER.get(name, [])


SERVING = ("serve", "studio")
"""Commands that serve until they are ended."""
LEFT_OUT = {
    "beats": "its library takes many seconds to load in each process",
    "render": "its libraries take many seconds to load in each process",
    **dict.fromkeys(
        [f"sweep {one}" for one in ("plan", "run", "show", "sheet", "choose", "export", "clean")],
        "each needs a store that was made by processes of its own; tests/integration/sweeps",
    ),
}
NEEDS_INPUT = {"language-server"}
"""Commands that end with 1 if standard input is closed: editors never start them so."""
COMMANDS = {name: leaf for name, leaf in leaves(parser()) if name not in LEFT_OUT}
UNPRIVILEGED = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
    if hasattr(os, "geteuid") and os.geteuid() == 0
    else ()
)


def locked(folder: Path) -> None:
    """Create a folder that only another user may read."""
    (folder / "locked").mkdir()
    for path in ("boat.score", "song.mid"):
        shutil.copy(folder / path, folder / "locked" / path)
    shutil.copytree(folder / "run", folder / "locked" / "run")
    if UNPRIVILEGED:
        os.chown(folder / "locked", 65534, 65534)
        (folder / "locked").chmod(0o700)
    else:
        (folder / "locked").chmod(0)


def read_only(folder: Path) -> None:
    if UNPRIVILEGED:
        os.chown(folder, 65534, 65534)
        folder.chmod(0o755)
    else:
        folder.chmod(0o555)


def renamed(folder: Path) -> None:
    """Use names with a byte that is not UTF-8, as found on old disks and in archives."""
    for path in ("boat.score", "song.mid", "run"):
        (folder / path).rename(folder / f"\udcff-{path}")


def moved(before: str, after: str) -> Callable[[list[str]], list[str]]:
    """Return a function that adds a prefix and a suffix to every file in a command line."""
    files = {
        *POSITIONALS.values(),
        *OUTPUTS.values(),
        *(one for words in FURTHER.values() for one in words),
    } - {"pause"}

    def words(given: list[str]) -> list[str]:
        return [
            f"{before}{one}{after}"
            if one in files and not one.startswith("-") and "/" not in one and one not in NO_FILES
            else one
            for one in given
        ]

    return words


NO_FILES = {"simulated", "0.2"}


ENVIRONMENTS = [
    *(
        Environment(f"closed {'+'.join(some)}", streams=dict.fromkeys(some, CLOSED))
        for count in (1, 2, 3)
        for some in combinations(STREAMS, count)
    ),
    Environment("nobody reads standard output", streams={"stdout": NOBODY_READS}, alike=False),
    Environment("nobody reads standard error", streams={"stderr": NOBODY_READS}),
    Environment("nobody reads anything", streams={"stdout": NOBODY_READS, "stderr": NOBODY_READS}, alike=False),
    Environment("output is full", streams={"stdout": "/dev/full"}, alike=False, explains=True),
    Environment("messages have no space", streams={"stderr": "/dev/full"}),
    Environment("ASCII", variables={"PYTHONIOENCODING": "ascii"}),
    Environment(
        "locale C", variables={"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, at_start=True
    ),
    Environment("unknown locale", variables={"LC_ALL": "xx_YY.nonsense", "LANG": "xx_YY.nonsense"}, at_start=True),
    Environment("no home", variables={"HOME": None, "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None}),
    Environment("home is nowhere", variables={"HOME": "/nowhere/at/all"}),
    Environment("no folder for temporary files", variables={"TMPDIR": "/nowhere/at/all"}),
    Environment("an odd terminal", variables={"TERM": "nonsense", "COLUMNS": "0", "LINES": "x", "NO_COLOR": "1"}),
    Environment("a narrow terminal", variables={"COLUMNS": "1"}),
    Environment("the current folder is gone", gone=True, alike=False, explains=True),
    Environment("a folder that may not be searched", program=UNPRIVILEGED, at_start=True, words=moved("locked/", ""),
                prepare=locked, alike=False, explains=True),
    Environment("a folder that may not be written", program=UNPRIVILEGED, at_start=True, prepare=read_only, alike=False,
                explains=True),
    Environment("names that are too long", words=moved("", "x" * 300), alike=False, explains=True),
    Environment("paths that are too long", words=moved("y/" * 3000, ""), alike=False, explains=True),
    Environment("paths through a file", words=moved("boat.score/", ""), alike=False, explains=True),
    Environment("names that are no Unicode", words=moved("\udcff-", ""), prepare=renamed),
    Environment("files of at most 1,000 bytes", limits={"RLIMIT_FSIZE": 1000}, alike=False, explains=True),
    Environment("very few open files", limits={"RLIMIT_NOFILE": 7}, alike=False, explains=True),
    Environment(
        "odd proxies and certificates",
        variables={"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "a,[::1]", "SSL_CERT_FILE": "/nowhere.pem", "HTTP_PROXY": "::"},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that contains a score, a song and a run."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "boat.score").write_text(SCORE, encoding="utf-8")
    (folder / "song.mid").write_bytes(SONG)
    sequencer.rehearse(
        sequencer.compile_score(sequencer.reads(SCORE)),
        sources={"boat.score": SCORE},
        video=False,
        out=folder / "run",
    )
    return folder


@dataclass(frozen=True)
class Ran:
    """The result of a command."""

    code: int
    printed: str
    errors: str


class Server:
    """A process that runs commands in forks of itself."""

    def __init__(self, environment: Environment | None = None) -> None:
        found = environment or Environment("usual")
        variables = {
            **os.environ,
            **{name: value for name, value in found.variables.items() if value is not None},
        }
        self._process = subprocess.Popen(
            [*found.program, sys.executable, str(Path(__file__).parents[1] / "support" / "command_server.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=variables if found.at_start else None,
        )  # fmt: skip

    def run(self, name: str, environment: Environment, folder: Path) -> Ran:
        """Run a command to its end; stop one that serves once it does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        words = environment.words(words_of(name, COMMANDS[name]))
        files = [folder.parent / f"{folder.name}.{ending}" for ending in ("out", "err")]
        usual = dict(zip(STREAMS, (NOWHERE, *map(str, files)), strict=True))
        job = {
            "words": words,
            "folder": str(folder),
            "gone": environment.gone,
            "variables": environment.variables,
            "limits": environment.limits,
            "streams": [environment.streams.get(stream, usual[stream]) for stream in STREAMS],
        }
        self._process.stdin.write(json.dumps(job) + "\n")
        child = int(self._process.stdout.readline())
        timer = threading.Timer(PATIENCE, lambda: os.kill(child, signal.SIGKILL))
        timer.start()
        if name in SERVING:
            threading.Thread(
                target=_end_when_it_serves,
                args=(child, int(words[words.index("--port") + 1])),
                daemon=True,
            ).start()
        code = int(self._process.stdout.readline())
        timer.cancel()
        return Ran(
            code, *(file.read_text(errors="replace") if file.exists() else "" for file in files)
        )

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _end_when_it_serves(process: int, port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and Path(f"/proc/{process}").exists():
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            os.kill(process, signal.SIGTERM)
            return
        time.sleep(0.05)


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    """Two servers: a test may use two cores."""
    require(sys.platform == "linux", "streams and limits are set up here as on Linux")
    found = [Server(), Server()]
    yield found
    for one in found:
        one.close()


def everywhere(
    environment: Environment, original: Path, folder: Path, servers: list[Server]
) -> dict[str, Ran]:
    """Run every command, each in a fresh folder."""
    fresh = [Server(environment), Server(environment)] if environment.at_start else []
    free = [*(fresh or servers)]

    def one(name: str) -> Ran:
        position = folder / name.replace(" ", "-")
        shutil.copytree(original, position)
        environment.prepare(position)
        server = free.pop()
        try:
            return server.run(name, environment, position)
        finally:
            free.append(server)

    try:
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(COMMANDS, pool.map(one, COMMANDS), strict=True))
    finally:
        for server in fresh:
            server.close()


@pytest.fixture(scope="module")
def usual(
    original: Path, tmp_path_factory: pytest.TempPathFactory, servers: list[Server]
) -> dict[str, Ran]:
    """Return the results of the commands in a normal environment."""
    return everywhere(Environment("usual"), original, tmp_path_factory.mktemp("usual"), servers)


@pytest.mark.slow
def test_the_commands_do_something(usual: dict[str, Ran]) -> None:
    codes = {name: ran.code for name, ran in usual.items()}
    codes.pop("midi ports")  # not every machine has MIDI
    assert {name: code for name, code in codes.items() if code} == {
        "tell": 1,  # no run is in progress
        "evolve": 2,  # no language model is named
    }, usual
    assert "no run is in progress in run" in usual["tell"].errors
    silent = ("tell", "evolve", "midi ports", "language-server")
    assert all(ran.printed for name, ran in usual.items() if name not in silent)


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: one.name)
def test_every_command_survives(
    environment: Environment,
    usual: dict[str, Ran],
    original: Path,
    tmp_path: Path,
    servers: list[Server],
) -> None:
    require(
        not environment.program or shutil.which(environment.program[0]),
        "root needs setpriv to be locked out",
    )
    faults = []
    for name, ran in everywhere(environment, original, tmp_path, servers).items():
        if "Traceback" in ran.errors + ran.printed or "Exception ignored" in ran.errors:
            faults.append(f"{name}: {ran.errors[-2000:]}")
        elif ran.code not in DOCUMENTED:
            faults.append(f"{name}: exit code {ran.code}; {ran.errors[-500:]}")
        elif name in NEEDS_INPUT and environment.streams.get("stdin") == CLOSED:
            assert ran.code == 1
        elif environment.alike and ran.code != usual[name].code:
            faults.append(
                f"{name}: exit code {ran.code}, not {usual[name].code}: {ran.errors[-500:]}"
            )
        elif (
            environment.explains
            and ran.code
            and not any(
                line.startswith("sequencer: ") or ": error[" in line
                for line in ran.errors.splitlines()
            )
        ):
            faults.append(f"{name}: exit code {ran.code} without a sentence: {ran.errors[-500:]!r}")
    assert not faults, "\n\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["check", "boat.score"],
        ["rehearse", "boat.score", "--no-video", "--out", "new"],
        ["check", "-"],
    ],
)
@pytest.mark.parametrize(
    "redirects",
    ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "| true", "2>&1 >/dev/null | true"],
)
def test_python_itself_starts_with_such_streams(
    words: list[str], redirects: str, original: Path, tmp_path: Path
) -> None:
    """Test the same without forks, to include what Python does before and after a command."""
    require(shutil.which("sh"), "streams are closed by a shell here")
    shutil.copytree(original, tmp_path / "work")
    script = f'("$@"; echo $? >../code) {redirects}'
    with (tmp_path / "err").open("w+b") as err:
        subprocess.run(
            ["sh", "-c", script, "sh", sys.executable, "-m", "sequencer", *words],
            cwd=tmp_path / "work", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err, check=False,
        )  # fmt: skip
        err.seek(0)
        printed = err.read().decode()
    code = int((tmp_path / "code").read_text())
    assert "Traceback" not in printed
    assert "Exception ignored" not in printed
    assert code == (1 if words[-1] == "-" else 0), printed
    if words[-1] == "-" and redirects == "<&-":
        assert "sequencer: standard input cannot be read" in printed
    assert (tmp_path / "work" / "new").exists() == (words[0] == "rehearse")

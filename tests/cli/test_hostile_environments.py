"""Every command in every environment that a terminal, a daemon or a locked-down machine can give it: no traceback, ever.

The commands are found from the parser, so that a new one is tried as soon as there is one. Where nothing of the environment
concerns a command, its exit code is that of a normal run; elsewhere it is one that is documented, with a sentence about why.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import pytest
from conftest import require

import sequencer
from sequencer.cli import parser

SCORE = 'score "Boat"\nseed 7\nat 0c "A paper boat drifts along a gutter. Grey light. Wide shot."\nend 2c\n'
SONG = bytes.fromhex("4d546864 00000006 0000 0001 0060 4d54726b 00000014 00ff580404021808 00ff510307a120 8300ff2f00")
DOCUMENTED = {0, 1, 2, 130}
PATIENCE = 60.0

POSITIONALS = {
    "SCORE": "boat.score",
    "SCORE|RUN": "boat.score",
    "FILE": "boat.score",
    "RUN": "run",
    "SONG": "song.mid",
    "WORDS": "pause",
}
"""What is given for a positional argument, by its name in the help."""
OUTPUTS = {"-o": "out.svg"}
"""What is given for an option that has to be given."""
FURTHER: dict[str, list[str]] = {
    "check": ["--grid"],
    "format": ["--stdout"],
    "compile": ["-o", "out.json"],
    "sheet": ["--full"],
    "freeze": ["-o", "out.score"],
    "import": ["-o", "imported.score"],
    "rehearse": ["--no-video", "--out", "new"],
    "rerun": ["--no-video", "--bundle", "--out", "again"],
    "perform": ["boat.score", "--stage", "simulated", "--out", "live"],
    "midi listen": ["--seconds", "0.2"],
}
"""What is given besides, so that the command does something."""


@dataclass(frozen=True)
class Environment:
    """Something that is not as usual. `alike`: the exit code is that of a normal run; None: as for `alike`, or `also`."""

    name: str
    variables: dict[str, str | None] = field(default_factory=dict)
    redirects: str = ""
    alike: bool = True
    program: Sequence[str] = ()
    """What starts the command."""
    words: Callable[[list[str]], list[str]] = list
    prepare: Callable[[Path], None] = lambda _: None
    explains: bool = False
    """Whether a sentence on standard error has to name the reason where the exit code is not 0."""
    root_is_free: bool = False
    """Whether root has rights that hide it."""


def leaves(whole: argparse.ArgumentParser, names: tuple[str, ...] = ()) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command, those of commands too, with its parser."""
    parts = [one for one in whole._actions if isinstance(one, argparse._SubParsersAction)]
    if not parts:
        yield " ".join(names), whole
    for part in parts:
        for name, below in part.choices.items():
            yield from leaves(below, (*names, name))


def words_of(name: str, command: argparse.ArgumentParser) -> list[str]:
    """A command line that makes the command do what it is for."""
    found = name.split()
    for action in command._actions:
        if action.option_strings:
            if action.required:
                found += [action.option_strings[0], OUTPUTS[action.option_strings[0]]]
        elif action.choices:
            found.append(str(next(iter(action.choices))))
        elif action.nargs not in ("?", "*"):
            assert action.metavar in POSITIONALS, f"say in POSITIONALS what {action.metavar} of `{name}` is"
            found.append(POSITIONALS[str(action.metavar)])
    if name in ("serve", "midi listen"):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        found += ["--port", str(port)] if name == "serve" else [f"tcp-listen://127.0.0.1:{port}"]
    return found + FURTHER.get(name, [])


COMMANDS = dict(leaves(parser()))
STREAMS = {"stdin": "0<&-", "stdout": "1>&-", "stderr": "2>&-"}


def limited(what: str, most: int) -> tuple[str, ...]:
    program = (
        "import os, resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.{what}, ({most}, {most}))\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    return (sys.executable, "-c", program)


UNPRIVILEGED = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner") if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
)


def locked(folder: Path) -> None:
    """Nobody but another user may look into the folder."""
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


def moved(before: str, after: str) -> Callable[[list[str]], list[str]]:
    """Command lines with their files elsewhere."""
    files = {*POSITIONALS.values(), *OUTPUTS.values(), *(one for words in FURTHER.values() for one in words)} - {"pause"}

    def words(given: list[str]) -> list[str]:
        return [
            f"{before}{one}{after}"
            if one in files and not one.startswith("-") and "/" not in one and one not in NO_FILES
            else one
            for one in given
        ]

    return words


NO_FILES = {"simulated", "0.2"}
LONG = "x" * 300
DEEP = "y/" * 3000


ENVIRONMENTS = [
    *(
        Environment(f"closed {'+'.join(some)}", redirects=" ".join(STREAMS[one] for one in some))
        for count in (1, 2, 3)
        for some in combinations(STREAMS, count)
    ),
    Environment("nobody reads standard output", redirects="| true", alike=False),
    Environment("nobody reads standard error", redirects="2>&1 >/dev/null | true"),
    Environment("output is full", redirects=">/dev/full", alike=False, explains=True),
    Environment("messages have no room", redirects="2>/dev/full"),
    Environment("ASCII", {"PYTHONIOENCODING": "ascii"}),
    Environment("locale C", {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Environment("unknown locale", {"LC_ALL": "xx_YY.nonsense", "LANG": "xx_YY.nonsense"}),
    Environment("no home", {"HOME": None, "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None}),
    Environment("home is nowhere", {"HOME": "/nowhere/at/all"}),
    Environment("no folder for temporary files", {"TMPDIR": "/nowhere/at/all"}),
    Environment("an odd terminal", {"TERM": "nonsense", "COLUMNS": "0", "LINES": "x", "NO_COLOR": "1"}),
    Environment("a narrow terminal", {"COLUMNS": "1"}),
    Environment("the current folder is gone", program=("sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh"),
                alike=False, explains=True),
    Environment("a folder that may not be searched", program=UNPRIVILEGED, words=moved("locked/", ""), prepare=locked,
                alike=False, explains=True),
    Environment("a folder that may not be written", program=UNPRIVILEGED, prepare=read_only, alike=False, explains=True),
    Environment("names that are too long", words=moved("", LONG), alike=False, explains=True),
    Environment("paths that are too long", words=moved(DEEP, ""), alike=False, explains=True),
    Environment("paths through a file", words=moved("boat.score/", ""), alike=False, explains=True),
    Environment("files of at most 1,000 bytes", program=limited("RLIMIT_FSIZE", 1000), alike=False, explains=True),
    Environment("very few open files", program=limited("RLIMIT_NOFILE", 9), alike=False, explains=True),
    Environment(
        "odd proxies and certificates",
        {"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "localhost,[::1]", "SSL_CERT_FILE": "/nowhere.pem", "HTTP_PROXY": "::"},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a score, a song and a run in it."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "boat.score").write_text(SCORE, encoding="utf-8")
    (folder / "song.mid").write_bytes(SONG)
    sequencer.rehearse(
        sequencer.compile_score(sequencer.reads(SCORE)), sources={"boat.score": SCORE}, video=False, out=folder / "run"
    )
    return folder


@dataclass(frozen=True)
class Ran:
    """What became of a command."""

    code: int
    told: str
    printed: str


def run(name: str, command: argparse.ArgumentParser, environment: Environment, folder: Path) -> Ran:
    words = environment.words(words_of(name, command))
    call = [*environment.program, sys.executable, "-m", "sequencer", *words]
    if environment.redirects:
        redirects, _, reader = environment.redirects.partition("|")
        script = f'"$@" {redirects}; echo $? >"$CODE"'
        script = f"({script}) | {reader}" if reader else script
        call = ["sh", "-c", script, "sh", *call]
    code = folder.parent / f"{folder.name}.code"
    variables = {**os.environ, **{key: value for key, value in environment.variables.items() if value is not None}}
    for key, value in environment.variables.items():
        if value is None:
            variables.pop(key, None)
    with (folder.parent / f"{folder.name}.out").open("w+b") as out, (folder.parent / f"{folder.name}.err").open("w+b") as err:
        process = subprocess.Popen(
            call, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**variables, "CODE": str(code)},
            start_new_session=True,
        )  # fmt: skip
        if name == "serve":
            _end_when_it_serves(process, int(words[words.index("--port") + 1]))
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
        out.seek(0)
        err.seek(0)
        printed, told = (one.read().decode("utf-8", "replace") for one in (out, err))
    ended = int(code.read_text()) if environment.redirects and code.exists() else process.returncode
    return Ran(ended, told, printed)


def _end_when_it_serves(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            # the shell around it has ended its own part by then, or waits for it
            for child in _children(process.pid):
                with contextlib.suppress(OSError):
                    os.kill(child, 15)
            return
        time.sleep(0.1)


def _children(pid: int) -> list[int]:
    """The process and those that it started, as far as this system tells."""
    found = [pid]
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[1]) in found:
                found.append(int(path.parent.name))
    return found if len(found) == 1 else found[1:]


def everywhere(environment: Environment, original: Path, folder: Path) -> dict[str, Ran]:
    """Every command, each in a fresh folder."""

    def one(name: str) -> Ran:
        place = folder / name.replace(" ", "-")
        shutil.copytree(original, place)
        environment.prepare(place)
        return run(name, COMMANDS[name], environment, place)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(COMMANDS, pool.map(one, COMMANDS), strict=True))


@pytest.fixture(scope="module")
def usual(original: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """What the commands do where everything is as usual."""
    return everywhere(Environment("usual"), original, tmp_path_factory.mktemp("usual"))


def test_the_commands_do_something(usual: dict[str, Ran]) -> None:
    codes = {name: ran.code for name, ran in usual.items()}
    codes.pop("midi ports")  # not every machine has MIDI
    assert {name: code for name, code in codes.items() if code} == {"tell": 1}, usual
    assert "no run is going on in run" in usual["tell"].told
    assert all(ran.printed for name, ran in usual.items() if name not in ("tell", "midi ports"))


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: one.name)
def test_every_command_survives(environment: Environment, usual: dict[str, Ran], original: Path, tmp_path: Path) -> None:
    require(sys.platform == "linux" and shutil.which("sh"), "streams and limits are set up here as on Linux")
    require(not environment.program or shutil.which(environment.program[0]), "root needs setpriv to be locked out")
    faults = []
    for name, ran in everywhere(environment, original, tmp_path).items():
        if "Traceback" in ran.told + ran.printed or "Exception ignored" in ran.told:
            faults.append(f"{name}: {ran.told[-2000:]}")
        elif ran.code not in DOCUMENTED:
            faults.append(f"{name}: exit code {ran.code}; {ran.told[-500:]}")
        elif environment.alike and ran.code != usual[name].code:
            faults.append(f"{name}: exit code {ran.code}, not {usual[name].code}: {ran.told[-500:]}")
        elif (
            environment.explains
            and ran.code
            and not any(line.startswith("sequencer: ") or ": error[" in line for line in ran.told.splitlines())
        ):
            faults.append(f"{name}: exit code {ran.code} without a sentence: {ran.told[-500:]!r}")
    assert not faults, "\n\n".join(faults)

"""Fuzz targets with atheris: `python tests/fuzz/drive.py TARGET --seconds 60`. Requires atheris.

Several targets are fuzzed one after another, each in a process of its own, forked from one that has
instrumented the package: that takes far longer than a short run.

libFuzzer measures which lines of the package (and of its parsers) an input reaches, and keeps
inputs that reach new lines. An input that breaks something is written to `findings/` at once, one
for each place of failure, and fuzzing continues. An input that takes longer than `--longest`
seconds is written there too, and ends the run. `--keep` merges the new inputs into the corpus in
git, within bounds. The exit code is 1 if something broke.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import TraceFunction

    from tests.fuzz.targets import Target

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.fuzz.corpora import keep, kept  # noqa: E402  the line above sets the import path

MOST_KEPT = 48 * 1024
"""Maximum bytes of one target's corpus in git."""

MEMORY = 1500
"""Megabytes. libFuzzer ends a target that uses more."""

LEAST_SECONDS = 90
"""Maximum time for choosing which inputs to keep."""


def main() -> int:
    """Fuzz, or merge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="how long (default 60)")
    parser.add_argument(
        "--longest", type=int, default=20, help="seconds that one input may take (default 20)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="where chance begins (default: anew each time)"
    )
    parser.add_argument("--runs", type=int, default=-1, help="at most so many inputs")
    parser.add_argument(
        "--keep", action="store_true", help="add to the corpus in git what reaches new lines"
    )
    parser.add_argument(
        "--dry", action="store_true", help="write no findings into git's folder, only print them"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="where inputs lie meanwhile, and the output of each of several targets, in a folder "
        "for each (default: one for this run)",
    )
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--least", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        if args.least:
            for name in args.targets:
                _least(name, folder / name / "corpus")
            return 0
        return _inner(args, folder) if args.inner else _run_outside(args, folder)


def _run_outside(args: argparse.Namespace, folder: Path) -> int:
    """Write the inputs to files, fuzz in a separate process, and merge the inputs worth keeping."""
    for name in args.targets:
        corpus = folder / name / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate([*kept("corpora", name), *kept("findings", name)]):
            (corpus / f"kept-{number:05}").write_bytes(data)
    command = [sys.executable, str(HERE / "drive.py"), *args.targets, "--folder", str(folder)]
    command += [
        f"--{name}={getattr(args, name)}" for name in ("seconds", "longest", "seed", "runs")
    ]
    command += ["--dry"] if args.dry else []
    code = subprocess.run([*command, "--inner"], check=False).returncode
    for name in args.targets:
        own = folder / name
        for left in (*own.glob("timeout-*"), *own.glob("oom-*"), *own.glob("crash-*")):
            print(f"{name}: {left.name}: {left.read_bytes()[:200]!r}", flush=True)
            if not args.dry:
                keep("findings", name, [*kept("findings", name), left.read_bytes()])
    if args.keep:
        subprocess.run([*command, "--least"], check=False)
    was_found = any((folder / name / "found").exists() for name in args.targets)
    return 1 if code or was_found else 0


def _inner(args: argparse.Namespace, folder: Path) -> int:
    """Run the fuzzer itself, in the separate process: in one process for each of several targets."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no stubs, and no wheel for some systems

    with atheris.instrument_imports(
        include=["tests.fuzz", "sequencer", "lark", "yaml", "aiortc.sdp", "httpx"]
    ):
        from tests.fuzz.targets import BROKEN, TARGETS
    targets = {name: TARGETS.get(name) or BROKEN for name in args.targets}
    if len(targets) == 1:
        for name, target in targets.items():
            _fuzz(name, target, args, folder / name)
    codes = []
    for name, target in targets.items():
        process = os.fork()
        if process == 0:
            with (folder / name / "output").open("wb") as output:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
            _fuzz(name, target, args, folder / name)
            os._exit(0)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
        print(f"{name}: exit code {codes[-1]}", flush=True)
    return 1 if any(codes) else 0


def _fuzz(name: str, target: Target, args: argparse.Namespace, folder: Path) -> None:
    """Fuzz a target in this process, which ends with it."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # as above

    words, seeds = folder / "words", folder / "corpus"
    for number, data in enumerate(target.seeds()):
        (seeds / f"seed-{number:05}").write_bytes(data)
    with words.open("w", encoding="ascii") as file:
        for word in target.words or ("\0",):  # libFuzzer refuses an empty dictionary
            file.write('"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n')
    positions: set[str] = set()

    def one(data: bytes) -> None:
        try:
            target.run(data)
        except Exception as error:  # noqa: BLE001  any exception is a finding
            frames = [
                f"{frame.filename}:{frame.lineno}"
                for frame in traceback.extract_tb(error.__traceback__)[-2:]
            ]
            position = f"{type(error).__name__} {frames}"
            if isinstance(error, RecursionError):
                position = "RecursionError"
            if position not in positions and len(positions) < 20:
                positions.add(position)
                (folder / "found").touch()
                if not args.dry:
                    keep("findings", name, [*kept("findings", name), data])
                print(f"\nFOUND in {name}: {data[:300]!r}", flush=True)
                traceback.print_exception(error, limit=-6)

    flags = (
        f"-max_total_time={args.seconds}", f"-timeout={args.longest}", f"-rss_limit_mb={MEMORY}", f"-seed={args.seed}",
        f"-runs={args.runs}", f"-artifact_prefix={folder}/", f"-dict={words}", "-print_final_stats=1", "-verbosity=1",
        "-use_value_profile=1", f"-max_len={target.longest}", str(seeds),
    )  # fmt: skip
    atheris.Setup([sys.argv[0], *flags], one)
    atheris.Fuzz()


def _least(name: str, corpus: Path) -> int:
    """Keep a few inputs, the shortest first, that together reach every step of the package that the
    corpus reaches.
    """
    from tests.fuzz.targets import TARGETS

    reached: set[tuple[str, int, int]] = set()
    new: set[tuple[str, int, int]] = set()

    def look(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        if "/sequencer/" not in frame.f_code.co_filename:
            return None
        before = frame.f_lineno

        def step(frame: FrameType, event: str, _: object) -> TraceFunction:
            nonlocal before
            if event == "line":
                new.add((frame.f_code.co_filename, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    chosen: list[bytes] = []
    began, size = time.monotonic(), 0
    for path in sorted(corpus.iterdir(), key=lambda one: (one.stat().st_size, one.name)):
        data = path.read_bytes()
        if time.monotonic() - began > LEAST_SECONDS or size + len(data) > MOST_KEPT:
            break
        new.clear()
        sys.settrace(look)
        try:
            TARGETS[name].run(data)
        except Exception:  # noqa: BLE001  already among the findings
            new.clear()
        finally:
            sys.settrace(None)
        if new - reached:
            reached |= new
            chosen.append(data)
            size += len(data)
    keep("corpora", name, chosen)
    print(f"{name}: {len(chosen)} inputs of {size} bytes reach {len(reached)} steps", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

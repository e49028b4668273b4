"""Fuzz a target with atheris: `python tests/fuzz/drive.py TARGET --seconds 60`. Requires atheris.

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
    parser.add_argument("target")
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
        "--folder", type=Path, help="where inputs lie meanwhile (default: one for this run)"
    )
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--least", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        if args.least:
            return _least(args.target, folder / "corpus")
        return _inner(args.target, args, folder) if args.inner else _run_outside(args, folder)


def _run_outside(args: argparse.Namespace, folder: Path) -> int:
    """Write the inputs to files, fuzz in a separate process, and merge the inputs worth keeping."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate([*kept("corpora", args.target), *kept("findings", args.target)]):
        (corpus / f"kept-{number:05}").write_bytes(data)
    words = folder / "words"
    command = [
        sys.executable,
        str(HERE / "drive.py"),
        args.target,
        "--inner",
        "--folder",
        str(folder),
    ]
    command += ["--dry"] if args.dry else []
    environment = {**os.environ, "FUZZ_FLAGS": "\n".join((
        f"-max_total_time={args.seconds}", f"-timeout={args.longest}", f"-rss_limit_mb={MEMORY}", f"-seed={args.seed}",
        f"-runs={args.runs}", f"-artifact_prefix={folder}/", f"-dict={words}", "-print_final_stats=1", "-verbosity=1",
        "-use_value_profile=1", str(corpus),
    ))}  # fmt: skip
    code = subprocess.run(command, env=environment, check=False).returncode
    for left in (*folder.glob("timeout-*"), *folder.glob("oom-*"), *folder.glob("crash-*")):
        print(f"{left.name}: {left.read_bytes()[:200]!r}", flush=True)
        if not args.dry:
            keep("findings", args.target, [*kept("findings", args.target), left.read_bytes()])
    if args.keep:
        subprocess.run([*command, "--least"], env=environment, check=False)
    return 1 if code or (folder / "found").exists() else 0


def _inner(name: str, args: argparse.Namespace, folder: Path) -> int:
    """Run the fuzzer itself, in the separate process."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no stubs, and no wheel for some systems

    with atheris.instrument_imports(
        include=["tests.fuzz", "sequencer", "lark", "yaml", "aiortc.sdp", "httpx"]
    ):
        from tests.fuzz.targets import BROKEN, TARGETS
    target = TARGETS.get(name) or BROKEN
    seeds = folder / "corpus"
    for number, data in enumerate(target.seeds()):
        (seeds / f"seed-{number:05}").write_bytes(data)
    with (folder / "words").open("w", encoding="ascii") as file:
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

    flags = os.environ["FUZZ_FLAGS"].split("\n")
    atheris.Setup([sys.argv[0], *flags[:-1], f"-max_len={target.longest}", flags[-1]], one)
    atheris.Fuzz()
    return 0


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

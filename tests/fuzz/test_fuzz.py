"""Tries every stored input again, and random changes of them.

If atheris is installed, fuzzes each target for a moment.
"""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.corpora import kept
from tests.fuzz.targets import TARGETS
from tests.support.requirements import require

LONGEST = 20.0
"""Seconds that one input may take, on a machine that also does other work."""

TRIED = 60
"""Number of randomly changed inputs of each target."""

SECONDS, RUNS = 3, 1_000
"""For how many seconds, and with how many inputs at most, atheris fuzzes each target.

Targets that are fast get the same inputs on every machine.
"""


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_once_stays_fixed(name: str) -> None:
    for data in kept("findings", name):
        _try(name, data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_passes(name: str) -> None:
    target = TARGETS[name]
    inputs = [*target.seeds(), *kept("corpora", name)]
    assert inputs, "there is nothing to begin with"
    for data in inputs:
        _try(name, data)


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_changed_at_random(name: str) -> None:
    chance = random.Random(name)
    target = TARGETS[name]
    pool = [*target.seeds(), *kept("corpora", name)]
    for _ in range(TRIED):
        _try(name, _changed(chance, pool, target.words)[: target.longest])


def _fuzzable() -> None:
    """Skip if atheris is not installed."""
    require(
        importlib.util.find_spec("atheris") is not None, "atheris is not installed: .ci/setup-fuzz"
    )


def _try(name: str, data: bytes) -> None:
    began = time.monotonic()
    try:
        TARGETS[name].run(data)
    except Exception as error:
        error.add_note(f"the input of {name}: {data!r}")
        raise
    took = time.monotonic() - began
    assert took < LONGEST, f"{name} took {took:.1f} s for {data!r}"


def _changed(chance: random.Random, pool: list[bytes], words: tuple[str, ...]) -> bytes:
    """Return a changed input of the pool: bytes inserted, removed, doubled, replaced; words; parts
    of another input.
    """
    data = bytearray(chance.choice(pool))
    for _ in range(chance.randint(1, 6)):
        at, other = chance.randint(0, len(data)), chance.randint(0, len(data))
        low, high = min(at, other), max(at, other)
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.randbytes(chance.randint(1, 4))
            case 1:
                del data[low : min(high, low + 8)]
            case 2:
                data[at:at] = data[low : min(high, low + 40)]
            case 3 if data:
                data[min(at, len(data) - 1)] = chance.randrange(256)
            case 4 if words:
                data[at:at] = chance.choice(words).encode()
            case _:
                source = chance.choice(pool)
                start = chance.randint(0, len(source))
                data[at:at] = source[start : start + 60]
    return bytes(data)


@pytest.fixture(scope="module")
def short_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fuzz every target for a moment; return the folder with the output of each."""
    _fuzzable()
    folder = tmp_path_factory.mktemp("fuzz")
    command = [sys.executable, str(Path(__file__).with_name("drive.py")), *TARGETS, "--dry"]
    command += [f"--seconds={SECONDS}", f"--runs={RUNS}", f"--folder={folder}", "--seed=1"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900, check=False
    )
    (folder / "codes").write_bytes(done.stdout)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1000)
@pytest.mark.xdist_group("fuzz")  # one process instruments the package for all
@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_with_coverage(name: str, short_runs: Path) -> None:
    codes = (short_runs / "codes").read_text(encoding="utf-8", errors="replace")
    output = short_runs / name / "output"
    assert output.exists(), codes[-3000:]
    text = output.read_text(encoding="utf-8", errors="replace")
    assert f"{name}: exit code 0\n" in codes, text[-3000:]
    assert "FOUND in" not in text, text[-3000:]
    assert "Done " in text, text[-3000:]


@pytest.mark.slow
def test_the_driver_sees_what_breaks(tmp_path: Path) -> None:
    """The driver finds a target that breaks, stores the input, and reports it.

    Without this, the tests above prove nothing.
    """
    _fuzzable()
    drive = Path(__file__).with_name("drive.py")
    command = [
        sys.executable,
        str(drive),
        "broken",
        "--seconds",
        "60",
        "--runs",
        "200000",
        "--folder",
        str(tmp_path),
        "--dry",
    ]
    done = subprocess.run(
        [*command, "--seed", "1"], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "FOUND in broken" in done.stdout

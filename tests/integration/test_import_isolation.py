"""Reading and running are independent: each works where the libraries of the other are not
installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sequencer
from sequencer.schedule.document import to_json

ROOT = Path(__file__).parents[2]

WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r} (taken away for this test)", name=name)
sys.meta_path.insert(0, Missing())
"""


def python(missing: set[str], program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh Python in which some libraries cannot be imported."""
    text = f"MISSING = {missing!r}\n{WITHOUT}\n{program}"
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_a_schedule_is_performed_where_lark_is_not(tmp_path: Path) -> None:
    schedule = sequencer.compile_score(sequencer.read(ROOT / "scores" / "cut-and-seed.score"))
    (tmp_path / "schedule.json").write_text(to_json(schedule))
    program = f"""
import pathlib, sequencer
from sequencer.schedule.document import from_json
schedule = from_json(pathlib.Path({str(tmp_path / "schedule.json")!r}).read_text())
rehearsed = sequencer.rehearse(schedule, video=False, out=pathlib.Path({str(tmp_path / "run")!r}))
assert rehearsed.went_well
assert sequencer.replay(rehearsed.folder).is_equal
print(rehearsed.report.chunks)
"""
    ran = python({"lark"}, program)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == str(schedule.end)


def test_a_score_is_checked_where_no_network_or_media_library_is() -> None:
    program = """
import sys
from sequencer.cli import main
sys.exit(main(["check", "scores/beats-and-sections.score", "scores/image-swap.score"]))
"""
    ran = python({"aiortc", "httpx", "mido", "rtmidi", "av", "google"}, program)
    assert ran.returncode == 0, ran.stderr
    assert "33 chunks" in ran.stdout


def test_the_blocker_blocks() -> None:
    ran = python({"lark"}, "import lark")
    assert ran.returncode != 0
    assert "taken away for this test" in ran.stderr


def test_importing_the_package_loads_neither_half() -> None:
    program = (
        "import sys, sequencer; "
        "print(sorted({'lark', 'yaml', 'pydantic', 'numpy', 'av', 'asyncio'} & set(sys.modules)))"
    )
    ran = python(set(), program)
    assert ran.stdout.strip() == "[]", ran.stderr


def test_every_exported_name_is_there() -> None:
    for name in sequencer.__all__:
        assert getattr(sequencer, name) is not None
    assert set(sequencer.__all__) <= set(dir(sequencer))

"""`import sequencer` has the names of its page and no others, loads nothing that is not used, and
documents each by example.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sequencer
from sequencer.core import version

ROOT = Path(__file__).parents[3]
LIBRARIES = "{'lark', 'yaml', 'pydantic', 'numpy', 'av', 'asyncio', 'httpx', 'aiortc', 'aiohttp', 'mido', 'PIL', 'rich', 'matplotlib'}"


def python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_dir_lists_the_public_names_only() -> None:
    assert dir(sequencer) == sorted(sequencer.__all__)
    assert (
        python(
            "import sequencer, sequencer.cli; print(set(dir(sequencer)) == set(sequencer.__all__))"
        )
        == "True"
    )
    names: dict[str, object] = {}
    exec("from sequencer import *", names)  # noqa: S102  # that is the test
    assert set(names) - {"__builtins__"} == set(sequencer.__all__)


def test_the_version_is_that_of_the_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sequencer.__version__ == project["version"]
    assert (
        python("import sequencer.cli as c; c.main(['--version'])")
        == f"sequencer {sequencer.__version__}"
    )
    import importlib.metadata

    def missing(_: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert version.package_version() == "0+unknown"


def test_a_check_from_python_loads_no_network_or_media_library() -> None:
    program = (
        "import sys, sequencer; checked = sequencer.check('scores/first.score'); repr(checked); "
        f"checked.schedule.to_dicts(); print(sorted({LIBRARIES} & set(sys.modules)))"
    )
    assert python(program) in ("['lark']", "[]")


def test_a_timeline_in_a_notebook_loads_no_network_library() -> None:
    program = (
        "import sys, sequencer; sequencer.check('scores/night-tram.score').schedule._repr_html_(); "
        "print(sorted({'httpx', 'aiortc', 'aiohttp', 'mido', 'matplotlib'} & set(sys.modules)))"
    )
    assert python(program) == "[]"


def modules() -> list[str]:
    names = [
        f"sequencer.api.{one.name}"
        for one in pkgutil.iter_modules([str(ROOT / "sequencer" / "api")])
    ]
    homes = {
        value.__module__
        for name in sequencer.__all__
        if hasattr(value := getattr(sequencer, name), "__module__")
    }
    return sorted({"sequencer", *names, *homes})


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (ROOT / "scores" / "first.score", ROOT / "scores" / "ferry.mid"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert not found.failed


@pytest.mark.parametrize(
    "name", [name for name in sequencer.__all__ if inspect.isfunction(getattr(sequencer, name))]
)
def test_every_function_has_an_example_and_describes_its_arguments(name: str) -> None:
    function = getattr(sequencer, name)
    text = inspect.getdoc(function) or ""
    assert f"{name}(" in text.partition(">>> ")[2], "an example that calls it"
    if name.endswith("_async"):
        assert f"are those of `{name.removesuffix('_async')}`" in text
        return
    described = text.partition("Args:")[2]
    for parameter in inspect.signature(function).parameters:
        assert f"\n    {parameter}: " in described, parameter

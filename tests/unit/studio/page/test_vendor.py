"""The libraries of the studio's page: made from what the lock file pins, with their licences, and
small.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sequencer.studio.page_files import read_page_files
from tests.docs.pages import ROOT
from tests.support.requirements import require

TOOLS = ROOT / "tools" / "vendor"
PAGE = ROOT / "sequencer" / "studio" / "page"
VENDOR = PAGE / "vendor"
MODULES = ("codemirror.js", "lit-html.js")
MAX_LIBRARY_BYTES = 140_000
MAX_PAGE_BYTES = 250_000
"""The most that a browser loads, of the libraries and in all, in bytes, compressed with gzip."""
MANIFEST: dict[str, Any] = json.loads((TOOLS / "package.json").read_text(encoding="utf-8"))
LOCK: dict[str, Any] = json.loads((TOOLS / "package-lock.json").read_text(encoding="utf-8"))


def test_the_committed_modules_are_made_from_the_packages(tmp_path: Path) -> None:
    node = shutil.which("node")
    require(
        node is not None and (TOOLS / "node_modules" / "esbuild").is_dir(),
        "node and .ci/setup-page are needed for this test",
    )
    done = subprocess.run(
        [str(node), str(TOOLS / "build.mjs"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in VENDOR.iterdir()}, (
        f"run npm ci --ignore-scripts and npm run build in {TOOLS}"
    )


def test_the_versions_in_the_lock_file_are_exact() -> None:
    wanted = MANIFEST["devDependencies"]
    assert LOCK["packages"][""]["devDependencies"] == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    others = {name: one for name, one in LOCK["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in others.values())
    assert {name: one["version"] for name, one in wanted_in(others).items()} == wanted


def wanted_in(packages: dict[str, Any]) -> dict[str, Any]:
    return {name: packages[f"node_modules/{name}"] for name in MANIFEST["devDependencies"]}


def test_the_licences_are_those_of_the_locked_packages() -> None:
    text = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
    listed = re.findall(r"^(\S+) (\d+\.\d+\.\d+) \((\S+)\), in (\S+)$", text, re.MULTILINE)
    assert {module for *_, module in listed} == set(MODULES)
    locked = {name: LOCK["packages"][f"node_modules/{name}"] for name, *_ in listed}
    assert [(name, one["version"], one["license"]) for name, one in locked.items()] == [
        (name, version, licence) for name, version, licence, _ in listed
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own, *others = project["license"].split(" AND ")
    assert (own, set(others)) == ("Apache-2.0", {licence for _, _, licence, _ in listed})
    assert text.count("Permission is hereby granted") == text.count("(MIT), in")
    assert text.count("Redistribution and use") == text.count("(BSD-3-Clause), in")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_exports_what_its_list_names(module: str) -> None:
    source = re.sub(r"//.*", "", (TOOLS / module).read_text(encoding="utf-8"))
    lists = re.findall(r"export \{([^}]*)\} from", source)
    wanted = [name for part in lists for name in re.findall(r"\w+", part)]
    assert len(wanted) == len(set(wanted)) > 5
    built = (VENDOR / module).read_text(encoding="utf-8")
    (last,) = re.findall(r"export\{([^}]*)\};\s*$", built)
    assert sorted(part.split(" as ")[-1] for part in last.split(",")) == sorted(wanted)


def test_the_libraries_load_nothing_and_evaluate_nothing() -> None:
    for module in MODULES:
        text = (VENDOR / module).read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^\"'`\s]+", text)) <= {"http://www.w3.org/2000/svg"}
        assert not re.search(r"\beval\(|new Function\(|\bimport\(|\bfrom\"", text)


def test_the_page_is_small() -> None:
    found = read_page_files()
    sizes = {
        path: len(gzip.compress(file.data))
        for path, file in found.files.items()
        if not path.endswith(".txt")  # the licences, which no page loads
    }
    libraries = [size for path, size in sizes.items() if path.startswith("vendor/")]
    assert sum(libraries) <= MAX_LIBRARY_BYTES
    assert sum(sizes.values()) + len(gzip.compress(found.page.encode())) <= MAX_PAGE_BYTES, sizes

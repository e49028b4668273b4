"""The package of the extension for VS Code: its contents, its manifest, and how it is built."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ET
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from editors.vsix import build_vsix, collect_files, main, read_manifest, render_content_types
from sequencer.editing.hints import HintSetting
from tests.support.requirements import require

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
MANIFEST = read_manifest()
CONTRIBUTED = MANIFEST["contributes"]
SCHEMA = "{http://schemas.microsoft.com/developer/vsx-schema/2011}"
MAX_BYTES = 512 * 1024


@cache
def package() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(build_vsix()))


# ---- the package ---------------------------------------------------------------------------------


def test_it_contains_what_the_manifest_names_and_nothing_else() -> None:
    names = package().namelist()
    assert names == sorted(names) and len(set(names)) == len(names)
    assert {name for name in names if not name.startswith("extension/")} == {
        "[Content_Types].xml",
        "extension.vsixmanifest",
    }
    assert {name.removeprefix("extension/") for name in names if name.startswith("extension/")} == {
        "LICENSE.txt",
        "README.md",
        "bundle/LICENSES.txt",
        "bundle/extension.js",
        "icon.png",
        "language-configuration.json",
        "package.json",
        "snippets/text.json",
        "snippets/yaml.json",
        "syntaxes/score.tmLanguage.json",
    }
    assert package().testzip() is None


def test_every_file_that_the_manifest_refers_to_is_in_it() -> None:
    text = json.dumps(MANIFEST)
    named = set(re.findall(r'"\./([^"]+)"', text)) | {MANIFEST["icon"]}
    assert len(named) >= 6
    assert {f"extension/{name}" for name in named} <= set(package().namelist())


def test_the_same_files_result_in_the_same_bytes(tmp_path: Path) -> None:
    assert build_vsix() == build_vsix()
    for folder in ("one", "two"):
        assert main(["-o", str(tmp_path / folder)]) == 0
    (one,), (two,) = (list((tmp_path / folder).iterdir()) for folder in ("one", "two"))
    assert one.name == two.name == f"helios-sequencer-score-{MANIFEST['version']}.vsix"
    assert one.read_bytes() == two.read_bytes() == build_vsix()
    assert one.stat().st_size < MAX_BYTES


def test_a_file_that_is_missing_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        collect_files({"files": ["nothing.json"]})
    with pytest.raises(KeyError):
        render_content_types(["extension/program.exe"])


def test_the_manifest_of_the_package_agrees_with_the_extension() -> None:
    root = ET.fromstring(package().read("extension.vsixmanifest"))  # noqa: S314  # it is our own
    identity = root.find(f"{SCHEMA}Metadata/{SCHEMA}Identity")
    assert identity is not None
    assert identity.attrib == {
        "Language": "en-US",
        "Id": MANIFEST["name"],
        "Version": MANIFEST["version"],
        "Publisher": MANIFEST["publisher"],
    }
    properties = {one.attrib["Id"]: one.attrib["Value"] for one in root.iter(f"{SCHEMA}Property")}
    assert properties["Microsoft.VisualStudio.Code.Engine"] == MANIFEST["engines"]["vscode"]
    assert properties["Microsoft.VisualStudio.Code.ExtensionKind"] == "workspace"
    names = set(package().namelist())
    assets = [one.attrib["Path"] for one in root.iter(f"{SCHEMA}Asset")]
    assert len(assets) == 4
    assert set(assets) <= names
    for tag in ("License", "Icon"):
        assert root.findtext(f"{SCHEMA}Metadata/{SCHEMA}{tag}") in names
    types = ET.fromstring(package().read("[Content_Types].xml"))  # noqa: S314  # it is our own
    assert {one.attrib["Extension"] for one in types} == {
        Path(name).suffix for name in names if name != "[Content_Types].xml"
    }


def test_the_icon_is_large_enough() -> None:
    with Image.open(EXTENSION / MANIFEST["icon"]) as icon:
        assert icon.format == "PNG"
        assert icon.width == icon.height >= 128


# ---- the manifest --------------------------------------------------------------------------------


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert MANIFEST["version"] == project["version"]
    assert MANIFEST["license"] == project["license"].split(" AND ")[0], "our own code's licence"


def test_every_command_is_registered_and_every_setting_is_read() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in EXTENSION.glob("src/*.ts"))
    commands = {one["command"] for one in CONTRIBUTED["commands"]}
    assert set(re.findall(r'registerCommand\("([^"]+)"', source)) == commands
    menus = {one["command"] for entries in CONTRIBUTED["menus"].values() for one in entries} | {
        one["command"] for one in CONTRIBUTED["keybindings"]
    }
    assert menus < commands
    settings = set(CONTRIBUTED["configuration"]["properties"]) - {"score.trace.server"}
    assert all(re.search(rf"\b{name.removeprefix('score.')}\b", source) for name in settings), (
        "the client of the library reads score.trace.server"
    )
    page = (EXTENSION / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in settings)
    assert all(f"{one['category']}: {one['title']}" in page for one in CONTRIBUTED["commands"])


def test_the_hints_that_can_be_chosen_are_those_of_the_server() -> None:
    setting = CONTRIBUTED["configuration"]["properties"]["score.hints"]
    assert setting["enum"] == [one.value for one in HintSetting]
    assert setting["default"] == HintSetting.ALL.value


def test_the_problem_matcher_reads_what_check_prints() -> None:
    (matcher,) = CONTRIBUTED["problemMatchers"]
    pattern = matcher["pattern"]
    line = "scores/a b.score:12:3: error[E204]: there is no scene named traam"
    found = re.match(pattern["regexp"], line)
    assert found is not None
    parts = {name: found[pattern[name]] for name in ("file", "line", "column", "severity", "code")}
    assert parts == {
        "file": "scores/a b.score",
        "line": "12",
        "column": "3",
        "severity": "error",
        "code": "E204",
    }
    assert re.match(pattern["regexp"], "  hint: did you mean tram?") is None


# ---- the bundle ----------------------------------------------------------------------------------


def installed() -> str:
    """Return the path of node; the test is skipped if it or the libraries are not there."""
    node = shutil.which("node")
    require(
        node is not None and (EXTENSION / "node_modules" / "vscode-languageclient").is_dir(),
        "node and .ci/setup-vscode are needed for this test",
    )
    return str(node)


def test_the_committed_bundle_is_made_from_the_source(tmp_path: Path) -> None:
    done = subprocess.run(
        [installed(), str(EXTENSION / "bundle.mjs"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("extension.js", "LICENSES.txt"):
        assert (tmp_path / name).read_bytes() == (EXTENSION / "bundle" / name).read_bytes(), (
            f"{name} is older than the source: run npm ci and npm run bundle in {EXTENSION}"
        )


def test_the_types_of_the_source_are_correct() -> None:
    done = subprocess.run(
        [installed(), "node_modules/typescript/bin/tsc", "--noEmit"],
        cwd=EXTENSION,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_versions_in_the_lock_file_are_exact() -> None:
    lock: dict[str, Any] = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    own = lock["packages"][""]
    assert own["version"] == MANIFEST["version"]
    for kind in ("dependencies", "devDependencies"):
        assert own[kind] == MANIFEST[kind]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in MANIFEST[kind].values())
    others = {name: one for name, one in lock["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in others.values())
    assert all("/" not in one.get("version", "/") for one in others.values())


def test_the_bundle_has_the_licence_of_each_library() -> None:
    text = (EXTENSION / "bundle" / "LICENSES.txt").read_text(encoding="utf-8")
    found = dict(re.findall(r"^(\S+) \d+\.\d+\.\d+ \((.+)\)$", text, re.MULTILINE))
    assert "vscode-languageclient" in found
    assert set(found.values()) <= {"MIT", "ISC", "BlueOak-1.0.0"}
    assert text.count("-" * 80) == len(found) - 1

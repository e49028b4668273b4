"""The files around the code: workflows, hooks, templates, Makefile, changelog.

What they name exists, and versions agree.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT
from tests.support.requirements import require

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PROGRAMS = {"gh", "uv"}
"""Programs that a workflow may run and that this repository does not contain; runners or an earlier
step provide them.
"""


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def targets(makefile: str) -> dict[str, str]:
    """Return the targets of a Makefile that have a comment for `make help`."""
    return dict(re.findall(r"^([\w-]+):.*?## (.+)$", makefile, re.MULTILINE))


MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


# ---- commands ------------------------------------------------------------------------------------


def missing(command: str) -> list[str]:
    """Return what a shell command names and does not exist: scripts, targets of make, test files,
    unknown programs.
    """
    words = re.sub(r"\$\{\{.*?\}\}", "VALUE", command).split()
    program, *rest = words
    if program == "make":
        return [
            word
            for word in rest
            if word not in targets(MAKEFILE) and "=" not in word and word != ".venv/ready"
        ]
    wrong: list[str] = []
    if program.startswith(".venv/bin/"):
        if not (Path(sys.executable).parent / program.removeprefix(".venv/bin/")).exists():
            wrong.append(program)
    elif "/" in program:
        if not os.access(ROOT / program, os.X_OK):
            wrong.append(program)
    elif program not in PROGRAMS and program != "python":
        wrong.append(program)
    files = [word for word in rest if re.fullmatch(r"[\w./-]+/[\w.-]+", word)]
    return wrong + [
        word for word in files if not (ROOT / word).exists() and not word.startswith("dist/")
    ]


def commands(workflow: Any) -> Iterator[str]:
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            for line in step.get("run", "").splitlines():
                yield from (part for part in re.split(r"&&|\|\||[|;]", line) if part.strip())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_of_a_workflow_exists(path: Path) -> None:
    assert [
        (command, wrong) for command in commands(load(path)) if (wrong := missing(command))
    ] == []


@pytest.mark.parametrize(
    "command",
    ["make everything", ".ci/nothing", "python nothing/at.py", "rm -r /", ".venv/bin/nothing"],
)
def test_a_command_that_does_not_exist_is_found(command: str) -> None:
    assert missing(command)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_limited(path: Path) -> None:
    """Jobs have a time limit, actions a version, and the token may only read by default."""
    workflow = load(path)
    assert {True, "name", "jobs", "permissions"} <= set(workflow), "YAML reads `on` as true"
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 90
        assert all("@" in step["uses"] for step in job["steps"] if "uses" in step)
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])


def test_the_tests_run_on_every_python_of_the_package() -> None:
    jobs = load(ROOT / ".github" / "workflows" / "test.yml")["jobs"]
    classifiers = {
        found for line in PROJECT["classifiers"] for found in re.findall(r":: (3\.\d+)$", line)
    }
    assert classifiers <= set(jobs["versions"]["strategy"]["matrix"]["python"])
    assert [
        line for job in ("everything", "lowest") for line in commands({"jobs": {job: jobs[job]}})
    ] == [*(".ci/run", ".ci/versions lowest")]


def test_the_hooks_use_installed_tools() -> None:
    hooks = [
        hook
        for repo in load(ROOT / ".pre-commit-config.yaml")["repos"]
        if repo["repo"] == "local"
        for hook in repo["hooks"]
    ]
    assert {hook["id"] for hook in hooks} == {"ruff-format", "ruff", "import-contracts", "mypy"}
    assert [wrong for hook in hooks for wrong in missing(hook["entry"])] == []


def test_the_development_container_is_built_from_what_exists() -> None:
    folder = ROOT / ".devcontainer"
    settings = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    assert (folder / settings["build"]["dockerfile"]).is_file()
    assert missing(settings["postCreateCommand"]) == []
    copied = re.findall(
        r"^COPY (\S+)", (folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert copied and all(list(ROOT.glob(pattern)) for pattern in copied)
    for schema, files in settings["customizations"]["vscode"]["settings"]["yaml.schemas"].items():
        assert (ROOT / schema).is_file() and list(ROOT.glob(files))


def test_the_scripts_name_tests_that_exist() -> None:
    text = (ROOT / ".ci" / "versions").read_text(encoding="utf-8")
    named = set(re.findall(r"tests/[\w./-]+", text))
    assert len(named) > 20
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
    tests = re.findall(r"(tests/[\w./-]+)::(\w+)", text)
    assert all(f"def {test}(" in (ROOT / path).read_text(encoding="utf-8") for path, test in tests)


# ---- templates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bug.yml", "feature.yml"])
def test_an_issue_template_asks_each_question_once(name: str) -> None:
    form = load(ROOT / ".github" / "ISSUE_TEMPLATE" / name)
    assert {"name", "description", "body"} <= set(form)
    ids = [part["id"] for part in form["body"]]
    assert len(ids) == len(set(ids)) >= 3
    assert all(part["attributes"]["label"] for part in form["body"])


def test_the_configuration_of_the_host_is_yaml() -> None:
    assert load(ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml")["contact_links"]
    updates = load(ROOT / ".github" / "dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "github-actions"}
    assert all(update["schedule"]["interval"] == "weekly" for update in updates)


# ---- the Makefile --------------------------------------------------------------------------------


def test_help_lists_every_target() -> None:
    phony = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split()
    assert set(targets(MAKEFILE)) == set(phony)
    require(shutil.which("make") is not None, "make is not installed")
    # `make test` runs this test: a make below another one would print which directory it enters.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    done = subprocess.run(
        ["make", f"PYTHON={sys.executable}", "VENV=.venv"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [
        f"make {name:<12} {text}" for name, text in targets(MAKEFILE).items()
    ]


# ---- versions ------------------------------------------------------------------------------------

CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_changelog_has_the_version() -> None:
    titles = re.findall(r"^## (.+)$", CHANGES, re.MULTILINE)
    assert titles[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(PROJECT['version'])}\] - \d{{4}}-\d\d-\d\d", titles[1])
    linked = dict(re.findall(r"^\[(.+)\]: (\S+)$", CHANGES, re.MULTILINE))
    assert list(linked) == [re.findall(r"\[(.+)\]", title)[0] for title in titles]
    assert linked["Unreleased"].endswith(f"/compare/v{PROJECT['version']}...HEAD")


def release_notes(folder: Path, tag: str) -> subprocess.CompletedProcess[str]:
    script = folder / ".ci" / "release-notes"
    return subprocess.run(
        [sys.executable, str(script), tag], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_text_of_a_release_is_its_section(tmp_path: Path) -> None:
    done = release_notes(ROOT, f"v{PROJECT['version']}")
    assert done.returncode == 0
    assert done.stdout.strip() in CHANGES
    assert "## " not in re.sub("###", "", done.stdout) and "]: http" not in done.stdout
    assert release_notes(ROOT, "v0.0.0").returncode == 1
    (tmp_path / ".ci").mkdir()
    for name in (".ci/release-notes", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n- news\n", encoding="utf-8")
    assert release_notes(tmp_path, f"v{PROJECT['version']}").returncode == 1


def test_every_entry_point_for_people_is_there() -> None:
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CODE_OF_CONDUCT.md",
        "SECURITY.md",
        "LICENSE",
        ".github/PULL_REQUEST_TEMPLATE.md",
    ):
        assert (ROOT / name).is_file()

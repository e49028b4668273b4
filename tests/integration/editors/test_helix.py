"""Helix with the configuration that `docs/editors.md` shows: it builds the grammar and finds
everything that it needs.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from tests.docs.pages import ROOT
from tests.support.editor_page import blocks_of, environment_in, run_commands
from tests.support.requirements import require
from tests.support.tree_sitter import DEBIAN

RUNTIME = DEBIAN / "usr" / "lib" / "hx" / "runtime"


def test_helix_finds_the_server_the_parser_and_the_queries(tmp_path: Path) -> None:
    require((DEBIAN / "ready-hx").exists(), ".ci/setup-helix is needed for this test")
    require(importlib.util.find_spec("pygls"), 'the extra "editor" is needed for this test')
    require(shutil.which("c++"), "a C++ compiler is needed for this test")
    (languages, configuration) = blocks_of("Helix", "toml")
    (commands,) = blocks_of("Helix", "sh")
    named = "/home/me/helios-sequencer"
    assert languages.count(named) == 1, "the page has the path of a checkout"
    folder = tmp_path / ".config" / "helix"
    folder.mkdir(parents=True)
    (folder / "languages.toml").write_text(languages.replace(named, str(ROOT)), encoding="utf-8")
    (folder / "config.toml").write_text(configuration, encoding="utf-8")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    started = bin_folder / "hx"
    started.write_text(f'#!/bin/sh\nexec {DEBIAN / "run"} lib/hx/hx "$@"\n', encoding="utf-8")
    started.chmod(0o755)
    environment = environment_in(tmp_path) | {"HELIX_RUNTIME": str(RUNTIME)}
    environment["PATH"] = f"{bin_folder}:{environment['PATH']}"

    run_commands(commands, environment)
    health = subprocess.run(
        [str(started), "--health", "score"],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    ).stdout
    plain = re.sub(r"\x1b\[[\d;]*m", "", health)
    for found in (
        "✓ sequencer",
        "Tree-sitter parser: ✓",
        "Highlight queries: ✓",
        "Indent queries: ✓",
    ):
        assert found in plain, plain

"""The tree-sitter grammar of scores as editors use it: the generated C, compiled and loaded."""

from __future__ import annotations

import ctypes
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.requirements import require

ROOT = Path(__file__).resolve().parents[2]
GRAMMAR = ROOT / "editors" / "tree-sitter-score"
DEBIAN = ROOT / ".deps" / "debian"
BINDINGS = ROOT / ".deps" / "tree-sitter-{}.{}".format(*sys.version_info)
GENERATOR_VERSION = "0.22.6"
"""The version of tree-sitter's command that generated the C in this repository."""


def bindings() -> Any:
    """Return the package `tree_sitter`, which is installed next to the environment of the tests."""
    require(BINDINGS.is_dir(), ".ci/setup-tree-sitter is needed for this test")
    if str(BINDINGS) not in sys.path:
        sys.path.append(str(BINDINGS))
    return importlib.import_module("tree_sitter")


def compile_grammar(source: Path, folder: Path) -> Any:
    """Compile `source`/parser.c in `folder` and return the language, a `tree_sitter.Language`."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    require(
        compiler is not None and sys.platform != "win32", "a C compiler is needed for this test"
    )
    tree_sitter = bindings()
    library = folder / "score.so"
    command = [compiler or "cc", "-shared", "-fPIC", "-I", str(source), str(source / "parser.c")]
    subprocess.run([*command, "-o", str(library)], check=True)
    create = ctypes.CDLL(str(library)).tree_sitter_score
    create.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype = ctypes.py_object
    capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return tree_sitter.Language(capsule(create(), b"tree_sitter.Language", None))


def parse(language: Any, text: str) -> Any:
    """Return the root node of a text."""
    return bindings().Parser(language).parse(text.encode()).root_node


def generate(grammar: str, folder: Path) -> Path:
    """Generate the C of a grammar in `folder`, and return the folder that contains it."""
    found = shutil.which("tree-sitter")
    if (DEBIAN / "ready-tree-sitter-cli").exists():
        command = [str(DEBIAN / "run"), "bin/tree-sitter"]
    else:
        command = [found or "tree-sitter"]
    is_installed = found is not None or len(command) > 1
    version = ""
    if is_installed and shutil.which("node") is not None:
        version = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=True
        ).stdout
    require(
        version.split()[1:2] == [GENERATOR_VERSION],
        f"node and tree-sitter {GENERATOR_VERSION} (.ci/setup-tree-sitter) are needed for this test",
    )
    (folder / "grammar.js").write_text(grammar, encoding="utf-8", newline="\n")
    done = subprocess.run(
        [*command, "generate", "--no-bindings"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "HOME": str(folder)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "src"

"""The types of the studio's page, and of what it uses of its libraries."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.support.requirements import require
from tools import page_types

PAGE = ROOT / "sequencer" / "studio" / "page"


def test_the_types_of_the_page_are_correct() -> None:
    require_compiler()
    code, output = page_types.check_types()
    assert code == 0, output


MISTAKES = {
    "right": 'import { html } from "PAGE/vendor/lit-html.js";\nhtml`<p>${1}</p>`;',
    "argument": 'import { html } from "PAGE/vendor/lit-html.js";\nhtml(1);',
    "name": 'import { htlm } from "PAGE/vendor/lit-html.js";\nhtlm``;',
    "option": 'import { EditorView } from "PAGE/vendor/codemirror.js";\nnew EditorView({ dok: "" });',
    "message": '/** @param {import("PAGE/protocol.d.ts").Line} a */\nexport const f = (a) => a.nothing;',
    "implicit": "export const f = (a) => a;",
    "null": "/** @type {string | null} */\nlet a = null;\nexport const b = () => a.length;",
}
FOUND = {
    "argument": "not assignable",
    "name": "has no exported member 'htlm'",
    "option": "'dok' does not exist in type 'EditorViewConfig'",
    "message": "Property 'nothing' does not exist on type 'Line'",
    "implicit": "Parameter 'a' implicitly has an 'any' type",
    "null": "'a' is possibly 'null'",
}


def test_mistakes_are_found(tmp_path: Path) -> None:
    require_compiler()
    for name, source in MISTAKES.items():
        text = source.replace("PAGE", PAGE.as_posix())
        (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")
    configuration = tmp_path / "tsconfig.json"
    extended = {"extends": str(page_types.VENDOR / "tsconfig.json"), "include": ["*.js"]}
    configuration.write_text(json.dumps(extended), encoding="utf-8")
    code, output = page_types.check_types(configuration)
    assert code != 0
    errors = dict(re.findall(r"(\w+)\.js\(\d+,\d+\): error TS\d+: (.*)", output))
    assert errors.keys() == FOUND.keys(), output
    assert all(FOUND[name] in text for name, text in errors.items()), output


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_without_the_compiler_one_line_is_printed(required: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.page_types"],
        cwd=ROOT,
        env={**os.environ, "PATH": "", "SEQUENCER_REQUIRE_ALL": required},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout == "the types of the studio's page are not checked: node is not installed\n"


def require_compiler() -> None:
    reason = page_types.missing()
    require(reason is None, reason or "")

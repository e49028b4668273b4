"""The pages about codes: `docs/errors.md`, `docs/advice.md` and what `sequencer explain CODE` prints.

This module cannot read a score: the caller passes a function that returns the diagnostics of an example.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from sequencer.core.catalog import FAMILIES, every, family
from sequencer.core.catalog.record import Code, Example

Say = Callable[[Example, str], str]
"""Returns the diagnostics of one code that an example causes, as `check` prints them."""

WIDTH = 100

ERRORS_HEAD = """\
# Errors and warnings

<!-- Made by `sequencer explain --page errors`; a test holds it in step with the program. Do not edit by hand. -->

Everything that `sequencer check` can find in a score has a code that stays the same from release to release. `E` stops a score
from being performed, `W` does not (unless `--strict`). In the terminal `sequencer explain E204` prints an entry of this page.

A message has its place (file, line, column, counted from 1), the code, one sentence, the line with a caret, and a hint:

```text
{sample}
```

All faults of a score are shown at once, at most 100; the rest is counted. Advice on prompts (`W601` and on) has
[a page of its own](advice.md).

## For editors and other tools

`sequencer check --json SCORE …` prints one JSON document; with `--watch` one on each line, after each change of a file.

| key | what it holds |
|---|---|
| `format` | 1; a reader of this number can read every document with it, whatever keys are added |
| `well` | whether every score can be performed (with `--strict`: and has no warning) |
| `scores` | one object for each SCORE, in order |
| … `file`, `well`, `summary` | the score's file, whether it is well, and one line about it (null when it is not) |
| … `diagnostics` | its errors and warnings, in the order of their places |
| … … `code`, `severity`, `message`, `hint` | as above; `severity` is `error` or `warning`, `hint` a text or null |
| … … `title` | the code's title on this page |
| … … `span` | `file`, `line`, `column`, `end_line`, `end_column`; from 1, in characters, the end exclusive; or null |
| … … `fixes` | replacements that cure it: put `text` where `span` is (an empty span inserts); none, or all of them together |
| … … `related` | second places: `span` and `message` |
| … `grid`, `best_phase`, `align` | help with the grid, where it was asked for |

## All codes

"""

ADVICE_HEAD = """\
# Advice on prompts

<!-- Made by `sequencer explain --page advice`; a test holds it in step with the program. Do not edit by hand. -->

`sequencer check` also reads the prompts of a score and says where they go against what is known of the model. Advice is a
warning: the score plays all the same. With `--strict` warnings count as errors, for shows that must be perfect and for
continuous integration.

Each rule looks for few, certain signs and keeps silent where it is not sure; prompts in other languages than English are mostly
left alone. To switch a rule off for all scores of a check write `sequencer check --allow W604 SCORE …`; to switch it off for a
scene, for good, name it in the scene:

```text
scene tram {
  base "A tram waits at an empty stop. Grey light. Locked-off wide shot."
  follow "The tram waits. {action} Grey light. Handheld close shot."
  quiet W602
}
```

A good opening says who is where, then the light, then the camera; a good follow-up names the subject again, adds one action,
and repeats the light and the camera word for word. Variables (`let`) and scenes are made for that.

| code | looks for | source |
|---|---|---|
"""


def errors_page(say: Say) -> str:
    """Return `docs/errors.md`: every code except the advice, with a score that causes it, its message and the fixed score."""
    sample = next(code for code in every() if code.code == "E204")
    parts = [ERRORS_HEAD.replace("{sample}", say(sample.wrong, sample.code))]
    for module, title in FAMILIES:
        link = "advice.md" if module == "advice" else ""
        rows = [f"| [{one.code}]({link}#{_anchor(one)}) | {one.title} |" for one in family(module)]
        parts.append("\n".join([f"### {title}", "", "| code | what it says |", "|---|---|", *rows, "", ""]))
    for module, title in FAMILIES:
        if module != "advice":
            parts.append(f"## {title}\n\n")
            parts += [_entry(one, say) for one in family(module)]
    return "".join(parts).rstrip("\n") + "\n"


def advice_page(say: Say) -> str:
    """Return `docs/advice.md`: every rule of advice with its source, an example and the fixed score."""
    codes = family("advice")
    rows = [f"| [{one.code}](#{_anchor(one)}) | {one.title} | {one.source} |" for one in codes]
    return (
        ADVICE_HEAD + "\n".join(rows) + "\n\n## Each rule\n\n" + "".join(_entry(one, say) for one in codes).rstrip("\n") + "\n"
    )


def _anchor(one: Code) -> str:
    """Return the anchor that Markdown viewers create for an entry's heading."""
    heading = f"{one.code} {one.title}".casefold()
    return "".join(char for char in heading if char.isalnum() or char in " -_").replace(" ", "-")


def _entry(one: Code, say: Say) -> str:
    source = f" (Source: {one.source}.)" if one.source else ""
    files = _files(one.wrong)
    return (
        f"### {one.code} {one.title}\n\n{one.why}{source}\n\n{files}{_block(one.wrong, wrong=True)}"
        f"```text\n{say(one.wrong, one.code)}\n```\n\nCured:\n\n{_block(one.cured)}"
    )


def _block(example: Example, wrong: bool = False) -> str:
    whole = example.shown is None and not wrong and not example.files and example.in_folder
    language = ("yaml" if example.is_yaml else "score") if whole else "text"
    return f"```{language}\n{example.page.rstrip()}\n```\n\n"


def _files(example: Example) -> str:
    names = [f"`{file.name}`" + (" (a folder)" if file.content is None else "") for file in example.files[:3]]
    if not names:
        return "" if example.in_folder else "Read from a string, without a folder:\n\n"
    more = " …" if len(example.files) > len(names) else ""
    return f"Beside it lies {', '.join(names)}{more}:\n\n"


def terminal_page(one: Code) -> str:
    """Return an entry as `sequencer explain CODE` prints it."""
    kind = "error" if one.is_error else "warning"
    parts = [f"{kind}[{one.code}]: {one.title}", textwrap.fill(one.why, WIDTH)]
    if one.source:
        parts.append(textwrap.fill(f"Source: {one.source}.", WIDTH))
    parts.append("This causes it:\n\n" + textwrap.indent(one.wrong.page.rstrip(), "    "))
    parts.append("Cured:\n\n" + textwrap.indent(one.cured.page.rstrip(), "    "))
    return "\n\n".join(parts)


def terminal_list() -> str:
    """Return every code with its title, as `sequencer explain` prints it."""
    parts = []
    for module, title in FAMILIES:
        parts.append("\n".join([title, *(f"  {one.code}  {one.title}" for one in family(module))]))
    return "\n\n".join(parts)

"""Render the pages about codes.

They are `errors.md` and `advice.md` of the documentation, and what `sequencer explain CODE` prints.
This module cannot read a score: the caller passes a function that returns the diagnostics of an
example.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from sequencer.core.catalog import FAMILIES, every, family
from sequencer.core.catalog.record import Code, Example

RenderExample = Callable[[Example, str], str]
"""Returns the diagnostics of one code that an example causes, as `check` prints them."""

WIDTH = 100

ERRORS_HEAD = """\
# Errors and warnings

Everything that `sequencer check` can find in a score has a code that stays the same from release to
release. An error (`E`) prevents the score from being performed; a warning (`W`) does not, unless
you use `--strict`. In a terminal, `sequencer explain E204` prints an entry of this page.

A message consists of its position (file, line and column, counted from 1), the code, one sentence,
the line with a caret, and a hint:

```text
{sample}
```

All errors of a score are printed at once, at most 100; the others are counted. Advice on prompts
(`W601` and above) has [a page of its own](advice.md).

## For editors and other tools

`sequencer check --json SCORE …` prints one JSON document; with `--watch`, it prints one document
(on one line) after each change of a file.

| key | content |
|---|---|
| `format` | 1; keys may be added without a new number, so ignore those that you do not know |
| `well` | whether every score can be performed (with `--strict`: and has no warnings) |
| `scores` | one object for each SCORE, in order |
| … `file`, `well`, `summary` | the score's file, whether it is valid, and one line about it (null \
if it is not valid) |
| … `diagnostics` | its errors and warnings, in the order of their positions |
| … … `code`, `severity`, `message`, `hint` | as above; `severity` is `error`, `warning` or \
`note`, `hint` is a text or null |
| … … `title` | the code's title on this page |
| … … `span` | `file`, `line`, `column`, `end_line`, `end_column`; in characters from 1, the end \
exclusive; or null |
| … … `fixes` | replacements that fix it: put `text` in place of `span` (an empty span inserts); \
apply all of them together |
| … … `related` | other positions that belong to it: `span` and `message` |
| … `grid`, `best_phase`, `align` | help with the grid, if requested |

## All codes

"""

ADVICE_HEAD = """\
# Advice on prompts

`sequencer check` also reads the prompts of a score and reports what contradicts the known behaviour
of the model. Advice is a warning: the score can still be performed. With `--strict`, warnings count
as errors, for shows that must be perfect and for continuous integration.

Each rule looks for a few reliable indications and reports nothing if it is not certain. Prompts in
other languages than English are mostly ignored. To switch a rule off for all scores of a check, use
`sequencer check --allow W604 SCORE …`. To switch it off for a scene permanently, name it in the
scene:

```text
scene tram {
  base "A tram waits at an empty stop. Grey light. Locked-off wide shot."
  follow "The tram waits. {action} Grey light. Handheld close shot."
  quiet W602
}
```

A good opening names who is where, then describes the light, then the camera. A good follow-up names
the subject again, adds one action, and repeats the light and the camera word for word. Use
variables (`let`) and scenes for that.

| code | looks for | source |
|---|---|---|
"""


def errors_page(render: RenderExample) -> str:
    """Return the errors page: every code but the advice, with example, message and fixed score."""
    sample = next(code for code in every() if code.code == "E204")
    parts = [ERRORS_HEAD.replace("{sample}", render(sample.wrong, sample.code))]
    for group in FAMILIES:
        link = "advice.md" if group.name == "advice" else ""
        rows = [
            f"| [{one.code}]({link}#{_anchor(one)}) | {one.title} |" for one in family(group.name)
        ]
        parts.append(
            "\n".join([f"### {group.title}", "", "| code | meaning |", "|---|---|", *rows, "", ""])
        )
    for group in FAMILIES:
        if group.name != "advice":
            parts.append(f"## {group.title}\n\n")
            parts += [_entry(one, render) for one in family(group.name)]
    return "".join(parts).rstrip("\n") + "\n"


def advice_page(render: RenderExample) -> str:
    """Return the advice page: every rule with its source, an example and the fixed score."""
    codes = family("advice")
    rows = [f"| [{one.code}](#{_anchor(one)}) | {one.title} | {one.source} |" for one in codes]
    return (
        ADVICE_HEAD
        + "\n".join(rows)
        + "\n\n## Each rule\n\n"
        + "".join(_entry(one, render) for one in codes).rstrip("\n")
        + "\n"
    )


def _anchor(one: Code) -> str:
    """Return the anchor that Markdown viewers create for an entry's heading."""
    heading = f"{one.code} {one.title}".casefold()
    return "".join(char for char in heading if char.isalnum() or char in " -_").replace(" ", "-")


def _entry(one: Code, render: RenderExample) -> str:
    source = f" (Source: {one.source}.)" if one.source else ""
    files = _files(one.wrong)
    return (
        f"### {one.code} "
        f"{one.title}\n\n{one.explanation}{source}\n\n{files}"
        f"{_playing(one.wrong)}{_block(one.wrong, wrong=True)}"
        f"```text\n{render(one.wrong, one.code)}\n```\n\nFixed:\n\n{_block(one.right)}"
    )


def _block(example: Example, wrong: bool = False) -> str:
    whole = example.compute is None and not wrong and not example.files and example.in_folder
    language = ("yaml" if example.is_yaml else "score") if whole else "text"
    return f"```{language}\n{example.shown.rstrip()}\n```\n\n"


def _playing(example: Example) -> str:
    """Return the score that plays, if an example is an edit of it."""
    if example.playing is None:
        return ""
    return (
        f"While chunk {example.playing.chunk} of this score is being made:\n\n"
        f"```text\n{example.playing.text.rstrip()}\n```\n\nits edit to\n\n"
    )


def _files(example: Example) -> str:
    names = [
        f"`{file.name}`" + (" (a folder)" if file.content is None else "")
        for file in example.files[:3]
    ]
    if not names:
        return "" if example.in_folder else "Read from a string, without a folder:\n\n"
    more = " …" if len(example.files) > len(names) else ""
    return f"Next to it: {', '.join(names)}{more}:\n\n"


def terminal_page(one: Code) -> str:
    """Return an entry as `sequencer explain CODE` prints it."""
    kind = "error" if one.is_error else "warning"
    parts = [f"{kind}[{one.code}]: {one.title}", textwrap.fill(one.explanation, WIDTH)]
    if one.source:
        parts.append(textwrap.fill(f"Source: {one.source}.", WIDTH))
    if one.wrong.playing is not None:
        parts.append(
            f"While chunk {one.wrong.playing.chunk} of this score is being made:\n\n"
            + textwrap.indent(one.wrong.playing.text.rstrip(), "    ")
        )
    parts.append("This causes it:\n\n" + textwrap.indent(one.wrong.shown.rstrip(), "    "))
    parts.append("Fixed:\n\n" + textwrap.indent(one.right.shown.rstrip(), "    "))
    return "\n\n".join(parts)


def terminal_list() -> str:
    """Return every code with its title, as `sequencer explain` prints it."""
    return "\n\n".join(
        "\n".join([group.title, *(f"  {one.code}  {one.title}" for one in family(group.name))])
        for group in FAMILIES
    )

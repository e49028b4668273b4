"""The Markdown file of one code, parsed.

````markdown
# E501: no such file

Paths count from the folder of the score that is performed.

```score file=lights.score
let light = "Wet neon light."
```

```score wrong
use "light.score"
```

```score right
use "lights.score"
```
````

A title, one paragraph of explanation, for advice a paragraph that begins with `Source:`, then
fenced blocks. The first word after a fence is the language (`score` or `yaml` for the two examples,
which it gives their notation), then:

- `wrong`, `right`: the two examples; with `without-folder` they are read from a string
- `stage=NAME` after `wrong` or `right`: the stage that the example is checked for
- `playing=CHUNK`: the score that plays while it is edited, and the chunk that is then being made;
  both examples are edits of it
- `file=NAME`: a file next to both examples; `folder=NAME`: an empty folder; `files=FUNCTION`:
  several computed files
- `computed=FUNCTION`: the content is what this function of `computed` returns, and the block shows
  an excerpt or describes it
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sequencer.core.catalog import computed
from sequencer.core.catalog.record import Code, Example, File, Playing

_TITLE = re.compile(r"# (?P<code>[EW]\d{3}): (?P<title>.+)")
_BLOCK = re.compile(
    r"^```(?P<language>\w+) (?P<info>.+)\n(?P<text>(?:(?!```).*\n)*)```$", re.MULTILINE
)
_SOURCE = "Source: "


def read_code(text: str, file: str) -> Code:
    """Return the record of a code.

    Args:
        text: The content of its Markdown file.
        file: The name of the file, for messages.

    Raises:
        ValueError: The file does not have the form that this module describes.
    """
    heading = _TITLE.match(text)
    prose = _BLOCK.sub("", text).strip()
    if heading is None or file != f"{heading['code']}.md":
        raise ValueError(f"{file} does not begin with its code and a title")
    paragraphs = [
        " ".join(paragraph.split()) for paragraph in prose.split("\n\n")[1:] if paragraph.strip()
    ]
    source = paragraphs.pop() if paragraphs and paragraphs[-1].startswith(_SOURCE) else ""
    if len(paragraphs) != 1 or "```" in prose:
        raise ValueError(
            f"{file} has {len(paragraphs)} paragraphs of explanation, or a block without a purpose"
        )
    examples = dict(_examples(text, file))
    if examples.keys() != {"wrong", "right"}:
        raise ValueError(f"{file} needs one wrong and one right example")
    return Code(
        code=heading["code"],
        title=heading["title"],
        explanation=paragraphs[0],
        wrong=examples["wrong"],
        right=examples["right"],
        source=source.removeprefix(_SOURCE).removesuffix("."),
    )


def _examples(text: str, file: str) -> Iterator[tuple[str, Example]]:
    """Yield the examples by kind. The files next to them come first."""
    files: tuple[File, ...] = ()
    playing: Playing | None = None
    for block in _BLOCK.finditer(text):
        options = dict(word.partition("=")[::2] for word in block["info"].split())
        match options:
            case {"wrong": "", **other} | {"right": "", **other}:
                yield (
                    "wrong" if "wrong" in options else "right",
                    Example(
                        shown=block["text"],
                        name=f"example.{block['language']}",
                        files=files,
                        compute=computed.SCORES[other.pop("computed")]
                        if "computed" in other
                        else None,
                        in_folder=other.pop("without-folder", None) is None,
                        playing=playing,
                        stage=other.pop("stage", None),
                    ),
                )
                if other:
                    raise ValueError(f"{file} has an unknown option: {' '.join(other)}")
            case {"playing": chunk} if chunk.isdecimal():
                playing = Playing(block["text"], int(chunk))
            case {"file": name, "computed": function}:
                files += (File(name, computed.FILES[function]),)
            case {"file": name}:
                files += (File(name, block["text"].encode()),)
            case {"folder": name}:
                files += (File(name, None),)
            case {"files": function}:
                files += computed.FILE_GROUPS[function]()
            case _:
                raise ValueError(f"{file} has a block without a purpose: {block['info']}")

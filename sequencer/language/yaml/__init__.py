"""The YAML notation: the same language in other clothes.

Keys are the words of the text notation, values are read by the same functions, so places, lengths, triggers and texts mean
the same and fail with the same words. `lines` and `tree` make a tree of `nodes` and `scalars` from a text, with the places of
all of it; `values`, `actions`, `cues` and `blocks` read what it says, `slips` tells what was meant, `comments` finds what
PyYAML drops; `reader` is all of that. `printer`, `layout` and `spelling` write it back. `schema` is for editors.
"""

from sequencer.language.yaml.reader import read_yaml

__all__ = ["read_yaml"]

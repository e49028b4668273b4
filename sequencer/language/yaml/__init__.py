"""The YAML notation: the same language as the text notation, written as YAML.

The keys are the keywords of the text notation and the values are read by the same functions, so
positions, durations, triggers and texts mean the same in both notations and fail with the same
messages.

Reading: `reader` is the entry point. `tree` parses the source into the nodes of `nodes`, with the
help of `fast_path`, and finds the comments, which PyYAML drops. `fields`, `cues` and `sections`
interpret the nodes. `recovery`, `unknown_keys` and `unicode_spaces` explain mistakes and suggest
fixes. Writing: `printer` and `quoting`. `schema` generates the JSON Schema that editors use.
"""

from sequencer.language.yaml.reader import read_yaml

__all__ = ["read_yaml"]

"""The language in one table: one row for each setting, action, position, trigger and statement.

Whatever needs a list of them reads it here: the readers and the printers of both notations, the
JSON Schema, the words that cannot name a scene, the explanations of mistakes, the editors' keyword
lists and the tables of `docs/language.md`. What only one construct has stays in its own function:
prompts, the three forms of `cut`, the heads of sections, and the grammar itself, whose terminals a
test compares with this table. `words` turns the rows into dictionaries when it is imported, so that
finding a row costs one lookup.
"""

from sequencer.language.spec.actions import ACTIONS, SAME_SEED
from sequencer.language.spec.places import POSITIONS, STATEMENTS, TRIGGERS
from sequencer.language.spec.rows import (
    ActionSpec,
    Argument,
    PartKind,
    Place,
    ReadValue,
    Setting,
    Statement,
    ValueSpec,
)
from sequencer.language.spec.settings import SETTINGS
from sequencer.language.spec.words import (
    ACTION_BY_KEY,
    ACTION_BY_NODE,
    ACTION_BY_TERMINAL,
    ACTION_KEYS,
    ACTION_KEYWORDS,
    BARE_WORDS,
    HEADER_KEYS,
    ITEM_KEYS,
    PART_BY_WORD,
    RESERVED,
    RULE_KEYS,
    RULE_KEYWORDS,
    SCENE_KEYS,
    SETTING_BY_FIELD,
    SETTING_BY_KEYWORD,
    STAGES_KEY,
    STATEMENT_EXAMPLES,
    STATEMENT_KEYWORDS,
    STRUCTURE_KEYS,
)

__all__ = [
    "ACTIONS",
    "ACTION_BY_KEY",
    "ACTION_BY_NODE",
    "ACTION_BY_TERMINAL",
    "ACTION_KEYS",
    "ACTION_KEYWORDS",
    "BARE_WORDS",
    "HEADER_KEYS",
    "ITEM_KEYS",
    "PART_BY_WORD",
    "POSITIONS",
    "RESERVED",
    "RULE_KEYS",
    "RULE_KEYWORDS",
    "SAME_SEED",
    "SCENE_KEYS",
    "SETTINGS",
    "SETTING_BY_FIELD",
    "SETTING_BY_KEYWORD",
    "STAGES_KEY",
    "STATEMENTS",
    "STATEMENT_EXAMPLES",
    "STATEMENT_KEYWORDS",
    "STRUCTURE_KEYS",
    "TRIGGERS",
    "ActionSpec",
    "Argument",
    "PartKind",
    "Place",
    "ReadValue",
    "Setting",
    "Statement",
    "ValueSpec",
]

"""The language's words and keys, derived from the rows, and dictionaries to find a row."""

from __future__ import annotations

from typing import Any

from sequencer.language.spec.actions import ACTIONS
from sequencer.language.spec.places import STATEMENTS
from sequencer.language.spec.rows import ActionSpec, PartKind, Place, Setting, Statement
from sequencer.language.spec.settings import SETTINGS

SETTING_BY_FIELD = {setting.field: setting for setting in SETTINGS}
"""The settings by their rules in the grammar."""

SETTING_BY_KEYWORD = {setting.keyword: setting for setting in SETTINGS}

HEADER_KEYS = tuple(SETTING_BY_KEYWORD)
"""The keys of the header in YAML."""

STRUCTURE_KEYS = tuple(
    dict.fromkeys(row.container for row in STATEMENTS if row.container is not None)
)
"""The other keys at the top level of YAML."""

STAGES_KEY = "stages"
"""The key in YAML that states which stages do the actions of an item."""

ITEM_KEYS = (
    *(key for row in STATEMENTS if row.place is Place.ITEM for key in row.keys),
    STAGES_KEY,
)
"""The keys that state when and where the actions of an item happen."""

SCENE_KEYS = tuple(row.keyword for row in STATEMENTS if row.place is Place.SCENE)

ACTION_BY_NODE: dict[type[Any], ActionSpec] = {row.node: row for row in ACTIONS}

ACTION_BY_TERMINAL = {row.terminal: row for row in ACTIONS if row.terminal is not None}

ACTION_BY_KEY = {row.key: row for row in reversed(ACTIONS)}
"""The first action of each key."""

ACTION_KEYS = (*(key for row in ACTIONS if not row.only_in_rules for key in row.schema), "do")
"""The keys of the actions of cues and rules."""

RULE_KEYS = tuple(key for row in ACTIONS if row.only_in_rules for key in row.schema)
"""The keys of the actions that only rules have."""

BARE_WORDS = tuple(row.key for row in ACTIONS if row.is_bare)
"""The actions that can be items of `do` as a bare word."""

STATEMENT_KEYWORDS = (*HEADER_KEYS, *(row.keyword for row in STATEMENTS))
"""The words that begin a statement."""

_LINES: tuple[Setting | Statement, ...] = (*SETTINGS, *STATEMENTS)

STATEMENT_EXAMPLES = {row.keyword: row.example for row in _LINES}
"""An example of each statement."""

PART_BY_WORD: dict[str, PartKind | None] = {
    **{row.keyword: row.part for row in _LINES},
    **{row.container: row.part for row in STATEMENTS if row.container is not None},
}
"""What is missing if a statement (or top-level YAML key) beginning with the word was not read."""

ACTION_KEYWORDS = (
    *dict.fromkeys(row.keyword for row in ACTIONS if row.keyword is not None),
    "pick",
)
"""The words that begin an action; `pick` begins a prompt."""

RULE_KEYWORDS = tuple(
    row.keyword for row in ACTIONS if row.only_in_rules and row.keyword is not None
)
"""The words that begin an action that only rules have."""

RESERVED = frozenset(
    {
        *(row.keyword for row in ACTIONS if row.keyword is not None and not row.may_name_scene),
        *("pick", "seed", "bar", "bars", "beat", "beats", "from"),
    }
)
"""Words that cannot name a scene, because a cue would read them as something else."""

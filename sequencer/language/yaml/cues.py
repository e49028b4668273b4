"""Read cues, rules and their actions from the tree of a YAML score."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.language import values
from sequencer.language.foreign_words import (
    NO_IMAGE_HINT,
    NO_IMAGE_MESSAGE,
    NO_IMAGE_WORDS,
)
from sequencer.language.scene_names import read_scene_name
from sequencer.language.score import (
    Action,
    Cue,
    Cut,
    Every,
    Item,
    Prompt,
    Rule,
    Show,
    Trigger,
    UseImage,
)
from sequencer.language.source import excerpt, subspan
from sequencer.language.spec import (
    ACTION_BY_KEY,
    ACTION_KEYS,
    BARE_WORDS,
    ITEM_KEYS,
    RESERVED,
    RULE_KEYS,
    SAME_SEED,
    ActionSpec,
    Argument,
)
from sequencer.language.yaml.fields import CHOICE_KEYS, FieldReader
from sequencer.language.yaml.item_stages import read_item_stages, report_stages_as_trigger
from sequencer.language.yaml.nodes import Mapping, Node, Scalar, Sequence, value_span
from sequencer.language.yaml.unknown_keys import FOREIGN_KEYS

_CUT_WITH_SEED = re.compile(r"(?:cut[ \t]+)?seed[ \t]+(\S+)\Z")
_SCENE_WITH_TEXT = re.compile(rf"({values.NAME})[ \t]*(?:,[ \t]*|[ \t]+(?=\"))(.+)\Z", re.DOTALL)


class ActionReader:
    """Reads actions with the help of a `FieldReader`.

    `readers` maps each key with a single value to its reader. `show`, which has two keys, and
    messages, of which a key can contain several, have methods of their own.
    """

    def __init__(self, values_: FieldReader) -> None:
        self.values = values_
        self.source = values_.source
        self.file = values_.file
        self.faults = values_.faults
        own: dict[str, Callable[[Node, Scalar], Action | None]] = {
            "prompt": self._read_prompt,
            "image": self._read_image,
            "cut": self._read_cut,
        }
        self.readers: dict[str, Callable[[Node, Scalar], Action | None]] = {
            key: own.get(key) or partial(self._read_row, row)
            for key, row in ACTION_BY_KEY.items()
            if key != "show" and not row.repeats
        }

    def _read_row(self, row: ActionSpec, node: Node, key: Scalar) -> Action | None:
        """Read an action as its row describes it."""
        action: Action
        if row.read is None:
            if not self._has_no_value(node, key):
                return None
            action = row.node(self.values.key_span(key))
            return action
        value = self.values.read(node, key, row.read)
        if value is None or not isinstance(node, Scalar):
            return None
        span = (
            value_span(node, self.source)
            if row.points_at_value
            else self.values.entry_span(key, node)
        )
        action = (
            replace(value, span=span) if row.argument is Argument.PHRASE else row.node(value, span)
        )
        return action

    def _read_prompt(self, node: Node, key: Scalar) -> Prompt | None:
        if node.__class__ is Scalar:
            text = self.values.read_text(node, key)
            return None if text is None else Prompt(text, text.span)
        words = self.values.read_prompt_text(node, key)
        return None if words is None else Prompt(words, words.span)

    def read_show(
        self, node: Node, key: Scalar, entries: dict[str, tuple[Scalar, Node]]
    ) -> Show | None:
        """Read `show: tram` and the optional `action` among `entries`."""
        scalar = self.values.read_scalar(node, key)
        action = None
        good = True
        if "action" in entries:
            word, value = entries["action"]
            action = (
                self.values.read_text(value, word)
                if value.__class__ is Scalar
                else self.values.read_prompt_text(value, word)
            )
            good = action is not None
        if scalar is None:
            return None
        name = values.normalise_name(scalar.value)
        if name is None or name in RESERVED:
            self._report_no_scene(scalar, value_span(scalar, self.source), action is None and good)
            return None
        if not good:
            return None
        if action is None:
            return Show(name, None, value_span(scalar, self.source))
        end = action.span
        column = scalar.column + (2 if scalar.style else 1)
        return Show(
            name, action, Span(self.file, scalar.line + 1, column, end.end_line, end.end_column)
        )

    def _report_no_scene(self, scalar: Scalar, span: Span, alone: bool) -> None:
        match = _SCENE_WITH_TEXT.match(scalar.value) if alone else None
        if match is None:
            read_scene_name(scalar.value, span, self.faults)
            return
        name, text = match.groups()
        text = text.strip().removeprefix('"').removesuffix('"')
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        at = subspan(scalar.value, span, match.end(1), len(scalar.value))
        message = "a scene and its action are two keys"
        hint = f"write show: {excerpt(name)}, action: {excerpt(quoted)}"
        inside = self.source.text[: scalar.start].rsplit("\n", 1)[-1]
        flow = "{" in inside
        column = len(inside) - len(inside.lstrip(" -"))
        between = ", " if flow else "\n" + " " * column
        fixes = (Fix(at, f"{between}action: {quoted}"),) if at != span and "{" not in name else ()
        self.faults.error("E124", message, at, hint=hint, fix=fixes)

    def _read_image(self, node: Node, key: Scalar) -> UseImage | None:
        if isinstance(node, Scalar) and not node.style and node.value.casefold() in NO_IMAGE_WORDS:
            span = self.values.entry_span(key, node)
            hint = NO_IMAGE_HINT.replace('cut, "…"', 'cut: same seed, prompt: "…"')
            self.faults.error("E143", NO_IMAGE_MESSAGE, span, hint=hint)
            return None
        path = self.values.read_string(node, key)
        return (
            None
            if path is None or not isinstance(node, Scalar)
            else UseImage(path, value_span(node, self.source))
        )

    def _read_cut(self, node: Node, key: Scalar) -> Cut | None:
        span = self.values.entry_span(key, node)
        if isinstance(node, Scalar) and (node.is_empty or node.value in (SAME_SEED, "cut")):
            return Cut(None, span)
        read = self.values.read(node, key, read_cut_value)
        return None if read is None else replace(read, span=span)

    def read_messages(self, row: ActionSpec, node: Node, key: Scalar) -> list[Action]:
        """Read `midi: note C3` or `osc: /drop 1`, or a list of such values."""
        found: list[Action] = []
        if row.read is None:
            return found
        for item in self.values.read_items(node, key):
            read = self.values.read(item, key, row.read)
            if read is not None and isinstance(item, Scalar):
                found.append(replace(read, span=value_span(item, self.source)))
        return found

    def _has_no_value(self, node: Node, key: Scalar) -> bool:
        if node is None or (isinstance(node, Scalar) and node.is_empty):
            return node is not None
        span = self.values.node_span(node)
        hint = "remove the value"
        self.faults.error("E612", f"`{key.value}` has no value", span, hint=hint, fix=Fix(span, ""))
        return False


def read_cut_value(text: str, span: Span, faults: Diagnostics) -> Cut | None:
    """Read the value of `cut:`: `seed 99` or `same seed`."""
    match = _CUT_WITH_SEED.match(text)
    if match is not None:
        seed = values.read_seed(match.group(1), subspan(text, span, *match.span(1)), faults)
        return None if seed is None else Cut(seed, span)
    if text == "seed":
        faults.error(
            "E258", "`seed` is followed by a number", span, hint=f"write seed 9, or {SAME_SEED}"
        )
        return None
    bare = re.fullmatch(r"[0-9]{1,10}", text)
    corrected = f"seed {text}" if bare else SAME_SEED
    faults.error(
        "E258",
        f"{excerpt(text)} is not a cut",
        span,
        hint=f"write {corrected}",
        fix=Fix(span, corrected),
    )
    return None


def _read_trigger(text: str, span: Span, faults: Diagnostics) -> Trigger | None:
    """Read the value of `when:`. Where the rule lands belongs in a key of its own."""
    parts = values.split_quantisation(text)
    if parts is None or parts[1].split()[0] != "next":
        return values.read_trigger(text, span, faults)
    written, place, _ = parts
    at = subspan(text, span, len(written), len(text))
    faults.error(
        "E228",
        "where a rule lands is a key of its own",
        at,
        hint=f"write when: {excerpt(written)}, at: {excerpt(place)}",
    )
    return None


_HEAD_IN_KEY = re.compile(r"(at|every|from|when|on)[ \t]+(?:[=:][ \t]*)?(\S.*)")
_OTHER_HEADS = frozenset({"every", "when", "on", *RULE_KEYS})
"""Keys that make a mapping with `at` something other than a simple cue."""


class CueReader:
    """Reads cues and rules with the help of a `FieldReader`."""

    def __init__(self, values_: FieldReader) -> None:
        self.values = values_
        self.source = values_.source
        self.file = values_.file
        self.faults = values_.faults
        self.one = ActionReader(values_)

    # ---- items -----------------------------------------------------------------------------------

    def read_items(self, node: Node, key: Scalar) -> list[Item]:
        """Read the items of `cues` or `rules`. `rules` accepts only rules, `cues` accepts both."""
        if isinstance(node, Scalar) and node.is_empty:
            return []
        found: list[Item] = list(node.read) if isinstance(node, Sequence) else []
        rules = key.value == "rules"
        for item in self.values.read_items(node, key, wants_dashes=True):
            if isinstance(item, Mapping):
                read = self.read_item(item, rules)
                if read is not None:
                    found.append(read)
            elif item is not None:
                example = "- {when: note C3, show: tram}" if rules else '- {at: 1, prompt: "…"}'
                message = f"each item of `{key.value}` contains keys with values"
                self.faults.error(
                    "E609", message, self.values.node_span(item), hint=f"write it as {example}"
                )
        return found

    def read_item(self, node: Mapping, in_rules: bool) -> Item | None:
        """Read one cue, `every` or rule."""
        entries = node.entries
        if "at" in entries and _OTHER_HEADS.isdisjoint(entries) and not in_rules:
            actions = self._read_actions(node, False, False)
            stages = read_item_stages(self.values, entries) if node.whole else None
            if stages is None:
                return None
            key, value = entries["at"]
            position = self.values.read(value, key, values.read_position)
            span = self._mapping_span(node)
            return None if position is None else Cue(position, actions, span, stages)
        return self._read_every_or_rule(node, in_rules)

    def _read_every_or_rule(self, node: Mapping, in_rules: bool) -> Item | None:
        """Read an `every` or a rule, or report an item that is neither."""
        entries = node.entries
        if report_stages_as_trigger(self.values, entries):
            return None
        when = "when" if "when" in entries else "on"
        has_every, has_when = "every" in entries, when in entries
        has_at = "at" in entries and not has_when  # the `at` of a rule is where it lands
        if has_at + has_every + has_when != 1 or (in_rules and not has_when):
            self._report_unclear_item(node, in_rules)
            return None
        if not has_when:
            self._report_rule_keys(entries)
        actions = self._read_actions(node, has_when, has_every)
        span = self._mapping_span(node)
        stages = read_item_stages(self.values, entries) if node.whole else None
        if stages is None:
            return None
        if has_at:
            key, value = entries["at"]
            position = self.values.read(value, key, values.read_position)
            return None if position is None else Cue(position, actions, span, stages)
        if has_when:
            key, value = entries[when]
            trigger = self.values.read(value, key, _read_trigger)
            landing, is_good = None, True
            if "at" in entries:
                key, value = entries["at"]
                landing = self.values.read(value, key, values.read_quantisation)
                is_good = landing is not None
            if trigger is None or not is_good:
                return None
            return Rule(trigger, actions, landing, span, stages)
        key, value = entries["every"]
        step = self.values.read(value, key, values.read_duration)
        if "from" not in entries:
            return None if step is None else Every(step, None, actions, span, stages)
        key, value = entries["from"]
        start = self.values.read(value, key, values.read_position)
        return None if step is None or start is None else Every(step, start, actions, span, stages)

    def _mapping_span(self, node: Mapping) -> Span:
        if node.end_line == node.line:
            return Span(
                self.file, node.line + 1, node.column + 1, node.line + 1, node.end_column + 1
            )
        return self.source.span(node.start, node.end)

    def _report_unclear_item(self, node: Mapping, in_rules: bool) -> None:
        """Report a mapping that is not exactly one cue or rule, and its actions' mistakes too."""
        entries = node.entries
        heads = [entries[word][0] for word in ("at", "every", "when", "on") if word in entries]
        if len(heads) > 1:
            first = Related(self.values.key_span(heads[0]), "the first one")
            message = f"`{heads[1].value}` cannot be combined with `{heads[0].value}`"
            hint = "split it into two items, each with its own position, interval or trigger"
            self.faults.error(
                "E612", message, self.values.key_span(heads[1]), hint=hint, related=(first,)
            )
            known = set(heads)
            self._read_actions(
                node, any(key.value in ("when", "on") for key in known), "every" in entries
            )
            return
        self._read_actions(node, in_rules, "from" in entries)
        if not node.whole:
            return
        if self._guess_heads(node):
            return  # the misspelled key is reported, with a fix
        at = self.source.span(node.start, node.end)
        if in_rules and heads:
            message = f"`{heads[0].value}` does not belong in the rules"
            self.faults.error(
                "E612",
                message,
                self.values.key_span(heads[0]),
                hint="move this item to `cues`; a rule begins with `when`",
            )
            return
        if in_rules:
            self.faults.error(
                "E611", "this rule has no trigger", at, hint="write, for example: when: note C3"
            )
            return
        insert: tuple[Fix, ...]
        if node.flow:
            insert = (Fix(self.source.span(node.start + 1, node.start + 1), "at: 1, "),)
        else:
            insert = (Fix(self.source.span(node.start, node.start), f"at: 1\n{' ' * node.column}"),)
        self.faults.error(
            "E117", "this cue has no position", at, hint="write, for example: at: 1", fix=insert
        )

    def _guess_heads(self, node: Mapping) -> set[str]:
        """Return the heads (`at`, `every`, …) that the unknown keys of a mapping probably mean."""
        from sequencer.language.source import closest_word

        known = {*ACTION_KEYS, *RULE_KEYS, *ITEM_KEYS}
        words = [_HEAD_IN_KEY.sub(r"\1", word) for word in node.entries if word not in known]
        others = {other for word in words for other in FOREIGN_KEYS.get(word, ())}
        return ({closest_word(word, ITEM_KEYS) or "" for word in words} | others) & set(ITEM_KEYS)

    def _report_rule_keys(self, entries: dict[str, tuple[Scalar, Node]]) -> None:
        for word in RULE_KEYS:
            if word in entries:
                match = entries[word][1]
                name = (
                    f" {excerpt(match.value)}"
                    if word not in BARE_WORDS and isinstance(match, Scalar) and match.value
                    else ""
                )
                hint = f"write a rule for it: - {{when: go out, {word}:{name}}}"
                message = f"{word} needs a trigger: it belongs in a rule"
                self.faults.error(
                    "E141", message, self.values.key_span(entries[word][0]), hint=hint
                )

    # ---- actions ---------------------------------------------------------------------------------

    def _read_actions(self, node: Mapping, in_rule: bool, in_every: bool) -> tuple[Action, ...]:
        found: list[Action] = []
        entries = node.entries
        readers = self.one.readers
        for word, (key, value) in entries.items():
            if word == "at":
                continue
            reader = readers.get(word)
            if reader is not None:
                action = reader(value, key)
                if action is not None:
                    found.append(action)
            elif word == "show":
                show = self.one.read_show(value, key, entries)
                if show is not None:
                    found.append(show)
            elif word == "action":
                if not {"show", "scene"} & entries.keys():
                    self._report_missing_show(key, value)
            elif word in ACTION_BY_KEY and ACTION_BY_KEY[word].repeats:
                found += self.one.read_messages(ACTION_BY_KEY[word], value, key)
            elif word == "do":
                self._read_do(value, key, in_rule, found)
            elif word not in ITEM_KEYS or (word == "from" and not in_every):
                self._report_unknown_key(node, key, value, in_rule)
        if not found and node.whole and all(word in ITEM_KEYS for word in entries):
            self._report_no_action(node)
        return tuple(found)

    def _report_no_action(self, node: Mapping) -> None:
        at = self.source.span(node.start, node.end)
        self.faults.error(
            "E611",
            "nothing happens here: this has no action",
            at,
            hint='write, for example: prompt: "…"',
        )

    def _report_unknown_key(self, node: Mapping, key: Scalar, value: Node, in_rule: bool) -> None:
        if self._report_text_notation(node, key, value):
            return
        if key.value == "seed":
            span = self.values.entry_span(key, value)
            written = value.value if isinstance(value, Scalar) else ""
            hint = f"start a new take with it: cut: seed {excerpt(written) or 5}"
            fixes = (
                (Fix(span, f"cut: seed {written}"),)
                if re.fullmatch(r"[0-9]{1,10}", written)
                else ()
            )
            self.faults.error(
                "E133",
                "the model reads its seed only when a take starts",
                span,
                hint=hint,
                fix=fixes,
            )
            return
        if key.value == "from":
            message = "`from` sets the start of an `every`; a cue has its own position"
            self.faults.error(
                "E612",
                message,
                self.values.key_span(key),
                hint="remove it, or write every instead of at",
            )
            return
        if key.value in (*CHOICE_KEYS, "random", "choose", "choice", "oneof"):
            word = key.value if key.value in CHOICE_KEYS else "pick"
            hint = f"write prompt: {{{word}: […]}}, or with a scene action: {{{word}: […]}}"
            self.faults.error(
                "E610",
                f"`{word}` is a text and belongs where a text does",
                self.values.key_span(key),
                hint=hint,
            )
            return
        known = (*ITEM_KEYS, *ACTION_KEYS, *(RULE_KEYS if in_rule else ()))
        self.values.report_unknown_key(key, value, known, "a rule" if in_rule else "a cue", node)

    def _report_text_notation(self, node: Mapping, key: Scalar, value: Node) -> bool:
        """Report a position inside a key, as in the text notation.

        For example:

        `at 2: "…"`. Return whether it was reported.
        """
        match = _HEAD_IN_KEY.fullmatch(key.value)
        if match is None or not isinstance(value, Scalar):
            return False
        word, position = ("when" if match.group(1) == "on" else match.group(1)), match.group(2)
        span = self.values.entry_span(key, value)
        text = self.source.text[value.start : value.end]
        between = ", " if node.flow else "\n" + " " * node.column
        prompt = (
            f"{between}prompt: {text}"
            if text and not {"prompt", "show"} & set(node.entries)
            else ""
        )
        hint = f"write {word}: {excerpt(position)}" + (
            f", and on a line of its own prompt: {excerpt(text)}" if prompt else ""
        )
        if node.flow and prompt:
            hint = f"write {word}: {excerpt(position)}, prompt: {excerpt(text)}"
        fixes = (Fix(span, f"{word}: {position}{prompt}"),) if word not in node.entries else ()
        self.faults.error(
            "E610", "a position and its action are two keys", span, hint=hint, fix=fixes
        )
        return True

    def _report_missing_show(self, key: Scalar, value: Node) -> None:
        at = self.values.key_span(key)
        hint = "name the scene (show: tram), or write prompt instead of action"
        self.faults.error(
            "E621",
            "an action belongs to a scene, but no scene is named",
            at,
            hint=hint,
            fix=Fix(at, "prompt"),
        )
        self.values.read_prompt_text(value, key)

    def _read_do(self, node: Node, key: Scalar, in_rule: bool, found: list[Action]) -> None:
        """Read `do: [cut, {mark: a}, {mark: b}]`: actions in order; each kind may repeat."""
        for item in self.values.read_items(node, key):
            if isinstance(item, Scalar):
                self._read_bare_word(item, key, in_rule, found)
            elif isinstance(item, Mapping):
                if not in_rule:
                    self._report_rule_keys(item.entries)
                found += self._read_inner_actions(item, in_rule)
            elif isinstance(item, Sequence):
                self.faults.error(
                    "E607",
                    "`do` is one list of actions",
                    self.values.node_span(item),
                    hint="move its items to the outer list",
                )

    def _read_inner_actions(self, node: Mapping, in_rule: bool) -> tuple[Action, ...]:
        for word in (*ITEM_KEYS, "do"):
            if word in node.entries:
                message = f"`{word}` is not allowed in `do`"
                self.faults.error(
                    "E612",
                    message,
                    self.values.key_span(node.entries[word][0]),
                    hint="only actions are allowed here",
                )
                return ()
        return self._read_actions(node, in_rule, False)

    def _read_bare_word(
        self, item: Scalar, key: Scalar, in_rule: bool, found: list[Action]
    ) -> None:
        span = value_span(item, self.source)
        match item.value:
            case word if word in BARE_WORDS:
                row = ACTION_BY_KEY[word]
                if in_rule or not row.only_in_rules:
                    found.append(
                        row.node(span) if row.argument is Argument.NONE else row.node(None, span)
                    )
                else:
                    hint = f"write a rule for it: - {{when: go NAME, do: {word}}}"
                    self.faults.error(
                        "E141", f"{word} needs a trigger: it belongs in a rule", span, hint=hint
                    )
            case _ if item.is_empty:
                self.values.report_no_value(key)
            case _ if self._report_key_and_value(item, key):
                pass
            case _:
                known = ", ".join(BARE_WORDS)
                hint = (
                    f"a single word is one of {known}; other actions are written {{sr: 4x}}, "
                    f"{{prompt: …}}"
                )
                self.faults.error(
                    "E620",
                    f"{excerpt(item.value)} is not an action",
                    self.values.node_span(item),
                    hint=hint,
                )

    def _report_key_and_value(self, item: Scalar, key: Scalar) -> bool:
        """Report `do: goto intro`, as in the text notation. Return whether it was reported."""
        word, _, rest = item.value.partition(" ")
        if not rest or word == "do" or word not in ACTION_KEYS + RULE_KEYS:
            return False
        corrected = f"{word}: {rest.strip()}"
        alone = self.source.text[key.end : item.start].strip() == ":"
        fixes = (Fix(self.values.entry_span(key, item), corrected),) if alone else ()
        hint = f"write {excerpt(corrected)}" if alone else f"write {{{excerpt(corrected)}}}"
        self.faults.error(
            "E620",
            f"{excerpt(item.value)} is a key and its value",
            self.values.node_span(item),
            hint=hint,
            fix=fixes,
        )
        return True

"""One action of the YAML notation: what stands behind its key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sequencer.errors import Faults, Fix, Span
from sequencer.notation import values
from sequencer.notation.guess import part, shown
from sequencer.notation.other_tools import NO_IMAGE, SILENT_IMAGE
from sequencer.notation.yaml.nodes import Node
from sequencer.notation.yaml.scalars import Scalar, value_span
from sequencer.notation.yaml.values import Values
from sequencer.score import (
    Action,
    ChangeMeter,
    ChangeTempo,
    Cut,
    Goto,
    Pause,
    Prompt,
    Resume,
    SendMidi,
    SetMark,
    SetSr,
    SetStrength,
    Show,
    SnapHere,
    UseImage,
)

SAME_SEED = "same seed"
"""`cut: same seed` is the `cut` without a seed of its own."""

_CUT_SEED = re.compile(r"(?:cut[ \t]+)?seed[ \t]+(\S+)\Z")
_SAID = re.compile(rf"({values.NAME})[ \t]*(?:,[ \t]*|[ \t]+(?=\"))(.+)\Z", re.DOTALL)


class Actions:
    """Reads actions with the helpers of `Values`: `readers` by key, and the two that are more than one key and one value."""

    def __init__(self, values_: Values) -> None:
        self.values = values_
        self.source = values_.source
        self.file = values_.file
        self.faults = values_.faults
        self.readers: dict[str, Callable[[Node, Scalar], Action | None]] = {
            "prompt": self._prompt,
            "image": self._image,
            "strength": self._strength,
            "sr": self._sr,
            "cut": self._cut,
            "tempo": self._tempo,
            "meter": self._meter,
            "mark": self._mark,
            "snap": self._snap,
            "pause": self._pause,
            "resume": self._resume,
            "goto": self._goto,
        }

    def _prompt(self, node: Node, key: Scalar) -> Prompt | None:
        if node.__class__ is Scalar:
            text = self.values.text(node, key)
            return None if text is None else Prompt(text, text.span)
        words = self.values.words(node, key)
        return None if words is None else Prompt(words, words.span)

    def show(self, node: Node, key: Scalar, entries: dict[str, tuple[Scalar, Node]]) -> Show | None:
        """`show: tram`, together with the `action` that may stand beside it among `entries`."""
        scalar = self.values.scalar(node, key)
        action = None
        good = True
        if "action" in entries:
            word, value = entries["action"]
            action = self.values.text(value, word) if value.__class__ is Scalar else self.values.words(value, word)
            good = action is not None
        if scalar is None:
            return None
        name = values.composed(scalar.value)
        if name is None or name in values.RESERVED:
            self._no_scene(scalar, value_span(scalar, self.source), action is None and good)
            return None
        if not good:
            return None
        if action is None:
            return Show(name, None, value_span(scalar, self.source))
        end = action.span
        column = scalar.column + (2 if scalar.style else 1)
        return Show(name, action, Span(self.file, scalar.line + 1, column, end.end_line, end.end_column))

    def _no_scene(self, scalar: Scalar, span: Span, alone: bool) -> None:
        said = _SAID.match(scalar.value) if alone else None
        if said is None:
            values.read_scene_name(scalar.value, span, self.faults)
            return
        name, text = said.groups()
        text = text.strip().removeprefix('"').removesuffix('"')
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        at = part(scalar.value, span, said.end(1), len(scalar.value))
        message = "a scene and what happens in it are two keys"
        hint = f"write show: {shown(name)}, action: {shown(quoted)}"
        inside = self.source.text[: scalar.start].rsplit("\n", 1)[-1]
        flow = "{" in inside
        column = len(inside) - len(inside.lstrip(" -"))
        between = ", " if flow else "\n" + " " * column
        fixes = (Fix(at, f"{between}action: {quoted}"),) if at != span and "{" not in name else ()
        self.faults.error("E124", message, at, hint, fixes)

    def _image(self, node: Node, key: Scalar) -> UseImage | None:
        if isinstance(node, Scalar) and not node.style and node.value.casefold() in NO_IMAGE:
            span = self.values.entry(key, node)
            self.faults.error("E143", f"there is no image {node.value}", span, SILENT_IMAGE)
            return None
        path = self.values.string(node, key)
        return None if path is None or not isinstance(node, Scalar) else UseImage(path, value_span(node, self.source))

    def _strength(self, node: Node, key: Scalar) -> SetStrength | None:
        value = self.values.read(node, key, values.read_strength)
        return None if value is None else SetStrength(value, self.values.entry(key, node))

    def _sr(self, node: Node, key: Scalar) -> SetSr | None:
        value = self.values.read(node, key, values.read_sr)
        return None if value is None else SetSr(value, self.values.entry(key, node))

    def _cut(self, node: Node, key: Scalar) -> Cut | None:
        span = self.values.entry(key, node)
        if isinstance(node, Scalar) and (node.is_empty or node.value in (SAME_SEED, "cut")):
            return Cut(None, span)
        read = self.values.read(node, key, read_cut_value)
        return None if read is None else replace(read, span=span)

    def _tempo(self, node: Node, key: Scalar) -> ChangeTempo | None:
        change = self.values.read(node, key, values.read_tempo)
        return None if change is None else replace(change, span=self.values.entry(key, node))

    def _meter(self, node: Node, key: Scalar) -> ChangeMeter | None:
        meter = self.values.read(node, key, values.read_meter)
        return None if meter is None else ChangeMeter(meter, self.values.entry(key, node))

    def _mark(self, node: Node, key: Scalar) -> SetMark | None:
        name = self.values.read(node, key, lambda text, span, faults: values.read_name(text, span, faults, "a mark"))
        return None if name is None else SetMark(name, self.values.entry(key, node))

    def _snap(self, node: Node, key: Scalar) -> SnapHere | None:
        snap = self.values.read(node, key, values.read_snap)
        return None if snap is None else SnapHere(snap, self.values.entry(key, node))

    def midi(self, node: Node, key: Scalar) -> list[SendMidi]:
        """`midi: note C3`, or a list of such."""
        found: list[SendMidi] = []
        for item in self.values.items(node, key):
            read = self.values.read(item, key, values.read_midi)
            if read is not None and isinstance(item, Scalar):
                found.append(replace(read, span=value_span(item, self.source)))
        return found

    def _goto(self, node: Node, key: Scalar) -> Goto | None:
        name = self.values.read(node, key, lambda text, span, faults: values.read_name(text, span, faults, "a section"))
        return None if name is None or not isinstance(node, Scalar) else Goto(name, value_span(node, self.source))

    def _pause(self, node: Node, key: Scalar) -> Pause | None:
        return Pause(self.values.key(key)) if self._no_value(node, key) else None

    def _resume(self, node: Node, key: Scalar) -> Resume | None:
        return Resume(self.values.key(key)) if self._no_value(node, key) else None

    def _no_value(self, node: Node, key: Scalar) -> bool:
        if node is None or (isinstance(node, Scalar) and node.is_empty):
            return node is not None
        span = self.values.span(node)
        hint = "leave the value out"
        self.faults.error("E612", f"`{key.value}` has no value", span, hint, (Fix(span, ""),))
        return False


def read_cut_value(text: str, span: Span, faults: Faults) -> Cut | None:
    """What stands behind `cut:`: `seed 99`, or `same seed`."""
    match = _CUT_SEED.match(text)
    if match is not None:
        seed = values.read_seed(match.group(1), part(text, span, *match.span(1)), faults)
        return None if seed is None else Cut(seed, span)
    if text == "seed":
        faults.error("E258", "behind `seed` stands its number", span, f"write seed 9, or {SAME_SEED}")
        return None
    bare = re.fullmatch(r"[0-9]{1,10}", text)
    cured = f"seed {text}" if bare else SAME_SEED
    faults.error("E258", f"{shown(text)} is not a cut", span, f"write {cured}", (Fix(span, cured),))
    return None

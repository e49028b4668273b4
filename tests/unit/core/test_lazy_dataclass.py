"""A record behaves like the frozen dataclass with slots that the standard library makes of the same
class.
"""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import KW_ONLY, field
from typing import Any

import pytest
from pydantic import TypeAdapter

from sequencer.core.lazy_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """A class made with our decorator."""

    number: int
    text: str = "a"
    items: list[int] = field(default_factory=list)
    aside: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("negative")


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """The same class, made by the standard library."""

    number: int
    text: str = "a"
    items: list[int] = field(default_factory=list)
    aside: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class OurKeywords:
    """A class made with our decorator, whose arguments have names."""

    text: str = "a"
    number: int
    items: list[int] = field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TheirKeywords:
    """The same class, made by the standard library."""

    text: str = "a"
    number: int
    items: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OurMixture:
    """A class made with our decorator, whose later arguments have names."""

    number: int
    _: KW_ONLY
    text: str
    aside: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class TheirMixture:
    """The same class, made by the standard library."""

    number: int
    _: KW_ONLY
    text: str
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A hashable record with a `__str__` of its own."""

    one: int
    two: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.one}"


BOTH: list[Any] = [Ours, Theirs]
BOTH_WITH_KEYWORDS: list[Any] = [OurKeywords, TheirKeywords]
BOTH_MIXTURES: list[Any] = [OurMixture, TheirMixture]


@pytest.mark.parametrize("made", BOTH)
def test_what_is_given_and_what_is_not(made: Any) -> None:
    one = made(1, aside=9)
    assert (one.number, one.text, one.items, one.aside) == (1, "a", [], 9)
    assert one.items is not made(1).items
    assert repr(one) == f"{made.__name__}(number=1, text='a', items=[])"


@pytest.mark.parametrize("made", BOTH)
def test_equality_leaves_out_what_is_not_compared(made: Any) -> None:
    assert made(1, aside=1) == made(1, aside=2)
    assert made(1) != made(2)
    assert made(1) != (1, "a", [], 0)


@pytest.mark.parametrize("made", BOTH)
def test_nothing_can_be_changed(made: Any) -> None:
    one = made(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'number'"):
        one.number = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'text'"):
        del one.text
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("made", BOTH)
def test_wrong_arguments_and_checks_after_it(made: Any) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'number'"):
        made()
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        made(1, other=2)
    with pytest.raises(ValueError, match="negative"):
        made(-1)


@pytest.mark.parametrize("made", BOTH)
def test_fields_replace_patterns_and_copies(made: Any) -> None:
    one = made(1, "b", [3], 4)
    assert [each.name for each in dataclasses.fields(one)] == ["number", "text", "items", "aside"]
    assert dataclasses.replace(one, number=2) == made(2, "b", [3], 4)
    match one:
        case made(number, "b", [3]):
            assert number == 1
        case _:
            pytest.fail("it does not match its own pattern")
    for same in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):  # noqa: S301  our own bytes
        assert same == one
        assert same.aside == 4


@pytest.mark.parametrize("made", BOTH_WITH_KEYWORDS)
def test_keyword_arguments(made: Any) -> None:
    one = made(number=1)
    assert (one.text, one.number, one.items) == ("a", 1, [])
    assert one.items is not made(number=1).items
    assert repr(one) == f"{made.__name__}(text='a', number=1, items=[])"
    assert dataclasses.replace(one, text="b") == made(number=1, text="b") != one
    assert made.__match_args__ == ()
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  our own bytes
    with pytest.raises(TypeError, match="takes 1 positional argument but"):
        made("a", 1)
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'number'"):
        made(text="b")


@pytest.mark.parametrize("made", BOTH_MIXTURES)
def test_keyword_arguments_after_others(made: Any) -> None:
    one = made(1, text="b")
    assert (one.number, one.text, one.aside) == (1, "b", 0)
    assert made.__match_args__ == ("number",)
    with pytest.raises(TypeError, match="takes 2 positional arguments but"):
        made(1, "b")


def test_hashes_and_own_methods() -> None:
    assert hash(Pair(1, (2,))) == hash(Pair(1, (2,)))
    assert {Pair(1): "x"}[Pair(1)] == "x"
    assert str(Pair(7)) == "7"


def test_pydantic_reads_and_writes_them() -> None:
    adapter = TypeAdapter(Pair)
    assert adapter.validate_python({"one": "3", "two": [1, 2]}) == Pair(3, (1, 2))
    assert adapter.dump_python(Pair(3, (1, 2)), mode="json") == {"one": 3, "two": [1, 2]}
    named = TypeAdapter(OurKeywords)
    assert named.validate_json('{"number": 3, "items": [1]}') == OurKeywords(number=3, items=[1])
    assert named.dump_json(OurKeywords(number=3)) == b'{"text":"a","number":3,"items":[]}'


def test_other_options_give_the_class_of_the_standard_library() -> None:
    @dataclass(slots=True)
    class Open:
        number: int

    one = Open(1)
    one.number = 2
    assert one == Open(2)

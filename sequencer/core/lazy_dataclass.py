"""Frozen dataclasses that cost little until they are used.

The standard library generates and compiles six methods for each frozen dataclass when its module is
imported. Reading a score imports about 120 of them and uses a third, so this took a considerable
part of the start-up time of `sequencer check`. The decorator here creates the same class (fields,
slots, `replace`, `fields`, pattern matching), but compiles `__init__`, `__eq__` and `__hash__` when
each is first called. Its `__init__` sets the slots directly, in half the time of a standard frozen
dataclass, whose `__init__` calls `object.__setattr__`.

Type checkers see the standard library's decorator. Only `@dataclass(frozen=True, slots=True)` is
replaced, with or without `kw_only=True`: other arguments give the standard library's class.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(**options):
        """Make a class a dataclass; a frozen one with slots compiles its methods on first call."""
        if options == {"frozen": True, "slots": True}:
            return _record
        if options == {"frozen": True, "slots": True, "kw_only": True}:
            return _keyword_record
        return dataclasses.dataclass(**options)


__all__ = ["dataclass"]

_Class = type[Any]


def _keyword_record(plain: _Class) -> _Class:
    return _record(plain, kw_only=True)


def _record(plain: _Class, *, kw_only: bool = False) -> _Class:
    options = {"init": False, "repr": False, "eq": False, "slots": True, "kw_only": kw_only}
    cls = dataclasses.dataclass(**options)(plain)
    for name, made in (("__init__", _init), ("__eq__", _eq), ("__hash__", _hash)):
        if name not in plain.__dict__ or (name == "__hash__" and plain.__dict__[name] is None):
            setattr(cls, name, _when_called(cls, name, made))
    for name, method in _SHARED.items():
        if name not in plain.__dict__:
            setattr(cls, name, method)
    return cls


def _when_called(
    cls: _Class, name: str, made: Callable[[_Class], Callable[..., Any]]
) -> Callable[..., Any]:
    """Return a method that replaces itself with the compiled one when it is first called."""

    def first(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        method = made(cls)
        method.__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, method)
        return method(self, *args, **kwargs)

    first.__name__ = name
    return first


def _compiled(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    exec(source, names)  # noqa: S102  # generated from the names of a class's own fields, as the standard library does
    method: Callable[..., Any] = names["method"]
    return method


def _init(cls: _Class) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    arguments: list[str] = []
    keywords: list[str] = []
    lines: list[str] = []
    for field in dataclasses.fields(cls):
        name = field.name
        names[f"_set_{name}"] = getattr(cls, name).__set__  # the slot's own descriptor
        value = name
        target = keywords if field.kw_only else arguments
        if field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            target.append(f"{name}=_default_{name}")
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"], names["_given"] = field.default_factory, dataclasses.MISSING
            target.append(f"{name}=_given")
            value = f"_make_{name}() if {name} is _given else {name}"
        else:
            target.append(name)
        lines.append(f" _set_{name}(_self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append(" _self.__post_init__()")
    parameters = ", ".join(["_self", *arguments, *(["*", *keywords] if keywords else [])])
    return _compiled(f"def method({parameters}):\n" + "\n".join(lines or [" pass"]), names)


def _values(of: str, names: Iterable[str]) -> str:
    return "(" + "".join(f"{of}.{name}, " for name in names) + ")"


def _compared(cls: _Class) -> list[str]:
    return [field.name for field in dataclasses.fields(cls) if field.compare]


def _eq(cls: _Class) -> Callable[..., Any]:
    names = _compared(cls)
    same = f"{_values('self', names)} == {_values('other', names)}"
    return _compiled(
        (
            f"def method(self, other):\n return {same} if other.__class__ is self.__class__ else "
            "NotImplemented"
        ),
        {},
    )


def _hash(cls: _Class) -> Callable[..., Any]:
    names = [
        field.name
        for field in dataclasses.fields(cls)
        if (field.compare if field.hash is None else field.hash)
    ]
    return _compiled(f"def method(self):\n return hash({_values('self', names)})", {})


def _repr(self: Any) -> str:
    shown = ", ".join(
        f"{field.name}={getattr(self, field.name)!r}"
        for field in dataclasses.fields(self)
        if field.repr
    )
    return f"{self.__class__.__qualname__}({shown})"


def _setattr(_: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_SHARED: dict[str, Callable[..., Any]] = {
    "__repr__": _repr,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
"""Methods that are the same for every class."""

"""The options of the Helios renderer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from sequencer.core.errors import UsageError

SIDE_STEP = 64
"""Width and height are multiples of this many pixels.

The VAE divides by 8, the transformer's patches by 2, and the pyramid's first stage is a quarter.
"""
NATIVE_SIZE = (640, 384)
"""Width and height for which Helios was trained, in pixels."""
MAX_SIDE = 4096
MAX_STEPS = 100
MAX_STAGES = 3

Offload = Literal["none", "model", "group"]
DataType = Literal["auto", "bfloat16", "float16", "float32"]

_HUB_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@(.*))?", re.ASCII)
_REVISION = re.compile(r"[0-9a-f]{40}")
_KNOWN = ("size", "device", "dtype", "offload", "compile", "steps", "gamma")


@dataclass(frozen=True, slots=True)
class HubWeights:
    """Weights on the Hugging Face Hub: a name and the commit that is used."""

    name: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeliosOptions:
    """How Helios is loaded and run.

    Attributes:
        weights: A folder, or a name and a revision on the Hub.
        size: Width and height of the frames before super-resolution, in pixels.
        device: A device of torch, such as `cuda:1`; None for the first GPU, or else the CPU.
        dtype: The type of the transformer's and the text encoder's numbers. `auto` is bfloat16 on
            a GPU and float32 on a CPU.
        offload: `none` keeps all weights on the device, `model` only the part in use, `group` only
            a few layers at a time, which is slow.
        compile: Whether the transformer is compiled: the first chunk takes minutes.
        steps: Steps of each stage of the pyramid; None for those that the weights are made for.
        gamma: Another `gamma` of the scheduler; None for that of the weights.
    """

    weights: Path | HubWeights
    size: tuple[int, int] = NATIVE_SIZE
    device: str | None = None
    dtype: DataType = "auto"
    offload: Offload = "none"
    compile: bool = False
    steps: tuple[int, ...] | None = None
    gamma: float | None = None

    @classmethod
    def of(cls, weights: str | None, options: Mapping[str, str]) -> HeliosOptions:
        """Read the options as they are written on a command line. Raises UsageError."""
        for name in options:
            if name not in _KNOWN:
                close = get_close_matches(name, _KNOWN, n=1)
                raise UsageError(
                    f"--renderer-option {name}: Helios has no such option",
                    f"did you mean {close[0]}?" if close else f"the options are {_listed(_KNOWN)}",
                )
        found = cls(weights=_read_weights(weights))
        values = {name: _READERS[name](value) for name, value in options.items()}
        return cls(**{**{name: getattr(found, name) for name in cls.__slots__}, **values})


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _read_weights(text: str | None) -> Path | HubWeights:
    if not text:
        raise UsageError(
            "--renderer helios needs its weights",
            "add --weights FOLDER, or --weights NAME@REVISION for weights on the Hugging Face Hub",
        )
    path = Path(text)
    if path.is_dir():
        return path
    found = _HUB_NAME.fullmatch(text)
    if found is None or text.startswith((".", "/", "~")):
        raise UsageError(
            f"--weights {text}: there is no such folder",
            "name a folder with model_index.json, or NAME@REVISION of the Hugging Face Hub",
        )
    if found[2] is None or not _REVISION.fullmatch(found[2]):
        raise UsageError(
            f"--weights {text}: weights of the Hub need a revision of 40 hexadecimal digits, so "
            "that the same command always loads the same weights",
            f"`git ls-remote https://huggingface.co/{found[1]} main` prints it; "
            f"then write --weights {found[1]}@REVISION",
        )
    return HubWeights(found[1], found[2])


def _read_size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text, re.ASCII)
    if found is None:
        raise UsageError(
            f"--renderer-option size={text} is not a size", "write, for example, size=640x384"
        )
    width, height = int(found[1]), int(found[2])
    if width % SIDE_STEP or height % SIDE_STEP or not width or not height:
        near = "x".join(
            str(max(SIDE_STEP, round(side / SIDE_STEP) * SIDE_STEP)) for side in (width, height)
        )
        raise UsageError(
            f"--renderer-option size={text}: the sides of Helios' frames must be multiples of "
            f"{SIDE_STEP}",
            f"write size={near}",
        )
    if max(width, height) > MAX_SIDE:
        raise UsageError(
            f"--renderer-option size={text}: no side may have more than {MAX_SIDE} pixels",
            "write size=640x384",
        )
    return width, height


def _read_choice(name: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise UsageError(
                f"--renderer-option {name}={text} is not valid",
                f"write {name}= and one of {_listed(choices)}",
            )
        return text

    return read


def _read_device(text: str) -> str:
    if not re.fullmatch(r"(cpu|mps|(cuda|xpu)(:[0-9]{1,2})?)", text, re.ASCII):
        raise UsageError(
            f"--renderer-option device={text} is not a device", "write device=cuda or device=cpu"
        )
    return text


def _read_steps(text: str) -> tuple[int, ...]:
    parts = text.split("-")
    if len(parts) != MAX_STAGES or not all(
        re.fullmatch(r"[0-9]{1,3}", part, re.ASCII) and 1 <= int(part) <= MAX_STEPS
        for part in parts
    ):
        raise UsageError(
            f"--renderer-option steps={text} is not valid",
            "write the steps of the three stages, such as steps=2-2-2",
        )
    return tuple(map(int, parts))


def _read_gamma(text: str) -> float:
    if not re.fullmatch(r"0?\.[0-9]{1,6}", text, re.ASCII) or not 0 < float(text) < 1:
        raise UsageError(
            f"--renderer-option gamma={text} is not between 0 and 1", "write gamma=0.33"
        )
    return float(text)


_READERS: dict[str, Callable[[str], object]] = {
    "size": _read_size,
    "device": _read_device,
    "dtype": _read_choice("dtype", ("auto", "bfloat16", "float16", "float32")),
    "offload": _read_choice("offload", ("none", "model", "group")),
    "compile": lambda text: _read_choice("compile", ("yes", "no"))(text) == "yes",
    "steps": _read_steps,
    "gamma": _read_gamma,
}

"""The options of the Helios renderer, as they are written on a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.core.errors import UsageError
from sequencer.renderers.helios.options import HeliosOptions, HubWeights

REVISION = "0123456789abcdef0123456789abcdef01234567"


def test_weights_are_a_folder_or_a_pinned_revision(tmp_path: Path) -> None:
    assert HeliosOptions.of(str(tmp_path), {}).weights == tmp_path
    assert HeliosOptions.of(f"Someone/Helios-Distilled@{REVISION}", {}).weights == HubWeights(
        "Someone/Helios-Distilled", REVISION
    )


@pytest.mark.parametrize(
    ("weights", "message", "hint"),
    [
        (None, "needs its weights", "--weights FOLDER"),
        ("./missing", "there is no such folder", "NAME@REVISION"),
        ("missing", "there is no such folder", "NAME@REVISION"),
        ("a/b", "need a revision", "git ls-remote https://huggingface.co/a/b main"),
        ("a/b@main", "need a revision", "--weights a/b@REVISION"),
    ],
)
def test_weights_that_cannot_be_found_or_pinned(
    weights: str | None, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        HeliosOptions.of(weights, {})
    assert message in error.value.message and hint in (error.value.hint or "")


def test_each_option_is_read(tmp_path: Path) -> None:
    options = {
        "size": "512x320",
        "device": "cuda:1",
        "dtype": "float16",
        "offload": "group",
        "compile": "yes",
        "steps": "1-1-1",
        "gamma": "0.33",
    }
    assert HeliosOptions.of(str(tmp_path), options) == HeliosOptions(
        weights=tmp_path,
        size=(512, 320),
        device="cuda:1",
        dtype="float16",
        offload="group",
        compile=True,
        steps=(1, 1, 1),
        gamma=0.33,
    )


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("size", "640x380", "multiples of 64", "size=640x384"),
        ("size", "96x96", "multiples of 64", "size=128x128"),
        ("size", "0x64", "multiples of 64", "size=64x64"),
        ("size", "8192x64", "more than 4096", "size=640x384"),
        ("size", "big", "not a size", "size=640x384"),
        ("steps", "2-2", "not valid", "steps=2-2-2"),
        ("steps", "0-2-2", "not valid", "steps=2-2-2"),
        ("dtype", "int8", "not valid", "bfloat16"),
        ("offload", "all", "not valid", "group"),
        ("compile", "maybe", "not valid", "yes and no"),
        ("device", "gpu", "not a device", "device=cuda"),
        ("gamma", "1.5", "between 0 and 1", "gamma=0.33"),
        ("step", "2-2-2", "no such option", "did you mean steps?"),
        ("xyz", "1", "no such option", "the options are size"),
    ],
)
def test_an_option_that_is_not_valid(
    tmp_path: Path, name: str, value: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        HeliosOptions.of(str(tmp_path), {name: value})
    assert message in error.value.message and hint in (error.value.hint or "")


def test_a_suggested_size_is_valid(tmp_path: Path) -> None:
    for width in range(1, 400, 7):
        try:
            HeliosOptions.of(str(tmp_path), {"size": f"{width}x64"})
        except UsageError as error:
            hint = (error.hint or "").removeprefix("write size=")
            HeliosOptions.of(str(tmp_path), {"size": hint})

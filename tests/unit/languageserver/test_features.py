from __future__ import annotations

from lsprotocol import types

from sequencer.languageserver.features import FEATURES, OPTIONS


def test_every_option_belongs_to_a_feature() -> None:
    assert set(OPTIONS) <= set(FEATURES)
    assert set(FEATURES) <= set(types.METHOD_TO_TYPES)

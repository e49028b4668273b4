from __future__ import annotations

from sequencer.language.interchange.names import MAX_NAME_LENGTH, NameAllocator
from sequencer.language.values.strings import is_name


def test_names_are_valid_and_unique_whatever_the_text() -> None:
    names = NameAllocator()
    texts = ["Drop!", "drop", "drop-2", "8 bars", "", "…", "Élan vital", "x" * 300, "x" * 300]
    found = [names.allocate(text) for text in texts]
    assert found[:4] == ["drop", "drop-2", "drop-2-2", "part-8-bars"]
    assert found[4:7] == ["part", "part-2", "élan-vital"]
    assert len(set(found)) == len(found)
    assert all(is_name(name) and len(name) <= MAX_NAME_LENGTH for name in found)


def test_a_text_without_letters_gets_the_default() -> None:
    assert NameAllocator().allocate("!", "l3") == "l3"

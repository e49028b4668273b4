"""The keys of pages."""

from __future__ import annotations

from sequencer.studio.page_keys import KEY_BYTES, PageKeys


def test_each_role_has_a_key_of_its_own_and_each_process_has_new_ones() -> None:
    first, second = PageKeys(), PageKeys()
    keys = {one.of(role) for one in (first, second) for role in ("operator", "remote", "viewer")}
    assert len(keys) == 6
    assert all(len(key) >= KEY_BYTES * 8 / 6 for key in keys)


def test_a_key_is_found_by_its_role_and_nothing_else_is() -> None:
    keys = PageKeys()
    assert keys.find_role(keys.operator) == "operator"
    assert keys.find_role(keys.remote) == "remote"
    assert keys.find_role(keys.viewer) == "viewer"
    for wrong in ("", keys.operator[:-1], keys.operator + "x", "é", "\ud800", "x" * 10_000):
        assert keys.find_role(wrong) is None


def test_keys_are_not_shown() -> None:
    keys = PageKeys()
    assert keys.operator not in repr(keys)

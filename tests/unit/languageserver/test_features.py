from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from sequencer.languageserver.features import FEATURES, OPTIONS, list_files_below


def test_only_folders_below_the_score_are_listed(tmp_path: Path) -> None:
    (tmp_path / "show" / "pictures").mkdir(parents=True)
    (tmp_path / "show" / "a.png").write_bytes(b"")
    (tmp_path / "show" / ".hidden").write_bytes(b"")
    (tmp_path / "secret.png").write_bytes(b"")
    (tmp_path / "show" / "link").symlink_to(tmp_path)
    (tmp_path / "show" / "circle").symlink_to(tmp_path / "show" / "circle")
    list_files = list_files_below(tmp_path / "show" / "tram.score")
    assert list_files is not None
    assert sorted(list_files("")) == ["a.png", "circle", "link/", "pictures/"]
    assert list(list_files("pictures/")) == []
    for outside in (
        "../",
        "link/",
        "pictures/../../",
        str(tmp_path),
        "circle/",
        "a.png/",
        "nothing/",
    ):
        assert list(list_files(outside)) == [], outside
    assert list_files_below(None) is None


def test_every_option_belongs_to_a_feature() -> None:
    assert set(OPTIONS) <= set(FEATURES)
    assert set(FEATURES) <= set(types.METHOD_TO_TYPES)

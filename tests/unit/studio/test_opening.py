"""The studio's page is opened without showing its key."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from sequencer.studio.opening import opened_in_browser, write_redirect


def test_the_browser_is_given_a_file_that_only_this_user_can_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []

    def open_page(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    with opened_in_browser("http://127.0.0.1:8090/#the-key") as has_opened:
        assert has_opened
        (url,) = opened
        assert "the-key" not in url
        path = Path(url2pathname(urlsplit(url).path))
        assert "http://127.0.0.1:8090/#the-key" in path.read_text(encoding="utf-8")
        if os.name == "posix":
            assert path.stat().st_mode & 0o077 == 0
            assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.exists()


def test_an_address_is_no_markup(tmp_path: Path) -> None:
    page = write_redirect(tmp_path, 'http://[::1]:1/#"><script>').read_text(encoding="utf-8")
    assert "<script>" not in page

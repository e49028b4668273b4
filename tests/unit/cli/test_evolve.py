"""`sequencer evolve`: what it prints and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.api.language_model import KEY_VARIABLE
from sequencer.cli import main
from tests.support.language_model_endpoint import listing, serving

SCORE = """\
scene boat {
  base "A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm."
  follow "The paper boat drifts on. {action} Soft grey light. Low close shot, 35mm."
}

at 0c boat
end 8c
"""


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    (tmp_path / "boat.score").write_text(SCORE)
    return tmp_path / "boat.score"


def test_accepted_answers_are_printed_and_written(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(listing("It turns once.", "It fills with rain.")) as endpoint:
        asked = ["evolve", str(score), "boat", "--count", "2"]
        assert main([*asked, "--url", endpoint.url, "--model", "m", "--write"]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        'boat "It turns once."',
        'boat "It fills with rain."',
        f"{score}: 2 suggestions above the scene boat",
    ]
    assert shown.err == ""
    assert score.read_text().startswith('# boat "It turns once."\n# boat "It fills')


def test_answers_that_are_not_accepted_are_listed(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(listing("It turns once.", "It turns without any rain.")) as endpoint:
        asked = ["evolve", str(score), "boat", "--count", "2"]
        assert main([*asked, "--url", endpoint.url, "--model", "m"]) == 1
    shown = capsys.readouterr()
    assert shown.out == 'boat "It turns once."\n'
    assert "not accepted: 'It turns without any rain.'" in shown.err
    assert "1 of 2 answers were accepted" in shown.err
    assert score.read_text() == SCORE

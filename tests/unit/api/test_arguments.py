"""Every function takes a path as text or as Path, a score, a schedule and a run, and refuses other
types in a sentence.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.schedule.document import to_json

SCORE = (
    'score "Boat"\ngrid 3 frames @ 24 fps\nseed 3\nat 0c "A paper boat."\nat 2c "The paper boat '
    'turns."\nend 4c\n'
)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a score, its schedule, and a run of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boat.score").write_text(SCORE)
    (tmp_path / "boat.json").write_text(
        to_json(sequencer.compile_score(sequencer.read("boat.score")))
    )
    sequencer.rehearse("boat.score", video=False, out="run", bundle=True)
    return tmp_path


SOURCES: dict[str, Callable[[], Any]] = {
    "text path": lambda: "boat.score",
    "Path": lambda: Path("boat.score"),
    "compiled": lambda: "boat.json",
    "Score": lambda: sequencer.read("boat.score"),
    "score of a text": lambda: sequencer.reads(SCORE),
    "Schedule": lambda: sequencer.compile_score(sequencer.read("boat.score")),
    "CheckResult": lambda: sequencer.check("boat.score"),
    "run": lambda: "run",
    "journal": lambda: Path("run") / "journal.jsonl",
    "bundle": lambda: "run/bundle.zip",
    "Journal": lambda: sequencer.read_journal("run"),
    "result": lambda: sequencer.rehearse("boat.score", video=False),
}
RUNS = ("run", "journal", "bundle", "Journal", "result")


def rehearsed(source: Any) -> list[tuple[Any, ...]]:
    return landed(sequencer.rehearse(source, video=False, out="played"))


def performed(source: Any) -> list[tuple[Any, ...]]:
    return landed(sequencer.perform(source, stage="simulated", out="played"))


def landed(
    result: sequencer.RehearsalResult | sequencer.PerformanceResult,
) -> list[tuple[Any, ...]]:
    assert result.folder is not None
    assert sequencer.replay(result.folder).is_equal
    return [(row["landed"], row["status"], row["prompt"]) for row in result.to_dicts()]


@pytest.mark.slow
@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("play", [rehearsed, performed])
@pytest.mark.usefixtures("work")
def test_every_kind_of_source_is_played(
    kind: str, play: Callable[[Any], list[tuple[Any, ...]]]
) -> None:
    assert play(SOURCES[kind]()) == [
        (0, "landed", "A paper boat."),
        (2, "landed", "The paper boat turns."),
    ]


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.usefixtures("work")
def test_every_kind_of_source_has_a_timeline_and_a_cue_sheet(kind: str) -> None:
    drawn = sequencer.timeline(SOURCES[kind](), output="t.svg")
    assert Path("t.svg").read_text() == drawn
    assert ("performed: " in drawn) == (kind in RUNS)
    assert sequencer.timeline(SOURCES[kind](), kind="html").startswith("<!DOCTYPE html>")
    assert sequencer.sheet(SOURCES[kind](), kind="csv", output="s.csv").count("\n") == 3


@pytest.mark.usefixtures("work")
def test_the_timeline_of_a_result_is_that_of_its_folder() -> None:
    result = sequencer.rehearse("boat.score", video=False, out="saved")
    unsaved = sequencer.rehearse("boat.score", video=False, save=False)
    assert (
        sequencer.timeline(result)
        == sequencer.timeline("saved")
        == Path("saved/timeline.svg").read_text()
    )
    assert sequencer.timeline(unsaved) == sequencer.timeline(result), "no image is shown here"


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.usefixtures("work")
def test_every_kind_of_run_is_compared_and_frozen(kind: str) -> None:
    assert sequencer.diff(SOURCES[kind](), "run").is_equal
    frozen = sequencer.freeze(SOURCES[kind](), output="frozen.yaml", force=True)
    assert frozen == sequencer.read("frozen.yaml") == sequencer.freeze("run")


@pytest.mark.usefixtures("work")
def test_the_images_of_a_score_are_found_beside_its_file(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64), "red").save(tmp_path / "door.png")
    (tmp_path / "door.score").write_text('at 0c "A door.", image "door.png"\nend 2c\n')
    score = sequencer.read(tmp_path / "door.score")
    for source in (score, sequencer.check(tmp_path / "door.score"), "door.score"):
        out = tmp_path / type(source).__name__
        played = sequencer.rehearse(source, video=False, out=out, bundle=True)
        assert played.failures == ()
        assert "data:image/jpeg" in sequencer.timeline(source)


# ---- what is refused -----------------------------------------------------------------------------


ODD = (42, None, b"boat.score", ["boat.score"], object())
UNUSED = 'scene spare { base "A goat." }\nseed 1\nat 0c "A boat."\nend 2c\n'
SHOWN = "rk_do_not_show_this"


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize(
    "name", ["rehearse", "timeline", "sheet", "freeze", "import_", "check", "diff", "perform"]
)
def test_another_type_is_refused_with_what_was_expected_and_given(name: str, odd: Any) -> None:
    function: Any = getattr(sequencer, name)
    arguments = (odd, odd) if name == "diff" else (odd,)
    if name == "perform" and odd is None:
        with pytest.raises(sequencer.UsageError, match="give a SCORE to perform, or resume RUN"):
            function(odd, stage="simulated")
        return
    with pytest.raises(
        TypeError, match=rf"^{name}\(\) expects .*(path|run).*, not {type(odd).__name__}$"
    ):
        function(*arguments, **({"stage": "simulated"} if name == "perform" else {}))


WRONG_OPTIONS: tuple[tuple[str, str, Any, str], ...] = (
    ("rehearse", "video", 1, "True or False, not int"),
    ("rehearse", "save", "no", "True or False, not str"),
    (
        "rehearse",
        "video_size",
        640,
        "two ints (width, height), a text such as '1280x768' or None, not int",
    ),
    (
        "rehearse",
        "video_size",
        (640.0, 384),
        "two ints (width, height), a text such as '1280x768' or None, not tuple",
    ),
    ("rehearse", "events", "go exit@1c", "a list of texts such as 'go exit@12c', not str"),
    ("rehearse", "events", [3], "a text such as 'go exit@12c', not int"),
    ("rehearse", "out", 3, "a path (str or Path) or None, not int"),
    ("rehearse", "faults", 3, "a path (str or Path) or None, not int"),
    ("rehearse", "warn", "print", "a function or None, not str"),
    ("rehearse", "caption", 3, "names of parts, a text such as 'title,position' or None, not int"),
    ("perform", "key", 3, "a str or None, not int"),
    ("perform", "local", "yes", "True or False, not str"),
    ("perform", "clip", "9", "an int, not str"),
    ("perform", "offset", 0.5, "an int, not float"),
    ("perform", "price", True, "a number or None, not bool"),
    ("perform", "stage", 3, "one of 'reactor', 'simulated', 'vllm-omni', not int"),
    ("perform", "interactive", None, "True or False, not NoneType"),
    ("timeline", "pictures", 0, "True or False, not int"),
    ("sheet", "full", "yes", "True or False, not str"),
    ("sheet", "width", "wide", "an int, not str"),
    ("freeze", "force", 1, "True or False, not int"),
    ("import_", "encoding", 3, "a str or None, not int"),
)


@pytest.mark.parametrize(("name", "option", "value", "expected"), WRONG_OPTIONS)
@pytest.mark.usefixtures("work")
def test_an_option_of_another_type_is_refused(
    name: str, option: str, value: Any, expected: str
) -> None:
    function: Any = getattr(sequencer, name)
    with pytest.raises(TypeError) as raised:
        function("run" if name == "freeze" else "boat.score", **{option: value})
    assert f"{expected}" in str(raised.value)
    assert f"{name}(): " in str(raised.value)
    assert option in str(raised.value)


def test_a_value_in_the_wrong_position_is_never_shown() -> None:
    class Leaking(bytes):
        def __repr__(self) -> str:
            return SHOWN

    for call in (
        lambda: sequencer.perform("boat.score", key=Leaking(b"x")),  # type: ignore[arg-type]  # that is the test
        lambda: sequencer.perform("boat.score", local=SHOWN),  # type: ignore[arg-type]  # likewise
        lambda: sequencer.rehearse(Leaking(b"x")),  # type: ignore[arg-type]  # likewise
    ):
        with pytest.raises(TypeError) as raised:
            call()
        assert SHOWN not in "".join(traceback.format_exception_only(raised.value))


@pytest.mark.usefixtures("work")
def test_a_run_that_was_not_saved_has_no_journal() -> None:
    result = sequencer.rehearse("boat.score", video=False, save=False)
    for call in (
        lambda: sequencer.diff(result, "run"),
        lambda: sequencer.freeze(result),
        lambda: sequencer.sheet(result),
    ):
        with pytest.raises(sequencer.UsageError, match="was not saved"):
            call()


@pytest.mark.usefixtures("work")
def test_files_are_not_overwritten_unawares() -> None:
    with pytest.raises(sequencer.UsageError, match="which would be overwritten"):
        sequencer.sheet("boat.score", output="boat.score")
    sequencer.freeze("run", output="frozen.score")
    with pytest.raises(sequencer.UsageError, match="already exists") as raised:
        sequencer.freeze("run", output="frozen.score")
    assert raised.value.hint is not None
    assert "force=True" in raised.value.hint


@pytest.mark.usefixtures("work")
def test_warnings_of_a_score_reach_the_callback() -> None:
    text = 'seed 1\nat 0c "A boat."\nat 2c "A coat."\non go nowhere -> pause\nend 6c\n'
    warned: list[str] = []
    sequencer.rehearse(
        sequencer.reads(text),
        video=False,
        save=False,
        warn=warned.append,
        events=["go elsewhere@1c"],
    )
    assert any("go elsewhere" in one for one in warned)
    warned.clear()
    Path("unused.score").write_text(UNUSED)
    for source in ("unused.score", sequencer.reads(UNUSED), sequencer.check("unused.score")):
        sequencer.rehearse(source, video=False, save=False, warn=warned.append)
    assert len(warned) == 3
    assert all("warning[" in one for one in warned), warned

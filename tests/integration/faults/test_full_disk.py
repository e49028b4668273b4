"""A disk that fills up at any stage: exit code 1, an error message, and a run folder with what
could be saved.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

import sequencer
from sequencer.api.rehearsing import rehearse
from sequencer.engine.journal import read_journal
from sequencer.language.compiler import compile_score
from sequencer.runtime.live.run import SESSION, LiveRun
from sequencer.runtime.rehearsal import Progress
from sequencer.runtime.results import RehearsalResult
from tests.support.builders import at_chunk, on_chunks
from tests.support.requirements import require

ROOT = Path(__file__).parents[3]
FIRST = ROOT / "scores" / "first.score"
SCHEDULE = compile_score(
    on_chunks(*(at_chunk(chunk, f"Prompt {chunk}.") for chunk in range(20)), end=20)
)
FILES = ("report.json", "timeline.svg", "timeline.html", "bundle.zip")

Disk = Callable[[str], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Return a function that mounts a disk of a given size, such as `64k`."""
    mounted: list[Path] = []

    def mount(size: str) -> Path:
        require(sys.platform == "linux", "a small disk can only be mounted on Linux")
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        )
        require(done.returncode == 0, "a small disk can only be mounted by root")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


class Filler:
    """Fills all the free space of a disk, and releases it on request."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "filler"

    def fill(self) -> None:
        with self._path.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    def give_back(self) -> None:
        self._path.unlink(missing_ok=True)


def at_chunks(**does: Callable[[], object]) -> Callable[[Progress], None]:
    """Return a watcher for a rehearsal:

    `at_chunks(c3=act)` calls `act` when three chunks are done.
    """

    def watch(moment: Progress) -> None:
        does.get(f"c{moment.chunk}", lambda: None)()

    return watch


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sequencer", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ("8k", {"journal.jsonl"}),
        ("16k", {"journal.jsonl", "report.json"}),
        ("32k", {"journal.jsonl", "report.json", "timeline.svg", "bundle.zip"}),
    ],
)
def test_a_disk_without_space_keeps_what_fits(size: str, kept: set[str], disk: Disk) -> None:
    out = disk(size) / "run"
    ran = command("rehearse", FIRST, "--no-video", "--bundle", "--out", out)
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert names(out.parent) == {"run"}
    assert names(out) == kept
    for name in {*FILES} - kept:
        assert name.partition(".")[0] in ran.stderr
    assert ran.stderr.count("No space left on device") >= len({*FILES} - kept)
    assert ".run.partial/report" not in ran.stderr.replace("sequencer: the journal", ""), (
        "files are named where they are"
    )
    replayed = sequencer.replay(out)
    assert replayed.is_equal
    assert replayed.is_whole == (size != "8k")


def test_json_is_printed_where_the_report_cannot_be_written(disk: Disk) -> None:
    out = disk("8k") / "run"
    ran = command("rehearse", FIRST, "--no-video", "--json", "--out", out)
    assert ran.returncode == 1
    printed = json.loads(ran.stdout)
    assert printed["folder"] == str(out)
    assert printed["summary"]["by_status"] == {"landed": 2}
    assert "cannot be written" in printed["journal_failure"]


def test_a_journal_is_completed_when_there_is_space_again(disk: Disk) -> None:
    folder = disk("256k")
    filler = Filler(folder)
    warnings: list[str] = []
    played = rehearse(
        SCHEDULE,
        out=folder / "run",
        video=False,
        warn=warnings.append,
        progress=at_chunks(c4=filler.fill, c15=filler.give_back),
    )
    assert played.went_well
    assert (played.journal_failure, played.failures) == (None, ())
    assert [one.partition(";")[2] for one in warnings[:1]] == [
        " the show continues, and the journal is completed when there is space"
    ]
    assert warnings[1:] == ["the journal can be written again, and it is complete"]
    replayed = sequencer.replay(folder / "run")
    assert replayed.is_equal
    assert replayed.is_whole


def test_a_journal_that_never_gets_space_replays_up_to_there(disk: Disk) -> None:
    folder = disk("256k")
    played = rehearse(
        SCHEDULE, out=folder / "run", video=False, progress=at_chunks(c4=Filler(folder).fill)
    )
    assert played.folder == folder / "run"
    assert played.went_well, "the show itself went well"
    assert len(played.failures) == 4
    assert played.journal_failure in played.failures or played.journal_failure is not None
    replayed = sequencer.replay(folder / "run")
    assert replayed.is_equal
    assert not replayed.is_whole


@pytest.mark.slow
def test_a_video_that_ends_early_does_not_end_the_run(disk: Disk) -> None:
    out = disk("12m") / "run"
    ran = command("rehearse", FIRST, "--out", out)
    assert ran.returncode == 1
    assert "the disk is full: video.mp4 plays, but ends after" in ran.stderr
    assert names(out) == {
        *(
            "video.mp4",
            "contact-sheet.png",
            "timeline.html",
            "timeline.svg",
            "report.json",
            "journal.jsonl",
        )
    }
    assert sequencer.replay(out).is_whole


def test_a_contact_sheet_that_does_not_fit_does_not_end_the_run(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sequencer.runtime.recording.contact_sheet import ContactSheet

    folder = disk("24m")
    save = ContactSheet.save

    def on_a_full_disk(sheet: ContactSheet) -> Path | None:
        filler = Filler(folder)
        filler.fill()
        try:
            return save(sheet)
        finally:
            filler.give_back()

    monkeypatch.setattr(ContactSheet, "save", on_a_full_disk)
    played = rehearse(
        compile_score(on_chunks(at_chunk(0, "One."), end=2)),
        out=folder / "run",
        video_size=(320, 192),
    )
    assert played.folder == folder / "run"
    assert [one.split(" ")[0] for one in played.failures] == ["contact-sheet.png"]
    assert "video.mp4" in names(folder / "run")
    assert "contact-sheet.png" not in names(folder / "run")


def test_where_nothing_can_be_begun_nothing_stays(disk: Disk) -> None:
    folder = disk("300k")
    ran = command("rehearse", FIRST, "--out", folder / "run")
    assert ran.returncode == 1
    assert "video.mp4 cannot be written" in ran.stderr
    assert "--no-video" in ran.stderr
    assert names(folder) == set()


def test_a_name_that_was_taken_meanwhile_is_reported(tmp_path: Path) -> None:
    def take_name() -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "mine.txt").write_text("mine")

    played = rehearse(SCHEDULE, out=tmp_path / "run", video=False, progress=at_chunks(c5=take_name))
    assert played.folder == tmp_path / ".run.partial"
    assert len(played.failures) == 1
    assert "cannot be renamed" in played.failures[0]
    assert names(tmp_path / "run") == {"mine.txt"}
    assert {"report.json", "journal.jsonl"} <= names(played.folder)


@pytest.mark.parametrize("failing", FILES)
def test_one_file_that_cannot_be_written_costs_no_other(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, replace = Path.write_text, Path.replace

    def fails(path: Path, *rest: object, **named: object) -> int:
        done = write(path, *rest, **named)  # type: ignore[arg-type]  # passed on as received
        if path.name == failing:
            raise OSError(28, "No space left on device")
        return done

    def does_not(path: Path, target: Path) -> Path:
        if Path(target).name == failing:
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "write_text", fails)
    monkeypatch.setattr(Path, "replace", does_not)
    played: RehearsalResult = rehearse(SCHEDULE, out=tmp_path / "run", video=False, bundle=True)
    assert len(played.failures) == 1
    assert failing in played.failures[0]
    assert names(tmp_path / "run") == {"journal.jsonl", *FILES} - {failing}, "and no half of a file"


def test_what_a_resumed_run_needs_is_replaced_and_never_emptied(disk: Disk) -> None:
    folder = disk("64k")
    lines: list[str] = []
    memory = {"session": "abc", "uploads": {}}
    run = SimpleNamespace(
        live=SimpleNamespace(memory=lambda: memory),
        folder=SimpleNamespace(path=folder, final=folder),
        settings=SimpleNamespace(quiet=True),
        notify=lines.append,
    )
    LiveRun._remember(run)  # type: ignore[arg-type]  # `run` has every attribute that the method uses
    Filler(folder).fill()
    memory = {"session": "abc", "uploads": {"image": "x" * 8192}}
    LiveRun._remember(run)  # type: ignore[arg-type]  # as above
    assert json.loads((folder / SESSION).read_text()) == {"session": "abc", "uploads": {}}
    assert len(lines) == 1
    assert names(folder) == {SESSION, "filler"}


@contextmanager
def playing(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sequencer", *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_performance_outlives_its_disk(disk: Disk) -> None:
    """Runs a real process in real time: the recording ends when the disk is full, the show
    continues.
    """
    folder = disk("9m")
    score = folder.parent / "short.score"
    score.write_text('seed 1\nat 0c "One."\nat 2c "Two."\nend 4c\n')
    out = folder / "run"
    words = (
        "perform",
        score,
        "--stage",
        "simulated",
        "--record",
        "--video-size",
        "1280x768",
        "--out",
        out,
    )
    with playing(*words) as process:
        journal = folder / ".run.partial" / "journal.jsonl"
        while not (journal.exists() and '"started"' in journal.read_text()):
            assert process.poll() is None, process.communicate()
        Filler(folder).fill()
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "Traceback" not in errors
    assert "No space left" in errors or "disk is full" in errors
    assert "2 of 2 cues landed" in printed
    assert names(folder) == {"run", "filler"}
    replayed = sequencer.replay(out)
    assert replayed.is_equal


@pytest.mark.slow
def test_a_run_that_was_killed_on_a_full_disk_is_resumed_when_there_is_space(disk: Disk) -> None:
    """The journal ends before the run did: the chunks made since then are taken from the model
    itself.
    """
    folder = disk("1m")
    filler, out = Filler(folder), folder / "run"
    score = folder.parent / "long.score"
    score.write_text(
        "seed 1\n"
        + "".join(f'at {chunk}c "Prompt {chunk}."\n' for chunk in range(0, 12, 4))
        + "end 12c\n"
    )
    with playing("serve", "--port", "0", "--fps", "96", "--plain") as server:
        assert server.stdout is not None
        found = re.search(r"http://[0-9.]+:\d+", server.stdout.readline())
        assert found is not None
        with playing("perform", score, "--local", "--url", found[0], "--out", out, "-q") as process:
            journal = folder / ".run.partial" / "journal.jsonl"
            while not (journal.exists() and journal.read_text().count('"kind":"chunk_done"') >= 2):
                assert process.poll() is None, process.communicate()
            filler.fill()
            assert process.stderr is not None
            assert (
                "the show continues, and the journal is completed when there is space"
                in process.stderr.readline()
            )
            process.kill()
            process.wait()
        assert read_journal(out).cut_off or not read_journal(out).is_whole
        filler.give_back()
        resumed = command("perform", "--resume", out, "-q")
    assert "Traceback" not in resumed.stderr
    assert names(folder) == {"run"}, resumed.stderr
    report = json.loads((out / "report.json").read_text())
    assert (report["ended_well"], report["all_landed"], report["chunks"]) == (True, True, 12), (
        resumed.stderr
    )
    replayed = sequencer.replay(out)
    assert replayed.is_equal
    assert replayed.is_whole

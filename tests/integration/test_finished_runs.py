"""Finished runs are shown, compared, frozen, bundled, and run again with every cue on the chunk
where it landed.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

import sequencer
from sequencer.cli import main
from sequencer.cli.show import PRINTED_NAMES
from sequencer.core.errors import JournalError
from sequencer.engine.bundle import image_in, images_in, is_bundle, journal_pieces
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.journal import Journal, read_journal
from sequencer.events.commands import SetSeed
from sequencer.events.events import ChunkDone
from sequencer.reports.diff import compare
from sequencer.reports.freeze import freeze

SCORES = Path(__file__).parents[2] / "scores"
JOURNALS = Path(__file__).parents[1] / "data" / "journals"


def shown(journal: Journal) -> list[tuple[int, str | None]]:
    """Return (chunk of its take, prompt) for every chunk of the score that a run made."""
    conductor = Conductor(journal.schedule, journal.following, journal.revision)
    found = []
    for record in journal.records:
        one = record.event
        if isinstance(one, ChunkDone) and one.frames and conductor.is_of_the_score(one.chunk):
            found.append((one.chunk, one.prompt))
        if one is not None:
            conductor.receive(one)
    return found


def seeds(journal: Journal) -> list[int]:
    return [
        record.command.seed for record in journal.records if isinstance(record.command, SetSeed)
    ]


@pytest.mark.parametrize("name", ["first", "cut-and-seed", "live-set", "following", "image-swap"])
def test_what_was_frozen_shows_the_same_on_the_same_chunks(name: str, tmp_path: Path) -> None:
    journal = read_journal(JOURNALS / f"{name}.jsonl")
    score = freeze(journal)
    text = sequencer.print_score(score)
    again = sequencer.reads(text, file="frozen.score", folder=SCORES)
    sequencer.rehearse(
        sequencer.compile_score(again), folder=SCORES, out=tmp_path / "run", video=False
    )
    played = read_journal(tmp_path / "run")
    assert shown(played) == shown(journal)
    assert seeds(played) == seeds(journal)
    assert compare(journal, played).prompts == ()
    assert sequencer.print_score(freeze(played)) == text, "freezing again changes nothing"


def test_a_run_and_its_frozen_score_have_the_same_cues(tmp_path: Path) -> None:
    """Their positions are written differently; where they landed, and with what status, is the
    same.
    """
    text = 'clock 96 bpm, 4/4\nsection a 4 bars {\n  at 1 "A boat."\n  at 3 "A storm.", sr 4x\n}\n'
    sequencer.rehearse(
        sequencer.compile_score(sequencer.reads(text)), out=tmp_path / "run", video=False
    )
    ran = read_journal(tmp_path / "run")
    for name, now in {
        "same": freeze(ran),
        "less": sequencer.reads(text.replace(", sr 4x", "")),
    }.items():
        sequencer.rehearse(sequencer.compile_score(now), out=tmp_path / name, video=False)
    assert compare(ran, read_journal(tmp_path / "same")).cues == ()
    found = compare(ran, read_journal(tmp_path / "less"))
    assert [one.what for one in found.cues] == ["only in the first run", "only in the second run"]


def test_midi_output_is_absent_from_a_frozen_score() -> None:
    score = freeze(read_journal(JOURNALS / "following.jsonl"))
    assert sequencer.compile_score(score).is_fixed


def test_a_run_without_a_chunk_cannot_be_frozen() -> None:
    journal = read_journal(JOURNALS / "first.jsonl")
    with pytest.raises(JournalError, match="nothing to freeze"):
        freeze(
            Journal(
                header=journal.header,
                schedule=journal.schedule,
                records=journal.records[:4],
                cut_off=True,
            )
        )


def test_two_runs_of_one_score_do_not_differ_and_two_of_others_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, live = str(JOURNALS / "first.jsonl"), str(JOURNALS / "live-set.jsonl")
    assert main(["diff", first, first]) == 0
    assert "showed the same" in capsys.readouterr().out
    assert main(["diff", first, live, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["equal"] is False
    assert found["prompts_differ_on"]


def test_another_seed_shows_in_the_frames(tmp_path: Path) -> None:
    for seed in (1, 2):
        schedule = sequencer.compile_score(
            sequencer.reads(f'seed {seed}\nat 0c "A boat."\nend 2c\n')
        )
        sequencer.rehearse(schedule, out=tmp_path / str(seed), video_size=(64, 64))
    found = compare(read_journal(tmp_path / "1"), read_journal(tmp_path / "2"))
    assert found.frame_digests == (0, 1)
    assert found.prompts == ()
    assert any(setting.startswith("seed: 1 against 2") for setting in found.settings)
    assert not found.is_equal


def test_a_cue_that_went_otherwise_is_named(tmp_path: Path) -> None:
    from sequencer.stages.simulated.faults import Faults

    schedule = sequencer.compile_score(sequencer.read(SCORES / "resolution.score"))
    refusing = Faults.model_validate(
        {"refuse": [{"command": "set_sr_scale", "nth": 2, "reason": "busy"}]}
    )
    sequencer.rehearse(schedule, out=tmp_path / "well", video=False)
    sequencer.rehearse(schedule, out=tmp_path / "refused", video=False, faults=refusing)
    found = compare(read_journal(tmp_path / "well"), read_journal(tmp_path / "refused"))
    assert len(found.cues) == 1
    assert "landed against refused" in str(found.cues[0])


def test_differing_midi_output_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = 'clock 120 bpm, 4/4\nsection a 4 bars {\n  at 1 "A boat.", midi cc 20 64\n'
    for name, rest in {
        "one": "  at 2 midi note C3\n",
        "louder": "  at 2 midi note C3 vel 50\n",
        "more": "  at 2 midi note C3\n  at 3 midi program 5\n",
        "osc": "  at 2 midi note C3\n  at 3 osc /a 1\n",
        "decimal": "  at 2 midi note C3\n  at 3 osc /a 1.0\n",
    }.items():
        schedule = sequencer.compile_score(sequencer.reads(f"{start}{rest}}}\n"))
        sequencer.rehearse(schedule, out=tmp_path / name, video=False)
    one, louder, more = (read_journal(tmp_path / name) for name in ("one", "louder", "more"))
    assert compare(one, one).is_equal
    assert [send.what for send in compare(one, louder).sends] == [
        "only in the first run",
        "only in the second run",
    ]
    osc, decimal = (read_journal(tmp_path / name) for name in ("osc", "decimal"))
    assert [str(send) for send in compare(osc, decimal).sends] == [
        "a 3.1 (line 5): osc /a 1: only in the first run",
        "a 3.1 (line 5): osc /a 1.0: only in the second run",
    ]
    (program,) = compare(one, more).sends
    assert str(program).startswith("a 3.1 (line 5): midi program 5")
    assert str(program).endswith("only in the second run")
    assert main(["diff", str(tmp_path / "one"), str(tmp_path / "more")]) == 1
    assert str(program) in capsys.readouterr().out
    assert main(["diff", str(tmp_path / "one"), str(tmp_path / "more"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["sends"] == [str(program)]
    # A run that was stopped before its end sent fewer messages.
    schedule = more.schedule
    sequencer.rehearse(schedule, out=tmp_path / "left", video=False, events=["finish@3c"])
    assert not compare(more, read_journal(tmp_path / "left")).is_equal


def test_equal_messages_are_equal_however_a_score_groups_and_writes_them(tmp_path: Path) -> None:
    """A frozen score writes positions in seconds, lengths in milliseconds, and every message in a
    separate cue.
    """
    text = (
        'clock 118 bpm, 4/4\nsection a 8 bars {\n  at 1 "A boat.", midi cc 20 64, midi program 5\n'
        "  every 1/2 beat midi note C1 ch 10 for 1/3 beat\n  at 2 midi note C3 for 1 beat, midi "
        "note E3 for 1/7 beat\n}\n"
    )
    sequencer.rehearse(
        sequencer.compile_score(sequencer.reads(text)), out=tmp_path / "run", video=False
    )
    ran = read_journal(tmp_path / "run")
    sequencer.rehearse(sequencer.compile_score(freeze(ran)), out=tmp_path / "frozen", video=False)
    assert sum(len(one.acts) for one in sends_of(ran)) > 60
    assert compare(ran, read_journal(tmp_path / "frozen")).sends == ()
    # The same messages in other cues, and two of them in reverse order.
    split = text.replace(
        ", midi cc 20 64, midi program 5", "\n  at 1 midi program 5\n  at 1.3 midi cc 20 64"
    )
    sequencer.rehearse(
        sequencer.compile_score(sequencer.reads(split)), out=tmp_path / "split", video=False
    )
    assert compare(ran, read_journal(tmp_path / "split")).sends == ()
    # A message at a distant position is another message, and so is a note that lasts longer.
    for name, other, differ in (
        ("far", text.replace("at 2 ", "at 5 "), 4),
        ("long", text.replace("1/7", "2/7"), 2),
    ):
        sequencer.rehearse(
            sequencer.compile_score(sequencer.reads(other)), out=tmp_path / name, video=False
        )
        assert len(compare(ran, read_journal(tmp_path / name)).sends) == differ, name


def sends_of(journal: Journal) -> list[SentMessages]:
    conductor = Conductor(journal.schedule, journal.following, journal.revision)
    for record in journal.records:
        if record.event is not None:
            conductor.receive(record.event)
    return list(conductor.report().sends)


@pytest.mark.parametrize("name", ["first", "live-set", "bad-network"])
def test_show_describes_a_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(JOURNALS / f"{name}.jsonl")
    assert main(["show", path]) == 0
    printed = capsys.readouterr().out
    assert "cues landed" in printed
    assert "helios-sequencer" in printed
    for arguments in ((path, "--score"), ("--score", path), (path, "--edit", "1")):
        assert main(["show", *arguments]) == 0
        assert "score " in capsys.readouterr().out
    assert main(["show", path, "--edit", "2"]) == 2
    assert "this run has no version 2 of its score" in capsys.readouterr().err
    assert main(["show", path, "--events"]) == 0
    assert "chunk_done" in capsys.readouterr().out


# ---- bundles -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    code = main(
        [
            "rehearse",
            str(SCORES / "image-swap.score"),
            "--no-video",
            "--bundle",
            "-q",
            "--out",
            str(folder / "run"),
        ]
    )
    assert code == 0
    moved = folder / "elsewhere.zip"
    shutil.move(folder / "run" / "bundle.zip", moved)
    return moved


def test_a_bundle_is_played_again_where_there_is_nothing_else(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(bundle)]) == 0
    assert main(["rerun", str(bundle), "--video-size", "64x64", "-q", "--out", "again"]) == 0
    assert (tmp_path / "again" / "video.mp4").exists()
    assert compare(read_journal(bundle), read_journal(tmp_path / "again")).prompts == ()


def test_a_bundle_holds_the_images_by_their_digests(bundle: Path) -> None:
    images = {image.sha256: image for image in read_journal(bundle).schedule.images}
    assert set(images_in(bundle)) == set(images)
    for sha256, image in images.items():
        assert image_in(bundle, sha256) == (SCORES / image.path).read_bytes()


def test_show_lists_which_images_a_bundle_has_and_which_it_lacks(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = read_journal(bundle).schedule.images
    assert main(["show", str(bundle)]) == 0
    printed = capsys.readouterr().out
    assert f"bundled images: {len(images)}\n" in printed
    assert "lacks" not in printed
    less = tmp_path / "less.zip"
    with zipfile.ZipFile(bundle) as before, zipfile.ZipFile(less, "w") as after:
        for name in before.namelist():
            if name != f"images/{images[0].sha256}":
                after.writestr(name, before.read(name))
    assert main(["show", str(less)]) == 0
    assert f"the bundle lacks the image {images[0].path}\n" in capsys.readouterr().out


def rewritten(bundle: Path, target: Path, change: dict[str, bytes]) -> Path:
    with (
        zipfile.ZipFile(bundle) as before,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, change.get(name, before.read(name)))
        for name in change.keys() - set(before.namelist()):
            after.writestr(name, change[name])
    return target


def test_an_image_that_was_exchanged_is_noticed(bundle: Path, tmp_path: Path) -> None:
    name = images_in(bundle)[0]
    forged = rewritten(bundle, tmp_path / "forged.zip", {f"images/{name}": b"something else"})
    with pytest.raises(JournalError, match="was changed"):
        image_in(forged, name)


def test_names_that_lead_elsewhere_lead_nowhere(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    evil = rewritten(
        bundle,
        tmp_path / "evil.zip",
        {"../../outside": b"x", "/etc/outside": b"x", "images/../../up": b"x"},
    )
    assert main(["rerun", str(evil), "--no-video", "-q", "--out", "again"]) == 0
    assert not (tmp_path.parent.parent / "outside").exists()
    assert not (tmp_path.parent / "up").exists()


def test_a_bomb_is_not_unpacked(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.engine.bundle.SMALL_JOURNAL", 1_000_000)
    bomb = rewritten(bundle, tmp_path / "bomb.zip", {"journal.jsonl": b" " * 50_000_000})
    with pytest.raises(JournalError, match="larger than"):
        b"".join(journal_pieces(bomb))


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"PK\x03\x04" + b"\x00" * 100, b"PK\x03\x04 no zip at all"]
)
def test_what_is_no_bundle_is_reported(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(data)
    assert is_bundle(path)
    assert main(["show", str(path)]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_the_names_of_events_in_the_output_of_show_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = sequencer.compile_score(sequencer.reads('at 0c "A"\nend 2c\n'))
    sequencer.rehearse(
        schedule, out=tmp_path / "run", video=False, events=["note C3@1c", "go out@1c"]
    )
    assert main(["show", str(tmp_path / "run"), "--events"]) == 0
    printed = capsys.readouterr().out
    assert {"NotePlayed(", "Went("} <= set(re.findall(r"\w+\(", printed))
    assert not {f"{name}(" for name in PRINTED_NAMES} & set(re.findall(r"\w+\(", printed))

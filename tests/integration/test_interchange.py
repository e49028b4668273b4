"""What is exported and imported again is the same, as far as the format can contain it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer import SequencerError, compile_score, export, import_, reads
from sequencer.api.exporting import export_kinds
from sequencer.language.interchange import find_reader, recognise
from sequencer.language.interchange.imported import ImportOptions
from sequencer.language.interchange.longlive import FOLDER
from sequencer.language.notations import print_score
from sequencer.language.score import AtOffset, Cue, Cut, Header, Prompt, Score, Text, Unit
from sequencer.reports.interchange import find_writer
from sequencer.reports.interchange.exported import ExportOptions
from sequencer.reports.interchange.film import Film, film_of_schedule

ROOT = Path(__file__).parents[2]
WORDS = st.text("abcXYZ019 .,:;'\"{}\\[]#|<>&%-→éß漢👩\u200d🚀", min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)
TEXTS = WORDS.filter(bool)
Cues = Sequence[tuple[int, str, int | None]]
"""(chunk, prompt, seed of a cut or -1 for a cut without one, None for no cut)."""


@st.composite
def cue_lists(draw: st.DrawFn, step: int = 1, cuts: bool = True, always: bool = False) -> Cues:
    gaps = draw(st.lists(st.integers(1, 6), max_size=8))
    found: list[tuple[int, str, int | None]] = [(0, draw(TEXTS), None)]
    for gap in gaps:
        text = draw(TEXTS.filter(lambda text: text != found[-1][1]))
        seed = draw(st.sampled_from([None, -1, 9, 10])) if cuts else None
        found.append((found[-1][0] + gap * step, text, -1 if always else seed))
    return found


def score_of(cues: Cues, last: int = 4) -> Score:
    """Return the score of cues, `last` chunks longer than they are."""
    items = []
    for chunk, text, seed in cues:
        actions: list[Any] = [] if seed is None else [Cut(None if seed < 0 else seed)]
        words = Prompt(Text((text,)))
        items.append(Cue(AtOffset(Fraction(chunk), Unit.CHUNKS), (*actions, words)))
    end = AtOffset(Fraction(cues[-1][0] + last), Unit.CHUNKS)
    return Score(header=Header(seed=5), items=tuple(items), end=end)


def film_of(score: Score) -> Film:
    return film_of_schedule(compile_score(reads(print_score(score))))


def again(film: Film, kind: str, read_as: str | None = None, **options: Any) -> Film:
    """Return a film that was exported and imported again, recognised by its content."""
    writer, reader = find_writer(kind), find_reader(read_as or kind)
    assert writer is not None and reader is not None
    found = writer.write(film, ExportOptions(name="film"))
    data = FOLDER if found.text is None else found.text.encode()
    assert recognise(data) is reader
    companions = {name: text.encode() for name, text in found.beside.items()}
    imported = reader.read(data, ImportOptions(companions=companions, **options))
    return film_of_schedule(compile_score(reads(imported.text)))


def prompts_of(film: Film) -> list[tuple[int, str | None]]:
    return [(cue.chunk, cue.prompt) for cue in film.prompts]


def cuts_of(film: Film) -> list[tuple[int, str | None, bool]]:
    return [(cue.chunk, cue.prompt, cue.is_cut) for cue in film.prompts]


@settings(deadline=None)
@given(cue_lists(cuts=False))
def test_film_director(cues: Cues) -> None:
    film = film_of(score_of(cues))
    assert prompts_of(again(film, "film-director")) == prompts_of(film)


@settings(deadline=None)
@given(st.integers(4, 7).flatmap(lambda step: st.tuples(st.just(step), cue_lists(step))))
def test_helios(case: tuple[int, Cues]) -> None:
    step, cues = case
    film = film_of(score_of(cues, step))
    writer = find_writer("helios")
    assert writer is not None
    command = writer.write(film, ExportOptions()).summary
    (slot,) = re.findall(r"--interpolate_time (\d+)", command)
    assert cuts_of(again(film, "helios", interpolate_time=int(slot))) == cuts_of(film)


@settings(deadline=None)
@given(cue_lists(cuts=False))
def test_longlive_in_its_first_form(cues: Cues) -> None:
    film = film_of(score_of(cues))
    assert prompts_of(again(film, "longlive")) == prompts_of(film)


@settings(deadline=None)
@given(cue_lists(always=True))
def test_longlive_in_its_second_form(cues: Cues) -> None:
    film = film_of(score_of(cues))
    assert cuts_of(again(film, "longlive-shots", "longlive")) == cuts_of(film)


@settings(deadline=None)
@given(cue_lists(cuts=False))
def test_scope(cues: Cues) -> None:
    film = film_of(score_of(cues))
    found = again(film, "scope")
    assert (prompts_of(found), found.seed, found.end) == (prompts_of(film), film.seed, film.end)


@settings(deadline=None)
@given(cue_lists())
def test_markers_of_resolve(cues: Cues) -> None:
    film = film_of(score_of([(chunk, text.replace("|", "/"), seed) for chunk, text, seed in cues]))
    found = again(film, "edl", notes_are_prompts=True)
    assert cuts_of(found) == cuts_of(film)
    assert [cue.seed for cue in found.cues] == [cue.seed for cue in film.cues]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 8), TEXTS), min_size=1, max_size=4))
def test_sections_of_markers(parts: list[tuple[int, str]]) -> None:
    text = "".join(
        f"section part-{index} {length}c {{\n  at 0c mark m\n  at 1c mark n\n}}\n"
        for index, (length, _) in enumerate(parts)
    )
    text += f"play {' '.join(f'part-{index}' for index in range(len(parts)))}\n"
    text = text.replace("at 0c mark m", 'at 0c "A boat."')
    film = film_of_schedule(compile_score(reads(text)))
    found = again(film, "edl", notes_are_prompts=True)
    assert [(one.name, one.chunks) for one in found.sections] == [
        (one.name, one.chunks) for one in film.sections
    ]
    assert prompts_of(found) == prompts_of(film)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(2, 8), st.sampled_from(["audacity", "reaper"])),
        min_size=1,
        max_size=4,
    )
)
def test_labels_of_audio_editors(parts: list[tuple[int, str]]) -> None:
    text = "".join(
        f"section part-{index} {length}c {{\n  at 1s mark m-{index}\n}}\n"
        for index, (length, _) in enumerate(parts)
    )
    text += f"play {' '.join(f'part-{index}' for index in range(len(parts)))}\n"
    text = text.replace("at 1s mark", 'at 0c "A boat."\n  at 1s mark', 1)
    film = film_of_schedule(compile_score(reads(text)))
    found = again(film, parts[0][1])
    assert [(one.name, one.start, one.end) for one in found.sections] == [
        (one.name, one.start, one.end) for one in film.sections
    ]
    named = [(one.name, one.at) for one in found.marks if not one.name.startswith("chunk")]
    assert named == [(one.name, one.at) for one in film.marks]


@settings(deadline=None)
@given(cue_lists(cuts=False))
def test_subtitles_have_the_times_of_the_prompts(cues: Cues) -> None:
    film = film_of(score_of([(chunk, f"{chunk} x", None) for chunk, _, _ in cues]))
    found = again(film, "srt", words="prompts")
    assert prompts_of(found) == prompts_of(film)


SOURCES = [
    path
    for path in sorted(
        [*(ROOT / "scores").glob("*.score"), *(ROOT / "tests/data/journals").glob("*")]
    )
    if path.suffix in (".score", ".jsonl")
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.name))
def test_every_score_and_every_run_is_exported_or_refused_with_a_reason(
    path: Path, tmp_path: Path
) -> None:
    written = 0
    for kind, ending in export_kinds().items():
        try:
            export(path, kind=kind, output=tmp_path / f"{kind}{ending}")
        except SequencerError as error:
            assert (
                kind in ("helios", "chapters")
                or "no prompt" in str(error)
                or "several stages" in str(error)
            ), kind
            assert error.hint
        else:
            written += 1
    assert written >= len(export_kinds()) - 2 or path.stem in (
        "library",
        "three-screens",
    )


def test_the_folder_of_shots_is_read_from_disk(tmp_path: Path) -> None:
    score = score_of([(0, "A boat.", None), (4, "It turns.", -1)])
    export(score, kind="longlive-shots", output=tmp_path / "shots")
    export(score, kind="longlive", output=tmp_path / "film.jsonl")
    for name in ("shots", "film.jsonl"):
        found = film_of(import_(tmp_path / name))
        assert prompts_of(found) == [(0, "A boat."), (4, "It turns.")]

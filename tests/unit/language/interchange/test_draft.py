from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.language.check import check_text
from sequencer.language.interchange import draft as drafts
from sequencer.language.interchange.draft import ScoreDraft, chunks, clean_text, seconds
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from sequencer.language.score import Duration, Unit

OPTIONS = ImportOptions(title="Boat")


def checked_text(text: str) -> str:
    checked = check_text(text, advice=False)
    assert checked.schedule is not None, checked.errors
    return text


def test_cues_keep_their_comments_and_what_is_lost_is_counted() -> None:
    draft = ScoreDraft(OPTIONS, header=["seed 4"])
    common = draft.let("common", "Fog\x00.")
    draft.prompt(chunks(0), ["A boat. ", common], at=Fraction(0))
    draft.drop("weights", '30 % "It rests."')
    draft.prompt(seconds(Fraction(25, 2)), 'It "turns" {once}.', at=Fraction(25, 2))
    draft.comment("the end")
    found = draft.finish("x", chunks(12))
    assert checked_text(found.text) == (
        'score "Boat"\nseed 4\nlet common = "Fog ."\n\n'
        'at 0c "A boat. {common}"\n# dropped: 30 % "It rests."\n'
        'at 12.5s "It \\"turns\\" {{once}}."\n\nend 12c\n# the end\n'
    ).replace("Fog .", "Fog .")
    assert found.dropped == (("weights", 1),)


def test_a_prompt_that_is_never_shown_becomes_a_comment() -> None:
    draft = ScoreDraft(OPTIONS)
    for at in (Fraction(0), Fraction(1, 5), Fraction(3)):
        draft.tally.keep()
        draft.prompt(seconds(at), f"At {at}.", at=at)
    found = draft.finish("x")
    text = checked_text(found.text)
    assert '# dropped: "At 0." (the next prompt is on the same chunk)\n' in text
    assert found.summary == "kept 2, rounded 0, dropped 1 (prompts on one chunk)"


def test_a_take_without_a_prompt_at_its_start_gets_one_to_replace() -> None:
    draft = ScoreDraft(OPTIONS)
    draft.prompt(chunks(2), "Later.", at=Fraction(11, 4))
    text = checked_text(draft.finish("x").text)
    assert 'at 0s "Write here what the beginning shows."\n' in text


def test_sections_get_names_prompts_and_cuts() -> None:
    draft = ScoreDraft(OPTIONS)
    length = Duration(Fraction(8), Unit.SECONDS)
    assert draft.section("Verse 1!", length, at=Fraction(0)) == "verse-1"
    draft.mark(seconds(Fraction(2)), "drop")
    draft.mark(seconds(Fraction(3)), "drop")
    draft.section("verse-1", length, at=Fraction(8), cut="cut seed 9")
    draft.prompt(seconds(Fraction(0)), "A boat.", at=Fraction(8))
    draft.section("", Duration(Fraction(1, 10), Unit.SECONDS), at=Fraction(16), default="gap-1")
    text = checked_text(draft.finish("x").text)
    assert '# named "Verse 1!"\nsection verse-1 8s {\n' in text.replace("\n\n", "\n")
    assert "  at 2s mark drop\n  # drop\n  at 3s mark drop-2\n" in text
    assert "section verse-1-2 8s, cut seed 9 {" in text
    assert text.endswith("play verse-1 verse-1-2 gap-1\n")
    assert text.count("Write here") == 2


def test_what_no_score_can_contain_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableError, match="there is nothing in it"):
        ScoreDraft(OPTIONS).finish("x")
    with pytest.raises(UnreadableError, match="20,001 characters; the maximum is 20,000"):
        ScoreDraft(OPTIONS).prompt(chunks(0), "x" * 20_001, at=Fraction(0))
    draft = ScoreDraft(OPTIONS)
    common = draft.let("common", "x" * 15_000)
    with pytest.raises(UnreadableError, match="30,000 characters") as raised:
        draft.prompt(chunks(0), (common, common), at=Fraction(0), line=7)
    assert raised.value.place == ":7"
    monkeypatch.setattr(drafts, "MAX_ENTRIES", 1)
    draft = ScoreDraft(OPTIONS)
    draft.prompt(chunks(0), " \n", at=Fraction(0))
    draft.prompt(chunks(0), "x", at=Fraction(0))
    with pytest.raises(UnreadableError, match="more than 1 entries"):
        draft.prompt(chunks(1), "x", at=Fraction(11, 8))
    assert draft.finish("x").dropped == (("empty prompts", 1),)


def test_texts_are_one_paragraph_of_the_characters_of_a_score() -> None:
    assert clean_text(" a \r\n b\x07c\u2028 👨\u200d👧\ud800") == "a b c  👨\u200d👧"
    assert drafts.nearest_beat(Fraction(1, 10**6 + 1)) == Fraction(1, 10**6)
    assert drafts.nearest_beat(Fraction(1, 3)) == Fraction(1, 3)
    assert drafts.nearest_time(Fraction(1, 24)) == Fraction(1, 24)
    assert drafts.nearest_time(Fraction(1, 10**7 + 1)) == Fraction(100, 10**9)


def test_a_cut_without_a_prompt_gets_one_to_replace() -> None:
    draft = ScoreDraft(OPTIONS)
    draft.prompt(seconds(Fraction(0)), "A boat.", at=Fraction(0))
    draft.cut(seconds(Fraction(11, 2)), "cut seed 9", at=Fraction(11, 2))
    draft.prompt(seconds(Fraction(11)), "", "cut", at=Fraction(11))
    text = checked_text(draft.finish("x", seconds(Fraction(22))).text)
    placeholder = '"Write here what is shown after the cut."\n'
    assert f"at 5.5s cut seed 9, {placeholder}" in text
    assert f"at 11s cut, {placeholder}" in text


def test_a_cut_keeps_the_prompt_that_lands_on_its_chunk() -> None:
    draft = ScoreDraft(OPTIONS)
    draft.prompt(seconds(Fraction(0)), "A boat.", at=Fraction(0))
    draft.cut(seconds(Fraction(11, 2)), "cut", at=Fraction(11, 2))
    draft.prompt(seconds(Fraction(28, 5)), "It sinks.", at=Fraction(28, 5))
    text = checked_text(draft.finish("x", seconds(Fraction(22))).text)
    assert "Write here" not in text

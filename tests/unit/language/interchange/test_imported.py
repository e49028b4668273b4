from __future__ import annotations

from fractions import Fraction

from sequencer.language import interchange
from sequencer.language.interchange.imported import Imported, Tally, UnreadableError


def test_an_error_names_the_line_and_the_column() -> None:
    error = UnreadableError("there is no time", "write one", line=3, column=7)
    assert str(error.in_file("a.txt")) == "a.txt:3:7: there is no time\nhint: write one"
    assert str(UnreadableError("no", line=3).in_file("a.txt")) == "a.txt:3: no"


def test_an_error_of_a_document_names_the_path_and_one_of_a_file_only_the_file() -> None:
    assert str(UnreadableError("no", pointer="/beats/3").in_file("a")) == "a at /beats/3: no"
    assert str(UnreadableError("no").in_file("a")) == "a: no"
    assert UnreadableError("no").in_file("a").exit_code == 1


def test_the_summary_counts_what_was_kept_rounded_and_dropped() -> None:
    tally = Tally()
    tally.keep()
    tally.keep(Fraction(-41, 1000))
    tally.keep(Fraction(403, 10_000))
    tally.drop("weights")
    tally.drop("LoRA", 2)
    found = tally.result("scope", 'score "x"\n')
    assert found.summary == "kept 3, rounded 2 (at most 41 ms), dropped 3 (weights, LoRA)"
    assert found.dropped == (("weights", 1), ("LoRA", 2))


def test_a_summary_rounds_the_largest_error_up() -> None:
    found = Imported(kind="x", text="", kept=1, rounded=1, worst_rounding=Fraction(1, 10_000))
    assert found.summary == "kept 1, rounded 1 (at most 1 ms), dropped 0"


def test_every_reader_has_its_own_kind_and_is_found_by_it() -> None:
    kinds = [one.KIND for one in interchange.readers()]
    assert len(set(kinds)) == len(kinds)
    for one in interchange.readers():
        assert interchange.find_reader(one.KIND) is one
    assert interchange.find_reader("nothing") is None
    assert interchange.recognise(b"") is None

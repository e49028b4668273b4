"""The list of a score's scenes: which image, which evolutions, and the texts with their variables."""

from __future__ import annotations

import pytest

from sequencer.language.loader import load_text
from sequencer.language.scenes import Evolution, SceneCard, scene_cards


def cards(text: str) -> dict[str, SceneCard]:
    reading = load_text(text, "a.score")
    assert reading.score is not None, reading.diagnostics
    return {card.name: card for card in scene_cards(reading.score)}


TEXT = """let light = "Low sun."
let tram_opens = "The doors open."
let tram-2_bell = "A bell. {light}"
# refs/tram.png: the plate
scene tram {
  base "A tram at dawn. {light}"
  follow "The tram waits."
}
scene tram-2 { base "Another tram." }
scene alley { base "An alley. {light}" }
at 1c image "refs/alley.webp", alley
at 2c alley "A cat crosses."
at 3c tram "Rain begins. {light}"
at 4c tram "Rain begins. {light}"
at 5c image "refs/other.png", alley "Fog."
end 9c
"""


def test_scenes_are_listed_as_they_are_defined() -> None:
    found = cards(TEXT)
    assert list(found) == ["tram", "tram-2", "alley"]
    assert [(card.file, card.line) for card in found.values()] == [
        ("a.score", 5),
        ("a.score", 9),
        ("a.score", 10),
    ]


def test_texts_are_shown_as_written_and_with_their_variables() -> None:
    tram = cards(TEXT)["tram"]
    assert (tram.base, tram.follow, tram.start) == (
        "A tram at dawn. {light}",
        "The tram waits.",
        "A tram at dawn. Low sun.",
    )


def test_an_image_is_the_one_that_is_shown_with_the_base_or_named_above() -> None:
    assert {name: card.image for name, card in cards(TEXT).items()} == {
        "tram": "refs/tram.png",
        "tram-2": None,
        "alley": "refs/alley.webp",
    }


def test_evolutions_are_variables_named_after_a_scene_and_actions_of_cues() -> None:
    found = {name: card.evolutions for name, card in cards(TEXT).items()}
    assert found == {
        "tram": (
            Evolution("tram_opens", "The doors open."),
            Evolution(None, "Rain begins. Low sun."),
        ),
        "tram-2": (Evolution("tram-2_bell", "A bell. Low sun."),),
        "alley": (Evolution(None, "A cat crosses."), Evolution(None, "Fog.")),
    }


@pytest.mark.parametrize(
    ("above", "image"),
    [
        ("# refs/a.png\n", "refs/a.png"),
        ("  # (see refs/a.JPEG)\n", "refs/a.JPEG"),
        ("# refs/a.png\n# from 1923\n", "refs/a.png"),
        ("# refs/a.png\n\n", None),
        ("# refs/a.gif\n", None),
        ("", None),
    ],
)
def test_the_comment_right_above_a_scene_names_its_image(above: str, image: str | None) -> None:
    assert cards(f'at 0c a\nend 9c\n{above}scene a {{ base "A." }}\n')["a"].image == image


def test_a_variable_of_the_scenes_own_text_is_not_an_evolution() -> None:
    (card,) = cards(
        'let a_look = "Grey."\nscene a { base "A. {a_look}" }\nat 0c a\nend 9c\n'
    ).values()
    assert (card.start, card.evolutions) == ("A. Grey.", ())


def test_each_text_of_a_choice_is_an_evolution() -> None:
    (card,) = cards('scene a { base "A." }\nat 0c a\nat 1c a pick("X." | "Y.")\nend 9c\n').values()
    assert card.evolutions == (Evolution(None, "X."), Evolution(None, "Y."))

"""Small images for a timeline: of the score, and of what was improvised."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from sequencer.core.images import ImageFile
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.reports.timeline.thumbnails import thumbnails_of
from tests.support.builders import IMAGE_FILE
from tests.support.image_fixtures import make_image, saved

DATA = saved(make_image(), "PNG")
DIGEST = hashlib.sha256(DATA).hexdigest()
IMAGE = replace(IMAGE_FILE, sha256=DIGEST, size=len(DATA))
SCHEDULE = compile_score(reads('at 0c "A."\nend 2c\n'))


def test_images_that_the_score_does_not_show_are_added() -> None:
    asked: list[ImageFile] = []

    def read(image: ImageFile) -> bytes:
        asked.append(image)
        return DATA

    found = thumbnails_of(SCHEDULE, read, [IMAGE, IMAGE])
    assert list(found) == [DIGEST]
    assert found[DIGEST].startswith("data:image/jpeg;base64,")
    assert asked == [IMAGE], "each image once"
    assert thumbnails_of(SCHEDULE, read) == {}

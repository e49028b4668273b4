"""Every show is compared with the oracle, which works out by itself what it must have shown and sent."""

from __future__ import annotations

from collections.abc import Iterator

from sequencer.stages.simulated.outputs import ChunkMade
from simulation.evidence import Evidence
from simulation.oracle.course import Course
from simulation.oracle.parts import Parts


def shows_the_score(seen: Evidence) -> Iterator[str]:
    """Every chunk was shown, and looked as the score says: prompt, image, strength, super-resolution, seed and take."""
    show = seen.show
    if not seen.calm or show.capped or not seen.report.ended_well or show.following:
        return
    course = Course(Parts(show.score))
    for step in show.steps:
        course.hear(step.event)
    looks = course.looks(course.end)
    default = 1.0
    made = {(one.take, one.look.chunk): one.look for one in show.model if isinstance(one, ChunkMade)}
    displayed = {(one.take, one.chunk) for one in show.displayed}
    for (take, chunk), look in looks.items():
        real = made.get((take, chunk))
        here = f"chunk {course.takes[take].base + chunk} (take {take}, chunk {chunk})"
        if real is None or (take, chunk) not in displayed:
            yield f"{here} of {course.end} was never {'made' if real is None else 'shown'}"
            continue
        live = show.faults.strength != "captured"
        strength = look.strength if live else look.captured
        wanted = (look.prompt, look.image, 0.0 if look.image is None else default if strength is None else float(strength), look.sr, look.seed)
        if (real.prompt.strip(), real.image, real.strength, real.sr, real.seed) != wanted:
            yield f"{here} looks like {(real.prompt.strip(), real.image and real.image[:6], real.strength, real.sr, real.seed)}, not {wanted}"

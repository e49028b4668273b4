"""Find out whether entries need the checks that look at all of a schedule."""

from __future__ import annotations

from collections.abc import Iterable

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.compiler.validate import EXCLUSIVE_ACTS
from sequencer.schedule.model import CutAct, Entry, ImageAct, PromptAct, StrengthAct

_EXCLUSIVE = tuple(kind for kind, _ in EXCLUSIVE_ACTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSummary:
    """What is known about the chunks of some entries. Without entries, `last` is before `first`."""

    first: int
    last: int
    is_clean: bool
    """Whether each chunk has at most one act of a kind, no strength without an image, and no cut
    without a prompt."""
    opens_with_prompt: bool
    """Whether there is a prompt on the first chunk."""
    cuts: tuple[int, ...]
    """The chunks with cuts, in order."""


def summarise(entries: Iterable[Entry]) -> ChunkSummary:
    """Return what is known about the chunks of entries, which may be those of several parts."""
    by_chunk: dict[int, list[Entry]] = {}
    for entry in entries:
        by_chunk.setdefault(entry.chunk, []).append(entry)
    cuts: list[int] = []
    with_prompt: set[int] = set()
    is_clean = True
    for chunk, found in by_chunk.items():
        kinds = [{type(act) for act in entry.acts} for entry in found]
        every = kinds[0].union(*kinds[1:])
        if PromptAct in every:
            with_prompt.add(chunk)
        if CutAct in every:
            cuts.append(chunk)
            is_clean = is_clean and PromptAct in every
        if len(found) > 1:
            is_clean = is_clean and not any(
                sum(kind in one for one in kinds) > 1 for kind in _EXCLUSIVE
            )
        is_clean = is_clean and (StrengthAct not in every or ImageAct in every)
    first = min(by_chunk, default=0)
    return ChunkSummary(
        first=first,
        last=max(by_chunk, default=-1),
        is_clean=is_clean,
        opens_with_prompt=first in with_prompt,
        cuts=tuple(sorted(cuts)),
    )

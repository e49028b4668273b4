"""Scores that use the later additions to the language; their seeds begin at four million.

The shows of all other seeds stay as they are.
"""

from __future__ import annotations

from fractions import Fraction

from tests.simulation.scores import Scores, _Section

ADDITIONS = 4_000_000
"""The first seed of these shows."""


class AddedScores(Scores):
    """Writes valid scores with positions from the end and choices without repeats."""

    _is_live = False
    """Whether the section being written is live: then it has no end to count from."""

    def _prompt(self) -> str:
        written = super()._prompt()
        if self._chance(4) and "pick(" not in written and not written.endswith("tram"):
            scene = "tram " if written.startswith("tram") else ""
            texts = [written.removeprefix("tram ")]
            texts += [
                f'"Turn {self._prompts_written}.{one}."' for one in range(self._rng.randrange(4))
            ]
            return f"{scene}shuffle({' | '.join(texts)})"
        return written

    def _sections(self, kind: str) -> list[str]:
        lines = super()._sections(kind)
        if not self._fixed and self._chance(2):
            lines = self._with_like(lines)
        names = [line.split()[1] for line in lines if line.startswith("section ")]
        if self._fixed or not self._chance(2):
            return lines
        order = list(names)
        for _ in range(1 + self._rng.randrange(2)):
            start = self._rng.randrange(len(order))
            end = start + 1 + self._rng.randrange(len(order) - start)
            times = self._one("", "*2")
            order[start:end] = [f"({' '.join(order[start:end])}){times}"]
        lines = [line for line in lines if not line.startswith("play ")]
        return [*lines, f"play {' '.join(order)}"]

    def _with_like(self, lines: list[str]) -> list[str]:
        """Return the lines with a section that is like one of the others."""
        heads = [line for line in lines if line.startswith("section ")]
        rules = [line for line in lines if line.startswith("on ")]
        plain = [head for head in heads if " until " not in head]
        head = self._one(*heads)
        name = head.split()[1]
        again = ["section again like " + name]
        if self._chance(2) and name in [head.split()[1] for head in plain]:
            again = [f"section again {1 + self._rng.randrange(8)} bars like {name}"]
        if self._chance(3):
            again.append(f", tempo {self._one('70', '133')}")
        body = [
            f"  {self._cue(position, tempo=False)}"
            for position in ("1", "+1 bar", "2", "1.2")
            if self._chance(2) and " 1 bars" not in again[0] + head
        ]
        cuts = [line for line in lines if line.startswith("  at ") and " cut" in line]
        if cuts and any(" snap " in line for line in [*cuts, *body]):
            body = []  # a prompt that replaces that of a cut needs the snap of the cut (E425)
        play = [line + " again" for line in lines if line.startswith("play ")]
        others = [line for line in lines if line not in rules and not line.startswith("play ")]
        return [*others, "".join(again) + " {", *body, "}", *rules, *play]

    def _section(
        self, kind: str, name: str, live: bool, first: bool, sections: list[str]
    ) -> list[str]:
        self._is_live = live
        return super()._section(kind, name, live, first, sections)

    def _position(self, here: _Section, bar: int) -> str | None:
        if self._is_live or not self._chance(3):
            return super()._position(here, bar)
        if self._chance(2):
            bars = 1 + self._rng.randrange(here.bars)
            at, written = Fraction((here.bars - bars) * here.beats), f"end -{bars} bars"
        elif here.steady and self._chance(3):
            beats = Fraction(1 + self._rng.randrange(here.length), 2)
            at = here.length - beats
            written = f"end -{here.seconds(beats)}s"
        else:
            beats = Fraction(1 + self._rng.randrange(2 * here.length), 2)
            at, written = here.length - beats, f"end -{beats}b"
        if self._fixed and (at <= here.last_prompt or not self._is_free(here, at)):
            return None
        here.at = here.last_prompt = at
        return written

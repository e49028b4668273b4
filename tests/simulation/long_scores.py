"""Writes scores of thousands of chunks, such as an installation plays for a night."""

from __future__ import annotations

from random import Random


def long_lines(rng: Random) -> list[str]:
    """Return the lines of a score of 1,300 to 2,500 chunks."""
    lines = [f"seed {rng.randrange(1000)}", f"lead {1 + rng.randrange(4)}c"]
    match rng.randrange(3):
        case 0:
            length = 1500 + rng.randrange(1000)
            lines.append('at 0c image "a.png", "Picture 1."')
            lines += [
                f'at {chunk}c "Picture {chunk}."'
                for chunk in range(7, length, 11 + rng.randrange(90))
            ]
            lines += [
                f"every {13 + rng.randrange(40)}c from 5c sr 4x",
                "every 3s midi note C1",
                f"end {length}c",
            ]
        case 1:
            passes = 150 + rng.randrange(100)
            lines += [
                "clock 120 bpm, 4/4",
                "section intro 2 bars {",
                '  at 1 "Picture 1."',
                "}",
                "section verse 4 bars {",
                '  at 1 pick("Picture 2." | "Picture 3." | "Picture 4.")',
                '  at 3.3 image "b.png", "Picture 5."',
                "  every 1 beat midi note C1",
                "}",
                "section turn 3 bars, tempo 97 -> 140, cut seed 5 {",
                '  at 1 "Picture 6."',
                '  on go flash -> "Picture 7."',
                "}",
                f"play intro verse*{passes} turn*3 verse*{100 + rng.randrange(50)}",
            ]
        case _:
            bars = 800 + rng.randrange(400)
            lines += [
                f"clock 97 bpm, {('4/4', '7/8')[rng.randrange(2)]}",
                f"section jam until go out, max {bars} bars {{",
                '  at 1 "Picture 1."',
                f'  every {5 + rng.randrange(9)} bars from 3 pick("Picture 2." | "Picture 3.")',
                '  on note C3 -> image "a.png", "Picture 4."',
                "  on go again -> goto jam",
                "}",
                "section outro 2 bars {",
                '  at 1 "Picture 5."',
                "}",
            ]
    return lines

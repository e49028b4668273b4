"""The page of measurements: results are stored as JSON, and the page and its charts are made from that and `SECTION` texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.charts import drawn, goals
from bench.findings import Bars, Findings, Lines, Row, Section, shown
from bench.machine import ROOT, Stamp

PAGE = ROOT / "docs" / "measurements.md"
KEPT = ROOT / "docs" / "measurements.json"
PICTURES = ROOT / "docs" / "pictures"
GOALS = "measured-goals.svg"
LONGEST_LABEL = 66
_MARGINS = "How many times as good as its goal each figure is"

HEAD = """# Measurements

<!-- Written by `make bench`. Its words stand in bench/, its figures in measurements.json: change those. -->

Speeds of one machine say little about another, so what can be is measured as a ratio: beside something that everybody
knows, in the same run, in turns. Times are processor time where nothing waits for a network or for real time. A figure with a
range is the median of several turns and what they went from and to. Beside each goal stands whether it is reached, or by how
much it is missed; what could not be measured says so.

```sh
make bench                          # everything, this page included: about an hour
python -m bench                     # everything, only printed
python -m bench replaying           # one of them
python -m bench replaying --write   # the same, and its section of this page anew
```
"""


@dataclass(frozen=True, slots=True)
class Result:
    """A benchmark's findings with the stamp of the measurement. `seconds` is how long it took."""

    stamp: Stamp
    seconds: float
    findings: Findings


# ---- stored results ------------------------------------------------------------------------------------------------


def kept(path: Path = KEPT) -> dict[str, Result]:
    """Read the results of earlier runs, by benchmark."""
    if not path.exists():
        return {}
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {name: _result(one) for name, one in document.items()}


def keep(results: Mapping[str, Result], names: Iterable[str], path: Path = KEPT) -> None:
    """Write the results in the benchmarks' order; results of removed benchmarks are dropped."""
    document = {name: _rounded(asdict(results[name])) for name in names if name in results}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.4g}")
        case dict():
            return {key: _rounded(one) for key, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
        case _:
            return value


def _result(one: Mapping[str, Any]) -> Result:
    found = one["findings"]
    rows = (Row(**{**row, "spread": None if row["spread"] is None else tuple(row["spread"])}) for row in found["rows"])
    return Result(
        Stamp(**one["stamp"]),
        one["seconds"],
        Findings(tuple(rows), tuple(_chart(chart) for chart in found["charts"]), tuple(found["notes"])),
    )


def _chart(chart: Mapping[str, Any]) -> Bars | Lines:
    if "bars" in chart:
        return Bars(chart["title"], chart["unit"], tuple((name, value) for name, value in chart["bars"]), chart["mark"])
    lines = tuple((name, tuple((x, y) for x, y in points)) for name, points in chart["lines"])
    return Lines(chart["title"], chart["across"], chart["up"], lines)


# ---- the page ------------------------------------------------------------------------------------------------------


def made(results: Mapping[str, Result], sections: Mapping[str, Section]) -> dict[Path, str]:
    """Return the text of each file: the page and its charts. The page has exactly the sections of `sections`."""
    files: dict[Path, str] = {}
    parts = [HEAD]
    rows = [(_label(name, row), row) for name in sections if name in results for row in results[name].findings.rows]
    if any(row.margin is not None for _, row in rows):
        files[PICTURES / GOALS] = goals(rows)
        parts.append(f"![{_MARGINS}](pictures/{GOALS})\n")
    for name, section in sections.items():
        text, charts = _section(name, section, results.get(name))
        parts.append(text)
        files.update(charts)
    return {PAGE: "\n".join(parts), **files}


def _label(name: str, row: Row) -> str:
    label = f"{name}: {row.name}" + (f" / {row.beside}" if row.beside else "")
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"


def _section(name: str, section: Section, result: Result | None) -> tuple[str, dict[Path, str]]:
    lines = [f"## {section.title}", "", section.about.strip(), ""]
    again = f"Again: `python -m bench {name} --write`."
    if result is None:
        return "\n".join([*lines, f"Not measured yet. {again}", ""]), {}
    lines += ["| what | measured | beside | goal | |", "|---|---|---|---|---|"]
    for row in result.findings.rows:
        cells = [row.name, shown(row), row.beside, row.goal, row.verdict]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines.append("")
    charts: dict[Path, str] = {}
    for number, chart in enumerate(result.findings.charts, 1):
        file = PICTURES / f"measured-{name}-{number}.svg"
        charts[file] = drawn(chart)
        lines += [f"![{chart.title}](pictures/{file.name})", ""]
    if section.picture:
        lines += [section.picture, ""]
    if result.findings.notes:
        lines += [f"- {note}" for note in result.findings.notes] + [""]
    return "\n".join([*lines, f"{again} {_stamped(result)}", ""]), charts


def _stamped(result: Result) -> str:
    stamp = result.stamp
    commit = f", at commit {stamp.commit}" if stamp.commit else ""
    load = f"; load {stamp.load} when it began" if stamp.load else ""
    return f"Measured on {stamp.date}{commit}, in {result.seconds:.0f} s, on {stamp.machine}{load}."


def write(results: Mapping[str, Result], sections: Mapping[str, Section]) -> None:
    """Write the page and its charts, and delete charts that are no longer on it."""
    files = made(results, sections)
    for path in PICTURES.glob("measured-*.svg"):
        if path not in files:
            path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")

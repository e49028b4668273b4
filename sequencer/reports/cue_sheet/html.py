"""Render the cue sheet as a printable, self-contained HTML page.

The page is light or dark on screen, and black on paper. In a narrow window, such as a view beside
the text, each cue is a line of numbers with what it does below it.
"""

from __future__ import annotations

import re
from html import escape

from sequencer.reports.cue_sheet.rows import (
    Part,
    Row,
    RuleRow,
    Sheet,
    describe_origin,
    summary_line,
)
from sequencer.reports.cue_sheet.terminal import (
    describe_part,
    format_chunks,
    format_error,
    format_frame,
    format_number,
    format_position,
    format_time,
)
from sequencer.schedule.describe import describe_clock
from sequencer.schedule.prompt_actions import ELLIPSIS, sentences

_PROMPT = re.compile("(?:fade [0-9]+c to )?(?:prompt |one of |the next of )?“")
"""What precedes the text of a prompt in an act."""
_PROMPT_QUOTES = re.compile(f"^{_PROMPT.pattern}|” [|] “|”$")
"""What surrounds the texts of prompts in an act."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1d22; --soft: #5d6470; --line: #d9dce2; --paper: #fff; \
--band: #f3f4f7;
  --late: #b3541e; --early: #1d6f8a; --mark: #6b4fbb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e9ec; --soft: #9aa1ad; --line: #363a43; \
--paper: #15171b;
  --band: #1f2228; --late: #f0955a; --early: #6cc3df; --mark: #b6a2f2; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 3rem; max-width: 78rem; background: var(--paper); \
color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
h1 { margin: 0; font-size: 1.7rem; letter-spacing: -.01em; }
p { margin: .2rem 0; color: var(--soft); }
h2 { margin: 1.8rem 0 .4rem; font-size: 1.05rem; }
h2 small { margin-left: .6rem; font-weight: 400; color: var(--soft); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { padding: .3rem .5rem; text-align: left; font-size: .72rem; font-weight: 600; \
letter-spacing: .04em;
  text-transform: uppercase; color: var(--soft); border-bottom: 1.5px solid var(--line); }
td { padding: .4rem .5rem; vertical-align: top; border-bottom: 1px solid var(--line); }
tr { break-inside: avoid; }
.n { text-align: right; white-space: nowrap; min-width: 5.6em; }
.n:first-child { min-width: 2.4em; }
.p { white-space: nowrap; min-width: 6em; }
.w { width: 100%; overflow-wrap: break-word; }
.w span { display: block; unicode-bidi: isolate; color: var(--soft); }
.w em { font-style: normal; font-weight: 500; color: var(--ink); }
.w .set, .w .set em { color: var(--mark); font-weight: 600; }
.late { color: var(--late); }
.early { color: var(--early); }
.src { color: var(--soft); white-space: nowrap; font-size: .85em; }
@media screen and (max-width: 50rem) { body { padding: 1.2rem 1rem 2rem; }
  table, tbody { display: block; } thead { display: none; } td { padding: 0; border: 0; }
  tr { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .4rem 0; border-bottom: 1px solid \
var(--line); }
  .n, .n:first-child, .p { min-width: 0; } .w { order: 1; flex-basis: 100%; padding-left: 1.6rem; }
  .src { margin-left: auto; } .n:empty { display: none; } .n::before { color: var(--soft); }
  .n:nth-child(4)::before { content: "frame "; } .n:nth-child(5)::before { content: "chunk "; }
  .n:nth-child(6)::before { content: "snap ms "; } }
@media print { @page { margin: 14mm 12mm; } :root { --ink: #000; --soft: #444; --line: #bbb; \
--paper: #fff; --band: #fff;
  --late: #000; --early: #000; --mark: #000; } body { padding: 0; max-width: none; \
font-size: 9.5pt; }
  thead { display: table-header-group; } h2 { break-after: avoid; } }
"""

_HEAD = (
    '<thead><tr><th class="n">#</th><th>position</th><th class="n">time</th><th '
    'class="n">frame</th><th class="n">chunk</th>'
    '<th class="n">snap ms</th><th>what</th><th>source</th></tr></thead>'
)


def as_html(sheet: Sheet) -> str:
    """Return the sheet as a complete HTML page.

    Everything from the score is escaped; the page contains no script.
    """
    title = escape(sheet.title)
    head = (describe_clock(sheet.schedule), summary_line(sheet.schedule))
    body = [f"<h1>{title}</h1>", *(f"<p>{escape(line)}</p>" for line in head)]
    for part in sheet.parts:
        body += _render_part(part)
    if sheet.rules:
        body += ["<h2>Rules<small>they land at the first chunk that can be reached</small></h2>"]
        body += [
            "<table><thead><tr><th>when</th><th>listens</th><th>what</th><th>source</th></tr></thead><tbody>"
        ]
        body += [_render_rule(rule) for rule in sheet.rules]
        body += ["</tbody></table>"]
    page = "\n".join(body)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: cue "
        f"sheet</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{page}\n</body>\n</html>\n"
    )


def _render_part(part: Part) -> list[str]:
    lines: list[str] = []
    if part.section is not None or part.until:
        detail = describe_part(part).removeprefix(part.name).lstrip(" ·")
        lines.append(f"<h2>{escape(part.name)}<small>{escape(detail)}</small></h2>")
    if part.rows:
        lines += [
            f"<table>{_HEAD}<tbody>",
            *(_render_row(row) for row in part.rows),
            "</tbody></table>",
        ]
    return lines


def _render_row(row: Row) -> str:
    error = row.error
    side = "" if not error else " late" if error > 0 else " early"
    return (
        f'<tr><td class="n">{format_number(row)}</td><td class="p">'
        f'{escape(format_position(row))}</td><td class="n">{format_time(row)}</td>'
        f'<td class="n">{format_frame(row)}</td><td class="n">{format_chunks(row)}</td>'
        f'<td class="n{side}">{format_error(row).replace("-", "−")}</td><td '
        f'class="w">{_render_acts(row.acts, row.brief)}</td>'
        f'<td class="src">{escape(describe_origin(row.origin))}</td></tr>'
    )


def _render_rule(rule: RuleRow) -> str:
    where = "everywhere" if rule.everywhere else ", ".join(rule.parts)
    return (
        f'<tr><td class="p">{escape(rule.trigger)}</td><td>{escape(where)}</td>'
        f'<td class="w">{_render_acts(rule.acts, rule.brief)}</td>'
        f'<td class="src">{escape(describe_origin(rule.origin))}</td></tr>'
    )


def _render_acts(acts: tuple[str, ...], brief: tuple[str, ...]) -> str:
    return "".join(
        f'<span{_class_attribute(act)} dir="auto">{_mark_changes(act, short)}</span>'
        for act, short in zip(acts, brief, strict=True)
    )


def _mark_changes(act: str, brief: str) -> str:
    """Return an act with the changed part of its prompts in `<em>`.

    The rest is complete and in a softer colour.
    """
    if act == brief:
        return f"<em>{escape(act)}</em>"
    shown, at = "", 0
    for part in sentences(_PROMPT_QUOTES.sub(" ", brief)):
        found = (
            None
            if part == ELLIPSIS
            else re.search(r"\s+".join(map(re.escape, part.split())), act[at:])
        )
        if found is not None:
            shown += escape(act[at : at + found.start()]) + f"<em>{escape(found[0])}</em>"
            at += found.end()
    return shown + escape(act[at:])


def _class_attribute(act: str) -> str:
    return "" if _PROMPT.match(act) else ' class="set"'

"""The page of a sheet: one HTML file with its frames, which loads nothing but the videos."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_STYLE = """
:root { color-scheme: dark; }
body { margin: 0; background: #101114; color: #f0f0f0; font: 15px/1.4 system-ui, sans-serif; }
header { padding: 20px 28px; }
h1 { margin: 0; font-size: 26px; }
p { margin: 4px 0; color: #9698a0; }
#stage { position: sticky; top: 0; z-index: 3; display: none; background: #17181c;
  padding: 12px 28px;  border-bottom: 1px solid #33353c; }
#stage.shown { display: block; }
#videos { display: flex; gap: 12px; overflow-x: auto; }
figure { margin: 0; flex: 1 1 240px; max-width: 640px; } video { width: 100%; background: #000; }
figcaption { color: #9698a0; overflow-wrap: anywhere; }
#controls { display: flex; gap: 12px; align-items: center; padding-top: 8px; } #time { flex: 1; }
button { font: inherit; background: #2a2c33; color: inherit;
  border: 1px solid #4a4d57; border-radius: 6px;  padding: 4px 12px; cursor: pointer; }
.scroll { overflow-x: auto; padding: 0 28px 28px; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; }
thead th { color: #9698a0; font-weight: normal; }
tbody th { position: sticky; left: 0; background: #101114; min-width: 240px; max-width: 320px;
  font-weight: normal; overflow-wrap: anywhere; z-index: 1; }
.number { color: #ffc45c; } .soft { color: #9698a0; }
.chosen { color: #8fd48f; } .rejected { color: #e08a8a; }
tr.is-rejected td { opacity: .4; }
td button { padding: 0; border: 0; background: none; display: block; } td img { display: block; }
dl { margin: 0; display: grid; grid-template-columns: auto 1fr; gap: 0 8px; }
dt { color: #9698a0; } dd { margin: 0; }
@media (prefers-color-scheme: light) {
  :root { color-scheme: light; }
  body, tbody th { background: #fff; color: #1a1b1f; }
  #stage { background: #f2f2f4; }
  .number { color: #8a5a00; } .soft, p, dt, figcaption, thead th { color: #5c5f68; }
  .chosen { color: #1d6b1d; } .rejected { color: #a02020; } button { background: #fff; }
}
"""
_SCRIPT = """
"use strict";
const stage = document.getElementById("stage"), shelf = document.getElementById("videos");
const time = document.getElementById("time"), play = document.getElementById("play");
const videos = () => [...shelf.querySelectorAll("video")];
function update() {
  stage.classList.toggle("shown", videos().length > 0);
  for (const box of document.querySelectorAll("input[data-video]"))
    box.checked = shelf.querySelector(`figure[data-row="${box.dataset.row}"]`) !== null;
}
function show(box, seconds) {
  let figure = shelf.querySelector(`figure[data-row="${box.dataset.row}"]`);
  if (!figure) {
    figure = document.createElement("figure");
    figure.dataset.row = box.dataset.row;
    const video = document.createElement("video");
    video.src = box.dataset.video;
    video.preload = "auto";
    video.loop = video.playsInline = true;
    video.muted = videos().length > 0;
    const text = document.createElement("figcaption");
    text.textContent = box.dataset.label;
    figure.append(video, text);
    shelf.append(figure);
    video.addEventListener("loadedmetadata", () => {
      time.max = Math.max(...videos().map(one => one.duration || 0));
    });
  }
  if (seconds !== null) for (const one of videos()) one.currentTime = seconds;
  update();
}
for (const box of document.querySelectorAll("input[data-video]"))
  box.addEventListener("change", () => {
    if (box.checked) show(box, Number(time.value));
    else shelf.querySelector(`figure[data-row="${box.dataset.row}"]`)?.remove();
    update();
  });
for (const button of document.querySelectorAll("button[data-at]"))
  button.addEventListener("click", () => {
    const box = button.closest("tr").querySelector("input[data-video]");
    if (box) { box.checked = true; show(box, Number(button.dataset.at)); }
  });
play.addEventListener("click", () => {
  const playing = videos().some(one => !one.paused);
  for (const one of videos()) {
    one.currentTime = Number(time.value);
    if (playing) one.pause(); else one.play();
  }
  play.textContent = playing ? "Play" : "Pause";
});
time.addEventListener("input", () => {
  for (const one of videos()) one.currentTime = Number(time.value);
});
setInterval(() => {
  const first = videos()[0];
  if (!first || first.paused) return;
  time.value = first.currentTime;
  for (const one of videos().slice(1))
    if (Math.abs(one.currentTime - first.currentTime) > 0.08)
      one.currentTime = first.currentTime;
}, 500);
document.getElementById("close").addEventListener("click", () => {
  shelf.replaceChildren();
  update();
});
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCell:
    """One frame, as the address of its data; None without a frame."""

    image: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One run on the page; its texts may come from anybody."""

    number: int
    key: str
    values: Sequence[tuple[str, str]]
    take: int | None
    status: str
    reason: str
    choices: Sequence[tuple[str, str, str]]
    cells: Sequence[PageCell]
    video: str | None
    times: Sequence[float] = ()


def render_page(
    name: str, title: str | None, columns: Sequence[str], rows: Sequence[PageRow]
) -> str:
    """Return the page of a sheet."""
    script = _hash(_SCRIPT)
    style = _hash(_STYLE)
    policy = (
        f"default-src 'none'; img-src data:; media-src 'self' file:; script-src '{script}'; "
        f"style-src '{style}'; base-uri 'none'; form-action 'none'"
    )
    heads = "".join(f"<th scope=col>{escape(one)}</th>" for one in columns)
    body = "\n".join(_row(row, len(columns)) for row in rows)
    has_videos = any(row.video for row in rows)
    help_text = (
        "<p>Tick runs to play them side by side, or click a frame to see a run from there.</p>"
        if has_videos
        else "<p>These runs have no video.</p>"
    )
    return f"""<!doctype html>
<html lang=en><meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="{policy}">
<meta name=viewport content="width=device-width">
<title>{escape(title or name)}: {escape(name)}</title>
<style>{_STYLE}</style>
<header><h1>{escape(title or name)}</h1><p>{escape(name)}, {len(rows)} rows</p>{help_text}</header>
<section id=stage aria-label="Videos side by side"><div id=videos></div>
<div id=controls><button id=play type=button>Play</button>
<input id=time type=range min=0 max=60 step=0.05 value=0 aria-label="Position in seconds">
<button id=close type=button>Close</button></div></section>
<div class=scroll><table><thead><tr><th scope=col>run</th>{heads}</tr></thead><tbody>
{body}
</tbody></table></div>
<script>{_SCRIPT}</script>
</html>
"""


def _row(row: PageRow, columns: int) -> str:
    values = [*row.values, *([("take", str(row.take))] if row.take is not None else ())]
    label = ", ".join(f"{name} {value}" for name, value in values) or f"row {row.number}"
    parts = [f"<span class=number>{row.number}</span> <span class=soft>{escape(row.key)}</span>"]
    if row.video is not None:
        parts.insert(
            0,
            f'<input type=checkbox data-row="{row.number}" data-video="{escape(row.video)}" '
            f'data-label="{escape(label)}" aria-label="Play row {row.number}">',
        )
    if values:
        pairs = "".join(
            f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in values
        )
        parts.append(f"<dl>{pairs}</dl>")
    if row.status != "complete":
        parts.append(f"<div class=soft>{escape(row.status)} {escape(row.reason)}</div>")
    for verdict, who, note in row.choices:
        text = f"{verdict} by {who}" + (f": {note}" if note else "")
        parts.append(f'<div class="{escape(verdict)}">{escape(text)}</div>')
    cells = list(row.cells) + [PageCell(image=None)] * (columns - len(row.cells))
    images = "".join(
        _cell(cell, row, row.times[index] if index < len(row.times) else 0.0)
        for index, cell in enumerate(cells)
    )
    verdicts = {one[0] for one in row.choices}
    rejected = ' class="is-rejected"' if verdicts == {"rejected"} else ""
    return f"<tr{rejected}><th scope=row>{''.join(parts)}</th>{images}</tr>"


def _cell(cell: PageCell, row: PageRow, seconds: float) -> str:
    if cell.image is None:
        return "<td></td>"
    image = f'<img src="{escape(cell.image)}" alt="" width=240>'
    if row.video is None:
        return f"<td>{image}</td>"
    return (
        f'<td><button type=button data-at="{seconds:.3f}" aria-label="Play row {row.number} from '
        f'{seconds:.1f} seconds">{image}</button></td>'
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

"""The timeline page in a browser: it fits the window, uses its height, and no label is clipped or
overlaps another.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sequencer.language.compiler import compile_score
from sequencer.language.notations import read, reads
from sequencer.reports.timeline import timeline_html
from sequencer.reports.timeline.thumbnails import thumbnails_of
from tests.support.builders import play
from tests.support.requirements import require
from tests.unit.reports.timeline.test_overlaps import two_hundred

SCORES = Path(__file__).parents[4] / "scores"

NAMES = """score "Ein außerordentlich langer Titel, der sich über die gesamte Breite der Seite erstreckt, und noch weiter"
clock 97 bpm, 7/8
section einleitung-mit-einem-sehr-langen-namen 1 bar {
  at 1 "夜の電車が雨の街を走る。"
}
section вступление 1 bar {
  at 1 "Ночной трамвай едет по мокрому городу."
}
section kurz 4 bars {
  at 1 "שלום עולם, prompt מימין לשמאל."
}
section MMMMWWWW 2 bars {
  at 1 "Donaudampfschifffahrtsgesellschaftskapitänsmütze."
}
section live until go weiter or note C3 or cc 20 > 64, max 200 bars {
  at 1 "A boat."
  at 150 "A ship."
  on note D3 -> "Other light."
}
section ende 3 bars {
  at 1 "The end.", midi note C3 ch 10, midi cc 20 64, midi program 5
}
"""

PROBE = """
<script>
addEventListener('load',()=>{
 const seen=one=>getComputedStyle(one).visibility==='visible'&&one.getClientRects().length>0;
 const rect=one=>{const range=document.createRange();range.selectNodeContents(one);const r=range.getBoundingClientRect();
  return{text:one.textContent.slice(0,40),left:r.left,right:r.right,top:r.top,bottom:r.bottom,lane:one.parentElement.className}};
 const labels=[...document.querySelectorAll('.num,.error,.message,.gap,.name')].filter(seen).map(rect)
  .filter(r=>r.right>r.left);
 const blocks=[...document.querySelectorAll('.band>span,.rules>ul,.prompt>span,h1,header p')].filter(seen)
  .map(one=>({text:one.textContent.slice(0,40),inner:one.getBoundingClientRect(),
   around:one.parentElement.getBoundingClientRect()}));
 const scroll=document.getElementById('scroll'),footer=document.querySelector('footer').getBoundingClientRect();
 const broken=[...document.querySelectorAll('.prompt>span')].filter(seen).filter(one=>
  getComputedStyle(one).overflowWrap!=='normal'||getComputedStyle(one).wordBreak!=='normal'||getComputedStyle(one).hyphens==='auto').length;
 const empty=[...document.querySelectorAll('.prompt')].filter(one=>![...one.children].some(seen)
  &&getComputedStyle(one,'::after').content==='none').length;
 const report=document.createElement('pre');report.id='report';
 report.textContent=JSON.stringify({labels,blocks,broken,empty,footer:footer.bottom,width:innerWidth,height:innerHeight,
  page:[document.documentElement.scrollWidth,document.documentElement.scrollHeight],
  strip:[scroll.scrollWidth,scroll.clientWidth,scroll.getBoundingClientRect().right]});
 document.body.appendChild(report);report.style.display='none';
});
</script>
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    require(found, "chromium is not there")
    return str(found)


def probed(chromium: str, folder: Path, page: str, width: int, height: int) -> dict[str, Any]:
    """Return the positions that the browser computed."""
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    switches = (
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},{height}", "--dump-dom",
    )  # fmt: skip
    done = subprocess.run(
        [chromium, *switches, path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    match = re.search(r'<pre id="report"[^>]*>(.*?)</pre>', done.stdout, re.DOTALL)
    assert match is not None, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(html.unescape(match[1]))
    return found


def pages() -> dict[str, str]:
    live = play(
        compile_score(read(SCORES / "live-set.score")),
        "note D3 ch 10@9c",
        "cc 20=90@10c",
        "go out@14c",
    )
    tram = compile_score(read(SCORES / "night-tram.score"))
    return {
        "run": timeline_html(live.schedule, live.conductor),
        "live-set": timeline_html(compile_score(read(SCORES / "live-set.score"))),
        "night-tram": timeline_html(tram, None, thumbnails_of(tram, SCORES)),
        "lights": timeline_html(compile_score(read(SCORES / "lights.score"))),
        "names": timeline_html(compile_score(reads(NAMES))),
        "two hundred cues": timeline_html(two_hundred()),
        "one cue": timeline_html(compile_score(reads('at 0c "A boat."\nend 1c\n'))),
    }


@pytest.mark.parametrize(
    "name", ["run", "live-set", "night-tram", "lights", "names", "two hundred cues", "one cue"]
)
@pytest.mark.parametrize("size", [(1440, 900), (1920, 1080)], ids=str)
def test_a_page_fits_its_window_and_no_text_overlaps(
    chromium: str, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    found = probed(chromium, tmp_path, pages()[name], *size)
    height = found["height"]
    assert found["page"][0] <= found["width"], "nothing is to be scrolled sideways"
    assert found["strip"][0] <= found["strip"][1], "the whole score is in the window"
    assert found["page"][1] <= height, "nothing is to be scrolled down"
    assert found["footer"] >= height - 24, "the height is used"
    for label in found["labels"]:
        assert label["left"] >= 0, label
        assert label["right"] <= found["strip"][2] + 0.5, label
    for block in found["blocks"]:
        assert block["inner"]["left"] >= block["around"]["left"] - 0.5, block
        assert block["inner"]["right"] <= block["around"]["right"] + 0.5, block
    assert found["broken"] == 0
    assert found["empty"] == 0, "a prompt is shown however short it is, if only as a mark"
    overlapping = [
        (one["text"], other["text"])
        for index, one in enumerate(found["labels"])
        for other in found["labels"][index + 1 :]
        if one["left"] < other["right"] - 0.5
        and other["left"] < one["right"] - 0.5
        and one["top"] < other["bottom"] - 3
        and other["top"] < one["bottom"] - 3
    ]
    assert overlapping == []

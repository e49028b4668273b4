"""The style sheet and the script of the timeline page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sequencer.reports.timeline.style import (
    DARK_COLOURS,
    DARK_SCALES,
    DARK_TINTS,
    FONT,
    LIGHT_COLOURS,
    LIGHT_SCALES,
    LIGHT_TINTS,
)

STRIDES = (1, 4, 16, 64, 256)
"""Distances, in chunks or bars, at which numbers are shown without the script.

The width of a chunk determines which one is used.
"""
PIXELS_BEFORE, PIXELS_AFTER, NAMES_WIDTH = 10, 56, 96
"""Free pixels before the first and after the last chunk, and approximate width of lane names."""

SCRIPT = """
const root=document.documentElement,scroll=document.getElementById('scroll'),\
zoom=document.getElementById('zoom'),
detail=document.getElementById('detail'),strip=document.getElementById('strip'),\
many=+strip.dataset.units;
let c=1,fits=true;
const names=()=>document.querySelector('.name').offsetWidth;
const labels=(query,kind)=>[...document.querySelectorAll(query)].map(e=>({e,\
x:+e.style.getPropertyValue('--x'),
 w:e.textContent.length*(kind==='chunk'?7.4:6.2)+7,
 late:e.classList.contains('late'),n:parseInt(e.dataset.n??e.textContent)}));
const groups=[['.num.chunk','chunk'],['.num.time','time'],['.num.bar','bar'],\
['.error.late','error'],['.error.early','error'],
 ['.message','message']].map(([query,kind])=>\
({kind,all:labels(query,kind)})).filter(one=>one.all.length);
const gaps=labels('.chunk~.gap','gap').map(one=>one.x);
const bars=labels('.err.late,.err.early','error');
const STEPS=[1,2,4,5,8,10,16,20,25,32,50,64,100,128,200,256,500,512,1000,2000,5000,10000];
function step(unit,space){return STEPS.find(n=>n*unit>=space)||20000}
function thin({kind,all}){
 const widest=Math.max(...all.slice(-50).map(one=>one.w));
 const each=kind==='bar'?(+strip.dataset.bar||1):1,\
every=kind==='error'||kind==='message'?1:step(c*each,widest);
 let end=-1e9,last=null;
 all.forEach((one,index)=>{
  const at=one.x*c,number=kind==='bar'?one.n-1:one.n;
  let show=at>=end&&(every===1||number%every===0)&&at+one.w<many*c+AFTER-8;
  if(gaps.some(x=>x>one.x&&(x-one.x)*c<one.w))show=false;
  if(kind==='bar'&&one.n===1&&!show&&last){last.e.classList.add('off');show=true}
  if(kind==='error'&&bars.some(bar=>bar.late!==one.late&&bar.x>one.x&&\
(bar.x-one.x)*c<one.w+2))show=false;
  if(kind==='message'&&index+1<all.length&&(all[index+1].x-one.x)*c<one.w+6)show=false;
  one.e.classList.toggle('off',!show);
  if(show){end=at+one.w;last=one}
 })}
function show(width){c=width;root.style.setProperty('--c',c+'px');root.style.setProperty('--names',\
names()+'px');
 groups.forEach(thin);zoom.min=Math.min(Math.log2(least()),0);zoom.value=Math.log2(c)}
function least(){return Math.max(.01,(scroll.clientWidth-names()-BEFORE-AFTER)/many)}
function fit(){fits=true;show(least());scroll.scrollLeft=0}
function to(width,at){width=Math.min(400,Math.max(Math.min(least(),1),width));\
at=at??(scroll.clientWidth+names())/2;
 const from=names()+BEFORE,anchor=(scroll.scrollLeft+at-from)/c;fits=false;show(width);\
scroll.scrollLeft=anchor*c+from-at}
zoom.addEventListener('input',()=>to(2**zoom.value));
document.getElementById('fit').addEventListener('click',fit);
addEventListener('resize',()=>fits?fit():show(c));
scroll.addEventListener('wheel',e=>{if(!e.ctrlKey)return;e.preventDefault();
 to(c*(e.deltaY<0?1.15:1/1.15),e.clientX-scroll.getBoundingClientRect().left)},{passive:false});
document.addEventListener('click',e=>{const one=e.target.closest('[title]');\
if(one)detail.textContent=one.title});
document.addEventListener('dblclick',e=>{const one=e.target.closest('.band');if(!one)return;
 const x=+one.style.getPropertyValue('--x'),w=+one.style.getPropertyValue('--w');
 fits=false;show(Math.min(400,(scroll.clientWidth-names()-BEFORE-AFTER)/w));scroll.scrollLeft=x*c});
document.getElementById('tools').hidden=false;
for(const kind of 'ktb')delete strip.dataset[kind];
fit();
"""

_LAYOUT = """
*{box-sizing:border-box}
html{height:100%}
body{margin:0;height:100vh;min-height:max-content;display:flex;flex-direction:column;\
padding:20px 24px 16px;
 background:var(--paper);color:var(--ink);font:13px/1.4 FONT}
h1{margin:0;font-size:24px;line-height:1.25;letter-spacing:-.01em;white-space:nowrap;\
overflow:hidden;text-overflow:ellipsis}
header p{margin:2px 0 0;color:var(--soft)}
#tools{display:flex;gap:12px;align-items:center;margin:10px 0 0;color:var(--soft)}
#tools[hidden]{display:none}
#tools label{display:flex;gap:8px;align-items:center}
#tools input{width:220px;accent-color:var(--early)}
button{font:inherit;color:inherit;background:var(--faint);border:0;border-radius:5px;\
padding:3px 12px;cursor:pointer}
#scroll{flex:1 0 auto;display:flex;margin-top:12px;border-top:1px solid var(--faint);\
overflow-x:auto;overflow-y:hidden}
#strip{flex:1 0 auto;display:grid;grid-template-columns:max-content calc(var(--c)*var(--many));\
row-gap:6px;
 padding:6px AFTERpx 6px 0}
.name{position:sticky;left:0;z-index:3;display:flex;align-items:center;justify-content:flex-end;\
margin-right:BEFOREpx;
 padding-right:10px;background:var(--paper);color:var(--soft);font-size:12px;white-space:nowrap}
.name i{position:absolute;right:10px;font-style:normal;font-size:10px;line-height:1}
.name .most{top:0}.name .least{bottom:0}
.lane{position:relative;min-width:0}
.close{margin-top:-6px}
.i{position:absolute;top:0;bottom:0;left:calc(var(--x)*var(--c));\
width:max(1px,calc(var(--w)*var(--c) - 2px));
 overflow:clip;border-radius:4px;white-space:nowrap;background:var(--faint);\
container-type:inline-size}
.i>span,.i>ul{position:sticky;left:calc(var(--names,NAMESpx) + BEFOREpx);display:block;\
width:fit-content;max-width:100%;
 padding:0 8px;overflow:hidden;text-overflow:ellipsis}
.band{font-size:12px;line-height:26px}.band b{margin-right:8px}
.band .open{position:absolute;top:0;bottom:0;right:0;left:calc(var(--o)*var(--c));
 background:repeating-linear-gradient(45deg,transparent 0 4px,\
color-mix(in srgb,var(--live) 30%,transparent) 4px 7px)}
.mark{position:absolute;bottom:0;left:calc(var(--x)*var(--c) - 4px);border:4px solid transparent;
 border-bottom:6px solid var(--edge)}
.starts{border-left:min(3px,calc(var(--w)*var(--c)*.3)) solid var(--edge)}
.prompt{white-space:normal}
.prompt>span{max-height:100%;padding:5px 12px 12px 8px;font-size:13px;line-height:18px;\
overflow-wrap:normal;
 max-width:min(100%,460px);mask-image:linear-gradient(to right,#000 calc(100% - 12px),transparent),
 linear-gradient(to bottom,#000 calc(100% - 12px),transparent);mask-composite:intersect}
.prompt small{display:block;margin-top:8px;font-size:12px;line-height:18px;opacity:.72}
.rules ul{margin:4px 0;padding-left:8px;list-style:none;font-size:12px;line-height:17px}
.rules li{overflow:hidden;text-overflow:ellipsis}
.rules .leaves{color:var(--live);font-weight:600}
@container (max-width:76px){.rules>ul,.image>span,.prompt small{display:none}
 .prompt>span{writing-mode:vertical-rl;white-space:nowrap;max-width:100%;padding:6px 0 6px 4px;\
mask-image:none}}
@container (max-width:30px){.i:not(.prompt)>span,.i>ul{display:none}.prompt>span{padding-left:0}}
@container (max-width:17px){.prompt>span{display:none}
 .prompt::after{content:"…";display:block;overflow:hidden;text-align:center;font-size:13px;\
line-height:24px}}
.image{display:flex}
.image img{height:100%;position:sticky;left:calc(var(--names,NAMESpx) + BEFOREpx)}
.image>span{align-self:center}
.image>img+span{left:calc(var(--names,NAMESpx) + BEFOREpx + 90px)}
.thin{font-size:11.5px;line-height:20px}
.take{border-left:2px solid var(--ink);font-weight:600}
svg.over{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
svg.over path{vector-effect:non-scaling-stroke;fill:none;stroke-width:1}
svg.over .wave{fill:var(--soft);stroke:var(--soft);stroke-width:.6;pointer-events:all}
.num{position:absolute;left:calc(var(--x)*var(--c) + 3px);font-size:10.5px;font-style:normal;
 font-variant-numeric:tabular-nums;white-space:nowrap}
.off{display:none}
.chunk{top:4px;font-weight:600}.time{top:18px;color:var(--soft)}.bar{bottom:5px}
.gap{position:absolute;inset:-3px auto -3px calc(var(--x)*var(--c));width:calc(var(--w)*var(--c));\
background:var(--paper);
 border:dashed var(--soft);border-width:0 1px;color:var(--soft);font-size:10.5px;font-style:normal;\
text-align:center;
 line-height:26px;overflow:hidden;white-space:nowrap}
.err{position:absolute;left:calc(var(--x)*var(--c) - 2px);width:5px;border-radius:1px}
.err.late{bottom:50%;background:var(--late)}.err.early{top:50%;background:var(--early)}
.err.none{top:calc(50% - 1px);height:2px;background:var(--soft)}
.error{position:absolute;left:calc(var(--x)*var(--c) + 5px);font-size:10.5px;font-style:normal;\
line-height:14px;
 font-variant-numeric:tabular-nums;white-space:nowrap}
.error.late{top:50%;color:var(--late)}.error.early{bottom:50%;color:var(--early)}
.zero::before{content:"";position:absolute;left:0;right:0;top:50%;border-top:1px solid var(--line)}
.scale{border:dotted var(--line);border-width:1px 0}
.tick{position:absolute;top:3px;bottom:3px;left:calc(var(--x)*var(--c));width:2px;\
border-radius:1px;background:var(--ink)}
.tick.bad{background:var(--bad)}
.message{position:absolute;left:calc(var(--x)*var(--c) + 5px);font-size:10.5px;font-style:normal;\
line-height:20px;
 color:var(--soft);white-space:nowrap}
.dot{position:absolute;top:calc(50% - 4px);left:calc(var(--x)*var(--c) - 4px);width:9px;height:9px;\
border-radius:50%;
 background:var(--good)}
.dot.later{background:var(--late)}.dot.aside{background:none;border:1.5px dashed var(--soft)}
.dot.lost{background:none;border-radius:0;font:700 15px/9px sans-serif;color:var(--bad)}\
.dot.lost::before{content:"×"}
.dot.fired{border-radius:1px;transform:rotate(45deg);background:var(--live)}
.from{position:absolute;top:calc(50% - 1px);left:calc(var(--x)*var(--c));\
width:calc(var(--w)*var(--c));
 border-top:1.5px dashed var(--late)}
footer{color:var(--soft)}
#legend{display:flex;flex-wrap:wrap;gap:4px 22px;margin:8px 0 0;padding:0;list-style:none;\
font-size:12px}
#legend li{display:flex;align-items:center;gap:7px}
#legend .shape{position:relative;flex:none;display:block;width:14px;height:11px}
#legend .dot,#legend .err,#legend .tick{left:3px;top:1px;bottom:0}
#legend .tick{left:6px}#legend .err{height:10px;left:5px}
#legend .hatch{background:repeating-linear-gradient(45deg,transparent 0 4px,
 color-mix(in srgb,var(--live) 45%,transparent) 4px 7px)}
#legend .gap{position:static;height:11px;width:12px}
#everywhere{margin:6px 0 0}
#detail{min-height:2.9em;margin:8px 0 0;padding:8px 12px;border-radius:6px;background:var(--faint);\
color:var(--ink);
 unicode-bidi:plaintext;overflow-wrap:break-word;white-space:pre-line}
#detail:empty::before{content:"Point at anything to read it in full; click to keep it here;\
 double-click a section to zoom in.";
 color:var(--soft)}
@media print{#tools,#detail{display:none}#scroll{overflow:visible}}
"""

FADES = """
.joint{position:absolute;top:0;bottom:0;left:calc(var(--x)*var(--c) - 6px);width:7px;\
background:var(--from)}
.fades{border-radius:0 4px 4px 0;background:linear-gradient(to bottom right,\
var(--from) calc(50% - 1.5px),var(--edge) calc(50% - 1.5px) calc(50% + 1.5px),transparent \
calc(50% + 1.5px)) 0 0/calc(var(--f)*var(--c)) 100% no-repeat,var(--own)}
@container (min-width:77px){.fades>span{padding-left:calc(8px + \
clamp(0px,9999*((var(--w) - var(--f))*var(--c) - 140px),var(--f)*var(--c)))}}
#legend .slant{background:linear-gradient(to bottom right,transparent calc(50% - 1px),\
var(--soft) calc(50% - 1px) calc(50% + 1px),transparent calc(50% + 1px))}
"""
"""The style sheet of prompts that fade in: a slanted edge between both colours.

A text begins after the fade if enough space is left there.
"""

NO_SCRIPT = "<noscript><style>.error,.message{font-size:9px}</style></noscript>"


def script() -> str:
    """Return the script, with the dimensions that it shares with the style sheet."""
    return f"const BEFORE={PIXELS_BEFORE},AFTER={PIXELS_AFTER};{SCRIPT}"


def style(units: int, rows: str) -> str:
    """Return the style sheet of a strip of `units` chunks with the CSS grid row sizes `rows`."""

    def variables(
        colours: Mapping[str, str], tints: Sequence[tuple[str, str, str]], scales: Mapping[str, str]
    ) -> str:
        parts = [f"--{name}:{colour}" for name, colour in colours.items()]
        for index, (fill, edge, text) in enumerate(tints):
            parts += [f"--h{index}:{fill}", f"--g{index}:{edge}", f"--x{index}:{text}"]
        parts += [f"--r{name}:{fill}" for name, fill in scales.items()]
        return ";".join(parts)

    hidden = []
    for letter, kind in (("k", "chunk"), ("t", "time"), ("b", "bar")):
        for index, stride in enumerate((*STRIDES, 1024)):
            hidden += [f'[data-{letter}="{stride}"] .{kind}.s{lower}' for lower in STRIDES[:index]]
    tints = "".join(
        f".h{index}{{background:var(--h{index});color:var(--x{index});--edge:var(--g{index})}}"
        for index in range(len(LIGHT_TINTS))
    )
    scales = "".join(f".r-{name}{{background:var(--r{name})}}" for name in LIGHT_SCALES)
    layout = _LAYOUT.replace("FONT", FONT)
    for name, pixels in (
        ("BEFORE", PIXELS_BEFORE),
        ("AFTER", PIXELS_AFTER),
        ("NAMES", NAMES_WIDTH),
    ):
        layout = layout.replace(name, str(pixels))
    light = variables(LIGHT_COLOURS, LIGHT_TINTS, LIGHT_SCALES)
    dark = variables(DARK_COLOURS, DARK_TINTS, DARK_SCALES)
    space = f"calc((100vw - {48 + PIXELS_BEFORE + PIXELS_AFTER + NAMES_WIDTH}px)/{units})"
    return (
        f":root{{color-scheme:light dark;--c:{space};--many:{units};{light}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"{layout}#strip{{grid-template-rows:{rows}}}{tints}{scales}{','.join(hidden)}{{display:none}}"
    )

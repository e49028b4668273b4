"""The style sheet and the script of the player on a run's page."""

from __future__ import annotations

from sequencer.reports.timeline.page_assets import PIXELS_BEFORE

_STYLE = """
#player{flex:none;display:grid;grid-template-columns:minmax(260px,auto) minmax(260px,1fr);gap:16px;\
margin-top:12px;height:clamp(200px,30vh,420px)}
#player.audio{grid-template-columns:minmax(300px,2fr) 3fr;height:clamp(120px,20vh,240px)}
#player figure{margin:0;display:flex;min-width:0;min-height:0;align-items:center;position:relative}
#player video{height:100%;max-width:58vw;border-radius:6px;background:#000;object-fit:contain;\
aspect-ratio:5/3}
#player audio{width:100%}
#missing{position:absolute;inset:auto 0 0;padding:8px 12px;border-radius:6px;\
background:var(--faint);color:var(--bad);font-size:12px}
#missing[hidden]{display:none}
#cues{margin:0;padding:0;list-style:none;overflow-y:auto;overscroll-behavior:contain;\
border-top:1px solid var(--faint);border-bottom:1px solid var(--faint)}
.cue button{display:grid;grid-template-columns:4.6em minmax(5.5em,max-content) 1fr;gap:0 10px;\
width:100%;padding:7px 12px 7px 10px;text-align:start;background:none;border-radius:0;\
border-left:3px solid var(--edge);line-height:1.35}
.cue+.cue{border-top:1px solid var(--faint)}
.cue time{color:var(--soft);font-variant-numeric:tabular-nums}
.cue b{font-variant-numeric:tabular-nums;overflow:hidden;text-overflow:ellipsis}
.cue span{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden}
.cue button:hover,.cue button:focus-visible{background:var(--faint);outline:none}
.cue.now button{background:color-mix(in srgb,var(--edge) 18%,var(--paper))}
.cue.lost span,.cue.aside span{color:var(--soft);text-decoration:line-through}
#strip{position:relative}
#playhead{position:absolute;z-index:2;top:0;bottom:0;width:2px;pointer-events:none;\
background:var(--live);left:calc(var(--names) + BEFOREpx - 1px + var(--at,0)*var(--c))}
#playhead::before{content:"";position:absolute;top:0;left:-4px;border:5px solid transparent;\
border-top-color:var(--live)}
#playhead[hidden]{display:none}
.seek{cursor:pointer}
@media(max-width:760px){#player{grid-template-columns:1fr;height:auto}#cues{max-height:38vh}\
#player video{width:100%;max-width:none;height:auto}}
@media print{#player,#playhead{display:none}}
"""

PLAYER_SCRIPT = """
{const player=document.getElementById('player'),media=document.getElementById('media'),
 head=document.getElementById('playhead'),list=document.getElementById('cues'),
 times=JSON.parse(player.dataset.times),gaps=JSON.parse(player.dataset.gaps),GAP=2,
 cues=[...list.children].map(row=>({row,at:+row.firstChild.dataset.s}));
const along=(x,from,to)=>{let i=1;while(i<times.length-1&&times[i][from]<=x)i++;
 const a=times[i-1],b=times[i];return a[to]+(x-a[from])*(b[to]-a[to])/(b[from]-a[from])};
const unit=chunk=>{let less=0;for(const [a,b] of gaps){if(chunk>=b){less+=b-a-GAP;continue}
 if(chunk>a)return a-less+(chunk-a)*GAP/(b-a);break}return chunk-less};
const chunk=unit=>{let less=0;for(const [a,b] of gaps){if(unit<a-less)break;
 if(unit<a-less+GAP)return a+(unit-a+less)*(b-a)/GAP;less+=b-a-GAP}return unit+less};
let last=null;
const draw=follow=>{const at=Math.max(0,Math.min(many,unit(along(media.currentTime,0,1))));
 head.hidden=false;strip.style.setProperty('--at',at);
 if(follow){const x=at*c,left=scroll.scrollLeft,space=scroll.clientWidth-names()-BEFORE;
  if(x<left||x>left+space-24)scroll.scrollLeft=x-space*.25}
 const now=cues.filter(cue=>cue.at<=media.currentTime+.02).pop()||null;
 if(now!==last){last&&last.row.classList.remove('now');last=now;
  if(now){now.row.classList.add('now');
   const top=now.row.offsetTop-list.offsetTop,bottom=top+now.row.offsetHeight;
   if(top<list.scrollTop)list.scrollTop=top;
   else if(bottom>list.scrollTop+list.clientHeight)list.scrollTop=bottom-list.clientHeight}}};
const run=()=>{draw(true);if(!media.paused)requestAnimationFrame(run)};
const seek=second=>{media.currentTime=Math.max(0,second);draw(false)};
media.addEventListener('play',run);media.addEventListener('seeked',()=>draw(true));
media.addEventListener('loadedmetadata',()=>draw(false));
media.addEventListener('error',()=>{document.getElementById('missing').hidden=false});
list.addEventListener('click',e=>{const one=e.target.closest('[data-s]');
 if(one)seek(+one.dataset.s)});
strip.addEventListener('click',e=>{const lane=e.target.closest('.seek');if(!lane)return;
 seek(along(chunk((e.clientX-lane.getBoundingClientRect().left)/c),1,0))});
addEventListener('keydown',e=>{if(e.code!=='Space'||e.target.closest('button,input,video,audio'))\
return;
 e.preventDefault();media.paused?media.play():media.pause()});
strip.querySelectorAll('.lane').forEach((lane,i)=>{\
if(lane.matches('.ruler'))lane.classList.add('seek')});
draw(false)}
"""


def player_style() -> str:
    """Return the style sheet of the player."""
    return _STYLE.replace("BEFORE", str(PIXELS_BEFORE))

"""Links of film-director: `#s=` and base64url of raw DEFLATE of `[[chunk, "prompt"], …]`."""

from __future__ import annotations

import base64
import json
import zlib

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import Film

KIND = "film-director"
ENDING = ".txt"
FILM_CHUNKS = 30
"""How many chunks the program shows."""
FILM_FRAMES = 33


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the part of a link from `#s=` on."""
    content = [[cue.chunk, cue.prompt] for cue in film.prompts]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(text.encode()) + packer.flush()
    code = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    warnings = list(film.losses())
    if film.end > FILM_CHUNKS or any(cue.chunk >= FILM_CHUNKS for cue in film.prompts):
        late = sum(cue.chunk >= FILM_CHUNKS for cue in film.prompts)
        warnings.append(
            f"film-director shows {FILM_CHUNKS} chunks, and this has {film.end}: prompts that it "
            f"does not show: {late}"
        )
    if film.grid.frames != FILM_FRAMES or film.grid.first is not None:
        warnings.append(f"film-director makes chunks of {FILM_FRAMES} frames")
    return Exported(
        text=f"#s={code}\n",
        summary=f"prompts: {len(content)}",
        warnings=tuple(warnings),
    )

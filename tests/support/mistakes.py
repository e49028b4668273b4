"""Common mistakes in both notations, each with the codes that report it; and a reader who follows
every hint to the letter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from sequencer.core.catalog.computed import gif_image, png, sound
from sequencer.core.diagnostics import Diagnostic, Fix
from sequencer.language.check import CheckResult, check

MOST_ROUNDS = 12
"""Maximum number of hints that one score may need."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A score with a mistake:

    `text` is the score, in YAML if `yaml` is True; `code` is the code that reports the mistake.

    `data` holds the bytes of a file that is not valid UTF-8; `files` are next to it. `well` is True
    for what only looks like a mistake and must be read (a byte order mark); `by_hand` states why no
    replacement can fix it.
    """

    name: str
    code: str
    text: str
    _: KW_ONLY
    data: bytes | None = None
    files: tuple[tuple[str, Callable[[], bytes]], ...] = ()
    by_hand: str | None = None
    yaml: bool = False
    well: bool = False

    @property
    def file(self) -> str:
        """The score's file name."""
        return "mistake.yaml" if self.yaml else "mistake.score"

    def write_to(self, folder: Path) -> Path:
        """Write its files into `folder` and return the score's path."""
        for name, content in self.files:
            (folder / name).write_bytes(content())
        path = folder / self.file
        path.write_bytes(self.text.encode() if self.data is None else self.data)
        return path


def applied(text: str, fixes: tuple[Fix, ...]) -> str:
    """Return `text` with the replacements made, the last one first."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    ordered = sorted(fixes, key=lambda fix: (fix.span.line, fix.span.column), reverse=True)
    for fix in ordered:
        start = starts[fix.span.line - 1] + fix.span.column - 1
        end = starts[fix.span.end_line - 1] + fix.span.end_column - 1
        text = text[:start] + fix.text + text[end:]
    return text


def follow(path: Path) -> tuple[CheckResult, list[Diagnostic]]:
    """Follow the first hint that is a replacement and check again, repeatedly; return the last
    result and those hints.
    """
    followed: list[Diagnostic] = []
    for _ in range(MOST_ROUNDS):
        checked = check(path, advice=False)
        offered = next(
            (one for one in checked.errors if one.fixes and one.fixes[0].span.file == str(path)),
            None,
        )
        if offered is None:
            return checked, followed
        text = checked.sources[str(path)]
        path.write_text(applied(text, offered.fixes), encoding="utf-8", newline="\n")
        followed.append(offered)
    return check(path, advice=False), followed


HEAD = "clock 120 bpm, 4/4\n"
ONE = 'at 1 "A tram waits."\n'
SCENE = 'scene tram {\n  base "A tram waits."\n  follow "The tram waits. {action}"\n}\n'
BODY = f"{HEAD}{SCENE}"


def _section(inner: str, head: str = "section ride 8 bars {") -> str:
    return f"{HEAD}{head}\n  {ONE}  {inner}\n}}\n"


def _small() -> bytes:
    return png(64, 48)


def _heavy() -> bytes:
    return _small() + b"\0" * 20_000_000


def _wide() -> bytes:
    return png(9_000, 6_000)


IMAGE = 'at 0c image "tram.png", "A tram waits."\n'

TEXT: tuple[Mistake, ...] = (
    # ---- numbers and positions ----
    Mistake("comma-in-a-position", "E203", _section('at 5,3 "It rolls."')),
    Mistake("comma-in-a-tempo", "E203", 'clock 120,5 bpm\nat 1 "A tram waits."\n'),
    Mistake("colon-time", "E202", f'{HEAD}{ONE}at 1:30 "It rolls."\n'),
    Mistake("colon-length", "E202", f"{HEAD}section ride 1:30 {{\n  {ONE}}}\n"),
    Mistake("decimal-beat", "E401", f'{HEAD}{ONE}at 9.10 "It rolls."\n'),
    Mistake("beat-five-of-four", "E401", _section('at 3.5 "It rolls."')),
    Mistake("bar-zero", "E204", f'{HEAD}at 0 "A tram waits."\n'),
    Mistake("beat-zero", "E205", _section('at 5.0 "It rolls."')),
    Mistake("sixteenths", "E207", _section('at 5.3.2 "It rolls."')),
    Mistake("bars-without-a-number", "E211", f"{HEAD}section ride bars {{\n  {ONE}}}\n"),
    Mistake("length-without-a-unit", "E211", f"{HEAD}section ride 8 {{\n  {ONE}}}\n"),
    Mistake("every-without-a-number", "E211", _section('every bars "It rolls."')),
    Mistake("unit-spelled-out", "E216", 'at 0c "A tram waits."\nat 12 seconds "It rolls."\n'),
    Mistake("space-before-unit", "E216", 'at 0c "A tram waits."\nat 12.5 s "It rolls."\n'),
    Mistake("half-bars", "E217", f"{HEAD}section ride 8.5 bars {{\n  {ONE}}}\n"),
    Mistake("half-a-chunk", "E209", 'at 0c "A tram waits."\nat 4.5c "It rolls."\n'),
    Mistake("position-in-bars", "E218", _section('at 2 bars "It rolls."')),
    Mistake("too-many-seconds", "E222", 'at 0c "A tram waits."\nat 1m75s "It rolls."\n'),
    Mistake(
        "no-leading-digit",
        "E223",
        f'{HEAD}{ONE}at 5 strength .5, image "tram.png"\n',
        files=(("tram.png", _small),),
    ),
    Mistake("misspelled-unit", "E210", f"{HEAD}section ride 8 brs {{\n  {ONE}}}\n"),
    Mistake("full-width-digit", "E215", _section('at ５ "It rolls."')),
    Mistake("past-the-section", "E415", _section('at 9 "It rolls."')),
    Mistake("cue-after-end", "E415", f'{HEAD}{ONE}at 9 "It rolls."\nend 8\n'),
    Mistake(
        "cue-after-end-in-chunks", "E415", 'at 0c "A tram waits."\nat 20c "It rolls."\nend 16c\n'
    ),
    Mistake("denser-than-a-chunk", "E413", _section('every 1 beat from 5 "It rolls."')),
    Mistake("two-prompts-in-one-chunk", "E424", _section('at 5 "It rolls."\n  at 5.2 "It stops."')),
    Mistake("two-prompts-on-one-place", "E424", 'at 0c "A tram waits."\nat 0c "A bus waits."\n'),
    Mistake("no-prompt-at-the-start", "E423", 'at 2c "A tram waits."\nat 8c "It rolls."\n'),
    Mistake(
        "no-prompt-in-bar-one",
        "E423",
        f'{HEAD}section ride 8 bars {{\n  at 3 "A tram waits."\n}}\n',
    ),
    Mistake("bars-without-a-clock", "E402", f'{ONE}at 5 "It rolls."\n'),
    Mistake("meter-off-the-bar", "E408", _section("at 5.2 meter 3/4")),
    Mistake(
        "minus-place",
        "E206",
        _section('at -1 "It rolls."'),
        by_hand="only the author knows which position was meant",
    ),
    Mistake(
        "two-amounts",
        "E214",
        f"{HEAD}section ride 3 bars 2 beats {{\n  {ONE}}}\n",
        by_hand="the meter decides the sum",
    ),
    # ---- words and names ----
    Mistake("unknown-statement", "E101", f"{HEAD}sektion ride 8 bars {{\n  {ONE}}}\n"),
    Mistake("unknown-statement-on-a-line", "E101", 'seeed 42\nat 0c "A tram waits."\n'),
    Mistake("unknown-verb", "E131", _section("at 5 strenght 0.5")),
    Mistake("unknown-scene", "E308", f"{BODY}at 1 trm\n"),
    Mistake(
        "unknown-variable",
        "E307",
        'let light = "Neon."\nat 0c "A tram waits in the rain. {ligth}"\n',
    ),
    Mistake("unknown-section-in-play", "E322", _section('at 5 "It rolls."') + "play rid\n"),
    Mistake("unknown-mark", "E412", _section('at 3 mark lift\n  at mark lit "It rolls."')),
    Mistake("unknown-snap", "E251", "snap neerest\n" + 'at 0c "A tram waits."\n'),
    Mistake("unknown-trigger", "E230", 'at 0c "A tram waits."\non notte C3 -> sr 4x\n'),
    Mistake("german-note", "E231", 'at 0c "A tram waits."\non note H3 -> sr 4x\n'),
    Mistake("seed-outside-a-cut", "E133", _section('at 5 seed 9, "It rolls."')),
    Mistake("seed-minus-one", "E245", 'seed -1\nat 0c "A tram waits."\n'),
    Mistake("sr-without-x", "E246", 'sr 4\nat 0c "A tram waits."\n'),
    Mistake(
        "strength-in-percent",
        "E243",
        'at 0c strength 80%, image "tram.png", "A."\n',
        files=(("tram.png", _small),),
    ),
    Mistake("tempo-without-bpm", "E247", 'clock 120\nat 1 "A tram waits."\n'),
    Mistake("meter-without-comma", "E247", 'clock 120 bpm 3/4\nat 1 "A tram waits."\n'),
    Mistake("port-without-comma", "E247", 'clock midi "Digitakt" 120 bpm\nat 1 "A tram waits."\n'),
    Mistake("time-from-nought", "E202", 'at 0:00 "A tram waits."\nat 0:10 "It rolls."\n'),
    Mistake("bpm-as-a-line", "E101", 'bpm 120\nat 1 "A tram waits."\n'),
    Mistake("title-as-a-line", "E101", 'title "Night tram"\nat 0c "A tram waits."\n'),
    Mistake("position-without-at", "E117", '0c "A tram waits."\n'),
    Mistake("bar-and-beat-in-words", "E219", f'{HEAD}{ONE}at bar 5 beat 3 "It rolls."\n'),
    Mistake("space-missing-after-at", "E101", f'{HEAD}{ONE}at5.3 "It rolls."\n'),
    Mistake("bpm-misspelt", "E247", 'clock 120 bm, 3/4\nat 1 "A tram waits."\n'),
    Mistake("clock-without-nominal", "E248", 'clock link\nat 1 "A tram waits."\n'),
    Mistake("controller-or-equal", "E237", 'at 0c "A tram waits."\non cc 20 >= 64 -> sr 4x\n'),
    Mistake(
        "live-without-max", "E137", _section('at 5 "It rolls."', "section ride until go out {")
    ),
    Mistake("written-twice", "E115", 'seed 1\nseed 2\nat 0c "A tram waits."\n'),
    # ---- characters ----
    Mistake("missing-brace-at-the-end", "E111", f"{HEAD}section ride 8 bars {{\n  {ONE}"),
    Mistake(
        "missing-brace-between",
        "E111",
        f"{HEAD}section ride 8 bars {{\n  {ONE}section rest 4 bars {{\n  {ONE}}}\n",
    ),
    Mistake("missing-opening-brace", "E113", f"{HEAD}section ride 8 bars\n  {ONE}}}\n"),
    Mistake("brace-on-its-own-line", "E114", f"{HEAD}section ride 8 bars\n{{\n  {ONE}}}\n"),
    Mistake("brace-too-many", "E112", _section('at 5 "It rolls."') + "}\n"),
    Mistake("typographic-quotes", "E107", "at 0c “A tram waits.”\n"),
    Mistake("guillemets", "E107", "at 0c «A tram waits.»\n"),
    Mistake("one-typographic-quote", "E107", 'at 0c "A tram waits.”\n'),
    Mistake("single-quotes", "E108", "at 0c 'A tram waits.'\n"),
    Mistake("quote-not-closed", "E105", 'at 0c "A tram waits.\nat 4c "It rolls."\n'),
    Mistake(
        "quotes-over-several-lines",
        "E105",
        'at 0c "A tram waits\n  at an empty stop,\n  in the rain."\nat 4c "It rolls."\n',
    ),
    Mistake("quote-inside", "E110", 'at 0c "A sign says "Open" over the door."\n'),
    Mistake("text-without-quotes", "E143", "at 0c A tram waits.\n"),
    Mistake("comma-after-a-scene", "E124", f'{BODY}at 1 tram\nat 5 tram, "Its doors open."\n'),
    Mistake("comma-missing", "E128", 'at 0c "A tram waits." cut seed 4\n'),
    Mistake("comma-missing-before-sr", "E128", 'at 0c "A tram waits." sr 4x\n'),
    Mistake("comma-at-the-end", "E129", 'at 0c "A tram waits.",\n'),
    Mistake("colon-after-the-place", "E125", 'at 0c: "A tram waits."\n'),
    Mistake("equals-sign", "E157", 'seed = 42\nat 0c "A tram waits."\n'),
    Mistake("let-without-equals", "E132", 'let light "Neon."\nat 0c "A tram waits. {light}"\n'),
    Mistake("fat-arrow", "E134", 'at 0c "A tram waits."\non note C3 => sr 4x\n'),
    Mistake("pick-with-commas", "E140", 'at 0c pick("A tram.", "A bus.")\n'),
    Mistake("slashes-comment", "E109", 'at 0c "A tram waits." // opening\n'),
    Mistake("semicolon", "E158", 'at 0c "A tram waits.";\n'),
    Mistake("semicolon-after-a-value", "E158", 'seed 42;\nat 0c "A tram waits."\n'),
    Mistake("non-breaking-space", "E159", 'at 0c\u00a0"A tram waits."\n'),
    Mistake("play-with-commas", "E255", _section('at 5 "It rolls."') + "play ride, ride\n"),
    Mistake(
        "section-comma", "E135", _section('at 5 "It rolls."', "section ride 8 bars tempo 132 {")
    ),
    Mistake(
        "section-name-in-quotes",
        "E142",
        _section('at 5 "It rolls."', 'section "night ride" 8 bars {'),
    ),
    Mistake("two-statements", "E104", 'seed 42 sr 4x\nat 0c "A tram waits."\n'),
    Mistake("cut-without-seed", "E160", 'at 0c "A tram waits."\nat 4c cut 99, "An empty stop."\n'),
    Mistake(
        "cut-seed-without-number",
        "E160",
        'at 0c "A tram waits."\nat 4c cut seed, "An empty stop."\n',
    ),
    Mistake(
        "head-cut-seed-without-number",
        "E160",
        _section('at 5 "It rolls."', "section ride 8 bars, cut seed {"),
    ),
    Mistake(
        "until-or-a-length",
        "E230",
        _section('at 5 "It rolls."', "section ride until go out or 8 bars {"),
    ),
    Mistake("until-a-length", "E230", _section('at 5 "It rolls."', "section ride until 8 bars {")),
    Mistake("played-x-times", "E322", _section('at 5 "It rolls."') + "play ride x2\n"),
    Mistake(
        "section-nobody-knows",
        "E322",
        _section('at 5 "It rolls."') + "play finale\n",
        by_hand="it is yet to be written",
    ),
    Mistake("x-times-apart", "E255", _section('at 5 "It rolls."') + "play ride x 2\n"),
    Mistake("section-ends-with-end", "E113", f"{HEAD}section ride 8 bars\n  {ONE}end\n"),
    Mistake("position-after-the-action", "E117", _section("mark drop at 5")),
    Mistake("at-start", "E161", 'at start "A tram waits."\nat 4c "It rolls."\n'),
    Mistake("at-end", "E280", _section('at end "It rolls."')),
    Mistake("loop", "E101", _section('at 5 "It rolls."') + "loop\n", by_hand="how often?"),
    Mistake("time-with-parts", "E202", 'at 0c "A tram waits."\nat 00:30.5 "It rolls."\nend 1:00\n'),
    Mistake(
        "path-and-strength",
        "E143",
        _section("at 5 image tram.png strength 0.8"),
        files=(("tram.png", _small),),
    ),
    Mistake("brackets-around-a-text", "E157", f'{BODY}at 1 tram\nat 5 tram("It rolls.")\n'),
    Mistake("or-in-a-pick", "E140", _section('at 5 pick("It rolls." or "It stands.")')),
    Mistake("random", "E140", _section('at 5 random("It rolls.", "It stands.")')),
    Mistake("starting-at", "E161", _section('every 4 bars starting at 5 "It rolls."')),
    Mistake("tempo-to", "E240", _section("at 5 tempo 120 to 140 over 2 bars")),
    Mistake("tempo-in", "E240", _section("at 5 tempo 120 -> 140 in 2 bars")),
    Mistake("note-without-midi", "E259", _section('at 5 "It rolls.", note C3')),
    Mistake("osc-with-commas", "E267", _section('at 5 osc "/clip", 1, 0.5')),
    Mistake("osc-with-a-word", "E267", _section('at 5 osc "/clip" red')),
    Mistake("note-with-a-length", "E238", _section("at 5 midi note C3 length 1 beat")),
    Mistake("when-in-a-section", "E101", _section('when note D3 -> "It rolls."')),
    Mistake("glued-controller", "E230", _section("on cc20 > 64 -> sr 4x")),
    Mistake("key-as-a-trigger", "E230", _section("on key g -> sr 4x")),
    Mistake("note-rule-without-arrow", "E134", _section('on note D3 "It rolls."')),
    Mistake("clock-without-comma", "E247", 'clock midi 120 bpm\nat 1 "A tram waits."\n'),
    Mistake("for-eight-bars", "E201", f"{HEAD}section ride for 8 bars {{\n  {ONE}}}\n"),
    Mistake("comma-before-a-length", "E129", f"{HEAD}section ride, 8 bars {{\n  {ONE}}}\n"),
    Mistake("jump-in-a-rule", "E131", _section("on go x -> jump to ride")),
    Mistake("play-in-a-rule", "E131", _section("on go x -> play ride")),
    Mistake("stop-in-a-rule", "E308", _section("on go x -> stop")),
    Mistake("colon-after-at", "E157", f'{HEAD}at: 1 "A tram waits."\n'),
    Mistake("dash-after-a-position", "E157", _section('at 5 - "It rolls."')),
    Mistake("text-on-the-next-line", "E103", _section('at 5\n    "It rolls."')),
    Mistake("glued-bar", "E219", _section('at bar5 "It rolls."')),
    Mistake(
        "max-without-comma",
        "E135",
        _section('at 5 "It rolls."', "section ride until go out max 8 bars {"),
    ),
    Mistake(
        "length-and-until",
        "E136",
        _section('at 5 "It rolls."', "section ride 8 bars until go out {"),
    ),
    Mistake(
        "sleep",
        "E101",
        'at 0c "A tram waits."\nsleep 4\nat 8c "It rolls."\n',
        by_hand="positions state when",
    ),
    Mistake("lone-brace-in-a-text", "E270", 'at 0c "A tram { waits."\n'),
    Mistake("spaces-in-braces", "E271", 'let light = "Neon."\nat 0c "A tram waits. { light }"\n'),
    Mistake("backslash-n", "E272", 'at 0c "A tram waits.\\nIt rains."\n'),
    Mistake("action-in-a-prompt", "E305", 'at 0c "A tram waits. {action}"\n'),
    Mistake("prompt-without-a-place", "E117", '"A tram waits."\n'),
    Mistake("end-with-sections", "E314", _section('at 5 "It rolls."') + "end 9\n"),
    Mistake("ramp-without-over", "E254", _section("at 5 tempo 120 -> 132")),
    Mistake("bpm-in-a-tempo", "E240", _section("at 5 tempo 132 bpm")),
    # ---- files ----
    Mistake(
        "sound-missing",
        "E540",
        'sound "sonk.wav"\nat 0c "A tram waits."\n',
        files=(("song.wav", sound),),
    ),
    Mistake(
        "sound-backslash",
        "E543",
        'sound ".\\\\song.wav"\nat 0c "A tram waits."\n',
        files=(("song.wav", sound),),
    ),
    Mistake(
        "sound-from-a-number",
        "E261",
        'sound "song.wav" from 9.3\nat 0c "A tram waits."\n',
        files=(("song.wav", sound),),
    ),
    Mistake(
        "image-missing", "E520", IMAGE.replace("tram.png", "trm.png"), files=(("tram.png", _small),)
    ),
    Mistake(
        "image-backslash",
        "E525",
        'at 0c image ".\\\\tram.png", "A tram waits."\n',
        files=(("tram.png", _small),),
    ),
    Mistake(
        "image-too-large",
        "E522",
        IMAGE,
        files=(("tram.png", _heavy),),
        by_hand="the image has to change",
    ),
    Mistake(
        "image-too-wide",
        "E527",
        IMAGE,
        files=(("tram.png", _wide),),
        by_hand="the image has to change",
    ),
    Mistake(
        "image-of-another-kind",
        "E524",
        IMAGE,
        files=(("tram.png", gif_image),),
        by_hand="the image has to change",
    ),
    Mistake(
        "not-an-image",
        "E523",
        IMAGE,
        files=(("tram.png", lambda: b"milk\n"),),
        by_hand="the image has to change",
    ),
    Mistake(
        "empty-image",
        "E523",
        IMAGE,
        files=(("tram.png", bytes),),
        by_hand="the image has to change",
    ),
    Mistake(
        "image-outside",
        "E521",
        IMAGE.replace("tram.png", "../tram.png"),
        by_hand="the image has to be copied",
    ),
    Mistake("empty-file", "E151", "", by_hand="there is nothing yet"),
    Mistake(
        "binary-file", "E506", "", data=b"\x7fELF\x02\x00\x00\x00" * 64, by_hand="this is no score"
    ),
    Mistake(
        "latin-1",
        "E504",
        "",
        data='at 0c "Ein Café."\n'.encode("latin-1"),
        by_hand="the file has to be saved as UTF-8",
    ),
    Mistake(
        "utf-16",
        "E505",
        "",
        data='at 0c "A tram."\n'.encode("utf-16"),
        by_hand="the file has to be saved as UTF-8",
    ),
    Mistake(
        "line-of-10-mb", "E148", 'at 0c "' + "x" * 10_000_000 + '"\n', by_hand="this is no score"
    ),
    Mistake("byte-order-mark", "", "", data=b'\xef\xbb\xbfat 0c "A tram waits."\n', well=True),
    Mistake("crlf", "", "", data=b'seed 4\r\nat 0c "A tram waits."\r\n', well=True),
    Mistake("tabs", "", f'{HEAD}section ride 8 bars {{\n\tat\t1 "A tram\twaits."\n}}\n', well=True),
)


def _cue(inner: str, head: str = "") -> str:
    return f"{head}cues:\n  - {{at: 0c, prompt: A tram waits.}}\n  - {inner}\n"


def _ride(inner: str, head: str = "ride 8 bars") -> str:
    return (
        f"clock: 120 bpm, 4/4\nsections:\n  - section: {head}\n    cues:\n"
        f"      - {{at: 1, prompt: A tram waits.}}\n      - {inner}\n"
    )


YAML_SCORES: tuple[Mistake, ...] = tuple(
    Mistake(f"yaml-{name}", code, text, data=None, files=files, by_hand=by_hand, yaml=True)
    for name, code, text, files, by_hand in (
        ("comma-in-a-position", "E203", _ride('{at: "5,3", prompt: It rolls.}'), (), None),
        ("comma-in-a-flow-place", "E203", _ride("{at: 5,3, prompt: It rolls.}"), (), None),
        ("colon-time", "E202", _ride("{at: 1:30, prompt: It rolls.}", "ride 64 bars"), (), None),
        ("decimal-beat", "E401", _ride("{at: 9.10, prompt: It rolls.}", "ride 64 bars"), (), None),
        ("bar-zero", "E204", _ride("{at: 0.3, prompt: It rolls.}"), (), None),
        ("bars-without-a-number", "E211", _ride("{every: bars, prompt: It rolls.}"), (), None),
        ("length-without-a-unit", "E211", _ride("{at: 5, prompt: It rolls.}", "ride 8"), (), None),
        ("section-without-a-length", "E611", _ride("{at: 5, prompt: It rolls.}", "ride"), (), None),
        ("past-the-section", "E415", _ride("{at: 9, prompt: It rolls.}"), (), None),
        ("cue-after-end", "E415", _cue("{at: 20c, prompt: It rolls.}") + "end: 16c\n", (), None),
        (
            "denser-than-a-chunk",
            "E413",
            _ride("{every: 1 beat, from: 5, prompt: It rolls.}"),
            (),
            None,
        ),
        ("two-prompts-in-one-chunk", "E424", _ride("{at: 1.2, prompt: It rolls.}"), (), None),
        (
            "no-prompt-at-the-start",
            "E423",
            "cues:\n  - {at: 2c, prompt: A tram waits.}\n",
            (),
            None,
        ),
        ("bars-without-a-clock", "E402", _cue("{at: 5, prompt: It rolls.}"), (), None),
        (
            "unknown-key-at-the-top",
            "E610",
            _cue("{at: 4c, prompt: It rolls.}", "sead: 4\n"),
            (),
            None,
        ),
        ("unknown-key-in-a-cue", "E610", _cue("{at: 4c, promt: It rolls.}"), (), None),
        (
            "unknown-scene",
            "E308",
            _cue("{at: 4c, show: trm}", "scenes: {tram: {base: A tram.}}\n"),
            (),
            None,
        ),
        (
            "unknown-variable",
            "E307",
            _cue('{at: 4c, prompt: "It rolls. {ligth}"}', "let: {light: Neon.}\n"),
            (),
            None,
        ),
        (
            "text-begins-with-a-variable",
            "E618",
            _cue("{at: 4c, prompt: {light}}", "let: {light: Neon.}\n"),
            (),
            None,
        ),
        (
            "position-in-a-key",
            "E610",
            "cues:\n  - {at: 0c, prompt: A tram.}\n  - at 2c: It rolls.\n",
            (),
            None,
        ),
        ("position-in-a-key-in-braces", "E610", _cue('{at 4c: "It rolls.", sr: 4x}'), (), None),
        (
            "trigger-in-a-key",
            "E610",
            _cue("{at: 4c, sr: 4x}") + "rules:\n  - on note C3: It rolls.\n",
            (),
            None,
        ),
        (
            "cut-seed-without-number",
            "E258",
            _cue("{at: 4c, cut: seed, prompt: It rolls.}"),
            (),
            "which seed?",
        ),
        (
            "until-a-length",
            "E230",
            _ride("{at: 5, prompt: It rolls.}", "ride until go out or 8 bars, max 8 bars"),
            (),
            "see the hint",
        ),
        (
            "tempo-beside-the-clock",
            "E610",
            "bpm: 120\nmeter: 3/4\ncues:\n  - {at: 1, prompt: A tram.}\n",
            (),
            "one line goes",
        ),
        (
            "clock-in-braces",
            "E607",
            "clock: {bpm: 120}\ncues:\n  - {at: 1, prompt: A tram.}\n",
            (),
            "see the hint",
        ),
        (
            "sections-by-name",
            "E608",
            "clock: 120 bpm\nsections:\n  ride:\n    cues:\n      - {at: 1, prompt: A.}\n",
            (),
            "how long?",
        ),
        (
            "scenes-by-name-key",
            "E609",
            "scenes:\n  - name: tram\n    base: A tram.\n",
            (),
            "see the hint",
        ),
        (
            "section-name",
            "E610",
            _ride("{at: 5, sr: 4x}").replace("section: ride", "name: ride"),
            (),
            None,
        ),
        (
            "scene-in-a-cue",
            "E610",
            _cue(
                "{at: 4c, scene: tram, action: It rolls.}",
                "scenes: {tram: {base: A., follow: '{action}'}}\n",
            ),
            (),
            None,
        ),
        ("scene-as-a-key", "E610", _cue("{at: 4c, tram: It rolls.}"), (), "see the hint"),
        ("bar-as-a-word", "E219", _ride("{at: bar 5, prompt: It rolls.}"), (), None),
        (
            "do-goto",
            "E620",
            _ride("{at: 5, sr: 4x}") + "    rules:\n      - when: go on\n        do: goto ride\n",
            (),
            None,
        ),
        (
            "x-times-apart",
            "E255",
            _ride("{at: 5, prompt: It rolls.}") + "play: [ride, ride x 2]\n",
            (),
            None,
        ),
        (
            "comma-before-a-length",
            "E129",
            _ride("{at: 5, prompt: It rolls.}", "ride, 8 bars"),
            (),
            None,
        ),
        (
            "max-without-comma",
            "E135",
            _ride("{at: 5, prompt: It rolls.}", "ride until go out max 8 bars"),
            (),
            None,
        ),
        (
            "length-and-until",
            "E136",
            _ride("{at: 5, prompt: It rolls.}", "ride 8 bars until go out"),
            (),
            None,
        ),
        (
            "trigger-as-a-key",
            "E610",
            _cue("{at: 4c, sr: 4x}") + "rules:\n  - {trigger: note C3, sr: 4x}\n",
            (),
            None,
        ),
        ("dash-without-a-space", "E610", "seed: 4\n-cues: 5\n", (), "what was meant?"),
        ("seed-in-a-cue", "E133", _cue("{at: 4c, seed: 9, prompt: It rolls.}"), (), None),
        ("seed-minus-one", "E245", _cue("{at: 4c, prompt: It rolls.}", "seed: -1\n"), (), None),
        (
            "live-without-max",
            "E137",
            _ride("{at: 5, prompt: It rolls.}", "ride until go out"),
            (),
            None,
        ),
        ("action-without-a-scene", "E621", _cue("{at: 4c, action: It rolls.}"), (), None),
        (
            "meter-without-comma",
            "E247",
            "clock: 120 bpm 3/4\ncues:\n  - {at: 1, prompt: A tram.}\n",
            (),
            None,
        ),
        (
            "written-twice",
            "E602",
            _cue("{at: 4c, prompt: It rolls.}", "seed: 1\nseed: 2\n"),
            (),
            None,
        ),
        ("colon-in-a-text", "E615", "cues:\n  - at: 0c\n    prompt: A tram: it waits.\n", (), None),
        ("quote-not-closed", "E105", _cue('{at: 4c, prompt: "It rolls.}'), (), None),
        ("bracket-not-closed", "E624", _cue("{at: 4c, prompt: It rolls."), (), None),
        ("osc-address-in-quotes", "E617", _cue('{at: 4c, osc: "/clip" 1}'), (), None),
        ("comma-missing", "E617", _cue("{at: 4c prompt: It rolls.}"), (), None),
        ("tab", "E614", "cues:\n\t- {at: 0c, prompt: A tram waits.}\n", (), None),
        ("tag", "E605", _cue("{at: 4c, prompt: !str It rolls.}"), (), None),
        ("list-forgotten", "E608", "cues:\n  at: 0c\n  prompt: A tram waits.\n", (), None),
        (
            "slashes-comment",
            "E109",
            "// opening\ncues:\n  - {at: 0c, prompt: A tram waits.}\n",
            (),
            None,
        ),
        ("sr-as-a-number", "E246", _cue("{at: 4c, sr: 4}"), (), None),
        (
            "controller-or-equal",
            "E237",
            _cue("{at: 4c, sr: 4x}") + "rules:\n  - {when: cc 20 >= 64, sr: 4x}\n",
            (),
            None,
        ),
        (
            "rule-among-cues",
            "E228",
            _cue("{when: note C3, at: 4c, sr: 4x}"),
            (),
            "one of the two has to go",
        ),
        ("typographic-quotes", "E107", "cues:\n  - {at: 0c, prompt: “A tram waits.”}\n", (), None),
        (
            "image-missing",
            "E520",
            _cue("{at: 4c, image: trm.png, prompt: It rolls.}"),
            (("tram.png", _small),),
            None,
        ),
        (
            "image-too-large",
            "E522",
            _cue("{at: 4c, image: a.png}"),
            (("a.png", _heavy),),
            "the image has to change",
        ),
        (
            "not-an-image",
            "E523",
            _cue("{at: 4c, image: a.png}"),
            (("a.png", lambda: b"milk\n"),),
            "the image has to change",
        ),
        ("text-notation", "E609", 'at 0c "A tram waits."\n', (), "the file has to be renamed"),
        ("empty-file", "E151", "", (), "there is nothing yet"),
    )
)

YAML: tuple[Mistake, ...] = (
    *YAML_SCORES,
    Mistake(
        "yaml-binary",
        "E506",
        "",
        data=b"\x7fELF\x02\x00\x00\x00" * 64,
        by_hand="this is no score",
        yaml=True,
    ),
    Mistake(
        "yaml-latin-1",
        "E504",
        "",
        data='score: "Café"\n'.encode("latin-1"),
        by_hand="to be saved as UTF-8",
        yaml=True,
    ),
    Mistake(
        "yaml-byte-order-mark",
        "",
        "",
        data=b"\xef\xbb\xbfcues:\n  - {at: 0c, prompt: A tram.}\n",
        yaml=True,
        well=True,
    ),
    Mistake(
        "yaml-crlf",
        "",
        "",
        data=b"cues:\r\n  - {at: 0c, prompt: A tram.}\r\n",
        yaml=True,
        well=True,
    ),
    Mistake(
        "yaml-line-of-10-mb",
        "E148",
        "score: " + "x" * 10_000_000 + "\n",
        by_hand="this is no score",
        yaml=True,
    ),
)

MISTAKES: tuple[Mistake, ...] = (*TEXT, *YAML)

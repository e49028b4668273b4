"""The messages between the studio's page and its server, on the websocket `/ws`.

Each message is one JSON object with `t`, its kind. `page/protocol.d.ts` has the same names, so that
the page is checked against them; a test compares both.

Times that end in `_at`, and `now`, are nanoseconds of the run's clock; the page converts them with
the clock's offset, which it measures with `ping`. JavaScript represents them exactly up to 2**53,
which is 104 days after the machine was started, and then within a few nanoseconds.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

PROTOCOL = 1
"""The version of the messages. A page of another version reloads itself once."""

Role = Literal["operator", "remote", "viewer"]
"""What a key allows: everything; commands but no edits and no end; only to look."""

Mode = Literal["edit", "rehearse", "show", "report"]
"""What the studio does: no run, a run in the simulator, a run on a live stage, a finished run."""

# ---- what the server sends ---------------------------------------------------------------------


class Hello(TypedDict):
    """The first message after the page's key was accepted."""

    t: Literal["hello"]
    protocol: int
    process: str
    """A random name of this process: a page that finds another one fetches everything again."""
    role: Role
    now: int


class ScoreState(TypedDict):
    """The score that is open, and its text, if this page may see it.

    `version` counts the changes of the text, `revision` is the version of the score that plays
    (from 1; 0 without a run), and `dirty` is whether the text differs from the saved file.
    """

    file: str
    title: str
    notation: Literal["text", "yaml"]
    text: NotRequired[str]
    version: int
    revision: int
    dirty: bool
    changed_on_disk: bool


class ShownPrompt(TypedDict):
    """A prompt, from the chunk `chunk` on: what its cue changed, or all of it.

    `source` is what set it, as `jam 5.1` or `note D3`; empty if that is not known.
    """

    chunk: int
    text: str
    source: str


class Playback(TypedDict):
    """Where the run is.

    `boundary_at` is when the current chunk began, `chunk_ns` how long a chunk takes now: the page
    computes the playhead from both. `chunks` is the number of chunks of the score, None if it is
    not known; `at_most` is whether it is only a maximum.
    """

    status: str
    """Disconnected, connecting, waiting, ready, armed, playing, paused, stalled or ended."""
    since_at: int
    phase: str
    take: int
    seed: int | None
    chunk: int
    chunks: int | None
    at_most: bool
    frames: int
    """The frames of the current chunk."""
    section: str
    """The section's name with its pass number if it has several passes; empty for none."""
    position: str
    """Bar and beat, as `4.3`; empty without beats. At `boundary_at`."""
    paused: bool
    boundary_at: int | None
    chunk_ns: int
    frame_rate: float | None
    prompts: list[ShownPrompt]
    """The last prompts, in the order of their chunks; the last of them is being made."""
    refused: str
    upload: str
    lag_ms: float | None
    offset_ms: float
    billed_s: float
    cost: float | None
    """What the session has cost so far, in the currency of the price; None without a price."""
    stage: str
    """The stage, as `simulator` or `reactor`."""
    real_time: bool
    folder: str


class ClockState(TypedDict):
    """The clock of the run.

    `deviation_ms` is the clock's error or jitter; `position_at` and `position` name an instant at
    which a beat begins (quarters from the section's start), so that the page can show the beat.
    """

    kind: str
    source: str
    quality: Literal["internal", "searching", "locked", "free", "stopped", "lost"]
    bpm: float | None
    deviation_ms: float | None
    count_in: str
    lost_since_at: int | None
    section: str
    """The section of that beat, which may differ from the one that is being made."""
    beats_per_bar: int | None
    bar: int | None
    beat: int | None
    beat_at: int | None
    """When this beat began; the next beats follow at `beat_ns`."""
    beat_ns: int | None


class ClockLoss(TypedDict):
    """How often an external clock was lost in a run that is over, and for how long in all.

    It is `clock_lost` in the report that a page receives.
    """

    times: int
    seconds: float


class GoTarget(TypedDict):
    """Where a GO leads: a section, the bar line at which it begins (None without bars)."""

    section: str
    bar: int | None
    chunk: int
    deadline_at: int | None
    """The last moment at which a GO still leaves at this bar."""
    error_ms: NotRequired[float | None]
    """The snap error of the bar line."""


class GoState(TypedDict):
    """What the GO button does now.

    `then` is the target once the deadline of `target` is over. `accepted` is set while a GO has
    been accepted and its section is not on screen yet; `shown_at` is when it will be.
    `listens_at` is when a section begins that listens, if it is known.
    """

    state: Literal["ready", "accepted", "not-listening", "none"]
    name: str
    """The go-cue that the button fires; empty for none."""
    target: GoTarget | None
    then: GoTarget | None
    shown_at: int | None
    listens_at: int | None
    listens_in: str
    """The place from which it listens, as `jam 1.1`; empty if unknown."""


class NextState(TypedDict):
    """The next cue that is not on screen yet.

    `shown_at` is when it will be on screen, `sent_at` when its command is due or was sent.
    """

    line: int
    """The number of the delivery; see `Line.n`."""
    place: str
    what: str
    chunk: int | None
    error_ms: float | None
    shown_at: int | None
    sent_at: int | None
    status: str
    at_latest: bool


LineStatus = Literal[
    "open", "planned", "sent", "landed", "late", "skipped", "refused", "lost", "replaced"
]


class Line(TypedDict):
    """One delivery of the run: a cue in one pass, something that a rule fired, or improvised.

    `n` is its number. `line` is the line of the score, of version `revision` of its text.
    """

    n: int
    revision: int
    line: int
    section: str
    occurrence: int
    tint: int
    place: str
    what: str
    kinds: list[str]
    """What it sets: prompt, image, strength, sr, seed, cut, midi, osc, goto, pause, …"""
    stages: NotRequired[list[str]]
    """The stages that it is for; left out if it is for all of the run."""
    fired: str
    """What fired it, as `note D3`; empty for a cue of the score."""
    fired_chunk: float | None
    """Where the model was when it was fired, in chunks; None for a cue of the score."""
    time_s: float | None
    planned: int | None
    earliest: int | None
    latest: int | None
    chunk: int | None
    landed: int | None
    status: LineStatus
    reason: str
    error_ms: float | None
    lead: int | None
    """How many chunks before its chunk it was sent."""
    changed: bool
    """Whether an edit changed or added it."""


class Pad(TypedDict):
    """Something that the operator can trigger: a rule, an exit, or a go-cue.

    `command` is the operator command that a press sends; for a controller it ends in `=`, and the
    page appends the value. `thresholds` are the values at which the controller's rules act.
    """

    id: str
    label: str
    trigger: str
    command: str
    after: str
    """What follows the value of a controller in the command, as ` ch 10`; empty for nothing."""
    kind: Literal["go", "note", "program", "cc", "osc", "transport"]
    sections: list[str]
    """The sections in which it acts; empty for every section."""
    leaves: bool
    listening: bool
    thresholds: list[int]
    value: int | None
    fired: int
    last_at: int | None
    last_chunk: int | None
    line: int
    """The line of the score with its rule."""


class Revision(TypedDict):
    """A version of the score that was offered to the run, or took over."""

    number: int
    state: Literal["offered", "uploading", "taken", "playing", "refused", "replaced"]
    chunk: int | None
    section: str
    place: str
    reason: str
    changes: list[str]
    """What it changes, one sentence each."""
    deadline_at: int | None
    """Until when a takeover lands at `place`."""
    undoable: bool


class Alert(TypedDict):
    """Something that is wrong now: a sentence of fact, one of consequence, at most two actions."""

    id: str
    level: Literal["warning", "error"]
    title: str
    text: str
    actions: list[AlertAction]


class AlertAction(TypedDict):
    """A button of an alert: an operator command, or a line of the score to show."""

    label: str
    command: NotRequired[str]
    line: NotRequired[int]


class Note(TypedDict):
    """A message for the operator."""

    at: int
    text: str


class Snapshot(TypedDict):
    """Everything that the page shows, except the timeline (`plot`) and the check (`checked`)."""

    t: Literal["snapshot"]
    seq: int
    run: str
    """A random name of the run; empty in edit mode. Commands name it, so that an old page cannot
    reach a new run."""
    mode: Mode
    locked: bool
    score: ScoreState
    playback: Playback | None
    clock: ClockState | None
    go: GoState
    next: NextState | None
    lines: list[Line]
    pads: list[Pad]
    revisions: list[Revision]
    alerts: list[Alert]
    notes: list[Note]
    report: dict[str, Any] | None
    """The report of the run that ended, in report mode; see `docs/report.md`. That of a run on
    several stages is described in `finished_stages`."""
    stages: list[str]
    """The names of the stages of the run; empty for one on a single stage, and without a run."""
    stage: str
    """The stage that a show would use."""


class Patch(TypedDict):
    """What has changed since the message with the number before. At most 20 per second.

    `lines` holds only the deliveries that changed or were added; `gone` those that no longer
    exist. All other keys replace the whole value.
    """

    t: Literal["patch"]
    seq: int
    at: int
    score: NotRequired[ScoreState]
    playback: NotRequired[Playback | None]
    clock: NotRequired[ClockState | None]
    go: NotRequired[GoState]
    next: NotRequired[NextState | None]
    lines: NotRequired[list[Line]]
    gone: NotRequired[list[int]]
    pads: NotRequired[list[Pad]]
    revisions: NotRequired[list[Revision]]
    alerts: NotRequired[list[Alert]]
    notes: NotRequired[list[Note]]
    locked: NotRequired[bool]


class PlotMessage(TypedDict):
    """The timeline of one version of the score, or of the run: `plot_json` of `plots`."""

    t: Literal["plot"]
    revision: int
    live: bool
    """Whether it shows what the run plans and did, rather than the score alone."""
    plot: dict[str, Any]


class Checked(TypedDict):
    """What a check of version `version` of the text found.

    `diagnostics` have the form of `sequencer check --json`, with `from` and `to` in the text and
    the changes of their fix as `edits`. A hint has `line` and `text`. A symbol has `kind`, `name`,
    `detail`, `line`, `from`, `to` and `children`, without cues. The summary is that of
    `checked_text.summarise`.
    """

    t: Literal["checked"]
    version: int
    diagnostics: list[dict[str, Any]]
    hints: list[dict[str, Any]]
    symbols: list[dict[str, Any]]
    summary: dict[str, Any]
    ms: float


class CheckFailed(TypedDict):
    """The text could not be checked: an error of the studio, not of the score."""

    t: Literal["check_failed"]
    version: int
    error: ErrorInfo


class ErrorInfo(TypedDict):
    """An error for people: what is wrong, and what to do."""

    message: str
    hint: str


class Answer(TypedDict):
    """The answer to a request of the page with the same `id`."""

    t: Literal["answer"]
    id: int
    ok: bool
    answer: NotRequired[Any]
    error: NotRequired[ErrorInfo]


class PageLink(TypedDict):
    """A link to another page of this studio.

    `qr` is the link's QR code without its light margin: one text per row, with `1` for a dark
    module and `0` for a light one. It is empty for a link that only this machine can open.
    """

    page: Literal["operator", "remote", "viewer", "output"]
    url: str
    qr: list[str]


class PageLinks(TypedDict):
    """The answer to `ask` with `what: "links"`, of which only an operator gets one.

    `note` is a sentence for people, for example how to make the studio reachable for phones.
    """

    links: list[PageLink]
    note: str


class ScoreCard(TypedDict):
    """A score of the folder that `open {id, file}` opens; `file` is empty for a new one."""

    file: str
    title: str
    text: str
    """Its length, as `25 cues, 3:24`, or its first error."""
    kind: Literal["file", "empty"]
    blocks: NotRequired[list[list[int]]]
    """Its prompts as `[start, end, tint]`, in thousandths of its length."""
    wrong: NotRequired[bool]
    """Whether it has errors."""


class ScoreCards(TypedDict):
    """The answer to `ask` with `what: "scores"`."""

    scores: list[ScoreCard]


class CardImage(TypedDict):
    """The answer to `ask` with `what: "card_image"` and the `file` of a card; null without one.

    `image` is a `data:` address, `alt` a sentence about what it shows.
    """

    image: str
    alt: str


class ImageChoices(TypedDict):
    """The answer to `ask` with `what: "images"`: images that `say image "…"` can name."""

    images: list[str]


class Learned(TypedDict):
    """The answer to `learn {id, pad}`, once a MIDI message has arrived.

    The server writes the message's trigger into the rule of the pad. The request fails after 20
    seconds without a message, and when `learn` without a pad (null) cancels it.
    """

    trigger: str
    line: int


class Pong(TypedDict):
    """The answer to `ping`."""

    t: Literal["pong"]
    id: int
    now: int


class TextChanged(TypedDict):
    """The next version of the text: another page, or the file on disk, changed it.

    A page whose own edit was accepted receives no changes, but `accepted`. A page whose edit could
    not be applied receives the whole text, and why.
    """

    t: Literal["text"]
    version: int
    changes: list[TextChange]
    accepted: NotRequired[bool]
    text: NotRequired[str]
    error: NotRequired[ErrorInfo]


TextChange = TypedDict("TextChange", {"from": int, "to": int, "text": str})
"""A replacement in the text. Positions count UTF-16 code units, as JavaScript does."""


class Refused(TypedDict):
    """The connection will be closed: the key is wrong, a limit is reached, the server stops."""

    t: Literal["refused"]
    reason: str


ServerMessage = (
    Hello
    | Snapshot
    | Patch
    | PlotMessage
    | Checked
    | CheckFailed
    | Answer
    | Pong
    | TextChanged
    | Refused
)

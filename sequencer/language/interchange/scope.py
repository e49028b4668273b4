"""Timelines of Daydream Scope: workflows, and the older form.

Times are in seconds since the beginning (daydreamlive/scope, frontend/src/lib/workflowApi.ts).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sequencer.language.interchange.draft import ScoreDraft, check_time, nearest_time, seconds
from sequencer.language.interchange.imported import MAX_ENTRIES, Imported, ImportOptions
from sequencer.language.interchange.json_input import Value, parse_json
from sequencer.language.interchange.recognition import keys_of

KIND = "scope"
MAX_SEED = 2**32 - 1
_FORMAT = "scope-workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    start: Fraction
    end: Fraction
    error: Fraction
    texts: tuple[tuple[str, Fraction], ...]
    steps: Fraction
    value: Value


def recognise(data: bytes) -> bool:
    """Return whether this is a workflow or a timeline of Scope."""
    keys = keys_of(data)
    return keys.get("format") == _FORMAT or ("exportedAt" in keys and "prompts" in keys)


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a timeline. Raises UnreadableError."""
    document = parse_json(data)
    is_workflow = document.has("format")
    if is_workflow:
        timeline = document.get("timeline")
        listed = timeline.get("entries") if not timeline.is_missing else timeline
        names = ("start_time", "end_time")
    else:
        listed, names = document.get("prompts"), ("startTime", "endTime")
    if listed.is_missing:
        raise listed.error(
            "there is no timeline in it", "record one in Scope before you export the workflow"
        )
    entries = sorted(
        (_entry(one, *names) for one in listed.items(MAX_ENTRIES, "entries")),
        key=lambda entry: entry.start,
    )
    seed = _seed(document, is_workflow)
    title = ""
    if is_workflow and document.has("metadata") and document.get("metadata").has("name"):
        title = document.get("metadata").get("name").text("the name")
    draft = ScoreDraft(options, title=title, header=[] if seed is None else [f"seed {seed}"])
    if is_workflow:
        _drop_pipelines(draft, document)
    for entry in entries:
        _add(draft, entry, options.blend)
    last = max((entry.end for entry in entries), default=Fraction(0))
    return draft.finish(KIND, seconds(max(last, Fraction(11, 8))))


def _entry(value: Value, start: str, end: str) -> _Entry:
    times = []
    for name in (start, end):
        time = value.get(name)
        problem = check_time(time.number("the time"))
        if problem is not None:
            raise time.error(problem)
        times.append(time.number())
    texts = []
    for one in value.get("prompts").items(MAX_ENTRIES, "prompts"):
        weight = one.get("weight")
        texts.append(
            (
                one.get("text").text("the text"),
                Fraction(100) if weight.is_missing else weight.number(),
            )
        )
    steps = value.get("transition_steps")
    return _Entry(
        start=nearest_time(times[0]),
        end=nearest_time(times[1]),
        error=nearest_time(times[0]) - times[0],
        texts=tuple(texts),
        steps=Fraction(0) if steps.is_missing else steps.number("the steps"),
        value=value,
    )


def _add(draft: ScoreDraft, entry: _Entry, blend: str) -> None:
    texts = [one for one in entry.texts if one[0].strip()]
    if entry.end <= entry.start or not texts:
        what = "an entry of no length" if texts else "an entry without a text"
        shown = f': "{texts[0][0]}"' if texts else ""
        draft.drop("empty entries", f"{what} at {float(entry.start):g} s{shown}")
        return
    draft.tally.keep(entry.error)
    if entry.steps > 0:
        draft.drop("transitions", f"a transition of {float(entry.steps):g} steps")
    if blend == "join":
        text = ". ".join(one.strip().rstrip(".") for one, _ in texts) + "."
        if len(texts) == 1:
            text = texts[0][0]
    else:
        largest = max(range(len(texts)), key=lambda index: (texts[index][1], -index))
        text = texts[largest][0]
        total = sum(weight for _, weight in texts) or Fraction(1)
        for index, (other, weight) in enumerate(texts):
            if index != largest:
                draft.drop("weights", f'{float(100 * weight / total):.3g} % "{other}"')
    draft.prompt(seconds(entry.start), text, at=entry.start, pointer=entry.value.pointer)


def _seed(document: Value, is_workflow: bool) -> int | None:
    found: Value | None = None
    if is_workflow and document.has("pipelines"):
        for pipeline in document.get("pipelines").items(MAX_ENTRIES, "pipelines"):
            if pipeline.has("params") and pipeline.get("params").has("seed"):
                found = pipeline.get("params").get("seed")
                break
    elif not is_workflow and document.has("settings"):
        found = document.get("settings").get("seed")
    if found is None or found.is_missing:
        return None
    number = found.number("the seed")
    if number.denominator != 1 or not 0 <= number <= MAX_SEED:
        raise found.error(f"the seed must be a whole number from 0 to {MAX_SEED}")
    return int(number)


def _drop_pipelines(draft: ScoreDraft, document: Value) -> None:
    """Count what of the pipelines a score does not contain."""
    if not document.has("pipelines"):
        return
    for pipeline in document.get("pipelines").items(MAX_ENTRIES, "pipelines"):
        if pipeline.has("loras"):
            for lora in pipeline.get("loras").items(MAX_ENTRIES, "LoRAs"):
                name = lora.get("filename") if lora.has("filename") else None
                draft.drop("LoRA", f"LoRA {name.text() if name is not None else ''}".strip())

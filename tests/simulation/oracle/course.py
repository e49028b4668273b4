"""The course of a show according to the score: the chunk on which each cue acts, when takes end,
and what is sent to MIDI.

It receives the events of a show (triggers, the model's reports, fits of clock and boundaries) in
the order in which they happened, and recomputes the score from there. It never uses what the
conductor did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from sequencer.events.codec import Event
from sequencer.events.events import (
    ChunkDone,
    ControlChanged,
    NoteReceived,
    OperatorGo,
    OperatorPause,
    OscReceived,
    Paused,
    ProgramChanged,
    Ready,
    ResetDone,
    Resumed,
    Started,
)
from sequencer.language.score import Duration
from tests.simulation.oracle.parts import Answer, Deed, Parts
from tests.simulation.oracle.pieces import UNKNOWN, Acting, AnswerMessage, Look, Passage, Take
from tests.simulation.oracle.triggers import Listening
from tests.simulation.oracle.wording import drawn, drawn_shuffled

LIVE = ("image", "strength", "sr")


class Course:
    """The score, in the order of a show's events.

    After the last one, `looks` returns what each chunk must have shown.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.passages: list[Passage] = []
        self.pending: list[Acting] = []
        self.slots: dict[int, list[Acting]] = {}
        self._landing: dict[int, int] = {}
        self.takes = [Take(base=0, seed=parts.seed)]
        self.making = self._next = self._order = 0
        self.mode = "opening"
        self.rests = False
        self._owed = 0
        """How many takes have run that the model has not reported as started."""
        self._pausing: int | None = None
        self._held: list[tuple[tuple[str, ...], int]] = []
        self._fired: Counter[str] = Counter()
        self._listening = Listening(parts.triggers)
        self.answer_messages: list[AnswerMessage] = []
        self.ends: list[Fraction] = []
        """The planned ends of the score, in seconds: each exit and each goto moves it."""
        self.is_over = False
        self.now = self._end = 0
        self._place_passage(0, Fraction(0))

    # ---- the plan --------------------------------------------------------------------------------

    def _place_passage(self, index: int, start: Fraction) -> None:
        """Add the passes from `play[index]` on, the first of them beginning at `start`."""
        for part in self.parts.play[index:]:
            quarter = (
                self.passages[-1].end_quarter
                if self.passages and self.parts.is_external
                else Fraction(0)
            )
            passage = Passage(
                number=len(self.passages),
                part=part,
                start=start,
                end=start + part.seconds,
                quarter=quarter,
            )
            self.passages.append(passage)
            passage.chunk = self.parts.chunk_of(start, self.parts.snap)
            self.pending += [self._acting(passage, deed) for deed in part.deeds]
            start = passage.end
        self.ends.append(start)
        self.pending.sort(key=lambda one: (one.chunk, one.time, one.order))
        self._end = self._planned_end()

    def _acting(self, passage: Passage, deed: Deed) -> Acting:
        self._order += 1
        time = passage.start + deed.seconds
        return Acting(
            order=self._order,
            passage=passage,
            time=time,
            snap=deed.snap,
            does=deed.does,
            quarter=deed.quarter,
            chunk=self.parts.chunk_of(time, deed.snap),
        )

    def _foretell(self) -> None:
        """Recompute the chunk of everything that is still to come; only needed if a clock is
        followed.
        """

    def _planned_end(self) -> int:
        """Return how many chunks the score has: until its last section is over and its last cue has
        acted.

        A cue of a part that was left no longer counts, even if it had been sent.
        """
        waiting = (one for one in self.pending if one.fate == "waiting" and not one.is_rule)
        chunks = [one.chunk + 1 for one in waiting]
        chunks += [
            one.chunk + 1
            for line in self.slots.values()
            for one in line
            if not one.is_rule and one.fate != "left"
        ]
        return max([ceil(self.passages[-1].end / self.parts.chunk), *chunks])

    def _playing(self) -> Passage:
        """Return the current pass: the last one that has begun by the current chunk."""
        return [self.passages[0], *(one for one in self.passages if one.chunk <= self.making)][-1]

    @property
    def base(self) -> int:
        """The first chunk of the current take."""
        return self.takes[-1].base

    @property
    def _may_rest(self) -> bool:
        return self.rests or (self._pausing is not None and self.making > self._pausing)

    def _next_cut(self, after: int = -1) -> int | None:
        return min(
            (
                one.chunk
                for one in self.pending
                if "cut" in one.does and after < one.chunk < UNKNOWN
            ),
            default=None,
        )

    # ---- events ----------------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Handle an event."""
        self.now = event.at
        if self.is_over:
            return
        match event:
            case Ready():
                self._commit()
                self.takes[0].seed = self._seed_at(0)
            case Started() if event.chunk in (0, None) and self._owed:
                self._owed -= 1  # the start of a take that a chunk had shown to run
            case Started() if self.mode == "opening":
                self._runs(self.base, event.at)
                self._go_on(event.at)
            case ChunkDone():
                self._done(event)
            case ResetDone() if self.mode == "cutting":
                self.takes.append(Take(base=self._next, seed=self._seed_at(self._next)))
                self.mode, self.making = "opening", self._next
                self._foretell()
                self._commit()
            case Paused() if self.mode == "playing":
                self.rests, self._pausing = True, None
            case Resumed() if self.mode == "playing":
                self.rests, self._pausing = False, None
                self._send()
            case (
                OperatorPause()
                | NoteReceived()
                | ControlChanged()
                | ProgramChanged()
                | OperatorGo()
                | OscReceived()
            ):
                self._triggered(event)
            case _:
                pass

    def _seed_at(self, chunk: int) -> int:
        named = [
            one.does["cut"] for one in self.slots.get(chunk, ()) if one.does.get("cut") is not None
        ]
        seed = named[-1] if named else self.takes[-1].seed
        assert isinstance(seed, int)
        return seed

    def _runs(self, making: int, at: int) -> None:
        """Start a take."""
        self.mode, self.making = "playing", making
        self.rests, self._pausing = False, None
        for one in self.slots.get(self.base, ()):
            one.has_left = True
        self.takes[-1].began = at
        self.takes[-1].knows_late = making > self.base

    def _go_on(self, at: int) -> None:
        self._send()
        held, self._held = self._held, []
        for triggers, _ in held:
            if self.mode == "playing":
                self._act(triggers, at)
            else:
                self._held.append((triggers, at))

    def _done(self, event: ChunkDone) -> None:
        chunk = self.base + event.chunk
        if self.mode == "cutting":
            self.making = max(self.making, min(chunk + 1, self._next))
        elif self.mode == "opening":
            self._owed += 1
            self._runs(chunk + 1, event.at)
            self._after_chunk(event.at)
            self._go_on(event.at)
        elif chunk >= self.making:
            self.making = chunk + 1
            self._after_chunk(event.at)

    def _after_chunk(self, at: int) -> None:
        self._foretell()
        if self.making >= self._end:
            self.is_over = True
            return
        self._send()

    # ---- triggers --------------------------------------------------------------------------------

    def _triggered(self, event: Event) -> None:
        triggers = tuple(self._listening.triggers(event))
        if not triggers:
            return
        if self.mode != "playing":
            self._held.append((triggers, event.at))
        else:
            self._act(triggers, event.at)

    def _act(self, triggers: tuple[str, ...], at: int) -> None:
        """Handle the exit of a live section first, then its rules, those with a cut last."""
        if triggers[0] == "hand pause":
            self._pause()
            return
        if triggers[0] == "hand resume":
            return
        current = self._playing()
        if any(one in triggers for one in current.part.until):
            self._leave(current, current.part.index + 1)
        answers = sorted(current.part.answers, key=lambda one: "cut" in one.does)
        for answer in answers:
            if answer.trigger in triggers:
                self._answer(answer, current, at)
        self._send()

    def _pause(self) -> None:
        if self._pausing is None and not self.rests:
            self._pausing = self.making

    def _answer(self, answer: Answer, current: Passage, at: int) -> None:
        count = self._fired[answer.key]
        self._fired[answer.key] += 1
        for move in answer.moves:
            if move == "pause":
                self._pause()
            elif move.startswith("goto "):
                names = [part.name for part in self.parts.play]
                later = [number for number in range(len(names)) if names[number] == move[5:]]
                target = next(
                    (one for one in later if one > current.part.index), later[0] if later else None
                )
                if target is not None:
                    self._leave(current, target)
        self.answer_messages += [AnswerMessage(at, message) for message in answer.messages]
        if answer.does:
            does = dict(answer.does)
            if answer.options is not None:
                choose = drawn_shuffled if answer.is_shuffled else drawn
                does["prompt"] = choose(answer.options, self.parts.seed, answer.key, count)
            if answer.every is None:
                self._rule(does, current)
            else:
                self._launch(does, current, answer.every)

    def _rule(self, does: dict[str, object], current: Passage) -> None:
        """Bind a fired rule to the first chunk in reach:

        `lead` chunks ahead for a prompt, the next one for live actions.
        """
        self._order += 1
        fired = Acting(
            order=self._order,
            passage=current,
            time=Fraction(0),
            snap=self.parts.snap,
            does=does,
            is_rule=True,
        )
        if self.mode == "cutting":
            self._bind(fired, self._next)
        elif "cut" in does:
            chunk = self.making if self.rests else self.making + 1
            self._cut(chunk)
            self._bind(fired, chunk)
        else:
            chunk = self.making + (
                self.parts.lead if "prompt" in does and "image" not in does else 1
            )
            cut = self._next_cut()
            if cut is not None:
                chunk = min(chunk, max(cut, self.making + 1))
            if chunk < self._limit():
                self._bind(fired, chunk)

    def _launch(self, does: dict[str, object], current: Passage, every: Duration) -> None:
        """Let a firing of a quantised rule wait for the first bar line or beat in reach, counted
        from the beginning of its pass.
        """
        if self.mode == "cutting":
            reach = self._next
        elif "cut" in does:
            reach = self.making + 1
        else:
            is_live = "prompt" not in does or "image" in does
            reach = self.making + (1 if is_live else self.parts.lead)
            cut = self._next_cut()
            if cut is not None:
                reach = min(reach, max(cut, self.making + 1))
        for passage in self.passages[current.number :]:
            for quarter, time in self._lines(passage, every):
                if not self._may_land(passage, quarter, time, reach):
                    continue
                chunk = self.parts.chunk_of(time, self.parts.snap)
                if chunk >= self._limit():
                    return
                self._order += 1
                self._wait(
                    Acting(
                        order=self._order,
                        passage=passage,
                        time=time,
                        snap=self.parts.snap,
                        does=does,
                        quarter=quarter,
                        is_rule=True,
                        is_launched=True,
                        chunk=chunk,
                    )
                )
                return

    def _wait(self, *firings: Acting) -> None:
        self.pending = sorted(
            [*self.pending, *firings], key=lambda one: (one.chunk, one.time, one.order)
        )
        self._foretell()

    @staticmethod
    def _lines(passage: Passage, every: Duration) -> Iterator[tuple[Fraction | None, Fraction]]:
        """Return the bar lines or beats of a pass: their quarters in it, and their times."""
        music = passage.part.music
        where, number = music.start, 0
        while (time := passage.start + music.seconds(where)) < passage.end:
            yield where.quarter, time
            number += 1
            if not music.has_beats:
                return
            where = music.after(music.start, every, number)

    def _may_land(
        self, passage: Passage, quarter: Fraction | None, time: Fraction, reach: int
    ) -> bool:
        """Return whether a position can still be reached."""
        return self.parts.chunk_of(time, self.parts.snap) >= reach

    def _limit(self) -> int:
        """Return the chunk from which on nothing acts any more."""
        return self._end

    # ---- leaving a pass --------------------------------------------------------------------------

    def _leave(self, current: Passage, target: int) -> None:
        """Leave a pass at its next bar line that can be reached, and continue with `play[target]`."""
        reach = self.making + self.parts.lead
        exit_at, bar_line = self._bar_line(current, reach)
        if exit_at >= current.end and target == current.part.index + 1:
            return  # it ends by itself before
        for chunk, line in list(self.slots.items()):
            if chunk > self.making:
                for one in line:
                    one.fate = "left" if self._is_left(one, current, exit_at) else one.fate
                pictured = any("image" in one.does and one.has_left for one in line)
                self.slots[chunk] = [
                    one
                    for one in line
                    if not self._is_left(one, current, exit_at)
                    or one.has_left
                    or ("prompt" in one.does and pictured)
                ]
        launched = [
            one
            for one in self.pending
            if one.is_launched and (one.time >= exit_at or one.passage.number > current.number)
        ]
        self.pending = [
            one
            for one in self.pending
            if not self._is_left(one, current, exit_at) and one not in launched
        ]
        self.passages = [*self.passages[: current.number], current]
        current.end, current.left_at = exit_at, bar_line
        self._place_passage(target, exit_at)
        for one in launched:  # the start of a pass is a bar line, the first one after the exit
            if current.number + 1 < len(self.passages):
                self._order += 1
                one.order, one.time = self._order, exit_at
                one.passage = self.passages[current.number + 1]
                one.quarter = one.passage.part.music.start.quarter
                one.chunk = self.parts.chunk_of(exit_at, one.snap)
                self._wait(one)
        self._commit()

    @staticmethod
    def _is_left(one: Acting, current: Passage, exit_at: Fraction) -> bool:
        number = one.passage.number
        return not one.is_rule and (
            number > current.number or (one.passage is current and one.time >= exit_at)
        )

    def _bar_line(self, current: Passage, reach: int) -> tuple[Fraction, Fraction | None]:
        """Return the first bar line in reach after the beginning of a pass: its time, and its
        quarter in the pass.
        """
        music = current.part.music
        if not music.has_beats:
            return max(reach * self.parts.chunk, current.start), None
        bar = 1
        while True:
            quarter = music.bar_start(bar)
            at = current.start + music.seconds_at(quarter)
            if self._may_leave(current, quarter, at, reach):
                return at, quarter
            bar += 1

    def _may_leave(
        self, current: Passage, quarter: Fraction | None, at: Fraction, reach: int
    ) -> bool:
        """Return whether a pass may be left at a position, given as in `_bar_line`."""
        return self.parts.chunk_of(at, self.parts.snap) >= reach

    # ---- binding and sending ---------------------------------------------------------------------

    def _commit(self) -> None:
        """Bind everything within reach to its chunk; what opens a coming take waits for its cut."""
        limit = self.making + self.parts.lead
        cut = self._next_cut(
            after=self.base if self.mode == "opening" else -1
        )  # the cut that opened this take is past
        if cut is not None:
            limit = min(limit, cut - 1)
        due = [one for one in self.pending if one.chunk <= limit]
        if due:
            self.pending = [one for one in self.pending if one.chunk > limit]
        for one in due:
            self._bind_in_time(one)

    def _bind_in_time(self, one: Acting) -> None:
        soonest = self.base
        if self.mode != "opening":
            carried = "image" in one.does or any(
                "image" in other.does and not other.has_left
                for other in self.slots.get(one.chunk, ())
            )
            soonest = self.making + (self.parts.lead if "prompt" in one.does and not carried else 1)
        if one.chunk < soonest and self.parts.drops_late and not one.is_rule:
            one.fate = "dropped"
        else:
            self._bind(one, max(one.chunk, soonest))

    def _bind(self, one: Acting, chunk: int) -> None:
        one.chunk, one.fate = chunk, "bound"
        self.slots.setdefault(chunk, []).append(one)

    @staticmethod
    def _done_by(line: list[Acting]) -> dict[str, object]:
        """Return what acts on a chunk: the last of each kind.

        A firing of a quantised rule gives way to a cue with a later position that was there before.
        """
        now: dict[str, object] = {}
        last: dict[str, Acting] = {}
        for one in line:
            for kind, value in one.does.items():
                other = last.get(kind)
                is_positioned = other is not None and (not other.is_rule or other.is_launched)
                if (
                    one.is_launched
                    and kind != "cut"
                    and is_positioned
                    and other is not None
                    and other.time > one.time
                ):
                    continue
                now[kind], last[kind] = value, one
        return now

    def _send(self) -> None:
        """Send what is due: bind what is within reach, send live actions for the next chunk, and
        begin a cut.
        """
        if self.mode != "playing":
            return
        self._foretell()
        self._commit()
        if not self._may_rest:
            for chunk in sorted(self.slots):
                if self.base < chunk <= self.making + 1:
                    late = [
                        one
                        for one in self.slots[chunk]
                        if not one.has_left and any(kind in one.does for kind in LIVE)
                    ]
                    for one in late:
                        one.has_left = True
                    if late and chunk <= self.making:
                        self._landing[chunk] = self.making + 1
        cut = self._next_cut()
        is_too_late = (
            cut is not None and cut < self._end <= self.making + 1
        )  # it would make the show longer
        if cut is not None and not self._may_rest and self.making >= cut - 1 and not is_too_late:
            self._cut(max(cut, self.making + 1))

    def _cut(self, chunk: int) -> None:
        """End the take before a chunk: everything due by then that is not bound yet opens the next
        take.
        """
        self.mode, self._next = "cutting", chunk
        due = [one for one in self.pending if one.chunk <= chunk]
        self.pending = [one for one in self.pending if one.chunk > chunk]
        for one in due:
            is_dropped = self.parts.drops_late and not one.is_rule and "cut" not in one.does
            if one.chunk < chunk and is_dropped:
                one.fate = "dropped"
            else:
                self._bind(one, chunk)

    # ---- the result ------------------------------------------------------------------------------

    def looks(self, chunks: int) -> dict[tuple[int, int], Look]:
        """Return what each chunk must show, by take and chunk of the take, for this many chunks of
        the score.
        """
        found: dict[tuple[int, int], Look] = {}
        number = 0
        prompt, strength, sr = "", None, self.parts.sr
        image: str | None = None
        captured: Fraction | None = None
        late: dict[int, list[int]] = {}
        for chunk, landing in self._landing.items():
            late.setdefault(landing, []).append(chunk)
        for chunk in range(chunks):
            opens = number + 1 < len(self.takes) and self.takes[number + 1].base == chunk
            if opens:
                number += 1
                image, captured = None, None
            base = self.takes[number].base
            for slot in [*sorted(late.get(chunk, ())), chunk]:
                line = self.slots.get(slot, [])
                is_late = self._landing.get(slot, slot) != slot and slot >= base
                pictured = any("image" in one.does for one in line)
                now = self._done_by(line)
                if is_late and slot == chunk:
                    now = (
                        {}
                        if pictured
                        else {kind: value for kind, value in now.items() if kind == "prompt"}
                    )
                elif slot != chunk:
                    now = {
                        kind: value for kind, value in now.items() if kind != "prompt" or pictured
                    }
                    if any(
                        "prompt" in one.does
                        for between in range(slot + 1, chunk + 1)
                        for one in self.slots.get(between, ())
                    ):
                        now.pop("prompt", None)
                prompt = str(now.get("prompt", prompt)).strip()
                strength = now.get("strength", strength)
                sr = str(now.get("sr", sr))
                if "image" in now:
                    image, captured = str(now["image"]), strength  # type: ignore[assignment]  # strengths are fractions
            take = self.takes[number]
            found[number, chunk - base] = Look(
                take=number,
                prompt=prompt,
                image=image,
                strength=strength,  # type: ignore[arg-type]  # as above
                captured=captured,
                sr=sr,
                seed=take.seed,
            )
        return found

    @property
    def end(self) -> int:
        """How many chunks the score has in the end."""
        return self._end

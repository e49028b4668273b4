"""The ledger: what is committed to which chunk, what was sent, and what has landed."""

from __future__ import annotations

import heapq
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.images import Scale
from sequencer.engine.conductor.deliveries import ActKind, ChunkSlot, Delivery, Status, kind_of
from sequencer.engine.conductor.image_landing import ImageLandings
from sequencer.engine.conductor.pending_commands import PendingCommand, PendingCommands
from sequencer.events.commands import (
    Command,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
)
from sequencer.schedule.model import PromptAct

MAX_TRIES = 3
"""Maximum number of times a prompt is sent, counting the first.

It moves to a later chunk only if its own is out of reach.
"""


@dataclass(slots=True, kw_only=True)
class Setting:
    """A setting that was sent for a slot's chunk.

    Attributes:
        landing: The first chunk on which it acts, as far as is known.
        chunk: The chunk of the slot.
        kind: The kind of the setting.
        left: The nanosecond at which it was sent.
    """

    landing: int
    chunk: int
    kind: ActKind
    left: int


class Ledger:
    """Slots by score chunk.

    `seed`, `sr` and `strength` are the values that were last sent to the model.
    """

    def __init__(
        self,
        seed: int,
        sr: Scale,
        *,
        forgets_overtaken: bool = True,
        sees_late_prompts: bool = True,
        lands_one_image: bool = True,
    ) -> None:
        """Initialise the ledger of a run.

        Args:
            seed: The seed that the run opens with.
            sr: The super-resolution that the run opens with.
            forgets_overtaken: Whether to act as revisions from 5 on do. Then a delivery that was
                overtaken leaves with its plan too (earlier revisions kept it, and what it had
                overtaken did not act again).
            sees_late_prompts: Whether to act as revisions from 5 on do. Then a prompt that is
                first shown when the next one is due has landed (earlier revisions reported it as
                missed).
            lands_one_image: Whether only the last of several images that the model takes for one
                chunk has landed (in earlier revisions all of them had).
        """
        self.seed = seed
        self.sr: Scale = sr
        self.strength: Fraction | None = None
        self._forgets_overtaken = forgets_overtaken
        self._sees_late_prompts = sees_late_prompts
        self._lands_one_image = lands_one_image
        self._chase: Delivery | None = None
        """What the clock's latest jump brings; it gives way to what acts before it."""
        self.slots: dict[int, ChunkSlot] = {}
        self._prompts: list[int] = []
        self._touched: set[int] = set()
        self._live: list[int] = []
        self.flights = PendingCommands()
        self._judged = -1
        self._open_prompts: list[int] = []
        self._unseen: dict[int, tuple[int, bool]] = {}
        """Slots whose prompt is assumed to have landed on a chunk that was not reported.

        The values are the first later chunk that was reported or at which another prompt was due,
        and whether that chunk showed this prompt.
        """
        self._begun_with: dict[int, str] = {}
        """The prompts of chunks that were being made when the model reported its state."""
        self.overwritten: dict[int, Delivery] = {}
        self._left: set[int] = set()
        """Chunks for which the model holds a prompt, but the plan no longer has one of its own."""
        self._taken_back: dict[int, Delivery] = {}
        """Deliveries whose prompt was overwritten at their chunk, until what it showed is known."""
        self.images = ImageLandings()
        self._accepted: set[int] = set()
        """Slots for which the model has accepted the prompt that was sent last."""
        self._sent_for: dict[int, int] = {}
        """The chunks for which prompts were sent again, by the chunk of their slot."""
        self._set: list[Setting] = []
        self.can_fade = False
        """Whether the stage can replace a prompt over several chunks."""
        self.now = 0
        """The latest known time.

        Events that arrive during a reconnection are handled later than their timestamps.
        """

    # ---- committing ------------------------------------------------------------------------------

    def commit(self, line: Delivery, chunk: int) -> None:
        """Commit a delivery to its chunk, for good."""
        slot = self.slots.get(chunk)
        if slot is None:
            slot = self.slots[chunk] = ChunkSlot(chunk=chunk)
        line.chunk = chunk
        if not line.is_final:
            line.status = Status.COMMITTED
        slot.add(line)
        if slot.prompt is not None:
            index = bisect_right(self._prompts, chunk)
            if index == 0 or self._prompts[index - 1] != chunk:
                insort(self._prompts, chunk)
            self._touched.add(chunk)
        if slot.needs_live:
            heapq.heappush(self._live, chunk)
        self._overtake_chase(line)

    def commit_chase(self, chase: Delivery | None, *, gives_way: bool) -> None:
        """Commit what a jump of the clock brings (None: nothing) to the chunk that it is for.

        Args:
            chase: The delivery.
            gives_way: Whether what is committed to an earlier chunk after the jump stays in force:
                its position is later (earlier revisions undid it).
        """
        self._chase = None
        if chase is not None:
            self.commit(chase, chase.nominal)
            self._chase = chase if gives_way else None

    def _overtake_chase(self, line: Delivery) -> None:
        """Let what a jump brings give way to a delivery that is committed after the jump.

        On the same chunk the slot has done so, except that a take does not open with the image of
        the take before.
        """
        chase = self._chase
        if chase is None or chase.chunk is None or (line.chunk or 0) > chase.chunk:
            return
        kinds = line.open if line.chunk != chase.chunk else set()
        kinds = kinds | {"image"} if "cut" in line.kinds else kinds
        overtaken = kinds & chase.open
        for kind in sorted(overtaken):
            chase.supersede(kind, line)
        if not overtaken:
            return
        slot = self.slots[chase.chunk]
        if slot.prompt is not None:
            self._touched.add(slot.chunk)  # it may have waited for the image
        elif slot.sent_prompt is not None:
            self._left.add(slot.chunk)

    def _restore_chase(self, gone: Delivery, stays: Callable[[Delivery], bool]) -> None:
        """Restore what the delivery of a jump lost to a removed one on an earlier chunk."""
        chase = self._chase
        if chase is None or chase.chunk is None or chase.chunk == gone.chunk or not stays(chase):
            return
        slot = self.slots[chase.chunk]
        slot.regain(gone, lambda line: line is chase, one_of_each=self._forgets_overtaken)
        if slot.prompt is not None:
            self._touched.add(slot.chunk)
        if slot.needs_live:
            heapq.heappush(self._live, slot.chunk)

    def active_at(self, chunk: int) -> str | None:
        """Return the prompt that the plan shows at a chunk."""
        index = bisect_right(self._prompts, chunk)
        while index > 0:
            prompt = self.slots[self._prompts[index - 1]].prompt
            if prompt is not None:
                return prompt
            index -= 1
        return None

    def is_of_earlier_take(self, prompt: str | None, base: int) -> bool:
        """Return whether a prompt belongs to earlier takes only.

        It does not belong to the take that begins at `base`.
        """
        if prompt is None or prompt.strip() == (self.active_at(base) or "").strip():
            return False
        chunks = [
            chunk
            for chunk, slot in self.slots.items()
            if prompt.strip() in ((slot.prompt or "").strip(), (slot.sent_prompt or "").strip())
        ]
        return bool(chunks) and max(chunks) < base

    def slot_in_force(self, chunk: int) -> ChunkSlot | None:
        """Return the slot whose prompt the plan shows at a chunk."""
        index = bisect_right(self._prompts, chunk)
        found = (self.slots[one] for one in reversed(self._prompts[:index]))
        return next((slot for slot in found if slot.prompt is not None), None)

    def withdraw(self, chunk: int, leaves: Callable[[Delivery], bool], reason: str) -> None:
        """Remove deliveries from a chunk on because the plan changed.

        What was sent for them is overwritten by `prompts_due`: with what is committed there
        instead, or with the text that is in force there then. What they had overtaken acts again if
        it stays in the plan.

        Args:
            chunk: The first score chunk that is affected.
            leaves: Whether a delivery is removed with the old plan.
            reason: The reason for the report.
        """
        if self._forgets_overtaken:
            for number, slot in self.slots.items():
                if number >= chunk:
                    slot.give_up_lost(leaves)
        for line in self.committed_from(chunk):
            if leaves(line):
                self._take_out(line, lambda other: not leaves(other), reason)

    def _take_out(self, line: Delivery, stays: Callable[[Delivery], bool], reason: str) -> None:
        slot = self.slots[line.chunk or 0]
        with_image = slot.image is not None and "image" in slot.sent and "prompt" in line.open
        if with_image or slot.sent & {"image", "strength", "sr"} & line.open:
            return  # live acts that were sent cannot be taken back: they act on the next chunk
        slot.remove(line)
        line.finish(Status.SKIPPED, reason)
        slot.regain(line, stays, one_of_each=self._forgets_overtaken)
        self._restore_chase(line, stays)
        if slot.prompt is not None:
            self._touched.add(slot.chunk)
        elif slot.sent_prompt is not None:
            self._left.add(slot.chunk)
        if slot.sent_prompt is not None and any(
            isinstance(act, PromptAct) and act.text == slot.sent_prompt for act in line.acts
        ):
            self._taken_back[slot.chunk] = line

    def prompts_beyond(self, chunk: int) -> int:
        """Return the number of committed prompts after a chunk."""
        return len(self._prompts) - bisect_right(self._prompts, chunk)

    def committed_from(self, chunk: int) -> list[Delivery]:
        """Return the deliveries not final yet that are committed to a chunk or later, by chunk."""
        chunks = sorted(number for number in self.slots if number >= chunk)
        return [line for number in chunks for line in self.slots[number].lines if not line.is_final]

    def has_later_prompt(self, line: Delivery, chunk: int) -> bool:
        """Return whether a cue with a later position shows a prompt at this chunk."""
        slot = self.slots.get(chunk)
        return slot is not None and any(
            other.time > line.time and "prompt" in other.open for other in slot.lines
        )

    # ---- sending ---------------------------------------------------------------------------------

    def opening(self, chunk: int, at: int) -> list[Command]:
        """Return the commands that set a take up.

        They are seed, sr, strength, then image and prompt together, or the prompt alone.
        """
        slot = self.slots.get(chunk) or ChunkSlot(chunk=chunk)
        cut = slot.cut
        if cut is not None and cut.seed is not None:
            self.seed = cut.seed
        self.sr = slot.sr or self.sr
        self.strength = slot.strength if slot.strength is not None else self.strength
        prompt = slot.prompt or self.active_at(chunk) or ""
        commands: list[Command] = [SetSeed(self.seed), SetSrScale(self.sr)]
        if self.strength is not None:
            commands.append(SetImageStrength(float(self.strength)))
        if slot.image is not None:
            commands.append(SetConditioning(prompt, slot.image.sha256))
            self.flights.add("set_conditioning", chunk, prompt)
        else:
            commands.append(SchedulePrompt(prompt, 0))
            self.flights.add("schedule_prompt", chunk, prompt)
        slot.sent_prompt, slot.sent_fade = prompt, 0
        slot.sent |= {"prompt", "image", "strength", "sr", "cut"}
        self._set += [
            Setting(landing=chunk, chunk=chunk, kind="strength", left=0),
            Setting(landing=chunk, chunk=chunk, kind="sr", left=0),
        ]
        self._touched.discard(chunk)
        self._mark_sent(slot, at)
        return commands

    def reset_for_take(self, chunk: int) -> None:
        """Open a take at `chunk`; the model no longer knows what was sent for later chunks."""
        self.discard_from(chunk)
        for later, slot in self.slots.items():
            if later > chunk:
                slot.sent_prompt = None
            if later > chunk and any(not line.is_final for line in slot.lines):
                slot.sent.clear()
                self._touched.add(later)
                heapq.heappush(self._live, later)
        self.flights.clear()
        self._left.clear()
        self._taken_back.clear()
        self.overwritten.clear()
        self.images.take_began(chunk)
        self._accepted.clear()
        self._sent_for.clear()
        self._unseen.clear()
        self._begun_with.clear()
        self._set = [one for one in self._set if one.landing < chunk]

    def prompts_due(self, base: int, making: int, started: bool, at: int) -> list[Command]:
        """Return `schedule_prompt` for every committed prompt not sent yet.

        A prompt with an image waits and is sent with it.
        """
        commands: list[Command] = []
        for chunk in sorted(self._touched):
            slot = self.slots[chunk]
            prompt = slot.prompt
            if prompt is None or "prompt" in slot.sent:
                continue
            if slot.image is not None and "image" not in slot.sent:
                continue
            if started and chunk <= making:
                continue
            fade = self._fade_of(slot)
            if slot.sent_prompt != prompt or slot.sent_fade != fade:
                # otherwise the model already holds it, from an earlier plan
                commands.append(self._send_prompt(slot, prompt, base, fade))
            slot.sent.add("prompt")
            self._mark_sent(slot, at)
        self._touched.clear()
        for chunk in sorted(self._left):
            slot = self.slots[chunk]
            text = self.active_at(chunk)
            if chunk <= making or slot.prompt is not None:
                self._left.discard(chunk)
            elif (
                text is not None and text != slot.sent_prompt
            ):  # what is in force there may change once more
                if chunk in self._taken_back:
                    self.overwritten[chunk] = self._taken_back[chunk]
                commands.append(self._send_prompt(slot, text, base))
        return commands

    def _fade_of(self, slot: ChunkSlot) -> int:
        """Return over how many chunks the stage is to fade to a slot's own prompt.

        A prompt with an image acts at once, as the image does.
        """
        return slot.fade if self.can_fade and slot.image is None else 0

    def _send_prompt(
        self, slot: ChunkSlot, prompt: str, base: int, fade: int = 0
    ) -> SchedulePrompt:
        slot.sent_prompt, slot.sent_fade = prompt, fade
        self._accepted.discard(slot.chunk)
        self._sent_for.pop(slot.chunk, None)
        self.flights.add("schedule_prompt", slot.chunk, prompt)
        return SchedulePrompt(prompt, slot.chunk - base, fade=fade)

    def send_again(self, slot: ChunkSlot, prompt: str, chunk: int, base: int) -> SchedulePrompt:
        """Send a slot's prompt for another score chunk, because its own chunk has passed."""
        slot.sent.add("prompt")
        slot.sent_prompt, slot.sent_fade = prompt, self._fade_of(slot)
        self._accepted.discard(slot.chunk)
        self._sent_for[slot.chunk] = chunk
        self.flights.add("schedule_prompt", slot.chunk, prompt)
        return SchedulePrompt(prompt, chunk - base, fade=slot.sent_fade)

    def resend(self, flight: PendingCommand, base: int) -> SchedulePrompt:
        """Send a refused prompt once more."""
        slot = self.slots[flight.chunk]
        prompt = flight.prompt or ""
        slot.sent.add("prompt")
        slot.sent_prompt, slot.sent_fade = prompt, self._fade_of(slot)
        self._accepted.discard(flight.chunk)
        self._sent_for.pop(flight.chunk, None)
        self._touched.discard(flight.chunk)
        self.flights.add(flight.command, flight.chunk, prompt, flight.tries + 1)
        return SchedulePrompt(prompt, flight.chunk - base, fade=slot.sent_fade)

    def recheck(self, scheduled: Mapping[int, str], base: int, making: int) -> None:
        """Mark what a lost connection may have lost as due again.

        This concerns prompts that the model does not hold, images that it never accepted, and
        settings without confirmation. A prompt that gives way to another plan is overwritten once
        more.

        Args:
            scheduled: The model's scheduled prompts by score chunk.
            base: The first score chunk of the take.
            making: The current score chunk.
        """
        for chunk, slot in self.slots.items():
            if (
                chunk <= making
                or slot.sent_prompt is None
                or scheduled.get(chunk, "").strip() == slot.sent_prompt.strip()
            ):
                continue
            if slot.prompt is not None:
                slot.sent.discard("prompt")
                slot.sent_prompt = ""
                self._touched.add(chunk)
            elif chunk in scheduled:
                slot.sent_prompt = ""
                self._left.add(chunk)
        for flight in self.flights.take_images():
            self.slots[flight.chunk].sent -= {"image", "prompt"}
            heapq.heappush(self._live, flight.chunk)
        for one in [one for one in self._set if one.chunk > base]:  # no message confirms a setting
            if self.flights.may_be_lost(one.kind, one.chunk):
                self._set.remove(one)
                self.slots[one.chunk].sent.discard(one.kind)
                heapq.heappush(self._live, one.chunk)

    def lose_settings(self, base: int) -> None:
        """Mark settings that a lost connection may have lost: they do not land.

        This applies when nothing can be sent any more.
        """
        for one in [one for one in self._set if one.chunk > base]:
            if self.flights.may_be_lost(one.kind, one.chunk):
                self._set.remove(one)
                for line in self.slots[one.chunk].lines:
                    if one.kind in line.open:
                        line.reason = (
                            line.reason or f"its {one.kind} may have been lost with the connection"
                        )

    def live_due(self, base: int, making: int, at: int) -> list[Command]:
        """Return the live commands for the next chunk and overdue ones, of each kind the latest.

        They are sent in the order strength, image with prompt, sr.
        """
        due: list[int] = []
        while self._live and self._live[0] <= making + 1:
            chunk = heapq.heappop(self._live)
            if chunk > base and chunk not in due:
                due.append(chunk)
        commands: list[Command] = []
        for number, chunk in enumerate(due):
            slot = self.slots[chunk]
            for later in (self.slots[one] for one in due[number + 1 :]):
                slot.merge_into(later)
            sent = slot.sent.copy()
            commands += self._live_of(slot, chunk, making + 1)
            if chunk <= making:
                slot.mark_late(slot.sent - sent)
            self._mark_sent(slot, at)
        return commands

    def _live_of(self, slot: ChunkSlot, chunk: int, landing: int) -> list[Command]:
        commands: list[Command] = []
        strength, image, sr = slot.strength, slot.image, slot.sr
        if strength is not None and "strength" not in slot.sent:
            self.strength = strength
            commands.append(SetImageStrength(float(strength)))
            self.flights.add("set_image_strength", chunk)
            slot.sent.add("strength")
            self._set.append(Setting(landing=landing, chunk=chunk, kind="strength", left=self.now))
        if image is not None and "image" not in slot.sent:
            prompt = self.active_at(
                landing
            )  # the latest prompt, so that an overdue image does not bring an older one back
            if prompt is None:
                commands.append(SetImage(image.sha256))
                self.flights.add("set_image", chunk)
            else:
                commands.append(SetConditioning(prompt, image.sha256))
                proves_landing = self.images.proves_landing(
                    prompt, slot.sent_prompt, self.active_at(landing - 1)
                )
                self.flights.add(
                    "set_conditioning",
                    chunk,
                    prompt,
                    proves_landing=proves_landing,
                    during=landing - 1,
                )
                slot.sent_prompt, slot.sent_fade = prompt, 0
            slot.sent |= {"image", "prompt"}
        if sr is not None and "sr" not in slot.sent:
            self.sr = sr
            commands.append(SetSrScale(sr))
            self.flights.add("set_sr_scale", chunk)
            slot.sent.add("sr")
            self._set.append(Setting(landing=landing, chunk=chunk, kind="sr", left=self.now))
        return commands

    @staticmethod
    def _mark_sent(slot: ChunkSlot, at: int) -> None:
        for line in slot.lines:
            if line.status is Status.COMMITTED and {kind_of(act) for act in line.acts} <= slot.sent:
                line.status = Status.SENT
            if line.sent is None and any(kind_of(act) in slot.sent for act in line.acts):
                line.sent = at

    # ---- landing ---------------------------------------------------------------------------------

    def opened(self, chunk: int) -> None:
        """Record that a take started at this chunk: its cut has landed."""
        slot = self.slots.get(chunk)
        for line in slot.lines if slot is not None else ():
            line.land("cut", chunk)

    def making_with(self, chunk: int, prompt: str) -> None:
        """Record the prompt of a score chunk that is being made.

        It decides what has landed there if the chunk itself is never reported.
        """
        self._begun_with[chunk] = prompt

    def chunk_done(self, chunk: int, prompt: str | None, at: int) -> None:
        """Record a score chunk made by nanosecond `at`, and its prompt (None if not reported)."""
        before = self._judged
        first = self._judged + 1 if self._judged < chunk else chunk
        for number in range(first, chunk + 1):
            slot = self.slots.get(number)
            if slot is None:
                continue
            if slot.prompt is not None:
                self._open_prompts.append(number)
        for setting in self._set:
            if setting.left > at and setting.landing <= chunk + 1:
                setting.landing = (
                    chunk + 2
                )  # the setting was sent after this chunk was made and the next one begun
        for setting in [one for one in self._set if one.landing <= chunk]:
            self._set.remove(setting)
            slot = self.slots.get(setting.chunk)
            for line in slot.lines if slot is not None else ():
                if not line.is_final:
                    line.land(setting.kind, setting.landing)
        self._land_images(self.images.made(chunk, prompt, self.flights.images()))
        self._judged = max(self._judged, chunk)
        self._judge_prompts(chunk, prompt, before)
        self._begun_with = {one: text for one, text in self._begun_with.items() if one > chunk}

    def _land_images(self, landed: list[tuple[int, int]]) -> None:
        """Land images on their chunks, given as (slot, chunk) in the order in which they were sent.

        The model shows the last of several on one chunk. One before was shown on its own chunk if
        answers are known to come a chunk late; otherwise it was never shown.
        """
        last = {landing: number for number, landing in landed}
        for number, landing in landed:
            if number == last[landing] or not self._lands_one_image:
                self._land_image(number, landing)
            elif number == landing - 1 and self.images.late_ones_were_there:
                self._land_image(number, number)
            else:
                self.slots[number].give_way("image", self.slots[last[landing]])

    def _land_image(self, number: int, landing: int) -> None:
        for line in self.slots[number].lines:
            line.land("image", landing)

    def _judge_prompts(self, chunk: int, prompt: str | None, before: int) -> None:
        """Decide which prompts have landed.

        The newest one due should be shown; older ones that never were are missed.

        No chunk between `before` and this one was reported. A prompt that was due on one of them
        and was accepted by the model has landed there without being reported.

        An older one can be shown instead: a live command that arrives after the boundary that it
        was sent before acts a chunk late, on what is scheduled there.
        """
        for number in [one for one in self._taken_back if one <= chunk]:
            line = self._taken_back.pop(number)
            texts = {act.text.strip() for act in line.acts if isinstance(act, PromptAct)}
            if (
                prompt is not None
                and prompt.strip() in texts
                and self.active_at(chunk) not in texts
            ):
                line.status, line.reason = (
                    Status.STUCK,
                    f"{line.reason}; but what overwrote it never came to the model",
                )
        while len(self._open_prompts) > 1:
            number = self._open_prompts.pop(0)
            if self._acted_unseen(number, before, chunk):
                self._unseen[number] = self._open_prompts[0], False
                for line in self.slots[number].lines:
                    line.land("prompt", self._chunk_sent_for(number))
            elif self._sees_late_prompts and self._is_shown_late(number, prompt):
                for line in self.slots[number].lines:
                    line.land("prompt", chunk)
            else:
                self._miss_prompt(
                    number, "no chunk was reported with it before the next prompt was due"
                )
        if not self._open_prompts:
            return
        slot = self.slots[self._open_prompts[0]]
        wanted = slot.prompt
        if wanted is not None and prompt is not None and prompt.strip() != wanted.strip():
            return
        acted_unseen = self._acted_unseen(slot.chunk, before, chunk)
        if acted_unseen:
            self._unseen[slot.chunk] = chunk, True
        for line in slot.lines:
            line.land("prompt", self._chunk_sent_for(slot.chunk) if acted_unseen else chunk)
        self._open_prompts.clear()

    def _is_shown_late(self, number: int, prompt: str | None) -> bool:
        """Return whether a slot's prompt is shown though later ones, with other texts, are due."""
        texts = [self.slots[one].prompt for one in (number, *self._open_prompts)]
        own, *later = [None if text is None else text.strip() for text in texts]
        return prompt is not None and own == prompt.strip() and own not in later

    def done_late(self, chunk: int, prompt: str | None) -> None:
        """Handle a chunk reported after a later one.

        Cues assumed to have landed on it did not if it showed another prompt.
        """
        for number, (until, is_shown) in self._unseen.items():
            slot = self.slots[number]
            wanted = slot.prompt
            began = self._chunk_sent_for(number)
            if (
                prompt is None
                or wanted is None
                or not began <= chunk < until
                or prompt.strip() == wanted.strip()
            ):
                continue
            for line in slot.lines:
                if "prompt" not in line.kinds or not line.performs("prompt") or line.landed is None:
                    continue
                if is_shown or chunk + 1 < until:
                    line.landed = max(line.landed, chunk + 1)
                elif line.status is Status.LANDED:
                    line.status, line.reason = (
                        Status.MISSED,
                        f"chunk {chunk} was reported late, without its prompt",
                    )
                    line.landed = None if line.kinds == {"prompt"} else line.landed

    def _acted_unseen(self, number: int, before: int, chunk: int) -> bool:
        """Return whether a prompt was due on an unreported chunk and accepted for that chunk.

        It did not act there if the chunk was being made with another prompt.
        """
        began = self._chunk_sent_for(number)
        wanted, stated = self.slots[number].prompt, self._begun_with.get(began)
        if stated is not None and wanted is not None and stated.strip() != wanted.strip():
            return False
        return before < began < chunk and number in self._accepted

    def _chunk_sent_for(self, number: int) -> int:
        """Return the chunk for which the prompt of a slot was sent last."""
        return self._sent_for.get(number, number)

    def _miss_prompt(self, chunk: int, reason: str) -> None:
        for line in self.slots[chunk].lines:
            if "prompt" in line.open:
                line.finish(Status.MISSED, reason)

    def accepted_prompt(self, prompt: str) -> None:
        """Record that the model accepted a prompt, which answers the oldest command with it."""
        flight = self.flights.prompt_answered(prompt)
        if flight is not None:
            self.overwritten.pop(flight.chunk, None)
            slot = self.slots.get(flight.chunk)
            if (
                slot is not None
                and slot.sent_prompt is not None
                and slot.sent_prompt.strip() == prompt.strip()
            ):
                self._accepted.add(flight.chunk)

    def accepted_image(self, making: int, base: int) -> None:
        """Record that the model encoded the oldest pending image.

        The image acts from the next chunk on, but not before its own.

        What a take opens with acts on its first chunk, which the model does not begin without it.
        An image has landed when its chunk is made: until then another one can replace it. An answer
        may also come later than that (see `image_landing`).
        """
        flight = self.flights.image_answered()
        landed = (
            None if flight is None else self.images.accepted(flight, making, base, self._judged)
        )
        if landed is not None:
            self._land_image(*landed)

    def discard_from(self, chunk: int) -> None:
        """End the take or run before this chunk: images sent by then and never shown are missed."""
        for number, landing in self.images.unmade(chunk):
            self._miss_image(
                number,
                f"the model took its image for chunk {landing} only, which was not made with it",
            )
        for flight in self.flights.take_images():
            if flight.chunk < chunk:
                self._miss_image(
                    flight.chunk, "the model never reported that it accepted its image"
                )

    def _miss_image(self, chunk: int, reason: str) -> None:
        for line in self.slots[chunk].lines:
            if "image" in line.open:
                line.finish(Status.MISSED, reason)

    def refused(self, command: str) -> PendingCommand | None:
        """Remove and return the oldest pending command of this name."""
        flight = self.flights.refused(command)
        slot = None if flight is None else self.slots.get(flight.chunk)
        if (
            flight is not None
            and slot is not None
            and flight.prompt is not None
            and slot.sent_prompt == flight.prompt
        ):
            slot.sent_prompt = ""
        return flight

    def stuck(self, flight: PendingCommand, reason: str) -> bool:
        """Return whether a refused command should have overwritten a delivery's prompt.

        That delivery is stuck for good.
        """
        line = (
            self.overwritten.pop(flight.chunk, None)
            if flight.command == "schedule_prompt"
            else None
        )
        if line is not None:
            line.status, line.reason = Status.STUCK, reason
            self._left.discard(flight.chunk)
        return line is not None

"""The ledger: what is committed to which chunk, what of it was sent, and what of that has landed."""

from __future__ import annotations

import heapq
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sequencer.engine.conductor.deliveries import ActKind, ChunkSlot, Delivery, Scale, Status, kind_of
from sequencer.engine.conductor.image_landing import ImageLandings
from sequencer.engine.conductor.pending_commands import PendingCommand, PendingCommands
from sequencer.events.commands import Command, SchedulePrompt, SetConditioning, SetImage, SetImageStrength, SetSeed, SetSrScale
from sequencer.schedule.model import PromptAct

MAX_TRIES = 3
"""How many times a refused prompt is sent at most, each time for a later chunk."""


@dataclass(slots=True)
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
    """Slots by score chunk. `seed`, `sr` and `strength` are the values that were last sent to the model."""

    def __init__(self, seed: int, sr: Scale) -> None:
        self.seed = seed
        self.sr: Scale = sr
        self.strength: Fraction | None = None
        self.slots: dict[int, ChunkSlot] = {}
        self._prompts: list[int] = []
        self._touched: set[int] = set()
        self._live: list[int] = []
        self.flights = PendingCommands()
        self._judged = -1
        self._open_prompts: list[int] = []
        self._unseen: dict[int, tuple[int, bool]] = {}
        """Slots whose prompt is assumed to have landed on a chunk that was not reported.

        The values are the first later chunk that was reported or at which another prompt was due, and whether that chunk
        showed this prompt.
        """
        self.overwritten: dict[int, Delivery] = {}
        self._left: set[int] = set()
        """Chunks for which the model holds a prompt, but the plan does not have one of its own any more."""
        self._taken_back: dict[int, Delivery] = {}
        """Deliveries whose prompt was overwritten at their chunk, until it is known what that chunk showed."""
        self.images = ImageLandings()
        self._accepted: set[int] = set()
        """Chunks for which the model has accepted the prompt that was sent last."""
        self._set: list[Setting] = []
        self.now = 0
        """The latest known time. Events that arrive during a reconnection are handled later than their timestamps."""

    # ---- committing ------------------------------------------------------------------------------------------------

    def commit(self, line: Delivery, chunk: int) -> None:
        """Commit a delivery to its chunk, for good."""
        slot = self.slots.get(chunk)
        if slot is None:
            slot = self.slots[chunk] = ChunkSlot(chunk)
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

    def active_at(self, chunk: int) -> str | None:
        """Return the prompt that the plan shows at a chunk."""
        index = bisect_right(self._prompts, chunk)
        while index > 0:
            prompt = self.slots[self._prompts[index - 1]].prompt
            if prompt is not None:
                return prompt
            index -= 1
        return None

    def slot_in_force(self, chunk: int) -> ChunkSlot | None:
        """Return the slot whose prompt the plan shows at a chunk."""
        index = bisect_right(self._prompts, chunk)
        found = (self.slots[one] for one in reversed(self._prompts[:index]))
        return next((slot for slot in found if slot.prompt is not None), None)

    def withdraw(self, chunk: int, leaves: Callable[[Delivery], bool], reason: str) -> None:
        """Remove deliveries from a chunk on because the plan changed.

        What was sent for them is overwritten by `prompts_due`: with what is committed there instead, or with the text that is
        in force there then. What they had overtaken acts again if it stays in the plan.

        Args:
            chunk: The first score chunk that is affected.
            leaves: Whether a delivery is removed with the old plan.
            reason: The reason for the report.
        """
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
        slot.regain(line, stays)
        if slot.prompt is not None:
            self._touched.add(slot.chunk)
        elif slot.said is not None:
            self._left.add(slot.chunk)
        if slot.said is not None and any(isinstance(act, PromptAct) and act.text == slot.said for act in line.acts):
            self._taken_back[slot.chunk] = line

    def prompts_beyond(self, chunk: int) -> int:
        """Return the number of committed prompts after a chunk."""
        return len(self._prompts) - bisect_right(self._prompts, chunk)

    def committed_from(self, chunk: int) -> list[Delivery]:
        """Return the deliveries without a final status that are committed to a chunk or a later one, by chunk."""
        chunks = sorted(number for number in self.slots if number >= chunk)
        return [line for number in chunks for line in self.slots[number].lines if not line.is_final]

    def has_later_prompt(self, line: Delivery, chunk: int) -> bool:
        """Return whether a cue with a later position shows a prompt at this chunk."""
        slot = self.slots.get(chunk)
        return slot is not None and any(other.time > line.time and "prompt" in other.open for other in slot.lines)

    # ---- sending ---------------------------------------------------------------------------------------------------

    def opening(self, chunk: int, at: int) -> list[Command]:
        """Return the commands that set a take up: seed, sr, strength, then image and prompt together, or the prompt alone."""
        slot = self.slots.get(chunk) or ChunkSlot(chunk)
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
        slot.said = prompt
        slot.sent |= {"prompt", "image", "strength", "sr", "cut"}
        self._set += [Setting(chunk, chunk, "strength", 0), Setting(chunk, chunk, "sr", 0)]
        self._touched.discard(chunk)
        self._mark_sent(slot, at)
        return commands

    def reset_for_take(self, chunk: int) -> None:
        """Open a take at `chunk`: what was sent for later chunks is no longer known to the model."""
        self.discard_from(chunk)
        for later, slot in self.slots.items():
            if later > chunk:
                slot.said = None
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
        self._unseen.clear()
        self._set = [one for one in self._set if one.landing < chunk]

    def prompts_due(self, base: int, making: int, started: bool, at: int) -> list[Command]:
        """Return `schedule_prompt` for every committed prompt not sent yet; one with an image waits and is sent with it."""
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
            if slot.said != prompt:  # otherwise the model already holds it, from an earlier plan
                commands.append(self._say(slot, prompt, base))
            slot.sent.add("prompt")
            self._mark_sent(slot, at)
        self._touched.clear()
        for chunk in sorted(self._left):
            slot = self.slots[chunk]
            text = self.active_at(chunk)
            if chunk <= making or slot.prompt is not None:
                self._left.discard(chunk)
            elif text is not None and text != slot.said:  # what is in force there may change once more
                if chunk in self._taken_back:
                    self.overwritten[chunk] = self._taken_back[chunk]
                commands.append(self._say(slot, text, base))
        return commands

    def _say(self, slot: ChunkSlot, prompt: str, base: int) -> SchedulePrompt:
        slot.said = prompt
        self._accepted.discard(slot.chunk)
        self.flights.add("schedule_prompt", slot.chunk, prompt)
        return SchedulePrompt(prompt, slot.chunk - base)

    def send_again(self, slot: ChunkSlot, prompt: str, chunk: int) -> SchedulePrompt:
        """Send a slot's prompt for another chunk of the take, because its own chunk has passed."""
        slot.sent.add("prompt")
        slot.said = prompt
        self._accepted.discard(slot.chunk)
        self.flights.add("schedule_prompt", slot.chunk, prompt)
        return SchedulePrompt(prompt, chunk)

    def resend(self, flight: PendingCommand, base: int) -> SchedulePrompt:
        """Send a refused prompt once more."""
        slot = self.slots[flight.chunk]
        prompt = flight.prompt or ""
        slot.sent.add("prompt")
        slot.said = prompt
        self._accepted.discard(flight.chunk)
        self._touched.discard(flight.chunk)
        self.flights.add(flight.command, flight.chunk, prompt, flight.tries + 1)
        return SchedulePrompt(prompt, flight.chunk - base)

    def recheck(self, scheduled: Mapping[int, str], base: int, making: int) -> None:
        """Mark what a lost connection may have lost as due again.

        This concerns prompts that the model does not hold, images that it never accepted, and settings without confirmation.
        A prompt that gives way to another plan is overwritten once more.

        Args:
            scheduled: The model's scheduled prompts by score chunk.
            base: The first score chunk of the take.
            making: The current score chunk.
        """
        for chunk, slot in self.slots.items():
            if chunk <= making or slot.said is None or scheduled.get(chunk, "").strip() == slot.said.strip():
                continue
            if slot.prompt is not None:
                slot.sent.discard("prompt")
                slot.said = ""
                self._touched.add(chunk)
            elif chunk in scheduled:
                slot.said = ""
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
        """Mark settings that a lost connection may have lost, when nothing can be sent any more: they do not land."""
        for one in [one for one in self._set if one.chunk > base]:
            if self.flights.may_be_lost(one.kind, one.chunk):
                self._set.remove(one)
                for line in self.slots[one.chunk].lines:
                    if one.kind in line.open:
                        line.reason = line.reason or f"its {one.kind} may have been lost with the connection"

    def live_due(self, base: int, making: int, at: int) -> list[Command]:
        """Return the live commands for the next chunk, and those that are overdue; of each kind only the latest.

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
            self._set.append(Setting(landing, chunk, "strength", self.now))
        if image is not None and "image" not in slot.sent:
            prompt = self.active_at(landing)  # the latest prompt, so that an overdue image does not bring an older one back
            if prompt is None:
                commands.append(SetImage(image.sha256))
                self.flights.add("set_image", chunk)
            else:
                commands.append(SetConditioning(prompt, image.sha256))
                tells = self.images.tells(prompt, slot.said, self.active_at(landing - 1))
                self.flights.add("set_conditioning", chunk, prompt, tells=tells, during=landing - 1)
                slot.said = prompt
            slot.sent |= {"image", "prompt"}
        if sr is not None and "sr" not in slot.sent:
            self.sr = sr
            commands.append(SetSrScale(sr))
            self.flights.add("set_sr_scale", chunk)
            slot.sent.add("sr")
            self._set.append(Setting(landing, chunk, "sr", self.now))
        return commands

    @staticmethod
    def _mark_sent(slot: ChunkSlot, at: int) -> None:
        for line in slot.lines:
            if line.status is Status.COMMITTED and {kind_of(act) for act in line.acts} <= slot.sent:
                line.status = Status.SENT
            if line.sent is None and any(kind_of(act) in slot.sent for act in line.acts):
                line.sent = at

    # ---- landing ---------------------------------------------------------------------------------------------------

    def opened(self, chunk: int) -> None:
        """Record that a take started at this chunk: its cut has landed."""
        slot = self.slots.get(chunk)
        for line in slot.lines if slot is not None else ():
            line.land("cut", chunk)

    def chunk_done(self, chunk: int, prompt: str | None, at: int) -> None:
        """Record that a score chunk was made by nanosecond `at`, and its prompt (None if the model does not report it)."""
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
                setting.landing = chunk + 2  # the setting was sent after this chunk was made and the next one begun
        for setting in [one for one in self._set if one.landing <= chunk]:
            self._set.remove(setting)
            slot = self.slots.get(setting.chunk)
            for line in slot.lines if slot is not None else ():
                if not line.is_final:
                    line.land(setting.kind, setting.landing)
        for number, landing in self.images.made(chunk, prompt, self.flights.images()):
            self._land_image(number, landing)
        self._judged = max(self._judged, chunk)
        self._judge_prompts(chunk, prompt, before)

    def _land_image(self, number: int, landing: int) -> None:
        for line in self.slots[number].lines:
            line.land("image", landing)

    def _judge_prompts(self, chunk: int, prompt: str | None, before: int) -> None:
        """Decide which prompts have landed: the newest one due should be shown; older ones that never were are missed.

        No chunk between `before` and this one was reported. A prompt that was due on one of them and was accepted by the
        model has landed there without being reported.
        """
        for number in [one for one in self._taken_back if one <= chunk]:
            line = self._taken_back.pop(number)
            texts = {act.text.strip() for act in line.acts if isinstance(act, PromptAct)}
            if prompt is not None and prompt.strip() in texts and self.active_at(chunk) not in texts:
                line.status, line.reason = Status.STUCK, f"{line.reason}; but what overwrote it never came to the model"
        while len(self._open_prompts) > 1:
            number = self._open_prompts.pop(0)
            if self._acted_unseen(number, before, chunk):
                self._unseen[number] = self._open_prompts[0], False
                for line in self.slots[number].lines:
                    line.land("prompt", number)
            else:
                self._miss_prompt(number, "no chunk was reported with it before the next prompt was due")
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
            line.land("prompt", slot.chunk if acted_unseen else chunk)
        self._open_prompts.clear()

    def done_late(self, chunk: int, prompt: str | None) -> None:
        """Handle a chunk reported after a later one: cues assumed to have landed on it did not if it showed another prompt."""
        for number, (until, is_shown) in self._unseen.items():
            slot = self.slots[number]
            wanted = slot.prompt
            if prompt is None or wanted is None or not number <= chunk < until or prompt.strip() == wanted.strip():
                continue
            for line in slot.lines:
                if "prompt" not in line.kinds or not line.performs("prompt") or line.landed is None:
                    continue
                if is_shown or chunk + 1 < until:
                    line.landed = max(line.landed, chunk + 1)
                elif line.status is Status.LANDED:
                    line.status, line.reason = Status.MISSED, f"chunk {chunk} was reported late, without its prompt"
                    line.landed = None if line.kinds == {"prompt"} else line.landed

    def _acted_unseen(self, number: int, before: int, chunk: int) -> bool:
        """Return whether a prompt was due on a chunk that was not reported, and the model had accepted it for that chunk."""
        return before < number < chunk and number in self._accepted

    def _miss_prompt(self, chunk: int, reason: str) -> None:
        for line in self.slots[chunk].lines:
            if "prompt" in line.open:
                line.finish(Status.MISSED, reason)

    def accepted_prompt(self, prompt: str) -> None:
        """Record that the model accepted a prompt: the oldest command with this prompt has been answered."""
        flight = self.flights.prompt_answered(prompt)
        if flight is not None:
            self.overwritten.pop(flight.chunk, None)
            slot = self.slots.get(flight.chunk)
            if slot is not None and slot.said is not None and slot.said.strip() == prompt.strip():
                self._accepted.add(flight.chunk)

    def accepted_image(self, making: int, base: int) -> None:
        """Record that the model encoded the oldest pending image: it acts from the next chunk on, but not before its own.

        What a take opens with acts on its first chunk, which the model does not begin without it. An image has landed when
        its chunk is made: until then another one can replace it. An answer may also come later than that (see
        `image_landing`).
        """
        flight = self.flights.image_answered()
        landed = None if flight is None else self.images.accepted(flight, making, base, self._judged)
        if landed is not None:
            self._land_image(*landed)

    def discard_from(self, chunk: int) -> None:
        """End the take, or the run, before this chunk: images that were sent until then and never shown are missed."""
        for number, landing in self.images.unmade(chunk):
            self._miss_image(number, f"the model took its image for chunk {landing} only, which was not made with it")
        for flight in self.flights.take_images():
            if flight.chunk < chunk:
                self._miss_image(flight.chunk, "the model never said that it took its image")

    def _miss_image(self, chunk: int, reason: str) -> None:
        for line in self.slots[chunk].lines:
            if "image" in line.open:
                line.finish(Status.MISSED, reason)

    def refused(self, command: str) -> PendingCommand | None:
        """Remove and return the oldest pending command of this name."""
        flight = self.flights.refused(command)
        slot = None if flight is None else self.slots.get(flight.chunk)
        if flight is not None and slot is not None and flight.prompt is not None and slot.said == flight.prompt:
            slot.said = ""
        return flight

    def stuck(self, flight: PendingCommand, reason: str) -> bool:
        """Return whether a refused command should have overwritten a delivery's prompt. That delivery is stuck for good."""
        line = self.overwritten.pop(flight.chunk, None) if flight.command == "schedule_prompt" else None
        if line is not None:
            line.status, line.reason = Status.STUCK, reason
            self._left.discard(flight.chunk)
        return line is not None

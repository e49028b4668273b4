"""The revisions of the conductor's behaviour.

A journal's header names the one that made its run (`conductor`).

A replay asks the conductor to act as that revision did, so that a journal replays to the same
commands in every later version. A change of what the conductor does gets a number here, a paragraph
below, and a branch on `RunState.revision` where the behaviour differs; a change of what only
describes a run (reports, sheets, timelines) needs none.

**1** The first revision. A journal whose header names none was made with it.

**2** These changes:
  - A run ends when its last chunk has been shown, not when it was reported, and waits a limited
    time for that.
  - A note ends by the end of the score.
  - Frames of the take before a cut are recognised by their take.
  - What a take opens with is sent again if it was refused.
  - Until it is measured, the lag of a run that follows a clock is that of a chunk which is made and
    then sent over a network.

**3** These changes:
  - A run that finds the model beyond the end of the score (for example after a lost connection) is
    over, and a cut of the score that could only be made there is not made: the number of chunks
    does not grow.
  - With `late drop`, what was to act during chunks that nobody saw is dropped; with `late shift`, a
    prompt that the model never received is sent again.
  - A take that was set up again after a lost connection is not set up once more if the model has
    not started yet.
  - A `generation_reset` that arrives before the current chunk was reported is not trusted by
    itself, because it may be a late report of an earlier take's reset: a `state` in which nothing
    runs, or the answer to a second reset, has to confirm it.
  - A pass that is left inside a ramp ends at the exact quarter of its bar line.
  - A take whose frames are all shown after the next one began does not delay MIDI messages, and
    frames of short chunks are waited for before positions are assumed not to be shown.
  - In a run that follows a clock, positions in seconds are predicted separately from positions in
    beats.
  - MIDI messages that a jump creates anew are sent even if the section before it has none left to
    send.
  - Each take has its own times, also one that is shown after the next one began, and a note ends
    with the score even if the last take was not shown yet.
  - Only measured chunks determine how long a chunk lasts.
  - A run that follows a clock sends its messages also while the model is paused or stalled.
  - Messages of what was made before a stall keep their times, and the last chunk before a cut has
    its own time if it was made late.
  - A jump of the clock while a take is cut or opened brings what is in force at the new position.
  - A refusal without a reason is reported as one without a reason.
  - How long after it was made a chunk is shown is also measured if more than five chunks are made
    in the meantime.
  - In a run that follows a clock, of two cues at the same moment the one that is written later
    acts, also if one is in seconds and the other in beats.

**4** These changes:
  - In a run that follows a clock, a section is left at a position that the clock has not reached
    yet, even if the model rests or makes a slow chunk, so that an earlier one could still be
    reached.
  - In a run that follows wall time, a section without beats is left at the time that is seen with
    the first chunk within reach.
  - A run that follows a clock opens with the first prompt of the score also if that is not at its
    very beginning.
  - A report of a chunk that comes so soon after a take was asked to start that no model can have
    made the chunk is a late one of the take before.
  - A report that skips a chunk and names a prompt that only earlier takes have is doubted until the
    next report confirms it.
  - Frames of a model that makes chunks without any while it warms up are waited for from its first
    chunk with frames on.
  - No MIDI message is due before one that was issued for an earlier position, and a new estimate of
    how long a chunk lasts does not move positions in chunks that have been made already.

**5** These changes:
  - A prompt has not landed on a chunk that was not reported if a `state` had reported that the
    chunk was being made with another prompt.
  - What a changed plan takes back also takes back what was overtaken on the same chunk and belonged
    to the old plan: what that had overtaken acts again. If several deliveries could act again, one
    does.
  - A prompt that is first shown on the chunk of the next one, as one that was sent with an image
    just before a boundary, has landed there.
  - What a jump of the clock brings gives way to what acts between the jump and its chunk, and it
    brings no image from before a cut.
  - Of several images that the model takes for one chunk, only the last has landed.
"""

from __future__ import annotations

FIRST = 1
"""The revision of a journal that does not name one."""

SHOWN_TO_THE_END = 2
"""From this revision on, a run ends when its last chunk has been shown."""

ENDS_WHERE_WRITTEN = 3
"""From this revision on, a lost connection does not make a show longer."""

SET_UP_ONCE = 3
"""From this revision on, a take is set up only once after a lost connection."""

RESETS_BORNE_OUT = 3
"""From this revision on, a reset that is reported too early has to be confirmed."""

JUMPS_WHILE_CUT = 3
"""From this revision on, a jump of the clock is not lost while a take is cut or opened."""

REFUSALS_HAVE_REASONS = 3
"""From this revision on, a refusal without a reason is reported as one without a reason."""

EXITS_AFTER_THE_CLOCK = 4
"""From this revision on, no section is left at a position that the followed clock has passed."""

WARMS_UP_UNSEEN = 4
"""From this revision on, chunks without frames are not waited for to be shown."""

OPENS_WITH_A_PROMPT = 4
"""From this revision on, a run that follows a clock opens with the first prompt, wherever in the
first chunk that is.
"""

LATE_REPORTS = 4
"""From this revision on, a late report of the previous take is not taken for the first chunk of the
next one.
"""

MIDI_IN_ORDER = 4
"""From this revision on, MIDI messages are due in the order of their positions."""

STATES_NAME_PROMPTS = 5
"""From this revision on, a `state` decides which prompt an unreported chunk was made with."""

OVERTAKEN_LEAVE = 5
"""From this revision on, deliveries that were overtaken leave with the plan that they belong to."""

LATE_PROMPTS_LAND = 5
"""From this revision on, a prompt has landed if it is shown where the next one is due."""

JUMPS_GIVE_WAY = 5
"""From this revision on, what a jump of the clock brings does not undo what comes after it."""

ONE_IMAGE_A_CHUNK = 5
"""From this revision on, only the last image that the model takes for a chunk has landed."""

CURRENT = 5
"""The revision of new runs."""

"""The revisions of the conductor's behaviour. A journal's header names the one its run was made with (`conductor`).

A replay asks the conductor to act as that revision did, so that a journal replays to the same commands in every later version.
A change of what the conductor does gets a number here, a paragraph below, and a branch on `Run.revision` where it differs;
whatever only describes a run (reports, sheets, timelines) needs none.

**1** The first. A journal whose header names none was made with it.

**2** A run ends when its last chunk has been shown, not when it was reported, and waits a bounded time for that. A note ends by
the end of the score. Frames of the take before a cut are told apart by their take. What a take opens with is sent again where
it was refused. Until it is measured, the lag of a following run is that of a chunk which is made and then sent over a network.

**3** A run that finds the model beyond the end of the score (after a lost connection, say) is over, and a cut of the score that
could only be made there is not made: the number of chunks does not grow. With `late drop` what was to act during chunks that
nobody saw is dropped, and with `late shift` a prompt that the model never got is sent again. A take that was set up again after
a lost connection is not set up once more when the model has not started yet.
A `generation_reset` that comes before the chunk in the making was reported is not believed by itself, for it may be that
of an earlier take, reported late: a `state` in which nothing runs, or the answer to a second reset, has to confirm it. A pass
that is left inside of a ramp ends at the exact quarter of its bar line. A take whose frames are all shown after the next one
began does not hold MIDI messages up, and frames of short chunks are waited for before positions are taken to be unseen. In a
following run positions in seconds and in beats are foretold apart. MIDI messages that a jump lays anew are sent even where
the section before it sends none any more. Each take has times of its own, also one that is shown after the next one began, and
a note ends with the score though the last take was not seen yet. Only measured chunks say how long one lasts. A following run
sends its messages also while the model rests or stands. Messages of what was made before a stall keep their times, and the last
chunk before a cut has its own when it was made late. A jump of the clock while a take is cut or opened brings
what is in force at the new position. A refusal without a reason is reported as one.
How long after its making a chunk is seen is also measured where more than five chunks are made in the meantime.
In a following run the one written later of two cues at one moment acts, also where one is in seconds and the other in beats.
"""

from __future__ import annotations

FIRST = 1
"""The revision of a journal that names none."""

SHOWN_TO_THE_END = 2
"""From this revision on a run ends when its last chunk has been shown."""

ENDS_WHERE_WRITTEN = 3
"""From this revision on a lost connection makes no show longer."""

SET_UP_ONCE = 3
"""From this revision on a take is set up once after a lost connection."""

RESETS_BORNE_OUT = 3
"""From this revision on a reset that comes too early has to be borne out."""

JUMPS_WHILE_CUT = 3
"""From this revision on a jump of the clock is not lost while a take is cut or opened."""

REFUSALS_HAVE_REASONS = 3
"""From this revision on a refusal without a reason says that it has none."""

CURRENT = 3
"""The revision of new runs."""

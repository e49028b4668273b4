"""W601–W614: advice on prompts. `quiet CODE` in a scene switches one off for that scene."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, Example, code

LOOK = "Soft grey light. Low close shot, 35mm."
GOOD = f"A paper boat drifts along a gutter. {LOOK}"
NEXT = f"The paper boat drifts on. Now it turns once. {LOOK}"
GUIDE = "the prompt guide that Helios' vendor publishes"
SURFACE = "the published commands of the model"
READING = "this project's reading of that guide, whose prompts are paragraphs of sentences"
SIBLING = "the vendor's prompt guide for a sibling model (LingBot): the parts of a text must not contradict each other"
NEIGHBOURS = "what users of other prompt sequencers bring along, and the published commands of the model"
MANY = " Leaves float by in the water and the rain goes on." * 40


def _two(first: str, second: str) -> str:
    return f'at 0c "{first}"\nat 4c "{second}"\n'


def _scene(follow: str, action: str = "Now it turns once.") -> str:
    return f'scene boat {{\n  base "{GOOD}"\n  follow "{follow}"\n}}\nat 0c boat\nat 4c boat "{action}"\n'


def _row(cut: str) -> str:
    """Return seven consecutive prompts with `cut` before the fifth."""
    what = ("drifts on", "turns once", "meets a leaf", "passes a stone", "fills with rain", "sinks a little", "rests")
    cues = ((f"at {4 * n}c ", cut if n == 4 else "", f'"The paper boat {one}. {LOOK}"\n') for n, one in enumerate(what))
    return "".join("".join(cue) for cue in cues)


FOLLOW = f"The paper boat drifts on. {{action}} {LOOK}"

CODES: tuple[Code, ...] = (
    code(
        "W601",
        "a prompt that is cut off",
        """The model's text encoder reads about the first 350 English words. What stands behind them does not exist for
        the picture, and mostly that is the camera and the light.""",
        Example(
            _two(GOOD, NEXT + MANY), shown=_two(GOOD, NEXT + " Leaves float by in the water and the rain goes on.… (450 words)")
        ),
        _two(GOOD, NEXT),
        source=GUIDE,
    ),
    code(
        "W602",
        "the camera line changes",
        """The model takes every prompt by itself. A camera line that stands word for word in each prompt of a scene
        holds the picture together; a changed word moves the camera, and a missing one frees it.""",
        _scene(f"The paper boat drifts on. {{action}} {LOOK.replace('35mm', '50mm')}"),
        _scene(FOLLOW),
        source=GUIDE,
    ),
    code(
        "W603",
        "the light line is missing",
        "As the camera line: a prompt that says nothing of the light lets it go.",
        _scene("The paper boat drifts on. {action} Low close shot, 35mm."),
        _scene(FOLLOW),
        source=GUIDE,
    ),
    code(
        "W604",
        "an opening without a camera",
        "The first prompt sets where the camera stands and how it moves. Left open, the model chooses.",
        _two(
            "A paper boat drifts along a gutter. Soft grey light.",
            "The paper boat drifts on. Now it turns once. Soft grey light.",
        ),
        _two(GOOD, NEXT),
        source=GUIDE,
    ),
    code(
        "W605",
        "an opening without light",
        "The first prompt sets what light there is. Left open, the model chooses.",
        _two(
            "A paper boat drifts along a gutter. Low close shot.",
            "The paper boat drifts on. Now it turns once. Low close shot.",
        ),
        _two(GOOD, NEXT),
        source=GUIDE,
    ),
    code(
        "W606",
        "a follow-up without its subject",
        "The model does not know the prompt before: a follow-up names the subject again, then adds what is new.",
        _two(GOOD, f"It turns once in a small eddy. {LOOK}"),
        _two(GOOD, f"The paper boat turns once in a small eddy. {LOOK}"),
        source=GUIDE,
    ),
    code(
        "W607",
        "several actions in one prompt",
        "A follow-up adds one new action. Of several the model plays all at once, or only one. Order in time is yours to give.",
        _scene(FOLLOW, "Now it turns once and then it fills with rain."),
        _scene(FOLLOW) + 'at 8c boat "Now it fills with rain."\n',
        source=GUIDE,
    ),
    code(
        "W608",
        "too many prompts from one start",
        "Four or five prompts make an arc. Past six the picture has drifted too far from its start to hold together.",
        _row(""),
        _row("cut, "),
        source=GUIDE,
    ),
    code(
        "W609",
        "a prompt that says what is not there",
        "There is no negative prompt, and an encoder reads what is named: “no people” has people in it. Say what is there.",
        _two(GOOD, f"The paper boat drifts on without any leaves. {LOOK}"),
        _two(GOOD, f"The paper boat drifts on over clear water. {LOOK}"),
        source=SURFACE,
    ),
    code(
        "W610",
        "another tool's spelling",
        "Weights such as (boat:1.3), doubled brackets and switches such as --ar are plain letters to this model.",
        _two(GOOD, f"The (paper boat:1.3) drifts on. {LOOK}"),
        _two(GOOD, NEXT),
        source=NEIGHBOURS,
    ),
    code(
        "W611",
        "a hard change without a cut",
        """A new prompt goes on from the picture that is there, so something quite different melts out of it. A hard
        change is a cut: the model starts anew.""",
        _two(GOOD, "A rocket climbs through the clouds at noon. Aerial shot, 28mm."),
        f'at 0c "{GOOD}"\nat 4c cut, "A rocket climbs through the clouds at noon. Aerial shot, 28mm."\n',
        source=SURFACE,
    ),
    code(
        "W612",
        "the same prompt again",
        "A prompt that is in force already changes nothing.",
        _two(GOOD, GOOD),
        _two(GOOD, NEXT),
        source=SURFACE,
    ),
    code(
        "W613",
        "a list of words",
        "The model was taught with sentences: who does what and where, then the light, then the camera.",
        _two("paper boat, gutter, rain, wet leaves, soft grey light, close shot, 35mm", NEXT),
        _two(GOOD, NEXT),
        source=READING,
    ),
    code(
        "W614",
        "a camera that stands and moves",
        "The parts of a prompt must agree; of two that do not, either may win, and neither wins cleanly.",
        _two(
            "A paper boat drifts along a gutter. Soft grey light. Locked-off close shot, slow dolly in.",
            "The paper boat rests.",
        ),
        _two("A paper boat drifts along a gutter. Soft grey light. Locked-off close shot.", "The paper boat rests."),
        source=SIBLING,
    ),
)

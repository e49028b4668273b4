"""What the text of a prompt may be, wherever it comes from: a score, an operator or a program."""

from __future__ import annotations

import re

MAX_PROMPT_LENGTH = 20_000
"""The maximum length in characters of a prompt, with its variables filled in.

The model's encoder truncates far earlier.
"""

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
"""The characters that are not allowed in a score."""


def find_prompt_fault(text: str) -> tuple[str, str] | None:
    """Return why a text cannot be a prompt, and a hint; None if it can.

    >>> find_prompt_fault("A paper boat.") is None
    True
    """
    if not text.strip():
        return "this prompt is empty", "describe the whole frame, in English"
    if len(text) > MAX_PROMPT_LENGTH:
        message = f"this prompt has {len(text):,} characters; the maximum is {MAX_PROMPT_LENGTH:,}"
        return message, "shorten it: the model reads about 350 words"
    found = FORBIDDEN.search(text)
    if found is not None:
        return (
            f"this prompt contains the control character U+{ord(found.group()):04X}",
            "remove it",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        return "this prompt is not valid text (UTF-8)", "type it again"
    return None

"""Valid and unique names from any text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

MAX_NAME_LENGTH = 100


@dataclass(slots=True)
class NameAllocator:
    """Names that are in use, and how often each text has requested one."""

    taken: set[str] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)

    def allocate(self, text: str, default: str = "part") -> str:
        """Return a valid name for a text that is not in use yet; `default` if it has no letters."""
        words = re.findall(r"\w+", unicodedata.normalize("NFC", text.lower()))
        plain = "-".join(words) or default
        if not re.match(r"[^\W\d]", plain):
            plain = f"part-{plain}"
        plain = plain[: MAX_NAME_LENGTH - 8].rstrip("-")  # leaves space for a number
        number = self.asked.get(plain, 0) + 1
        name = plain if number == 1 else f"{plain}-{number}"
        while name in self.taken:
            number += 1
            name = f"{plain}-{number}"
        self.asked[plain] = number
        self.taken.add(name)
        return name

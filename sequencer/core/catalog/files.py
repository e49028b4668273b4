"""E501–E513: files that are read as scores."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, Example, File, code

START = 'at 0c "A tram waits at an empty stop."\n'
LIGHTS = b'let light = "Wet neon light."\n'
LIT = 'use "lights.score"\nat 0c "A tram waits. {light}"\n'


def _big() -> bytes:
    """Return slightly more than the largest score that is read."""
    return b"# a line that is read by nobody\n" * (16 * 1024 * 32 + 1)


CODES: tuple[Code, ...] = (
    code(
        "E501",
        "no such file",
        "Paths count from the folder of the score that is performed.",
        'use "light.score"\nat 0c "A tram waits. {light}"\n',
        LIT,
        files=(File("lights.score", LIGHTS),),
    ),
    code(
        "E502",
        "a score that is too large",
        "Scores are read up to 16 MB, which is some hundred thousand cues.",
        Example('use "big.score"\n' + START, files=(File("big.score", _big),)),
        START,
    ),
    code(
        "E503",
        "a file that cannot be read",
        "It is a folder, or the system does not let it be read; the message has the system's reason.",
        'use "old.score"\n' + START,
        START,
        files=(File("old.score", None),),
    ),
    code(
        "E504",
        "not UTF-8",
        "Scores are UTF-8. Older editors write Latin-1 or another encoding, in which letters such as é are other bytes.",
        Example("", shown='at 0c "A tram waits at the caf�."\n', data='at 0c "A tram waits at the café."\n'.encode("latin-1")),
        'at 0c "A tram waits at the café."\n',
    ),
    code(
        "E505",
        "UTF-16 or UTF-32",
        "Scores are UTF-8. Some editors call UTF-16 “Unicode”.",
        Example("", shown="(the bytes of a score in UTF-16)\n", data=START.encode("utf-16")),
        START,
    ),
    code(
        "E506",
        "not a text",
        "The file holds zero bytes, as programs and pictures do: it is no score.",
        Example("", shown="(the bytes of some program)\n", data=b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\xff\xfe\x80"),
        START,
    ),
    code(
        "E507",
        "a file in no known notation",
        "A file's name says its notation: .score for text, .yaml or .yml for YAML.",
        'use "lights.txt"\nat 0c "A tram waits. {light}"\n',
        LIT,
        files=(File("lights.txt", LIGHTS), File("lights.score", LIGHTS)),
    ),
    code(
        "E510",
        "a used file outside of the score's folder",
        "A score that came by mail must not read what else lies on your disk, so its files lie in its folder or below.",
        'use "../lights.score"\n' + START,
        LIT,
        files=(File("lights.score", LIGHTS),),
    ),
    code(
        "E511",
        "files that use each other in a circle",
        "Each of them would need the other first.",
        'use "a.score"\nat 0c "A tram waits. {light}"\n',
        LIT,
        files=(
            File("a.score", b'use "b.score"\nlet light = "Neon."\n'),
            File("b.score", b'use "a.score"\nlet dusk = "Dusk."\n'),
            File("lights.score", LIGHTS),
        ),
    ),
    code(
        "E512",
        "too many used files",
        "A score brings in at most 100 files, over all levels.",
        Example(
            "".join(f'use "lights{n}.score"\n' for n in range(101)) + START,
            shown='use "lights0.score"\nuse "lights1.score"\n… (101 such lines)\n' + START,
            files=tuple(File(f"lights{n}.score", f'let light{n} = "Neon."\n'.encode()) for n in range(101)),
        ),
        'use "lights0.score"\nat 0c "A tram waits. {light0}"\n',
        files=(File("lights0.score", b'let light0 = "Neon."\n'),),
    ),
    code(
        "E513",
        "a used file, and no folder",
        "A score that is read from a string has no folder that its files could lie in.",
        Example('use "lights.score"\n' + START, in_folder=False),
        Example(START, in_folder=False),
    ),
)

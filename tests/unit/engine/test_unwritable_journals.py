"""A journal that cannot be written: one error, and the file is closed, so that nothing is printed
about it later.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

from sequencer.core.errors import OutputError
from sequencer.engine.journal import JournalWriter
from tests.support.requirements import require

LIMITED = """
    import gc, resource, signal, sys
    from pathlib import Path
    from sequencer.core.errors import OutputError
    from sequencer.engine.journal import JournalWriter
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))
    writer = None
    try:
        writer = JournalWriter(Path({path!r}), {{"helios-journal": 2, "text": "x" * 2000}})
        for at in range(1000):
            writer.end(at, "over")
    except OutputError as error:
        print(error.message)
    del writer
    gc.collect()
"""


@pytest.mark.parametrize("most", [1000, 4000], ids=["at the header", "on the way"])
def test_a_full_disk_is_reported_once_and_leaves_no_open_file(most: int, tmp_path: Path) -> None:
    require(sys.platform != "win32", "this system has no limit on the size of files")
    script = textwrap.dedent(LIMITED.format(most=most, path=str(tmp_path / "journal.jsonl")))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cannot be written") == 1
    assert done.stderr == ""


def test_a_disk_that_fails_at_the_end_is_an_error_of_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path / "journal.jsonl", {"helios-journal": 2})

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OutputError, match="Input/output error"):
        writer.close()
    writer.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del writer
        gc.collect()

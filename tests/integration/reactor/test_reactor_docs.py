"""The snippets in docs/reactor.md are run as they are, except for the port and the waits."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.support.reactor_fixtures import local_server, part, snippet


def test_the_python_snippet_runs(tmp_path: Path) -> None:
    asyncio.run(_run_python(part("reactor-sdk-1"), tmp_path / "snippet.py"))


async def _run_python(environment: Path, file: Path) -> None:
    async with local_server() as server:
        await asyncio.to_thread(
            file.write_text, snippet("python", server.url).replace("sleep(10)", "sleep(1.5)")
        )
        process = await asyncio.create_subprocess_exec(
            str(environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"),
            str(file),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(40):
            out, err = await process.communicate()
        assert process.returncode == 0, err.decode()[-2000:]
        assert b"generation_started" in out
        session = server.session
        assert session is not None
        assert session.ended is not None
        assert [name for name, _ in session.show.received_commands] == ["schedule_prompt", "start"]

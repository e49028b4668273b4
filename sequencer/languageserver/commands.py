"""The commands of the server, which clients run by their names, with the address of a score.

They are also offered as actions of the kind `source`, so that every editor has them in a menu.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lsprotocol import types
from pygls.uris import to_fs_path

from sequencer.core.child_processes import kill_process
from sequencer.core.diagnostics import escape_control
from sequencer.core.errors import SequencerError
from sequencer.languageserver.session import RefusedError, Session, Snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sequencer.schedule.model import Schedule

logger = logging.getLogger(__name__)

Command = Callable[[Session, str], Awaitable[Any]]


async def show_sheet(session: Session, uri: str) -> dict[str, Any]:
    """Show the cue sheet of a score, of its present text, in a browser; one for each stage."""
    return await _show_parts(
        session, uri, "sheet", lambda schedule, _: session.services.sheet(schedule)
    )


async def show_timeline(session: Session, uri: str) -> dict[str, Any]:
    """Show the timeline of a score, of its present text, in a browser; one for each stage."""

    def draw(schedule: Schedule, path: Path | None) -> str:
        return session.services.timeline(schedule, Path.cwd() if path is None else path.parent)

    return await _show_parts(session, uri, "timeline", draw)


async def _show_parts(
    session: Session, uri: str, kind: str, draw: Callable[[Schedule, Path | None], str]
) -> dict[str, Any]:
    """Show a page for each stage; return the first file, and all of them."""
    snapshot, _ = await _schedule(session, uri)
    files: list[str] = []
    for stage, schedule in await session.answer(lambda: snapshot.look.parts):
        page = await _drawn(session, draw, schedule, snapshot.document.path)
        suffix = kind if stage is None else f"{stage}-{kind}"
        files.append(await _show_page(session, snapshot, suffix, page))
    return {"file": files[0], "files": files}


async def _drawn(session: Session, draw: Callable[..., str], *args: object) -> str:
    try:
        return await session.answer(draw, *args)
    except SequencerError as error:
        raise RefusedError(str(error)) from None


async def _schedule(session: Session, uri: str) -> tuple[Snapshot, Schedule]:
    """Return a score with its schedule. Raises RefusedError if it has errors."""
    snapshot = await session.newest(uri, now=True)
    if snapshot is None:
        raise RefusedError(_not_open(uri))
    schedule = await session.answer(lambda: snapshot.look.schedule)
    if schedule is None:
        error = next((one for one in snapshot.look.diagnostics if one.is_error), None)
        where = "" if error is None else f"; the first one is in line {error.span.line}"
        raise RefusedError(f"the score has errors{where}")
    return snapshot, schedule


def _not_open(uri: str) -> str:
    return f"{uri or 'nothing'} is not a score that is open"


async def _show_page(session: Session, snapshot: Snapshot, kind: str, page: str) -> str:
    """Write a page into a temporary file, and open it in the browser if the client can do so."""
    name = "score" if snapshot.document.path is None else snapshot.document.path.stem
    try:
        file = session.temporary_folder() / f"{name}-{kind}.html"
        file.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RefusedError(f"the page cannot be written: {error.strerror or error}") from None
    if session.client.shows_documents:
        await session.server.window_show_document_async(
            types.ShowDocumentParams(file.as_uri(), external=True)
        )
    else:
        session.show(f"open {file} in a browser; it is deleted when the editor is closed")
    return str(file)


# ---- runs ----------------------------------------------------------------------------------------


async def rehearse(session: Session, uri: str) -> dict[str, Any]:
    """Rehearse the file of a score, and report where the results are."""
    snapshot, _ = await _schedule(session, uri)
    path = _saved_path(snapshot)
    command = session.services.rehearse(path)
    async with _progress(session, f"rehearsing {path.name}"):
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=path.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await process.communicate()
        finally:
            if process.returncode is None:  # the request was cancelled
                kill_process(process)
                await process.wait()
    try:
        report = json.loads(output)
        folder = path.parent / report["folder"]
    except (ValueError, KeyError, TypeError):
        reason = errors.decode("utf-8", "replace").strip()
        raise RefusedError(escape_control(reason) or "the rehearsal was ended") from None
    message = errors.decode("utf-8", "replace").strip()
    session.show(
        f"{escape_control(message)}\nthe results are in {folder}"
        if message
        else f"every cue landed; the results are in {folder}",
        types.MessageType.Warning if process.returncode else types.MessageType.Info,
    )
    return {"folder": str(folder), "code": process.returncode}


def _saved_path(snapshot: Snapshot) -> Path:
    """Return the file of a score. Raises RefusedError if it does not have the present text."""
    path = snapshot.document.path
    try:
        saved = None if path is None else path.read_bytes()
    except OSError:
        saved = None
    if path is None or saved is None:
        raise RefusedError("a rehearsal plays a file: save the score first")
    text = snapshot.document.text.text.encode("utf-8", "surrogatepass")
    if saved.removeprefix(b"\xef\xbb\xbf") != text.removeprefix(b"\xef\xbb\xbf"):
        raise RefusedError("a rehearsal plays the saved file: save the score first")
    return path


@asynccontextmanager
async def _progress(session: Session, title: str) -> AsyncIterator[None]:
    """Show that something is going on, if the client can do so."""
    if not session.client.shows_progress:
        yield
        return
    progress, token = session.server.work_done_progress, str(uuid4())
    await progress.create_async(token)
    progress.begin(token, types.WorkDoneProgressBegin(title=title))
    try:
        yield
    finally:
        progress.end(token, types.WorkDoneProgressEnd())


async def take_over(session: Session, uri: str) -> dict[str, str]:
    """Ask the run in progress of a score to play its present text."""
    snapshot, _ = await _schedule(session, uri)
    path = snapshot.document.path
    if path is None:
        raise RefusedError("a run plays a file: save the score first")
    try:
        answer = await session.answer(
            session.services.take_over, path, snapshot.document.text.normalised
        )
    except SequencerError as error:
        raise RefusedError(str(error)) from None
    session.show(answer)
    return {"answer": answer}


COMMANDS: Mapping[str, tuple[str, Command]] = {
    "score.sheet": ("show the cue sheet", show_sheet),
    "score.timeline": ("show the timeline", show_timeline),
    "score.rehearse": ("rehearse this score", rehearse),
    "score.takeOver": ("let the run in progress play this text", take_over),
}
"""The commands by their names, with the title of the action and what runs each."""


async def run_command(session: Session, name: str, arguments: tuple[Any, ...]) -> Any:
    """Run a command.

    Args:
        session: The connection.
        name: The name of the command.
        arguments: The address of the score, also as the path of its file.
    """
    _, command = COMMANDS[name]
    given = arguments[0] if arguments else ""
    uri = given if isinstance(given, str) else ""
    if session.document(uri) is None and to_fs_path(uri) is None and Path(uri).is_absolute():
        document = session.checker.documents.at(Path(uri))
        uri = uri if document is None else document.uri
    return await command(session, uri)


def offered_commands(uri: str) -> list[types.CodeAction]:
    """Return the commands as actions."""
    return [
        types.CodeAction(
            title=title,
            kind=f"{types.CodeActionKind.Source.value}.{name}",
            command=types.Command(title=title, command=name, arguments=[uri]),
        )
        for name, (title, _) in COMMANDS.items()
    ]

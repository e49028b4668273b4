"""The texts that are open in the client, and what is known about each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lsprotocol import types
from pygls.uris import to_fs_path

from sequencer.core.diagnostics import Fix, Span
from sequencer.editing.hints import Hint, HintSetting, find_hints
from sequencer.editing.looking import Look, is_score, look, with_advice
from sequencer.languageserver.client import Client
from sequencer.languageserver.positions import ClientText, View

if TYPE_CHECKING:
    from sequencer.language.loader import LoadResult

LANGUAGE = "score"
"""What clients call the language of a score in the text notation."""

SCORE_SUFFIXES = (".score", ".yaml", ".yml")
"""The endings of files that may be scores."""

MAX_SEARCHED_FILES = 500
"""How many files are searched for uses of a name."""

MAX_SEARCHED_BYTES = 1_000_000
"""The largest file that is searched, in bytes."""

YAML_LANGUAGES = ("yaml", "yml")
"""What clients call YAML."""


class FindUnsaved(Protocol):
    """Finds the unsaved text of a file that is open in the client."""

    def __call__(self, path: Path, /) -> str | None:
        """Return the text, or None for a file that is not open."""


class Load(Protocol):
    """Loads a score from its text."""

    def __call__(
        self, text: str, file: str, *, folder: Path | None, find_unsaved: FindUnsaved
    ) -> LoadResult:
        """Load a score.

        Args:
            text: The text.
            file: The file name for diagnostics. Its extension determines the notation.
            folder: The folder of images and used files, or None if the text is not in a file.
            find_unsaved: Finds the texts of used files that are open.
        """


@dataclass(frozen=True, kw_only=True)  # without slots, for the cached properties
class Known:
    """What a check found about a document.

    `paths` has the path of each of the score's files, by the name in its spans. Hints and names are
    computed when `prepare` or a request needs them: diagnostics do not wait for them.
    """

    look: Look
    paths: Mapping[str, Path]
    hint_setting: HintSetting

    @cached_property
    def hints(self) -> tuple[Hint, ...]:
        """The hints at the ends of lines."""
        return find_hints(self.look, self.hint_setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that is open in the client.

    `file` is the name of the file in spans; `path` is where it is, or None if it is not saved yet.
    `known` is what the last check found, which may have been of an earlier version.
    """

    uri: str
    language: str
    version: int
    text: ClientText
    file: str
    path: Path | None
    known: Known | None = None

    @property
    def is_score(self) -> bool:
        """Whether the text is a score: other YAML files may be open in the same client."""
        if self.language == LANGUAGE:
            return True
        return is_score(self.file, self.text.normalised)

    @property
    def is_current(self) -> bool:
        """Whether the last check was of the present text."""
        return self.known is not None and self.known.look.text == self.text.normalised

    @property
    def view(self) -> View | None:
        """The positions of the text that was checked, in the present one."""
        return None if self.known is None else View(self.known.look.text, self.text)


def open_document(item: types.TextDocumentItem, client: Client) -> Document:
    """Return a document that the client has opened."""
    name = to_fs_path(item.uri)
    path = None if name is None else Path(name)
    file = str(path) if path is not None else _unsaved_name(item)
    return Document(
        uri=item.uri,
        language=item.language_id,
        version=item.version,
        text=ClientText(item.text, client.encoding),
        file=file,
        path=path,
    )


def _unsaved_name(item: types.TextDocumentItem) -> str:
    """Return a file name for a text without a file: its ending determines the notation."""
    if item.uri.lower().endswith((".score", ".yaml", ".yml")):
        return item.uri
    return f"{item.uri}.yaml" if item.language_id in YAML_LANGUAGES else f"{item.uri}.score"


def resolve(path: Path) -> Path:
    """Return the path without links, or as it is if it cannot be resolved."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # before Python 3.13 circular links raise RuntimeError
        return path


class Documents(dict[str, Document]):
    """The open documents by their addresses."""

    def at(self, path: Path) -> Document | None:
        """Return the open document of a file."""
        wanted = resolve(path)
        for one in self.values():
            if one.path is not None and (one.path == path or resolve(one.path) == wanted):
                return one
        return None

    def users_of(self, document: Document) -> Iterator[Document]:
        """Yield the other documents that use a document's file."""
        if document.path is None:
            return
        own = resolve(document.path)
        for one in self.values():
            if one.uri != document.uri and one.known and own in one.known.paths.values():
                yield one

    def find_unsaved(self, path: Path) -> str | None:
        """Return the text of a file that is open."""
        found = self.at(path)
        return None if found is None else found.text.normalised


def check(
    document: Document, documents: Documents, load: Load, hints: HintSetting, *, advice: bool
) -> Known:
    """Check a document.

    Args:
        document: The document.
        documents: All open ones: their texts count, not those of their files.
        load: Loads a score.
        hints: Which hints to find.
        advice: Whether to add advice on the prompts.
    """
    folder = None if document.path is None else document.path.parent

    # of a partial, only the changed pieces are read: see `ReadScore`
    read = partial(load, folder=folder, find_unsaved=documents.find_unsaved)
    before = None if document.known is None else document.known.look
    found = look(document.text.normalised, document.file, read, advice=advice, previous=before)
    found.diagnostics  # noqa: B018  # computed once, here in a thread
    paths = {name: resolve(Path(name)) for name in found.file_names}
    return Known(look=found, paths=paths, hint_setting=hints)


PREPARATIONS: tuple[Callable[[Known], object], ...] = (
    lambda known: known.hints,
    lambda known: known.look.names,
)
"""What the answers to requests need. Both are kept, so that requests need not wait for them."""


def check_users(
    document: Document, documents: Documents, top: Path | None, load: Load
) -> tuple[Known, ...]:
    """Check the scores on the disk that may use a document's file and are not open.

    A score uses files in its own folder and below, so they are in the folder of the document, or in
    one above it.

    Args:
        document: The document.
        documents: All open ones.
        top: The highest folder that is searched: one that is open in the client.
        load: Loads a score.
    """
    if document.path is None:
        return ()
    own = resolve(document.path)
    folders = [own.parent]
    if top is not None and own.is_relative_to(resolve(top)):
        folders += [one for one in own.parents if one.is_relative_to(resolve(top))]
    found: list[Known] = []
    for path in islice(_scores_in(dict.fromkeys(folders)), MAX_SEARCHED_FILES):
        text = None if documents.at(path) is not None else _read(path)
        if text is not None and own.name in text and is_score(str(path), text):
            item = types.TextDocumentItem(path.as_uri(), "", 0, text)
            other = open_document(item, Client())
            known = check(other, documents, load, HintSetting.NONE, advice=False)
            if own in known.paths.values() and resolve(path) != own:
                found.append(known)
    return tuple(found)


def _scores_in(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        yield from (one for one in entries if one.suffix.lower() in SCORE_SUFFIXES)


def _read(path: Path) -> str | None:
    """Return the text of a file that is not large, or None if it cannot be read."""
    try:
        if path.stat().st_size > MAX_SEARCHED_BYTES:
            return None
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return None


def advise(known: Known) -> Known:
    """Return what is known with the advice on the prompts added. It changes no hint and no name."""
    advised = replace(known, look=with_advice(known.look))
    advised.look.diagnostics  # noqa: B018  # computed once, here in a thread
    for of, to, name in ((known, advised, "hints"), (known.look, advised.look, "names")):
        if name in of.__dict__:
            to.__dict__[name] = of.__dict__[name]
    return advised


class Locator:
    """Converts spans in the files of scores to the client's, where some may be open."""

    def __init__(self, known: Iterable[Known], documents: Documents, client: Client) -> None:
        self._looks = [one.look for one in known]
        self._documents = documents
        self._client = client
        self._found: dict[str, tuple[str, View, int | None] | None] = {}

    def _target(self, file: str) -> tuple[str, View, int | None] | None:
        """Return the address of a file, its view, and its version if it is open."""
        if file not in self._found:
            self._found[file] = self._find(file)
        return self._found[file]

    def _find(self, file: str) -> tuple[str, View, int | None] | None:
        sources = (one.source_of(file) for one in self._looks)
        source = next((one for one in sources if one is not None), None)
        path = Path(file)
        if source is None and not path.is_absolute():
            return None
        text = "" if source is None else source.text
        document = next((one for one in self._documents.values() if one.file == file), None)
        if document is None and path.is_absolute():
            document = self._documents.at(path)
        if document is not None:
            return document.uri, View(text, document.text), document.version
        if not path.is_absolute() or (source is None and not path.is_file()):
            return None
        return path.as_uri(), View(text, ClientText(text, self._client.encoding)), None

    def uri(self, file: str) -> str | None:
        """Return the address of a file, or None if it does not exist."""
        target = self._target(file)
        return None if target is None else target[0]

    def range(self, span: Span) -> types.Range | None:
        """Return the present range of a span, or None if it does not exist any more."""
        target = self._target(span.file)
        return None if target is None else target[1].to_range(span)

    def location(self, span: Span) -> types.Location | None:
        """Return the present location of a span, or None if it does not exist any more."""
        target = self._target(span.file)
        if target is None:
            return None
        if span == Span(span.file, 1, 1, 1, 1):  # a file as such
            return types.Location(target[0], target[1].now.to_range(span))
        part = target[1].to_range(span)
        return None if part is None else types.Location(target[0], part)

    def edit(self, fixes: Iterable[Fix]) -> types.WorkspaceEdit | None:
        """Return edits of the client's texts, or None if one of them cannot be made any more."""
        edits: dict[str, list[types.TextEdit]] = {}
        versions: dict[str, int | None] = {}
        for fix in fixes:
            target = self._target(fix.span.file)
            part = None if target is None else target[1].to_range(fix.span)
            if target is None or part is None:
                return None
            uri, view, version = target
            edits.setdefault(uri, []).append(types.TextEdit(part, for_text(fix.text, view.now)))
            versions[uri] = version
        if not self._client.versioned_edits:
            return types.WorkspaceEdit(changes=edits)
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=versions[uri]),
                    list(one),
                )
                for uri, one in edits.items()
            ]
        )


def for_text(new: str, text: ClientText) -> str:
    """Return a text to insert, with the newlines of the text that it is inserted into."""
    return new if text.newline == "\n" else new.replace("\n", text.newline)

"""One DocumentEngine and one TextReader for all formats: each file goes to the engine of its media type.

The table from media type to engine is ``FORMATS`` in ``pipeline/wiring.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.contracts import DocumentEngine, DocumentFacts, PageFacts, PageImage, TextReader
from pipeline.engines.media import sniff
from stores.errors import InputError
from stores.models import PageText


class _Engine(Protocol):
    @property
    def fingerprint(self) -> str: ...


E = TypeVar("E", bound=_Engine)


class DocumentsByMediaType:
    """A DocumentEngine that passes each file on to the engine of its media type.

    ``fingerprint`` names every engine once, in the order of the table: a new version of any of them outdates the
    plans of all documents, since a document's fingerprints are compared without its media type.
    """

    def __init__(self, engines: Mapping[str, DocumentEngine]) -> None:
        self._engines = dict(engines)
        self.fingerprint = _fingerprint(engines)
        self.plan_fingerprint = "+".join(dict.fromkeys(engine.plan_fingerprint for engine in engines.values()))

    def inspect(self, path: Path, password: str) -> DocumentFacts:
        return _engine_of(self._engines, path).inspect(path, password)

    def look(self, path: Path, password: str, numbers: Sequence[int]) -> Iterator[PageFacts]:
        yield from _engine_of(self._engines, path).look(path, password, numbers)

    def render(self, path: Path, password: str, number: int, target: Path) -> PageImage:
        return _engine_of(self._engines, path).render(path, password, number, target)


class TextByMediaType:
    """A TextReader that passes each file on to the reader of its media type; ``fingerprint`` as above."""

    def __init__(self, readers: Mapping[str, TextReader]) -> None:
        self._readers = dict(readers)
        self.fingerprint = _fingerprint(readers)

    def read(self, path: Path, password: str, number: int, *, plain: bool = False, ocr: bool = True) -> PageText:
        return _engine_of(self._readers, path).read(path, password, number, plain=plain, ocr=ocr)


def _engine_of(engines: Mapping[str, E], path: Path) -> E:
    """The engine of a file. InputError or NotFoundError of ``sniff``, InputError where the type has no engine."""
    media_type = sniff(path)
    if media_type not in engines:
        raise InputError(f"No engine is configured for {media_type} files.")
    return engines[media_type]


def _fingerprint(engines: Mapping[str, _Engine]) -> str:
    return "+".join(dict.fromkeys(engine.fingerprint for engine in engines.values()))

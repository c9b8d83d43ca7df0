"""Static files of the pages: read once, named by one version of them all, so that a browser may keep them for good."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served; ``packed`` is it under gzip."""

    content: bytes
    packed: bytes
    media_type: str
    etag: str


@cache
def assets() -> Mapping[str, Asset]:
    """Name -> file, of everything in the folder whose kind is known. Nothing else can be asked for."""
    paths = sorted(path for path in _FOLDER.iterdir() if path.suffix in _TYPES)
    return {path.name: _asset(path) for path in paths}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return Asset(content, gzip.compress(content, 9, mtime=0), _TYPES[path.suffix], etag)


@cache
def assets_version() -> str:
    """Changes when any file does: modules import each other by relative names, so all share one folder's name."""
    return hashlib.sha256("".join(name + found.etag for name, found in assets().items()).encode()).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Where a page finds a file; KeyError for a name that is not there."""
    assets()[name]
    return f"/static/{assets_version()}/{name}"

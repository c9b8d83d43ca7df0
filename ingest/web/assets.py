"""Static files of the pages, read once and served below a version of them all, so that browsers may cache them."""

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
    """A static file; ``packed`` is its content compressed with gzip."""

    content: bytes
    packed: bytes
    media_type: str
    etag: str


@cache
def assets() -> Mapping[str, Asset]:
    """Return the static files by name; only these can be requested."""
    paths = sorted(path for path in _FOLDER.iterdir() if path.suffix in _TYPES)
    return {path.name: _asset(path) for path in paths}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return Asset(content, gzip.compress(content, 9, mtime=0), _TYPES[path.suffix], etag)


@cache
def assets_version() -> str:
    """Return a version of all files together, as modules import each other by relative names from one folder."""
    return hashlib.sha256("".join(name + file.etag for name, file in assets().items()).encode()).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the URL of a static file. KeyError for an unknown name."""
    assets()[name]
    return f"/static/{assets_version()}/{name}"

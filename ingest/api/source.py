"""The source code of this installation, which the license requires a server to offer (AGPL, section 13)."""

from __future__ import annotations

import io
import tarfile
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

from ingest.api.description import content

router = APIRouter(tags=["health"])
_HERE = Path(__file__).resolve().parents[2]
_OURS = ("ingest", "pipeline", "stores", "celery_app.py", "start_worker.sh", "pyproject.toml", "README.md", "LICENSE")
_LEFT_OUT = ("__pycache__",)


@router.get("/source", response_class=Response, responses=content("application/gzip"))
def download_source() -> Response:
    """Download the source code of this server as a tar.gz, local changes included."""
    name = {"Content-Disposition": 'attachment; filename="ingot-source.tar.gz"'}
    return Response(archive(), media_type="application/gzip", headers=name)


@cache
def archive() -> bytes:
    """Pack the source files; an installation lacks some of the files that a checkout has."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in _OURS:
            if (_HERE / name).exists():
                tar.add(_HERE / name, f"ingot/{name}", filter=_ours)
    return packed.getvalue()


def _ours(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out compiled files, and the owner of the files."""
    if any(part in _LEFT_OUT for part in Path(member.name).parts):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member

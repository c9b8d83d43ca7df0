"""The source of this very installation, as the licence asks of whoever serves it to others (AGPL, section 13)."""

from __future__ import annotations

import io
import tarfile
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

router = APIRouter(tags=["health"])
_HERE = Path(__file__).resolve().parents[2]
_OURS = ("ingest", "pipeline", "stores", "celery_app.py", "start_worker.sh", "pyproject.toml", "README.md", "LICENSE")
_LEFT_OUT = ("__pycache__",)


@router.get("/source", response_class=Response, responses={200: {"content": {"application/gzip": {}}}})
def source() -> Response:
    """A tar.gz of the code that answers here, changes included."""
    name = {"Content-Disposition": 'attachment; filename="ingot-source.tar.gz"'}
    return Response(archive(), media_type="application/gzip", headers=name)


@cache
def archive() -> bytes:
    """The files of Ingot beside this one; what a checkout has and an installation lacks is left out there."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in _OURS:
            if (_HERE / name).exists():
                tar.add(_HERE / name, f"ingot/{name}", filter=_ours)
    return packed.getvalue()


def _ours(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without compiled files, and without the names of who installed it."""
    if any(part in _LEFT_OUT for part in Path(member.name).parts):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member

"""Files that are attached to a PDF, to the document or to a page: their names, and the files themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.engines.pdf import mupdf

_MOST_NAMED = 5
_LONGEST_NAME = 80


def attached_to(page: Any) -> list[str]:
    """Names of the files attached to a page, for the first page also of those attached to the document."""
    names = []
    if page.number == 0 and page.parent.is_pdf:
        names += [str(name) for name in page.parent.embfile_names()]
    if page.first_annot is not None:
        kind = mupdf.load().PDF_ANNOT_FILE_ATTACHMENT
        names += [str(annotation.file_info.get("filename") or "") for annotation in page.annots(types=[kind])]
    return [_file_name(name) for name in names]


def embedded_files(path: Path, passwords: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the attached files; none where no password opens the PDF."""
    pymupdf = mupdf.load()
    document = pymupdf.open(str(path), filetype="pdf")
    try:
        if document.needs_pass and not any(document.authenticate(password) for password in passwords):
            return
        for name in document.embfile_names():
            info = document.embfile_info(name)
            yield _file_name(info.get("ufilename") or info.get("filename") or name), document.embfile_get(name)
        for page in document:
            if page.first_annot is not None:
                for annotation in page.annots(types=[pymupdf.PDF_ANNOT_FILE_ATTACHMENT]):
                    yield _file_name(annotation.file_info.get("filename")), annotation.get_file()
    finally:
        document.close()


def _file_name(name: object) -> str:
    return " ".join(str(name or "").split())[:_LONGEST_NAME] or "a file without a name"


def not_read(names: list[str]) -> str:
    """Say that these files were not read; "" for none."""
    if not names:
        return ""
    named = ", ".join(names[:_MOST_NAMED]) + (" and others" if len(names) > _MOST_NAMED else "")
    if len(names) == 1:
        return f"1 attached file was not read: {named}"
    return f"{len(names)} attached files were not read: {named}"

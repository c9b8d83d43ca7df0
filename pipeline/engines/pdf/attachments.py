"""Files that are attached to a PDF, to the document or to a page, by their names."""

from __future__ import annotations

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
    return [" ".join(name.split())[:_LONGEST_NAME] or "a file without a name" for name in names]


def not_read(names: list[str]) -> str:
    """Say that these files were not read; "" for none."""
    if not names:
        return ""
    named = ", ".join(names[:_MOST_NAMED]) + (" and others" if len(names) > _MOST_NAMED else "")
    if len(names) == 1:
        return f"1 attached file was not read: {named}"
    return f"{len(names)} attached files were not read: {named}"

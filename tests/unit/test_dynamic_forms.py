"""A PDF whose only page stands for a form that no viewer but one can lay out is refused, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.engines.pdf import mupdf
from stores.errors import InputError

STAND_IN = "Please wait... You can upgrade to the latest version of Adobe Reader."


def form(path: Path, *texts: str, rendering: str = "true", xfa: str = "/XFA (<template/>)") -> Path:
    document = mupdf.load().open()
    for text in texts:
        document.new_page().insert_text((72, 72), text)
    catalog = document.pdf_catalog()
    document.xref_set_key(catalog, "NeedsRendering", rendering)
    document.xref_set_key(catalog, "AcroForm", f"<< /Fields [] {xfa} >>")
    document.save(path)
    return path


def test_a_stand_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dynamic form .* print it to a PDF"):
        mupdf.open_pdf(form(tmp_path / "form.pdf", STAND_IN), "")


def test_pages_that_are_printed_are_read(tmp_path: Path) -> None:
    for number, path in enumerate(
        (
            form(tmp_path / "a.pdf", STAND_IN, rendering="null"),
            form(tmp_path / "b.pdf", STAND_IN, xfa=""),
            form(tmp_path / "c.pdf", "Application for a permit"),
            form(tmp_path / "d.pdf", STAND_IN, "Application for a permit"),
        )
    ):
        document = mupdf.open_pdf(path, "")
        assert document.page_count == 1 + number // 3
        document.close()

"""A document format is a row in the table of media types and one in the table of engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import wiring
from pipeline.contracts import DocumentFacts
from pipeline.engines import containers, media
from pipeline.engines.fakes import FakeDocuments, FakeText
from pipeline.engines.formats.documents import FormatDocuments
from pipeline.engines.formats.readers import READERS
from pipeline.engines.pdf.documents import PyMuPdfDocuments
from pipeline.settings import Settings
from stores.errors import InputError
from stores.models import PageText

LETTER = "text/x-letter"


class LetterDocuments(FakeDocuments):
    fingerprint = "letters:1"

    def inspect(self, path: Path, password: str) -> DocumentFacts:
        raise InputError("a letter was opened")


class LetterText(FakeText):
    fingerprint = "letters:1"

    def read(self, path: Path, password: str, number: int, *, plain: bool = False, ocr: bool = True) -> PageText:
        return PageText(markdown="Dear reader", blocks=(), engine=self.fingerprint, confidence=None)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> None:
    row = media.MediaType(name=LETTER, words="a letter", recognise=lambda head: head.startswith(b"Dear"))
    monkeypatch.setattr(media, "MEDIA_TYPES", (row, *media.MEDIA_TYPES))
    engine = wiring.FormatEngine(lambda _: LetterDocuments(), lambda _: LetterText())
    monkeypatch.setitem(wiring.FORMATS, LETTER, engine)


def test_every_media_type_has_an_engine() -> None:
    names = {media_type.name for media_type in media.MEDIA_TYPES}
    assert set(wiring.FORMATS) == names - {containers.ZIP}, "an archive is a folder and no document"
    assert set(READERS) == set(media.WITHOUT_IMAGES)


def test_the_fingerprint_names_each_engine_once() -> None:
    settings = Settings(dpi=90)
    alone = PyMuPdfDocuments(settings.dpi, settings.max_page_megapixels).fingerprint
    others = FormatDocuments(settings.dpi, settings.max_page_megapixels).fingerprint
    assert wiring.build(settings).documents().fingerprint == f"{alone}+{others}"


@pytest.mark.usefixtures("letters")
def test_a_format_with_an_engine_of_its_own_is_read_by_it(tmp_path: Path) -> None:
    letter, fake = tmp_path / "letter", tmp_path / "a.fake"
    letter.write_text("Dear reader")
    fake.write_text("%FAKE\nOne page")
    resources = wiring.build(Settings(text_engine="fake"))
    assert resources.documents().fingerprint.split("+")[0] == "fake-documents:1"
    assert resources.documents().fingerprint.split("+")[-1] == "letters:1"
    assert resources.documents().inspect(fake, "").page_count == 1
    assert resources.text_reader().read(letter, "", 1).markdown == "Dear reader"
    with pytest.raises(InputError, match="a letter was opened"):
        resources.documents().inspect(letter, "")
    assert media.words_of(b"Dear") == "a letter"


@pytest.mark.usefixtures("letters")
def test_a_media_type_without_an_engine_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(wiring.FORMATS, LETTER)
    letter = tmp_path / "letter"
    letter.write_text("Dear reader")
    with pytest.raises(InputError, match="No engine is configured for text/x-letter"):
        wiring.build(Settings()).documents().inspect(letter, "")

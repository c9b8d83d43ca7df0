"""Files attached to mail messages and PDFs become sources of their own, within limits."""

from __future__ import annotations

import io
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.archives import DEEPEST
from pipeline.commands import attachments
from pipeline.commands.attachments import AttachmentReader, uploads_with_attachments, with_attachments
from pipeline.commands.content_detection import check_content, discover_documents
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.submission import Submission
from pipeline.engines.attachment_worker import written
from pipeline.engines.media import PDF
from pipeline.engines.pdf import mupdf
from pipeline.engines.text_kinds import EML
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import InputError
from stores.placement import StagedFile
from stores.regular_files import hash_of
from tests import office_files as files

LARGEST = 1 << 30


def pdf(text: str, password: str = "", **attached: bytes) -> bytes:
    """A PDF of one line with files attached, the first to its page, the others to the document."""
    document = mupdf.load().open()
    page = document.new_page()
    page.insert_text((72, 72), text)
    for at, (name, data) in enumerate(attached.items()):
        if at:
            document.embfile_add(name, data, filename=f"{name}.pdf")
        else:
            page.add_file_annot((100, 100), data, f"{name}.pdf")
    locked = {"encryption": mupdf.load().PDF_ENCRYPT_AES_256, "user_pw": password, "owner_pw": password}
    written_to = io.BytesIO()
    document.save(written_to, **(locked if password else {}))
    document.close()
    return written_to.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "attached"
    made.mkdir()
    return made


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    made.mkdir()
    return made


def discovered(docs: Path, folder: Path, *passwords: str, largest: int = LARGEST) -> tuple[dict[str, str], set[str]]:
    """Names of the files of a folder and those attached to them, with the codes of faults; names of what is skipped."""
    with AttachmentReader(folder, largest, passwords) as reader:
        answer = with_attachments(discover_documents([docs], (), ()), reader, check=check_content)
    names = {file.name: file.fault.code if file.fault else "" for file in answer.files}
    assert all(file.path.parent == folder for file in answer.files if "/" in file.name and not file.fault)
    return names, {one.source for one in answer.skipped}


def test_files_attached_to_a_message_are_named_after_it(docs: Path, folder: Path) -> None:
    packed = files.packed({"in/list.pdf": pdf("list"), "run.py": b"import os\n"}, docs.parent / "a.zip").read_bytes()
    attached = {"../offer.pdf": pdf("offer", plan=pdf("plan"), terms=pdf("terms")), "all.zip": packed, "logo.png": b"x"}
    files.mail(docs / "mail.eml", attached=attached)
    names, skipped = discovered(docs, folder)
    assert names == {
        "mail.eml": "",
        "mail.eml/offer.pdf": "",
        "mail.eml/offer.pdf/plan.pdf": "",
        "mail.eml/offer.pdf/terms.pdf": "",
        "mail.eml/all.zip/in/list.pdf": "",
    }
    assert skipped == {"mail.eml/all.zip/run.py"}


def test_two_files_of_one_name_are_both_kept(docs: Path, folder: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "Twice", "a@example.org"
    message.set_content("Both.")
    for text in ("one", "two"):
        message.add_attachment(pdf(text), maintype="application", subtype="pdf", filename="a.pdf")
    (docs / "mail.eml").write_bytes(message.as_bytes())
    names, _ = discovered(docs, folder)
    assert set(names) == {"mail.eml", "mail.eml/a.pdf", "mail.eml/a (2).pdf"}


def test_files_in_a_locked_pdf_need_its_password(docs: Path, folder: Path) -> None:
    (docs / "locked.pdf").write_bytes(pdf("locked", "secret", inside=pdf("inside")))
    assert set(discovered(docs, folder)[0]) == {"locked.pdf"}
    assert set(discovered(docs, folder, "wrong", "secret")[0]) == {"locked.pdf", "locked.pdf/inside.pdf"}


def test_what_is_too_large_or_too_deep_is_named(docs: Path, folder: Path) -> None:
    nested = pdf("innermost", last=pdf("last"))
    for level in range(DEEPEST):
        nested = pdf(f"level {level}", **{f"n{level}": nested})
    (docs / "nested.pdf").write_bytes(nested)
    names, _ = discovered(docs, folder)
    assert max(name.count("/") for name in names) == DEEPEST
    files.mail(docs / "large.eml", attached={"large.pdf": bytes(2 << 20), "small.pdf": pdf("small")})
    names, _ = discovered(docs, folder, largest=1 << 20)
    assert (names["large.eml/large.pdf"], names["large.eml/small.pdf"]) == ("too_large", "")


def test_more_files_than_an_archive_may_hold_are_not_taken(
    docs: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    files.mail(docs / "mail.eml", attached={f"{n}.pdf": pdf(str(n)) for n in range(4)})
    names, skipped = discovered(docs, folder)
    assert set(names) == {"mail.eml", "mail.eml/0.pdf", "mail.eml/1.pdf"}
    assert skipped == {"mail.eml"}  # with the reason


def test_a_message_that_ends_the_process_harms_no_other(
    docs: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.mail(docs / "a.eml", attached={"a.pdf": pdf("a")})
    files.mail(docs / "b.eml", attached={"b.pdf": pdf("b")})
    started = attachments._started

    def killed_once() -> object:
        child = started()
        if not list(folder.iterdir()) and not killed:
            killed.append(child)
            child.kill()
        return child

    killed: list[object] = []
    monkeypatch.setattr(attachments, "_started", killed_once)
    names, skipped = discovered(docs, folder)
    assert set(names) == {"a.eml", "b.eml", "b.eml/b.pdf"}
    assert skipped == {"a.eml"}


def test_uploads_have_their_attached_files_beside_them(folder: Path) -> None:
    path = files.mail(folder / "1.part", attached={"offer.pdf": pdf("offer")})
    upload = StagedFile.upload(
        path=path, name="mail.eml", size_bytes=path.stat().st_size, sha256=hash_of(path), media_type=EML, fault=None
    )
    with AttachmentReader(folder, LARGEST) as reader:
        (mail, offer), skipped = uploads_with_attachments([upload], reader, check_content)
    assert (mail, skipped) == (upload, ())
    assert (offer.name, offer.media_type, offer.sha256) == ("mail.eml/offer.pdf", PDF, hash_of(offer.path))


def test_the_worker_says_why_a_file_cannot_be_read(folder: Path) -> None:
    (folder / "x.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    order = {"path": str(folder / "x.pdf"), "media_type": PDF, "folder": str(folder), "prefix": "1", "passwords": [""]}
    answer = written(order | {"largest_bytes": LARGEST, "most_files": 5, "total_bytes": LARGEST})
    assert answer["files"] == []


def test_those_of_a_url_are_refused(tmp_path: Path) -> None:
    service = Service(Settings(home=tmp_path, allow_private_urls=True))
    url = "http://127.0.0.1:9/mail.eml"
    with pytest.raises(InputError, match="not of URLs: download the file"):
        service.ingestion.ingest("kb", IngestRequest(urls=(url,), attachments=True))
    with pytest.raises(InputError, match="not of URLs: download the file"):
        service.ingestion.submit("kb", Submission(urls=(url,), attachments=True))
    assert not (tmp_path / "kb").exists()

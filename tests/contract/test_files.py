"""What every FileStore promises: of the home, of a shared folder, of S3 (moto's server, over HTTP)."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stores.contracts import FileStore
from stores.contracts.files import FileKind
from stores.errors import InputError
from stores.files.local import LocalFiles
from stores.files.shared import SharedFiles
from tests.s3_server import environment, new_bucket, s3_server

KB, OTHER = "kb-files", "kb-other"
DOCUMENT, LATER = "a" * 32, "b" * 32
LIMIT = CACHE_BYTES = 1 << 20
CONTENT = b"%PDF-1.7 the bytes of a document"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture(params=["local", "file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    home = tmp_path / "home"
    if request.param == "local":
        return LocalFiles(home)
    if request.param == "file":
        (tmp_path / "share").mkdir()
        return SharedFiles(f"file://{tmp_path}/share", home, CACHE_BYTES)
    endpoint = request.getfixturevalue("s3")
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)
    return SharedFiles(f"s3://{new_bucket(endpoint)}/some/prefix", home, CACHE_BYTES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace of the caller, on the disk of the store that is local."""
    made = tmp_path / "home" / "workspace"
    made.mkdir(parents=True)
    return made


def written(folder: Path, content: bytes = CONTENT, name: str = "given") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_an_original_is_kept_under_the_hash_of_its_bytes(store: FileStore, folder: Path) -> None:
    given = written(folder)
    assert store.put_original(KB, given, LIMIT) == SHA256
    given.unlink()
    assert store.local_original(KB, SHA256, folder).read_bytes() == CONTENT


def test_an_original_may_be_put_twice(store: FileStore, folder: Path) -> None:
    given = written(folder)
    assert [store.put_original(KB, given, LIMIT) for _ in range(2)] == [SHA256, SHA256]
    assert given.read_bytes() == CONTENT, "the file of the caller stays"
    assert store.local_original(KB, SHA256, folder).read_bytes() == CONTENT


def test_an_original_may_be_read_more_than_once_into_one_folder(store: FileStore, folder: Path) -> None:
    store.put_original(KB, written(folder), LIMIT)
    paths = [store.local_original(KB, SHA256, folder) for _ in range(2)]
    assert [path.read_bytes() for path in paths] == [CONTENT, CONTENT]


@pytest.mark.parametrize("name", ["folder", "missing"])
def test_what_is_no_file_is_refused(store: FileStore, folder: Path, name: str) -> None:
    (folder / "folder").mkdir()
    with pytest.raises(InputError) as refused:
        store.put_original(KB, folder / name, LIMIT)
    assert refused.value.code == "unreadable"


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(store: FileStore, folder: Path) -> None:
    store.put_original(KB, written(folder, b"small", "small"), LIMIT)
    before = store.size_bytes(KB)
    with pytest.raises(InputError) as refused:
        store.put_original(KB, written(folder), len(CONTENT) - 1)
    assert refused.value.code == "too_large"
    assert store.size_bytes(KB) == before


def test_a_staged_file_is_moved_and_may_be_moved_again(store: FileStore, folder: Path) -> None:
    staged = written(folder)
    store.adopt_original(KB, staged, SHA256)
    store.adopt_original(KB, staged, SHA256)
    store.sync_originals(KB)
    assert not staged.exists()
    assert store.local_original(KB, SHA256, folder).read_bytes() == CONTENT


def test_the_same_bytes_may_be_adopted_from_two_files(store: FileStore, folder: Path) -> None:
    for name in ("first", "second"):
        staged = written(folder, name=name)
        store.adopt_original(KB, staged, SHA256)
        assert not staged.exists()
    assert store.local_original(KB, SHA256, folder).read_bytes() == CONTENT


def test_an_original_that_is_not_there_is_said_to_be_missing(store: FileStore, folder: Path) -> None:
    store.put_original(OTHER, written(folder), LIMIT)
    with pytest.raises(InputError) as missing:
        store.local_original(KB, SHA256, folder)
    assert missing.value.code == "original_missing"


def test_a_page_image_is_kept_until_it_is_dropped(store: FileStore, folder: Path) -> None:
    assert not store.has_page_image(KB, DOCUMENT, 1, 7)
    assert store.local_page_image(KB, DOCUMENT, 1, 7, folder) is None
    drawn = store.put_page_image(KB, DOCUMENT, 1, 7, written(folder, b"image", "7.png"))
    assert drawn.read_bytes() == b"image"
    assert store.has_page_image(KB, DOCUMENT, 1, 7) and not store.has_page_image(KB, DOCUMENT, 1, 8)
    read = store.local_page_image(KB, DOCUMENT, 1, 7, folder)
    assert read is not None and read.read_bytes() == b"image"
    for _ in range(2):
        store.drop_page_image(KB, DOCUMENT, 1, 7)
    assert not store.has_page_image(KB, DOCUMENT, 1, 7)


def test_a_page_image_that_is_put_again_replaces_the_first(store: FileStore, folder: Path) -> None:
    for content in (b"first", b"second"):
        store.put_page_image(KB, DOCUMENT, 1, 1, written(folder, content, "1.png"))
    read = store.local_page_image(KB, DOCUMENT, 1, 1, folder)
    assert read is not None and read.read_bytes() == b"second"


def test_page_images_are_dropped_by_generation_or_by_document(store: FileStore, folder: Path) -> None:
    for document, generation in ((DOCUMENT, 1), (DOCUMENT, 2), (LATER, 1)):
        store.put_page_image(KB, document, generation, 1, written(folder))
    store.drop_page_images(KB, DOCUMENT, 1)
    assert [store.has_page_image(KB, DOCUMENT, number, 1) for number in (1, 2)] == [False, True]
    for _ in range(2):
        store.drop_page_images(KB, DOCUMENT)
    assert not store.has_page_image(KB, DOCUMENT, 2, 1)
    assert store.has_page_image(KB, LATER, 1, 1)


def size_of_results(store: FileStore, name: str, text: str) -> int:
    """Return the bytes that a Markdown and a JSON file add to the store."""
    before = store.size_bytes(KB)
    store.write_markdown(KB, name, text)
    store.write_json(KB, name, {"text": text})
    return store.size_bytes(KB) - before


def test_results_are_replaced_not_added(store: FileStore) -> None:
    name, text = f"report.{DOCUMENT[:12]}", "合同 § 1"
    least = len(text.encode()) + len(json.dumps({"text": text}, ensure_ascii=False).encode())
    assert size_of_results(store, name, text) >= least
    assert size_of_results(store, name, text) == 0


def test_results_under_an_earlier_name_are_dropped(store: FileStore) -> None:
    old, new, other = f"old.{DOCUMENT[:12]}", f"new.{DOCUMENT[:12]}", f"old.{LATER[:12]}"
    size_of_results(store, new, "text")
    size_of_results(store, other, "text")
    old_bytes = size_of_results(store, old, "text")
    before = store.size_bytes(KB)
    for _ in range(2):
        store.drop_renamed(KB, DOCUMENT, new)
    assert before - store.size_bytes(KB) == old_bytes
    assert size_of_results(store, new, "text") == 0 and size_of_results(store, other, "text") == 0


def test_a_dropped_document_leaves_no_file(store: FileStore, folder: Path) -> None:
    store.put_original(KB, written(folder, b"of another", "other"), LIMIT)
    store.write_markdown(KB, f"kept.{LATER[:12]}", "text")
    before = store.size_bytes(KB)
    store.put_original(KB, written(folder), LIMIT)
    size_of_results(store, f"gone.{DOCUMENT[:12]}", "text")
    store.put_page_image(KB, DOCUMENT, 3, 1, written(folder, b"image", "1.png"))
    for _ in range(2):
        store.drop_document(KB, DOCUMENT, SHA256)
    assert store.size_bytes(KB) == pytest.approx(before, abs=16384), "folders of a disk have a size, too"
    assert not store.has_page_image(KB, DOCUMENT, 3, 1)
    with pytest.raises(InputError):
        store.local_original(KB, SHA256, folder)


def test_a_document_may_be_dropped_without_its_original(store: FileStore, folder: Path) -> None:
    store.put_original(KB, written(folder), LIMIT)
    store.drop_document(KB, DOCUMENT, "")
    assert store.local_original(KB, SHA256, folder).read_bytes() == CONTENT


def test_all_files_of_one_knowledge_base_are_dropped(store: FileStore, folder: Path) -> None:
    for knowledge_id in (KB, OTHER):
        store.put_original(knowledge_id, written(folder), LIMIT)
        store.put_page_image(knowledge_id, DOCUMENT, 1, 1, written(folder, b"image", "1.png"))
    for _ in range(2):
        store.drop_all(KB)
    assert not store.has_page_image(KB, DOCUMENT, 1, 1)
    with pytest.raises(InputError):
        store.local_original(KB, SHA256, folder)
    assert store.local_original(OTHER, SHA256, folder).read_bytes() == CONTENT
    assert store.has_page_image(OTHER, DOCUMENT, 1, 1)


def test_what_goes_while_it_is_counted_takes_no_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document, or the whole knowledge base, is deleted while a page asks for its size."""
    store, listed = LocalFiles(tmp_path), os.scandir
    folder = store.folder(KB)
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "original").write_bytes(CONTENT)

    def scandir(path: Any) -> Any:
        entries = listed(path)
        if folder.exists():
            folder.rename(tmp_path / "removed")
        return entries

    monkeypatch.setattr(os, "scandir", scandir)
    assert store.size_bytes(KB) < 10 * 4096


def test_a_knowledge_base_without_files_takes_no_bytes(store: FileStore) -> None:
    assert store.size_bytes(KB) == 0
    store.drop_all(KB)
    store.drop_document(KB, DOCUMENT, SHA256)
    store.drop_page_images(KB, DOCUMENT)


def test_a_staged_file_may_be_sent_before_it_is_adopted(store: FileStore, folder: Path) -> None:
    staged = written(folder)
    for _ in range(2):
        store.send_original(KB, staged, SHA256)
    store.adopt_original(KB, staged, SHA256)
    store.sync_originals(KB)
    assert not staged.exists() and store.has_original(KB, SHA256)
    assert store.local_original(KB, SHA256, folder).read_bytes() == CONTENT


def test_an_original_is_hashed_where_it_is_stored(store: FileStore, folder: Path) -> None:
    assert store.stored_hash(KB, SHA256) is None and not store.has_original(KB, SHA256)
    store.put_original(KB, written(folder), LIMIT)
    assert store.stored_hash(KB, SHA256) == SHA256 and store.has_original(KB, SHA256)
    store.drop_document(KB, DOCUMENT, SHA256)
    assert store.stored_hash(KB, SHA256) is None and not store.has_original(KB, SHA256)


def test_the_newest_result_of_a_document_is_read(store: FileStore) -> None:
    name = f"report.{DOCUMENT[:12]}"
    assert store.result(KB, FileKind.MARKDOWN, DOCUMENT) is None
    store.write_markdown(KB, name, "first")
    store.write_markdown(KB, name, "合同 § 1")
    store.write_json(KB, name, {"text": "合同"})
    store.write_markdown(KB, f"report.{LATER[:12]}", "of another")
    assert store.result(KB, FileKind.MARKDOWN, DOCUMENT) == "合同 § 1"
    assert json.loads(store.result(KB, FileKind.JSON, DOCUMENT) or "") == {"text": "合同"}


def everything(store: FileStore, folder: Path) -> None:
    store.put_original(KB, written(folder), LIMIT)
    for number in (1, 2):
        store.put_page_image(KB, DOCUMENT, 4, number, written(folder, b"image"))
    size_of_results(store, f"report.{DOCUMENT[:12]}", "text")


def test_what_is_stored_is_listed(store: FileStore, folder: Path) -> None:
    assert list(store.stored(KB)) == []
    everything(store, folder)
    files = {(file.kind, file.name): file for file in store.stored(KB)}
    result = f"report.{DOCUMENT[:12]}"
    assert set(files) == {
        (FileKind.ORIGINAL, SHA256),
        (FileKind.MARKDOWN, f"{result}.md"),
        (FileKind.JSON, f"{result}.json"),
        (FileKind.PAGE_IMAGES, f"{DOCUMENT}/4"),
    }
    assert files[FileKind.ORIGINAL, SHA256].size_bytes == len(CONTENT)
    written_at = folder.stat().st_mtime
    assert {abs(file.modified_at - written_at) < 3600 for file in files.values()} == {True}


def test_a_listed_file_is_dropped_unless_it_was_written_since(store: FileStore, folder: Path) -> None:
    everything(store, folder)
    files = list(store.stored(KB))
    old = time.time() - 3600
    kept = [file for file in files if file.kind is not FileKind.PAGE_IMAGES]
    assert not any(store.drop_stored(KB, file, old) for file in kept)
    assert {file.name for file in store.stored(KB)} == {file.name for file in files}
    later = time.time() + 3600
    assert all(store.drop_stored(KB, file, later) for file in files)
    assert not any(store.drop_stored(KB, file, later) for file in kept)
    assert list(store.stored(KB)) == []


def test_a_store_can_be_probed(store: FileStore, folder: Path) -> None:
    assert store.probe()
    assert list(store.stored(KB)) == [] and store.size_bytes(KB) == 0

"""Files that several hosts share: ingested on S3, cached with a limit, verified by hash, and what is said of faults."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from ingest.cli import doctor_checks
from ingest.cli.finding import Level
from pipeline import wiring
from pipeline.queries.documents import DocumentQueries
from pipeline.service import Service
from pipeline.settings import Settings
from stores.contracts.files import FileKind
from stores.errors import InputError, TransientError, UnavailableError
from stores.files import file_system
from stores.files.shared import SharedFiles
from stores.models import DocumentState
from tests.api_server import FAKE, serving
from tests.chroma_server import free_port
from tests.in_process import KB, fake_document, fake_resources, ingest_now
from tests.s3_server import client, environment, new_bucket, s3_server
from tests.waiting import eventually

LARGE = 1 << 30
TEXT, SCAN = "# Report\n\nDelivery No. 4711", "[scan] Another page"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    reach(endpoint, monkeypatch)
    return new_bucket(endpoint)


def reach(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)


def host(tmp_path: Path, name: str, url: str, cache_bytes: int = LARGE) -> SharedFiles:
    """The file store as a host with a disk of its own sees it."""
    return SharedFiles(url, tmp_path / name, cache_bytes)


def workspace(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def put(files: SharedFiles, tmp_path: Path, content: bytes) -> str:
    given = tmp_path / "given"
    given.write_bytes(content)
    return files.put_original(KB, given, LARGE)


def cached(tmp_path: Path, name: str) -> set[str]:
    return {path.name for path in (tmp_path / name / "run" / "originals").glob(f"{KB}/*")}


def test_a_folder_is_ingested_into_s3_and_nothing_but_the_cache_is_in_the_home(
    bucket: str, endpoint: str, tmp_path: Path
) -> None:
    resources = fake_resources(tmp_path / "home", files_url=f"s3://{bucket}/ingot")
    given = fake_document(tmp_path / "folder" / "report.pdf", TEXT, SCAN)
    report = ingest_now(resources, tmp_path / "folder")
    assert [file.error for file in report.files] == [None]
    (view,) = DocumentQueries(resources).all(KB)
    assert view.state is DocumentState.DONE
    stored = {name.removeprefix(f"{bucket}/ingot/{KB}/files/") for name in client(endpoint).find(bucket)}
    sha256 = hashlib.sha256(given.read_bytes()).hexdigest()
    result = f"report.pdf.{view.document[:12]}"
    folder = view.document[:12]
    assert stored == {f"originals/{sha256}", f"markdown/{folder}/{result}.md", f"json/{folder}/{result}.json"}
    assert "4711" in (resources.files.result(KB, FileKind.MARKDOWN, view.document) or "")
    assert not (tmp_path / "home" / KB / "files").exists()
    with DocumentQueries(resources).original(KB, view.document) as original:
        assert original.path.read_bytes() == given.read_bytes()
    assert not original.path.exists(), "a download leaves nothing outside the cache"


def test_another_host_downloads_an_original_once(bucket: str, endpoint: str, tmp_path: Path) -> None:
    url = f"s3://{bucket}"
    sha256 = put(host(tmp_path, "a", url), tmp_path, b"content")
    other = host(tmp_path, "b", url)
    first = other.local_original(KB, sha256, workspace(tmp_path, "b/one"))
    client(endpoint).rm(f"{bucket}/{KB}/files/originals/{sha256}")
    second = other.local_original(KB, sha256, workspace(tmp_path, "b/two"))
    assert first.read_bytes() == second.read_bytes() == b"content"
    assert other.stored_hash(KB, sha256) is None, "a check looks at the store, not at the cache"


def test_the_least_recently_used_originals_leave_the_cache_and_their_readers_keep_them(
    bucket: str, tmp_path: Path
) -> None:
    url = f"s3://{bucket}"
    hashes = [put(host(tmp_path, "a", url), tmp_path, bytes([number]) * 1000) for number in range(4)]
    other = host(tmp_path, "b", url, cache_bytes=2500)
    paths = []
    for age, sha256 in enumerate(hashes[:3]):
        paths.append(other.local_original(KB, sha256, workspace(tmp_path, "b/work")))
        os.utime(other.cache.folder / KB / sha256, (1000 + age, 1000 + age))
    assert cached(tmp_path, "b") == {hashes[1], hashes[2]}
    other.local_original(KB, hashes[1], workspace(tmp_path, "b/again"))
    paths.append(other.local_original(KB, hashes[3], workspace(tmp_path, "b/work")))
    assert cached(tmp_path, "b") == {hashes[1], hashes[3]}
    assert [path.read_bytes() for path in paths] == [bytes([number]) * 1000 for number in range(4)]


def test_an_original_larger_than_the_cache_is_read_all_the_same(bucket: str, tmp_path: Path) -> None:
    files = host(tmp_path, "a", f"s3://{bucket}", cache_bytes=10)
    sha256 = put(files, tmp_path, b"x" * 1000)
    assert files.local_original(KB, sha256, workspace(tmp_path, "a/work")).read_bytes() == b"x" * 1000
    assert cached(tmp_path, "a") == set()


def test_a_large_original_travels_in_parts(bucket: str, tmp_path: Path) -> None:
    content = os.urandom(40 << 20)
    sha256 = put(host(tmp_path, "a", f"s3://{bucket}"), tmp_path, content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    other = host(tmp_path, "b", f"s3://{bucket}")
    assert other.local_original(KB, sha256, workspace(tmp_path, "b/work")).read_bytes() == content
    assert other.stored_hash(KB, sha256) == sha256


def test_an_original_with_other_bytes_is_refused(bucket: str, endpoint: str, tmp_path: Path) -> None:
    sha256 = put(host(tmp_path, "a", f"s3://{bucket}"), tmp_path, b"content")
    client(endpoint).pipe_file(f"{bucket}/{KB}/files/originals/{sha256}", b"planted")
    other = host(tmp_path, "b", f"s3://{bucket}")
    with pytest.raises(InputError) as refused:
        other.local_original(KB, sha256, workspace(tmp_path, "b/work"))
    assert refused.value.code == "original_changed"
    assert cached(tmp_path, "b") == set() and list((tmp_path / "b" / "work").iterdir()) == []


def test_a_lost_bucket_is_no_missing_file(bucket: str, endpoint: str, tmp_path: Path) -> None:
    sha256 = put(host(tmp_path, "a", f"s3://{bucket}"), tmp_path, b"content")
    client(endpoint).rm(bucket, recursive=True)
    other = host(tmp_path, "b", f"s3://{bucket}")
    folder = workspace(tmp_path, "b/work")
    calls = (
        lambda: other.local_original(KB, sha256, folder),
        lambda: other.has_original(KB, sha256),
        lambda: other.stored_hash(KB, sha256),
        lambda: other.has_page_image(KB, "a" * 32, 1, 1),
        lambda: other.local_page_image(KB, "a" * 32, 1, 1, folder),
        lambda: list(other.stored(KB)),
        lambda: other.size_bytes(KB),
        lambda: other.result(KB, FileKind.MARKDOWN, "a" * 32),
        lambda: other.write_markdown(KB, "name.aaaaaaaaaaaa", "text"),
        lambda: other.drop_document(KB, "a" * 32, sha256),
        lambda: put(other, tmp_path, b"other"),
        other.probe,
    )
    for call in calls:
        with pytest.raises(UnavailableError) as refused:
            call()
        assert f"there is no bucket {bucket!r}: create it" in refused.value.message


def test_a_document_waits_while_the_bucket_is_away_and_is_done_afterwards(
    bucket: str, endpoint: str, tmp_path: Path
) -> None:
    resources = fake_resources(tmp_path / "home", files_url=f"s3://{bucket}")
    fake_document(tmp_path / "folder" / "report.pdf", TEXT)
    client(endpoint).rm(bucket, recursive=True)
    with pytest.raises(UnavailableError):
        ingest_now(resources, tmp_path / "folder")
    client(endpoint).mkdir(bucket)
    ingest_now(resources, tmp_path / "folder")
    (view,) = DocumentQueries(resources).all(KB)
    assert view.state is DocumentState.DONE


@pytest.mark.parametrize("state", ["gone", "empty"])
def test_a_share_that_is_not_mounted_is_no_missing_file(tmp_path: Path, state: str) -> None:
    share = workspace(tmp_path, "share")
    sha256 = put(host(tmp_path, "a", f"file://{share}"), tmp_path, b"content")
    share.rename(tmp_path / "elsewhere")
    if state == "empty":
        share.mkdir()
    other = host(tmp_path, "b", f"file://{share}")
    with pytest.raises(UnavailableError) as refused:
        other.local_original(KB, sha256, workspace(tmp_path, "b/work"))
    assert "mount" in refused.value.message
    if state == "gone":
        with pytest.raises(UnavailableError):
            put(other, tmp_path, b"other")
        assert not share.exists(), "the folder of the address is never made"


@pytest.fixture
def refusing() -> Iterator[ThreadingHTTPServer]:
    """A server that answers everything with the error ``server.answer``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            status, code = vars(self.server)["answer"]
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = f"<Error><Code>{code}</Code><Message>so it is</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "error", "words"),
    [
        (403, "AccessDenied", UnavailableError, "refuses access (AccessDenied: so it is): check its credentials"),
        (403, "InvalidAccessKeyId", UnavailableError, "refuses access"),
        (503, "SlowDown", TransientError, "is slow or overloaded (SlowDown: so it is): it is tried again"),
        (400, "InvalidRequest", UnavailableError, "failed (InvalidRequest: so it is)"),
    ],
)
def test_what_the_store_refuses_is_one_sentence(
    refusing: ThreadingHTTPServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    error: type[TransientError],
    words: str,
) -> None:
    refusing.answer = status, code  # type: ignore[attr-defined]
    reach(f"http://127.0.0.1:{refusing.server_port}", monkeypatch)
    files = host(tmp_path, "a", "s3://some-bucket")
    with pytest.raises(TransientError) as refused:
        put(files, tmp_path, b"content")
    assert type(refused.value) is error and words in refused.value.message
    with pytest.raises(TransientError) as refused:
        files.has_original(KB, "0" * 64)
    assert "\n" not in refused.value.message and list(files.cache.folder.glob(".part-*")) == []


def test_a_store_that_does_not_run_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(f"http://127.0.0.1:{free_port()}", monkeypatch)
    with pytest.raises(UnavailableError) as refused:
        host(tmp_path, "a", "s3://some-bucket").probe()
    assert "the file store s3://some-bucket cannot be reached" in refused.value.message


def test_without_credentials_it_is_said_which_are_needed(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(UnavailableError) as refused:
        host(tmp_path, "a", f"s3://{bucket}").probe()
    assert "AWS_ACCESS_KEY_ID" in refused.value.message


def test_without_the_extra_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_system, "_is_installed", lambda package: package == "fsspec")
    with pytest.raises(InputError) as refused:
        wiring.build(Settings(home=tmp_path, files_url="s3://some-bucket/ingot"))
    assert refused.value.message == (
        "INGOT_FILES_URL=s3://some-bucket/ingot needs s3fs, not installed: pip install 'ingot[cluster]'"
    )


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "s3://key:secret@bucket/x",
        "s3://Bucket",
        "file://share",
        "file:///",
        "/share",
        "gs://bucket",
        "s3://b/?x",
    ],
)
def test_what_is_no_address_of_a_file_store_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(home=tmp_path, files_url=url)
    assert "s3://bucket/prefix or file:///mnt/share" in str(refused.value) and "secret" not in str(refused.value)


def findings(settings: Settings) -> list[tuple[Level, str, str]]:
    return [(one.level, one.words, one.remedy) for one in doctor_checks._files(settings)]


def test_doctor_says_where_files_are_and_whether_they_can_be_used(bucket: str, endpoint: str, tmp_path: Path) -> None:
    assert findings(Settings(home=tmp_path)) == []
    ((level, words, _),) = findings(Settings(home=tmp_path, broker_url="redis://broker.example:6379/0"))
    assert level is Level.WARN and "in this home" in words
    settings = Settings(home=tmp_path, files_url=f"s3://{bucket}/ingot/")
    ((level, words, _),) = findings(settings)
    assert level is Level.OK and f"s3://{bucket}/ingot can be written and read" in words
    assert client(endpoint).find(bucket) == []
    client(endpoint).rm(bucket, recursive=True)
    ((level, words, remedy),) = findings(settings)
    assert level is Level.FAIL and "there is no bucket" in words and remedy.startswith("create it")


def test_a_knowledge_base_is_imported_into_s3(bucket: str, endpoint: str, tmp_path: Path) -> None:
    fake_document(tmp_path / "folder" / "report.pdf", TEXT)
    local = fake_resources(tmp_path / "local")
    ingest_now(local, tmp_path / "folder")
    archive = tmp_path / "archive"
    settings = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake"}
    with archive.open("wb") as stream:
        stream.writelines(Service(Settings(home=tmp_path / "local", **settings)).knowledge_bases.export(KB, "test"))
    service = Service(Settings(home=tmp_path / "shared", files_url=f"s3://{bucket}", **settings))
    with archive.open("rb") as stream:
        service.knowledge_bases.take_in(stream, "copy")
    names = {Path(name).parent.parent.name for name in client(endpoint).find(f"{bucket}/copy")}
    assert names == {"files", "markdown", "json"}
    archive.write_bytes(archive.read_bytes()[:-2000])
    with pytest.raises(InputError), archive.open("rb") as stream:
        service.knowledge_bases.take_in(stream, "torn")
    assert client(endpoint).find(f"{bucket}/torn") == []


def test_a_server_and_its_workers_keep_files_in_s3(bucket: str, endpoint: str, tmp_path: Path) -> None:
    given = fake_document(tmp_path / "report.pdf", TEXT, SCAN)
    with serving(**FAKE, files_url=f"s3://{bucket}/ingot") as server:
        job = server.finished(server.upload("demo", given), 200)
        assert job["counts"] == {"done": 1}
        assert not (server.folder / "home" / "demo" / "files").exists()
        source = server.client.get("/knowledge/demo/documents/report.pdf/source")
        assert source.content == given.read_bytes()
        tag = source.headers["ETag"]
        again = server.client.get("/knowledge/demo/documents/report.pdf/source", headers={"If-None-Match": tag})
        part = server.client.get("/knowledge/demo/documents/report.pdf/source", headers={"Range": "bytes=1-4"})
        assert (again.status_code, part.status_code, part.content) == (304, 206, given.read_bytes()[1:5])
        eventually(lambda: not list(server.folder.rglob("work/download.*")))
        server.delete("/knowledge/demo", 204)
        assert client(endpoint).find(bucket) == []

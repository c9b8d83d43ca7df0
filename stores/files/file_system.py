"""The storage behind a shared file store, through fsspec: an S3 bucket, or a folder that several hosts mount.

Paths are relative to the address and separated by ``/``. A file appears complete or not at all. FileNotFoundError where
a single file is missing; any other fault is an UnavailableError or a TransientError with one sentence.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from stores.errors import InputError
from stores.files import file_system_faults

INSTALL = "pip install 'ingot[cluster]'"
PART = ".part-"
_BLOCK = 1 << 20
_PART_BYTES, _PARTS = 16 << 20, 4  # of a large upload: what is in memory at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A file of a listing. ``modified_at``: seconds since the epoch, by the clock of the storage; ``etag``: of S3."""

    path: str
    size_bytes: int
    modified_at: float
    etag: str = ""


class FileSystem(ABC):
    """The files below one address. It is opened on first use, once in each process: its connections survive no fork."""

    def __init__(self, url: str, root: str) -> None:
        self.url, self.root = url, root
        self._opened: dict[int, Any] = {}  # by process id; that of a parent stays, as closing it here would disturb it

    @abstractmethod
    def _open(self) -> Any:
        """Return the file system of fsspec."""

    @abstractmethod
    def _check_root(self) -> None:
        """Raise an error where the bucket or the folder of the address is not there."""

    @abstractmethod
    def check_not_empty(self) -> None:
        """Raise UnavailableError for a folder that lost all its files at once: it is not mounted, most likely."""

    @abstractmethod
    def _upload(self, source: Path, target: str) -> None:
        """Copy a local file to a full path."""

    @abstractmethod
    def _write(self, target: str, stream: IO[bytes]) -> None:
        """Write the bytes of a stream to a full path."""

    @abstractmethod
    def _remove(self, targets: Sequence[str]) -> None:
        """Remove files by their full paths; those that are gone are no error."""

    @abstractmethod
    def remove_folder(self, folder: str) -> None:
        """Remove all files below a folder."""

    def _info(self, target: str) -> Any:
        """Return what fsspec tells of a file by its full path."""
        return self.fs.info(target)

    @abstractmethod
    def sync_folder(self, folder: str) -> None:
        """Make the names in a folder survive a power cut."""

    @property
    def fs(self) -> Any:
        """The file system of fsspec, of this process."""
        pid = os.getpid()
        return self._opened[pid] if pid in self._opened else self._opened.setdefault(pid, self._open())

    def upload(self, source: Path, path: str) -> None:
        """Copy a local file to ``path``, replacing what is there."""
        with self._translated():
            self._upload(source, self._full(path))

    def write(self, path: str, content: bytes) -> None:
        """Write a small file, replacing what is there."""
        with self._translated():
            self._write(self._full(path), io.BytesIO(content))

    def download(self, path: str, target: Path) -> None:
        """Copy a file to a local path. FileNotFoundError where it is missing."""
        with self._translated():
            self.fs.get_file(self._full(path), str(target))

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file. FileNotFoundError where it is missing."""
        with self._translated():
            return bytes(self.fs.cat_file(self._full(path)))

    def sha256(self, path: str) -> str:
        """Read a file and return the SHA-256 of its bytes. FileNotFoundError where it is missing."""
        digest = hashlib.sha256()
        with (
            self._translated(),
            self.fs.open(self._full(path), "rb", cache_type="none", block_size=8 * _BLOCK) as stream,
        ):
            while block := stream.read(8 * _BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def link(self, path: str, headers: Mapping[str, str], seconds: int) -> str:
        """Return a URL of a file that is good for so many seconds, "" where there are none."""
        return ""

    def facts(self, path: str) -> ListedFile | None:
        """Return size and time of a file, None where it is missing."""
        try:
            with self._translated():
                return self._listed(self._info(self._full(path)))
        except FileNotFoundError:
            return None

    def listed(self, folder: str) -> list[ListedFile]:
        """List all files below a folder, by path; none where there is no such folder."""
        try:
            with self._translated():
                entries = self.fs.find(self._full(folder), detail=True)
                if not entries:
                    self._check_root()
        except FileNotFoundError:
            return []
        return [self._listed(facts) for _, facts in sorted(entries.items())]

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; those that are gone are no error."""
        if paths:
            with self._translated():
                self._remove([self._full(path) for path in paths])

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _listed(self, facts: Any) -> ListedFile:
        changed = facts["LastModified"].timestamp() if "LastModified" in facts else facts["mtime"]
        path = facts["name"].removeprefix(f"{self.root}/")
        etag = str(facts.get("ETag") or "")
        return ListedFile(path=path, size_bytes=int(facts["size"]), modified_at=float(changed), etag=etag)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate what fsspec and its libraries raise; a missing file is one only where the root is there."""
        with file_system_faults.translated(self.url):
            try:
                yield
            except FileNotFoundError:
                self._check_root()
                raise


class Bucket(FileSystem):
    """An S3 bucket, or the part of one below a prefix. Credentials, region and endpoint are AWS's own variables."""

    def _open(self) -> Any:
        import s3fs

        config: dict[str, Any] = {
            "connect_timeout": 5,
            "read_timeout": 30,
            "retries": {"mode": "standard", "max_attempts": 2},
        }
        config["signature_version"] = "s3v4"  # of links, too: others are no longer taken everywhere
        fs = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False, config_kwargs=config)
        fs.retries = 2  # on top of those; what fails for longer is left to the retries of a step
        return fs

    def _check_root(self) -> None:
        bucket = self.root.split("/")[0]
        try:
            self.fs.call_s3("head_bucket", Bucket=bucket)
        except FileNotFoundError as error:
            raise file_system_faults.no_root(self.url, f"there is no bucket {bucket!r}", "create it") from error

    def check_not_empty(self) -> None:
        """Do nothing: an empty bucket is an answer of a store that is there."""

    def _info(self, target: str) -> Any:
        bucket, _, key = target.partition("/")  # s3fs would go on to look for a folder of that name
        facts = self.fs.call_s3("head_object", Bucket=bucket, Key=key)
        return {"name": target, "size": facts["ContentLength"], "LastModified": facts["LastModified"]}

    def link(self, path: str, headers: Mapping[str, str], seconds: int) -> str:
        answer = {f"Response{name.replace('-', '')}": value for name, value in headers.items()}
        with self._translated():
            return str(self.fs.url(self._full(path), expires=seconds, **answer))

    def _upload(self, source: Path, target: str) -> None:
        self.fs.put_file(str(source), target, chunksize=_PART_BYTES, max_concurrency=_PARTS)

    def _write(self, target: str, stream: IO[bytes]) -> None:
        self.fs.pipe_file(target, stream.read())

    def _remove(self, targets: Sequence[str]) -> None:
        bucket = self.root.split("/")[0]
        for start in range(0, len(targets), 1000):
            keys = [{"Key": target.partition("/")[2]} for target in targets[start : start + 1000]]
            answer = self.fs.call_s3("delete_objects", Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            if errors := answer.get("Errors"):
                raise PermissionError(f"{errors[0].get('Code')}: {errors[0].get('Message')}")

    def remove_folder(self, folder: str) -> None:
        self.remove([file.path for file in self.listed(folder)])

    def sync_folder(self, folder: str) -> None:
        """Nothing: what S3 has acknowledged is kept."""


class MountedFolder(FileSystem):
    """A folder of this host's file tree, most likely a mount that other hosts share. It has to be there already."""

    def _open(self) -> Any:
        from fsspec.implementations.local import LocalFileSystem

        return LocalFileSystem(skip_instance_cache=True)

    def _check_root(self) -> None:
        if not Path(self.root).is_dir():
            raise file_system_faults.no_root(self.url, f"there is no folder {self.root}", "mount or make it")

    def check_not_empty(self) -> None:
        with self._translated():
            self._check_root()
            if not any(Path(self.root).iterdir()):
                raise file_system_faults.no_root(self.url, f"the folder {self.root} is empty", "mount it")

    def _upload(self, source: Path, target: str) -> None:
        with source.open("rb") as stream:
            self._write(target, stream)

    def _write(self, target: str, stream: IO[bytes]) -> None:
        parent = target.rpartition("/")[0]
        part = f"{parent}/{PART}{uuid.uuid4().hex}"
        try:
            with self._created(part, parent) as copy:
                shutil.copyfileobj(stream, copy, _BLOCK)
                copy.flush()
                os.fsync(copy.fileno())
            self.fs.mv(part, target)
        finally:
            Path(part).unlink(missing_ok=True)

    def _created(self, part: str, parent: str) -> Any:
        """Open a new file for writing; its folders are made, but never that of the address."""
        try:
            return self.fs.open(part, "wb")
        except FileNotFoundError:
            self._check_root()
            self.fs.makedirs(parent, exist_ok=True)
            return self.fs.open(part, "wb")

    def _remove(self, targets: Sequence[str]) -> None:
        for target in targets:
            with contextlib.suppress(FileNotFoundError):
                self.fs.rm_file(target)
        for parent in {Path(target).parent for target in targets}:
            self._remove_if_empty(parent)

    def remove_folder(self, folder: str) -> None:
        with contextlib.suppress(FileNotFoundError), self._translated():
            self.fs.rm(self._full(folder), recursive=True)
        self._remove_if_empty(Path(self._full(folder)).parent)

    def _remove_if_empty(self, folder: Path) -> None:
        if folder != Path(self.root):
            with contextlib.suppress(OSError):  # others are in it
                folder.rmdir()

    def sync_folder(self, folder: str) -> None:
        with self._translated():
            descriptor = os.open(self._full(folder), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def opened(url: str) -> FileSystem:
    """Return the storage of an address that ``Settings`` has checked; nothing is connected yet.

    InputError where the packages that it needs are not installed.
    """
    scheme, _, rest = url.rstrip("/").partition("://")
    check_installed(f"INGOT_FILES_URL={url}", *(["fsspec", "s3fs"] if scheme == "s3" else ["fsspec"]))
    return Bucket(url, rest) if scheme == "s3" else MountedFolder(url, rest)


def check_installed(what: str, *packages: str) -> None:
    """Raise InputError where packages that ``what`` needs are not installed."""
    if missing := [name for name in packages if not _is_installed(name)]:
        raise InputError(f"{what} needs {' and '.join(missing)}, not installed: {INSTALL}")


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None

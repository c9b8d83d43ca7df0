"""Sources of documents that are looked at again and again: a folder, a bucket, a mailbox, or the URL of one file."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.remote_files import is_remote
from pipeline.mailbox_address import address_of, is_mailbox
from stores.errors import NotFoundError

_WEB = ("http://", "https://")
_FILE = "file://"


def folder_of(source: str) -> Path | None:
    """Return the folder that a source is; None for a bucket, a mailbox or a URL."""
    return None if is_remote(source) or source.startswith(_WEB) else Path(source.removeprefix(_FILE))


def request_of(source: str, wanted: IngestRequest) -> IngestRequest:
    """Return a request for all of a source, that prunes nothing where a folder is empty: a disk may not be mounted.

    NotFoundError where the folder is not there, for the same reason. What is in work already joins no further job: the
    source is looked at again and again.
    """
    wanted = replace(wanted, joins=False)
    if source.startswith(_WEB):
        return replace(wanted, urls=(source,), prune=False)
    if is_mailbox(source):
        return replace(wanted, remote=address_of(source).url)
    folder = folder_of(source)
    if folder is None:
        return replace(wanted, remote=source.rstrip("/"))
    try:
        is_empty = next(folder.iterdir(), None) is None
    except NotADirectoryError:
        raise NotFoundError(f"{folder} is a file: name the folder that it is in", code="no_path") from None
    except OSError as error:
        trouble = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        sentence = f"on {socket.gethostname()}, the folder {folder} {trouble}: its documents stay"
        raise NotFoundError(sentence, code="no_path") from error
    return replace(wanted, paths=(folder,), prune=wanted.prune and not is_empty)

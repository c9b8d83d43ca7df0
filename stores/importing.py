"""A knowledge base that is imported: it is made aside, and appears by one rename when it is complete."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from stores.catalog import Catalog
from stores.contracts import FileStore
from stores.errors import InputError, UnavailableError
from stores.files.local import LocalFiles
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import check_knowledge_id
from stores.owned_folders import own_folder


@contextlib.contextmanager
def importing(catalog: Catalog, files: FileStore, knowledge_id: str) -> Iterator[tuple[SqlKnowledgeStore, FileStore]]:
    """Yield the store and the files of a new knowledge base, which nobody sees before the block ends well.

    In a remote file store its files are at their place from the beginning, and go again where the block fails.

    Raises InputError where one of that id is there, at the beginning or at the end. What a killed process left of an
    earlier import is removed.
    """
    check_knowledge_id(knowledge_id)
    target = catalog.folder(knowledge_id)
    _refuse_existing(target, knowledge_id)
    owner = own_folder(catalog.home / "run" / "imports")
    folder = Path(owner.name).parent
    try:
        aside = Catalog(folder, durable=catalog.durable)
        store = aside.create(knowledge_id)
        yield store, files if files.is_remote else LocalFiles(folder)
        store.database.close()
        made = aside.folder(knowledge_id)
        shutil.rmtree(made / "work", ignore_errors=True)
        _appear(made, target, knowledge_id)
    except BaseException:
        if files.is_remote and not target.exists():  # else they are those of one that was made meanwhile
            files.drop_all(knowledge_id)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        owner.close()


def _appear(made: Path, target: Path, knowledge_id: str) -> None:
    _refuse_existing(target, knowledge_id)
    try:
        made.rename(target)  # fails where somebody made one meanwhile
    except FileExistsError as error:
        raise already_there(knowledge_id) from error
    except OSError as error:
        if error.errno in (17, 39):  # not empty
            raise already_there(knowledge_id) from error
        raise UnavailableError(f"the folder {target} cannot be made: {error.strerror}") from error
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_existing(target: Path, knowledge_id: str) -> None:
    if target.exists() and any(target.iterdir()):
        raise already_there(knowledge_id)


def already_there(knowledge_id: str) -> InputError:
    """The refusal of an import under a name that is taken."""
    return InputError(
        f"there is a knowledge base {knowledge_id!r} already: import under another name with --as, or delete it first",
        code="conflict",
    )

"""Importing into PostgreSQL: the rows are made under a name that nobody can ask for, the files aside as with SQLite."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from stores.contracts import FileStore
from stores.files.local import LocalFiles
from stores.importing import already_there
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import check_knowledge_id
from stores.owned_folders import own_folder
from stores.postgresql_catalog import PostgresCatalog


@contextlib.contextmanager
def importing_into_postgresql(
    catalog: PostgresCatalog, files: FileStore, knowledge_id: str
) -> Iterator[tuple[SqlKnowledgeStore, FileStore]]:
    """As ``stores.importing.importing``, with the rows in PostgreSQL."""
    check_knowledge_id(knowledge_id)
    if knowledge_id in catalog.names():
        raise already_there(knowledge_id)
    target = catalog.folder(knowledge_id)
    owner = own_folder(catalog.folders / "run" / "imports")
    folder = Path(owner.name).parent
    try:
        with catalog.aside(knowledge_id) as (store, appear):
            yield store, files if files.is_remote else LocalFiles(folder)
            if not appear():
                raise already_there(knowledge_id)
            made = folder / target.name
            made.mkdir(exist_ok=True)
            shutil.rmtree(made / "work", ignore_errors=True)
            shutil.rmtree(target, ignore_errors=True)  # of an earlier one without rows
            made.rename(target)
    except BaseException:
        if files.is_remote and knowledge_id not in catalog.names():  # else they are those of one made meanwhile
            files.drop_all(knowledge_id)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        owner.close()

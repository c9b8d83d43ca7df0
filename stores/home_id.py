"""Who a home is, whatever path or machine it is seen from: a random id, made once.

It stands in a file of the home's folder. Where the knowledge bases are in PostgreSQL, the home is that database, with
an id of its own, and the folder keeps its files: each host must see the same folder, which is checked by its id, or the
same file store.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from stores.folder_id import folder_id


def home_id(home: Path, database_url: str = "", files_url: str = "") -> str:
    """The id of a home; the first to ask makes it, all others read what that one made."""
    return _id_of_database(home, database_url, files_url) if database_url else folder_id(home)


@lru_cache(maxsize=64)
def _id_of_database(home: Path, database_url: str, files_url: str) -> str:
    from stores.postgresql_catalog import PostgresCatalog

    return PostgresCatalog.at(database_url, home, files_url).home_id()

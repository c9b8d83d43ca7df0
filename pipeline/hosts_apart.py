"""Refuses settings with which hosts that share a broker or a database would not see each other's work.

SQLite files, a local folder and the embedded vector index are seen by one machine only. Where another one uses the same
home, database or broker, that is said at once, with the settings that make them one.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.broker_address import without_password
from pipeline.home_registry import WORKER, Neighbour, present, shares_keys
from stores.errors import IngotError, UnavailableError
from stores.folder_id import folder_id
from stores.hosts import HostUse, machine_id

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from stores.contracts import KnowledgeCatalog

ANNOUNCE_S = 15.0
"""Seconds between two announcements of a process."""
LASTING = ("hosts_apart", "home_unusable")
"""Codes of errors that waiting does not mend."""
_LOOPBACK = ("", "localhost", "127.0.0.1", "::1")
_ALL = "INGOT_DATABASE_URL, INGOT_FILES_URL and INGOT_CHROMA_URL"


def here(settings: Settings, name: str) -> HostUse:
    """This process as a user of its home."""
    home, url = settings.home.absolute(), settings.chroma_url
    folder, host = folder_id(home), socket.gethostname()
    chroma_url = "" if urlsplit(url).hostname in (None, *_LOOPBACK) else without_password(url).rstrip("/")
    process = f"{machine_id()}/{folder}/{host}/{name}"
    return HostUse(process=process, name=host, machine=machine_id(), folder=folder, chroma_url=chroma_url)


def announce(settings: Settings, catalog: KnowledgeCatalog, name: str) -> None:
    """Note that a process of this name uses the home."""
    catalog.announce(here(settings, name))


def withdraw(settings: Settings, catalog: KnowledgeCatalog, name: str) -> None:
    """Note that a process of this name ends."""
    catalog.withdraw(here(settings, name))


def refuse(settings: Settings, catalog: KnowledgeCatalog) -> None:
    """Raise UnavailableError where another host uses this home, and one of them cannot see what the other does."""
    mine = here(settings, "")
    others = [use for use in catalog.hosts() if (use.machine, use.folder) != (mine.machine, mine.folder)]
    if not settings.database_url and others:
        raise _apart(
            f"the SQLite files of {settings.home} are in use by the host {others[0].name}, too, which only one machine "
            f"may: set {_ALL} alike on both"
        )
    for use in others:
        if use.place != mine.place and "" in (use.chroma_url, mine.chroma_url):
            at = "this host" if not mine.chroma_url else f"the host {use.name}"
            raise _apart(
                f"the database {without_password(settings.database_url)} is in use by the host {use.name}, too, but "
                f"{at} keeps the vector index in a folder of its own: start a Chroma server and set INGOT_CHROMA_URL "
                "alike on both"
            )


def why_refused(settings: Settings, catalog: KnowledgeCatalog, workers: list[Neighbour] | None = None) -> str:
    """Say why this host would not see the work of the others, or they not its own; "" where nothing is against it.

    ``workers``: as ``refuse_strange_broker`` takes them; None where the broker is not to be looked at.
    """
    try:
        refuse(settings, catalog)
        if workers is not None:
            refuse_strange_broker(settings, workers)
    except IngotError as error:  # one that is away is told of elsewhere
        return error.message if error.code in LASTING else ""
    return ""


def refuse_strange_broker(settings: Settings, workers: list[Neighbour]) -> None:
    """Raise UnavailableError where a worker would wait for ever: its home is empty, and others use its broker.

    ``workers``: those of other homes that answer, for a broker without a list of its users.
    """
    if settings.database_url or next(settings.home.glob("*/kb.db"), None) is not None:
        return
    mine, listed = Neighbour.here(settings, WORKER), [] if shares_keys(settings) else present(settings)
    if any(one.home == mine.home for one in listed):
        return
    others = [one for one in [*listed, *workers] if one.host != mine.host]
    if not others:
        return
    raise _apart(
        f"the broker {without_password(settings.broker_url)} is used by {others[0]}, and the home {mine.path} of this "
        f"host is empty: SQLite files and folders are seen by one machine only. Set {_ALL} alike on all hosts; or, "
        "where these are two installations, give each a broker of its own (another /NUMBER of a Redis)"
    )


def _apart(sentence: str) -> UnavailableError:
    return UnavailableError(sentence, code="hosts_apart")

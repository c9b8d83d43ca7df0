"""What can go wrong, drawn.

    IngotError                  code, one sentence, what to do next
    ├── InputError              the document or the request is at fault: never retried
    │   ├── EncryptedError      no password opens it
    │   ├── PageError           one page cannot be read; the others go on
    │   └── NotFoundError       no such knowledge base, document, job or schema
    ├── TransientError          the world is at fault: retried after a while
    │   ├── UnavailableError    broker, worker, vector index or disk is not reachable
    │   └── DamagedIndexError   a vector index has to be dropped and rebuilt from the chunk rows
    ├── NotReadyError           what is asked for is not made: not yet, or it failed; its state says which
    ├── CancelledError          somebody asked to stop
    ├── LeaseLostError          another worker has this step now; the result is thrown away
    └── StoppingError           this worker ends; what it has in hand goes to another one

Anything that is not an IngotError is a bug: it fails at once and its traceback is kept.
"""

from __future__ import annotations

import errno
import socket

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_MOST_CAUSES = 10


class IngotError(Exception):
    """Something went wrong. ``nearest``: known names that a mistyped one may mean."""

    code = "error"

    def __init__(self, message: str = "", *, code: str = "", nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message or type(self).__doc__ or "")
        self.code = code or type(self).code
        self.nearest = nearest

    @property
    def message(self) -> str:
        return str(self)


class InputError(IngotError):
    """The document or the request cannot be used as it is."""

    code = "bad_input"


class EncryptedError(InputError):
    """The document is encrypted and no password opens it; give one with --password."""

    code = "encrypted"


class PageError(InputError):
    """The page cannot be read."""

    code = "page_unreadable"


class NotFoundError(InputError):
    """There is no such thing."""

    code = "not_found"


class TransientError(IngotError):
    """Something outside was not ready; it is tried again, after ``retry_after_s`` at the earliest where it said so."""

    code = "transient"

    def __init__(self, message: str = "", *, code: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class UnavailableError(TransientError):
    """A service that is needed cannot be reached."""

    code = "unavailable"


class DamagedIndexError(TransientError):
    """The vector index of a knowledge base is damaged; it is rebuilt from the chunk rows."""

    code = "damaged_index"


class NotReadyError(IngotError):
    """What is asked for is not made.

    ``state`` is a document's, ``retry_after_s`` when to ask again; None where that does not help.
    """

    code = "not_ready"

    def __init__(self, message: str, *, state: str, retry_after_s: float | None = None, code: str = "") -> None:
        super().__init__(message, code=code)
        self.state = state
        self.retry_after_s = retry_after_s


class CancelledError(IngotError):
    """The work was cancelled."""

    code = "cancelled"


class LeaseLostError(IngotError):
    """Another worker has this step now."""

    code = "lease_lost"


class StoppingError(IngotError):
    """This worker ends; another one goes on with its work."""

    code = "stopping"


def disk_full(error: BaseException) -> UnavailableError | None:
    """Return what to raise instead of an error whose cause is a full disk of this host; None for any other.

    Libraries wrap what the system says, some of them as text only.
    """
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            return None
        if (isinstance(cause, OSError) and cause.errno in _NO_SPACE) or "No space left on device" in str(cause):
            host = socket.gethostname()
            return UnavailableError(f"the disk of the host {host} is full: free some space there", code="disk_full")
        cause = cause.__cause__ or cause.__context__
    return None

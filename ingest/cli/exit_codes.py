"""The exit codes of the command line, and the table that maps errors to them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from stores.errors import CancelledError, IngotError, InputError, NotFoundError, NotReadyError, TransientError
from stores.models import DocumentState


class Exit(IntEnum):
    """Exit codes of the process; ``WELL`` also means that there was nothing to do."""

    WELL = 0
    BUG = 1
    USAGE = 2
    SOME_FAILED = 3
    ALL_FAILED = 4
    NOT_FOUND = 5
    UNREACHABLE = 6
    TIMED_OUT = 7
    INTERRUPTED = 130


_OF_ERRORS: tuple[tuple[type[IngotError], Exit], ...] = (
    (NotFoundError, Exit.NOT_FOUND),
    (InputError, Exit.USAGE),
    (TransientError, Exit.UNREACHABLE),
    (CancelledError, Exit.INTERRUPTED),
    (IngotError, Exit.BUG),
)


def of_error(error: IngotError) -> Exit:
    """Return the exit code of an error; a document that is not ready has failed, or will be ready later."""
    if isinstance(error, NotReadyError):
        return Exit.ALL_FAILED if error.retry_after_s is None else Exit.TIMED_OUT
    return next(code for kind, code in _OF_ERRORS if isinstance(error, kind))


def of_states(states: Iterable[DocumentState]) -> Exit:
    """Return the exit code for documents in these states; partial and cancelled ones count as some failures."""
    all_states = list(states)
    if all_states and all(state is DocumentState.FAILED for state in all_states):
        return Exit.ALL_FAILED
    bad = (DocumentState.FAILED, DocumentState.PARTIAL, DocumentState.CANCELLED)
    return Exit.SOME_FAILED if any(state in bad for state in all_states) else Exit.WELL

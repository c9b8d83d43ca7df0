"""The exit codes of the command line, and which error leads to which."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from stores.errors import CancelledError, IngotError, InputError, NotFoundError, NotReadyError, TransientError
from stores.models import DocumentState


class Exit(IntEnum):
    """0 also means that nothing had changed. Each member's value is what the process ends with."""

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
    """The first line of the table that fits; what is not made is late, or has failed."""
    if isinstance(error, NotReadyError):
        return Exit.ALL_FAILED if error.retry_after_s is None else Exit.TIMED_OUT
    return next(code for kind, code in _OF_ERRORS if isinstance(error, kind))


def of_states(states: Iterable[DocumentState]) -> Exit:
    """A partial document counts as a failure among others, and never as a whole one."""
    found = list(states)
    if found and all(state is DocumentState.FAILED for state in found):
        return Exit.ALL_FAILED
    bad = (DocumentState.FAILED, DocumentState.PARTIAL, DocumentState.CANCELLED)
    return Exit.SOME_FAILED if any(state in bad for state in found) else Exit.WELL

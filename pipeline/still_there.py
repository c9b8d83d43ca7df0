"""Looking at many knowledge bases, of which one may be deleted meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from stores.errors import IngotError, NotFoundError

One = TypeVar("One")
Answer = TypeVar("Answer")


def of_each(
    ones: Iterable[One], look: Callable[[One], Answer], leave_out: type[IngotError] = NotFoundError
) -> Iterator[Answer]:
    """What ``look`` finds in each of these knowledge bases, in their order, without those that are gone by then.

    ``leave_out``: the errors that mean no more than that one is not shown; IngotError where a damaged one is none.
    """
    for one in ones:
        try:
            answer = look(one)
        except leave_out:
            continue
        yield answer

"""Names that nobody knows are refused with the nearest known ones: in one place, for every door."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TypeVar

from stores.errors import InputError

_LONGEST = 64  # of a name that is compared and repeated
_MOST_NEAR = 3
_MOST_LISTED = 16
_LIKENESS = 0.6  # of difflib; less, and the guess is no help

E = TypeVar("E", bound=InputError)


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """At most three known names that a mistyped one may mean, the likeliest first; case does not count."""
    by_word: dict[str, str] = {}
    for one in known:
        by_word.setdefault(one.lower(), str(one))
    word = name[:_LONGEST].lower()
    matches = difflib.get_close_matches(word, by_word, _MOST_NEAR, _LIKENESS)
    return tuple(by_word[one] for one in matches)


def unknown(
    kind: str, name: str, known: Iterable[str], *, code: str, near: Iterable[str] = (), error: type[E] | None = None
) -> E | InputError:
    """The refusal of a name: the nearest known ones in its sentence and in ``nearest``, else a list of what there is.

    ``kind`` is what it should name ("field", "query parameter"); ``near``: further names to guess from, not listed.
    """
    names = list(dict.fromkeys(map(str, known)))
    guesses = nearest(name, [*names, *near])
    shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
    text = f"there is no {kind} {shown!r}: {_hint(kind, guesses, names)}"
    return (error or InputError)(text, code=code, nearest=guesses)


def check(kind: str, name: str, known: Iterable[str], *, code: str) -> str:
    """The name itself where it is known; InputError with the nearest ones where not."""
    names = list(known)
    if name not in names:
        raise unknown(kind, name, names, code=code)
    return name


def _hint(kind: str, guesses: tuple[str, ...], names: list[str]) -> str:
    if guesses:
        return f"did you mean {_either([repr(one) for one in guesses])}?"
    if not names:
        return "none is known here"
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"known are {', '.join(names[:_MOST_LISTED])}{more}"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

"""How a document was made: what each stage cost, and the generations that are kept, compared page by page."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stores.generation_views import GenerationView, StepView
from stores.models import Page

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_KINDS = {"equal": "same", "insert": "new", "delete": "old", "replace": "changed"}
_CONTEXT = 2  # equal lines shown around a change


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """``steps``: those of the newest generation, by stage and page. ``generations``: the oldest first."""

    document: str
    steps: tuple[StepView, ...]
    generations: tuple[GenerationView, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Lines of two Markdown texts beside each other. ``kind``: same, new, old or changed."""

    kind: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageChange:
    """One page that differs between two generations; it may be in one of them only."""

    number: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two generations: how many pages are equal, how many are not read in one of them yet, and those that differ."""

    older: GenerationView
    newer: GenerationView
    equal: int
    unread: int
    changed: tuple[PageChange, ...]


def making(store: KnowledgeStore, document: str) -> Making:
    """Read what the newest generation of a document cost, and which generations are kept."""
    generations = store.document_queries.generations(document)
    newest = generations[-1].number if generations else 0
    return Making(
        document=document,
        steps=tuple(store.work_queries.steps_of(document, newest)),
        generations=tuple(generations),
    )


def comparison(store: KnowledgeStore, document: str) -> Comparison | None:
    """Compare the Markdown of the visible generation and of the newest; None where only one is kept."""
    kept = store.document_queries.generations(document)
    older = next((one for one in kept if one.visible), kept[0] if kept else None)
    if older is None or older.number == kept[-1].number:
        return None
    before, after = (_pages(store, document, one.number) for one in (older, kept[-1]))
    numbers = sorted({*before, *after})
    pairs = [(number, before.get(number), after.get(number)) for number in numbers]
    read = [pair for pair in pairs if not (_unread(pair[1]) or _unread(pair[2]))]
    changed = tuple(_page_changes(read))
    return Comparison(older, kept[-1], len(read) - len(changed), len(pairs) - len(read), changed)


def _pages(store: KnowledgeStore, document: str, number: int) -> dict[int, Page]:
    return {page.number: page for page in store.pages.read(document, number, blocks=False)}


def _unread(page: Page | None) -> bool:
    return page is not None and not page.read and page.error is None


def _page_changes(pairs: Sequence[tuple[int, Page | None, Page | None]]) -> Iterator[PageChange]:
    for number, old, new in pairs:
        before, after = (page.markdown if page else "" for page in (old, new))
        if before != after:
            yield PageChange(number, tuple(line_changes(before, after)))


def line_changes(before: str, after: str) -> Iterator[Change]:
    """Yield the lines of two texts beside each other, with a little of what is equal around each change."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        for tag, old_from, old_to, new_from, new_to in group:
            yield Change(_KINDS[tag], tuple(old[old_from:old_to]), tuple(new[new_from:new_to]))

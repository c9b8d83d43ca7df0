"""The use case "check": rows, files, keywords and vectors of a knowledge base compared, and what differs repaired.

It runs beside jobs and searches. What is in work is no fault: documents with an open generation are left out, and
what differs is looked at a second time, a moment later. A repair looks again before it writes, in the transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.commands import check_files, check_repairs, check_vectors
from pipeline.commands.check_codes import KINDS
from pipeline.commands.check_report import CheckFinding, CheckReport
from pipeline.outbound import notices
from pipeline.step_context import Resources
from stores.errors import TransientError

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

MOST_ITEMS = 10_000
"""Items of one code that are remembered at once; a repair goes on with the next ones."""
_EXAMPLES = 5
_ROUNDS = 5  # of repair and check: one repair may uncover what another one mends
_SAMPLE, _DEEP_SAMPLE = 200, 2000
_SLICE = 500

Items = dict[str, dict[str, None]]
Part = Callable[["Look"], Iterator[tuple[str, str]]]
Tell = Callable[[str, int], None]
"""Is told what is compared, and how many of it were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """``deep``: read every file and compare its content. ``settle_s``: between the two looks at what differs."""

    deep: bool = False
    repair: bool = False
    settle_s: float = 1.0


@dataclass(slots=True)
class Look:
    """One look at a knowledge base: what is in work as it begins, and what could not be looked at."""

    resources: Resources
    store: KnowledgeStore
    deep: bool
    tell: Tell
    in_work: set[str] = field(default_factory=set)
    unchecked: dict[str, str] = field(default_factory=dict)  # part -> why

    def part(self, name: str) -> Items:
        """Run one part; what it cannot reach is noted."""
        items: Items = {}
        self.in_work = self.store.consistency.in_work()
        self.unchecked.pop(name, None)
        try:
            for code, item in _PARTS[name](self):
                if len(items.setdefault(code, {})) < MOST_ITEMS:
                    items[code][item] = None
        except TransientError as error:
            self.unchecked[name] = error.message
        return items

    def count(self, what: str) -> Callable[[int], None]:
        return lambda number: self.tell(what, number)


def check(resources: Resources, knowledge_id: str, request: CheckRequest, tell: Tell) -> CheckReport:
    """Check a knowledge base, and repair it if asked to. Raises NotFoundError."""
    store = resources.catalog.store(knowledge_id)
    look = Look(resources, store, request.deep, tell)
    first = _faults(look, request.settle_s)
    left, jobs = first, list[str]()
    for _ in range(_ROUNDS if request.repair else 0):
        todo = {code: list(items) for code, items in left.items() if KINDS[code].repairable}
        if not todo:
            break
        jobs += check_repairs.repair(resources, store, todo, look.tell)
        before, left = left, _faults(look, request.settle_s)
        first = {**first, **{code: items for code, items in left.items() if code not in first}}
        if left == before:
            break
    report = CheckReport(
        knowledge_id=knowledge_id,
        findings=tuple(
            _finding(look, code, first[code], left.get(code, {}), request) for code in KINDS if code in first
        ),
        unchecked=tuple(look.unchecked.values()),
        jobs=tuple(jobs),
        deep=request.deep,
    )
    if report.findings and not report.healthy:
        codes = [finding.code for finding in report.findings if finding.left != 0]
        sentence = f"`ingot kb check {knowledge_id}` found damage: {', '.join(codes)}"
        notices.tell(resources, f"check:{knowledge_id}", sentence, {"knowledge_id": knowledge_id, "codes": codes})
    return report


def _faults(look: Look, settle_s: float) -> Items:
    """Look at everything, and a second time at the parts in which something differs: only what stays is a fault."""
    parts = {name: items for name in _PARTS if (items := look.part(name))}
    if not parts:
        return {}
    time.sleep(settle_s)
    faults: Items = {}
    for name, items in parts.items():
        again = look.part(name)
        for code in KINDS:
            both = {item: None for item in items.get(code, {}) if item in again.get(code, {})}
            faults |= {code: both} if both else {}
    return faults


def _finding(
    look: Look, code: str, items: Mapping[str, None], left: Mapping[str, None], request: CheckRequest
) -> CheckFinding:
    kind = KINDS[code]
    return CheckFinding(
        code=code,
        what=kind.what,
        count=len(items),
        more=len(items) >= MOST_ITEMS,
        examples=tuple(_named(look.store, list(left or items)[:_EXAMPLES])),
        repairable=kind.repairable,
        repair=kind.repair,
        left=len(left) if request.repair else None,
    )


def _named(store: KnowledgeStore, items: Sequence[str]) -> Iterator[str]:
    """Yield items, with the source name of those that begin with the id of a document."""
    names = store.consistency.source_names([item.partition(":")[0] for item in items])
    for item in items:
        name = names.get(item.partition(":")[0])
        yield f"{item} ({name})" if name else item


# The parts


def _database(look: Look) -> Iterator[tuple[str, str]]:
    for code, sentences in look.store.consistency.damage(deep=look.deep).items():
        yield from ((code, sentence) for sentence in sentences)


def _rows(look: Look) -> Iterator[tuple[str, str]]:
    store = look.store
    if store.get_meta("knowledge_id") != store.knowledge_id:
        yield "knowledge_id_wrong", store.knowledge_id
    for code, items in store.consistency.contradictions(MOST_ITEMS).items():
        yield from ((code, item) for item in items)


def _originals(look: Look) -> Iterator[tuple[str, str]]:
    return check_files.originals(look.resources, look.store, look.deep, look.count("originals"))


def _results(look: Look) -> Iterator[tuple[str, str]]:
    return check_files.results(
        look.resources, look.store, look.deep, look.in_work, look.count("Markdown and JSON files")
    )


def _left_behind(look: Look) -> Iterator[tuple[str, str]]:
    return check_files.left_behind(look.resources, look.store, look.in_work, look.count("files"))


def _keywords(look: Look) -> Iterator[tuple[str, str]]:
    after: int | None = 0
    compared = 0
    while after is not None:
        items, after = look.store.consistency.keyword_faults(after, _SLICE)
        yield from ((code, item) for code, item in items if item.partition(":")[0] not in look.in_work)
        compared += _SLICE
        look.tell("keywords", compared)
    after = 0
    while after is not None:
        rowids, after = look.store.consistency.stray_keywords(after, 10 * _SLICE)
        yield from (("keywords_stray", str(rowid)) for rowid in rowids)


def _vectors(look: Look) -> Iterator[tuple[str, str]]:
    sample = _DEEP_SAMPLE if look.deep else _SAMPLE
    return check_vectors.vector_faults(look.resources, look.store, look.in_work, sample, look.count("vectors"))


_PARTS: Mapping[str, Part] = {
    "database": _database,
    "rows": _rows,
    "originals": _originals,
    "results": _results,
    "files": _left_behind,
    "keywords": _keywords,
    "vectors": _vectors,
}

"""Pages, blocks and chunks of a generation, written and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, select, update

from stores.effects import Claim, PageResult, Planned
from stores.errors import LeaseLostError
from stores.lifecycle.states import open_batches, open_steps
from stores.models import (
    DOCUMENT_STAGES,
    Block,
    Chunk,
    Fault,
    Label,
    Line,
    OutlineEntry,
    Page,
    PageText,
    PlacedBox,
    PrintStyle,
    Route,
    StepState,
)
from stores.sql.database import Database
from stores.sql.fenced_write import KeyedUpdate
from stores.sql.tables import block, chunk, generation, page, step

_PAGES_AT_ONCE = 16  # of one transaction
_WITHOUT_BLOCKS = ~exists().where(
    block.c.document == page.c.document, block.c.generation == page.c.generation, block.c.page == page.c.number
)


@dataclass(frozen=True, slots=True)
class Pages:
    """What was read of the documents of one knowledge base."""

    database: Database

    def read(self, document: str, number: int, numbers: Sequence[int] = (), *, blocks: bool = True) -> list[Page]:
        """The pages of a generation in order; only ``numbers`` when any are given, without blocks if so asked."""
        wanted = page.c.number.in_(numbers) if numbers else page.c.number > 0
        with self.database.read() as connection:
            rows = connection.execute(
                select(page).where(_of(page, document, number), wanted).order_by(page.c.number)
            ).all()
            blocks_by_page = _blocks(connection, document, number, numbers) if blocks else {}
        return [_page(row, blocks_by_page.get(row.number, [])) for row in rows]

    def part(self, document: str, number: int, after: int, limit: int) -> list[Page]:
        """At most ``limit`` pages of a generation behind page ``after``, without blocks."""
        query = select(page).where(_of(page, document, number), page.c.number > after)
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(page.c.number).limit(limit)).all()
        return [_page(row, []) for row in rows]

    def unread(self, claim: Claim) -> list[Page]:
        """The pages of a step that nobody has read or given up yet, in order."""
        with self.database.read() as connection:
            rows = connection.execute(select(page).where(_todo(claim)).order_by(page.c.number)).all()
        return [_page(row, []) for row in rows]

    def outline(self, document: str, number: int) -> tuple[OutlineEntry, ...]:
        """The bookmarks of a generation's document."""
        mine = and_(generation.c.document == document, generation.c.number == number)
        with self.database.read() as connection:
            entries = connection.execute(select(generation.c.outline).where(mine)).scalar_one_or_none()
        return tuple(OutlineEntry(level=level, title=title, page=at) for level, title, at in entries or ())

    def save_structure(self, claim: Claim, pages: Sequence[Page]) -> None:
        """Keep the Markdown of pages and their blocks' labels and places as the whole document decides them."""
        key = claim.key
        for at in range(0, len(pages), _PAGES_AT_ONCE):
            with self.database.write() as connection:
                if not _still_ours(connection, claim):
                    raise LeaseLostError()
                for settled in pages[at : at + _PAGES_AT_ONCE]:
                    _store_structure(connection, key.document, key.generation, settled)

    def chunks(self, document: str, number: int) -> list[Chunk]:
        with self.database.read() as connection:
            rows = connection.execute(select(chunk).where(_of(chunk, document, number)).order_by(chunk.c.ordinal))
            return [chunk_of(row) for row in rows]

    def chunk_rows(self, document: str, number: int, after: int, limit: int) -> list[tuple[int, Chunk]]:
        """(row id, chunk) of at most ``limit`` chunks whose ordinal is greater than ``after``."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(chunk)
                .where(_of(chunk, document, number), chunk.c.ordinal > after)
                .order_by(chunk.c.ordinal)
                .limit(limit)
            )
            return [(row.id, chunk_of(row)) for row in rows]

    def embedded(self, document: str, number: int) -> int:
        """How many chunks of a generation are stored."""
        with self.database.read() as connection:
            return int(
                connection.execute(
                    select(func.count()).select_from(chunk).where(_of(chunk, document, number))
                ).scalar_one()
            )

    def save_chunks(self, claim: Claim, chunks: Sequence[Chunk]) -> None:
        """Add embedded chunks while the step is ours. A chunk that is there already is replaced."""
        key = claim.key
        with self.database.write() as connection:
            if not _still_ours(connection, claim):
                raise LeaseLostError()
            ordinals = [c.ordinal for c in chunks]
            connection.execute(
                delete(chunk).where(_of(chunk, key.document, key.generation), chunk.c.ordinal.in_(ordinals))
            )
            if chunks:
                connection.execute(insert(chunk), [_chunk_values(key.document, key.generation, c) for c in chunks])


def plan_pages(connection: Connection, document: str, number: int, planned: Planned) -> None:
    """Write what plan decided: the page rows, and the steps that read, extract, embed and publish them."""
    connection.execute(
        update(generation)
        .where(generation.c.document == document, generation.c.number == number)
        .values(
            pages=len(planned.pages),
            outline=[[entry.level, entry.title, entry.page] for entry in planned.outline],
            password=planned.password or None,
            passwords=None,
        )
    )
    if planned.pages:
        connection.execute(
            insert(page),
            [
                {
                    "document": document,
                    "generation": number,
                    "number": p.number,
                    "width_pt": p.width_pt,
                    "height_pt": p.height_pt,
                    "route": p.route,
                    "reason": p.reason,
                    "warning_code": p.warning.code if p.warning else None,
                    "warning": p.warning.message if p.warning else None,
                }
                for p in planned.pages
            ],
        )
    open_batches(connection, document, number, planned.batches)
    open_steps(
        connection, document, number, {stage: StepState.WAITING for stage in DOCUMENT_STAGES}, len(planned.pages)
    )


def first_reading(document: str, number: int, result: PageResult) -> tuple[KeyedUpdate, list[dict[str, Any]]]:
    """The update that keeps what was read of a page that nobody has read before, and the rows of its blocks."""
    where = {"document": document, "generation": number, "number": result.number, "markdown": None}
    values = _page_values(result.text, result.fault)
    keep = KeyedUpdate(table=page, where=where, set=values, condition=_WITHOUT_BLOCKS)
    return keep, _block_rows(document, number, result)


def store_page(connection: Connection, document: str, number: int, result: PageResult) -> None:
    """Keep what was read of a page, or why it was not read, instead of what was read of it before."""
    here = page.c.number == result.number
    values = _page_values(result.text, result.fault)
    connection.execute(update(page).where(_of(page, document, number), here).values(**values))
    connection.execute(delete(block).where(_of(block, document, number), block.c.page == result.number))
    if rows := _block_rows(document, number, result):
        connection.execute(insert(block), rows)


def _block_rows(document: str, number: int, result: PageResult) -> list[dict[str, Any]]:
    blocks = result.text.blocks if result.text else ()
    return [_block_values(document, number, result.number, ordinal, b) for ordinal, b in enumerate(blocks)]


def _page_values(text: PageText | None, fault: Fault | None) -> dict[str, Any]:
    return dict(
        engine=text.engine if text else None,
        confidence=text.confidence if text else None,
        markdown=text.markdown if text else None,
        error_code=fault.code if fault else None,
        error=fault.message if fault else None,
        warning_code=text.warning.code if text and text.warning else None,
        warning=text.warning.message if text and text.warning else None,
    )


def _store_structure(connection: Connection, document: str, number: int, settled: Page) -> None:
    connection.execute(
        update(page)
        .where(_of(page, document, number), page.c.number == settled.number)
        .values(markdown=settled.markdown)
    )
    if not settled.blocks:
        return
    here = and_(_of(block, document, number), block.c.page == settled.number)
    connection.execute(
        update(block)
        .where(here, block.c.ordinal == bindparam("at"))
        .values(
            label=bindparam("as_label"),
            level=bindparam("as_level"),
            start=bindparam("first"),
            end=bindparam("last"),
            style=bindparam("as_style", type_=block.c.style.type),
        ),
        [
            {
                "at": i,
                "as_label": b.label,
                "as_level": b.level,
                "first": b.start,
                "last": b.end,
                "as_style": _style_values(b.style),
            }
            for i, b in enumerate(settled.blocks)
        ],
    )


def unread_pages_failed(connection: Connection, claim: Claim, fault: Fault) -> None:
    """Name the fault on every page of a step that was not read."""
    connection.execute(update(page).where(_todo(claim)).values(error_code=fault.code, error=fault.message))


def _todo(claim: Claim) -> Any:
    key = claim.key
    return and_(
        _of(page, key.document, key.generation),
        page.c.number.between(claim.first_page, claim.last_page),
        page.c.route == claim.route,
        page.c.markdown.is_(None),
        page.c.error.is_(None),
    )


def _blocks(connection: Connection, document: str, number: int, numbers: Sequence[int]) -> dict[int, list[Block]]:
    """Blocks by page, in their order."""
    wanted = block.c.page.in_(numbers) if numbers else block.c.page > 0
    blocks_by_page: dict[int, list[Block]] = {}
    query = select(block).where(_of(block, document, number), wanted).order_by(block.c.page, block.c.ordinal)
    for row in connection.execute(query):
        blocks_by_page.setdefault(row.page, []).append(_block(row))
    return blocks_by_page


def _still_ours(connection: Connection, claim: Claim) -> bool:
    key = claim.key
    held = connection.execute(
        select(step.c.owner).where(
            _of(step, key.document, key.generation),
            step.c.stage == key.stage,
            step.c.batch == key.batch,
            step.c.state == StepState.RUNNING,
        )
    ).scalar_one_or_none()
    return held == claim.owner


def _of(table: Any, document: str, number: int) -> Any:
    return and_(table.c.document == document, table.c.generation == number)


def _block_values(document: str, number: int, at: int, ordinal: int, b: Block) -> dict[str, Any]:
    x0, y0, x1, y1 = b.box
    return {
        "document": document,
        "generation": number,
        "page": at,
        "ordinal": ordinal,
        "label": b.label,
        "x0": x0,
        "y0": y0,
        "x1": x1,
        "y1": y1,
        "level": b.level,
        "start": b.start,
        "end": b.end,
        "text": b.text,
        "lines": [[*line.box, line.text, *([line.place] if line.place else [])] for line in b.lines],
        "style": _style_values(b.style),
        "confidence": b.confidence,
    }


def _style_values(style: PrintStyle | None) -> list[Any] | None:
    return [style.label, style.level, style.size_pt, style.bold, style.font] if style else None


def _style(values: Sequence[Any] | None) -> PrintStyle | None:
    if not values:
        return None
    label, level, size_pt, bold, font = values
    return PrintStyle(label=label, level=level, size_pt=size_pt, bold=bold, font=font)


def _block(row: Any) -> Block:
    return Block(
        label=Label(row.label),
        box=(row.x0, row.y0, row.x1, row.y1),
        text=row.text,
        start=row.start,
        end=row.end,
        level=row.level,
        lines=tuple(_line(*parts) for parts in row.lines),
        style=_style(row.style),
        confidence=row.confidence,
    )


def _line(x0: float, y0: float, x1: float, y1: float, text: str, place: str = "") -> Line:
    return Line(box=(x0, y0, x1, y1), text=text, place=place)


def _page(row: Any, blocks: Sequence[Block]) -> Page:
    text, warning = None, warning_of(row)
    if row.markdown is not None:
        text = PageText(
            markdown=row.markdown,
            blocks=tuple(blocks),
            engine=row.engine or "",
            confidence=row.confidence,
            warning=warning,
        )
    return Page(
        number=row.number,
        width_pt=row.width_pt,
        height_pt=row.height_pt,
        route=Route(row.route),
        reason=row.reason,
        text=text,
        error=row.error,
        error_code=row.error_code,
        warning=warning,
    )


def warning_of(row: Any) -> Fault | None:
    """What was given up of the page in this row."""
    return Fault(code=row.warning_code or "warning", message=row.warning) if row.warning else None


def _chunk_values(document: str, number: int, c: Chunk) -> dict[str, Any]:
    return {
        "document": document,
        "generation": number,
        "ordinal": c.ordinal,
        "text": c.text,
        "heading": c.heading,
        "first_page": c.first_page,
        "last_page": c.last_page,
        "boxes": [[b.page, *b.box] for b in c.boxes],
        "embedding": c.embedding,
        "place": c.place or None,
    }


def chunk_of(row: Any) -> Chunk:
    return Chunk(
        ordinal=row.ordinal,
        text=row.text,
        heading=row.heading,
        first_page=row.first_page,
        last_page=row.last_page,
        boxes=tuple(placed_boxes(row.boxes)),
        embedding=row.embedding,
        place=row.place or "",
    )


def placed_boxes(rows: Sequence[Sequence[float]]) -> Iterator[PlacedBox]:
    for at, x0, y0, x1, y1 in rows:
        yield PlacedBox(page=int(at), box=(x0, y0, x1, y1))

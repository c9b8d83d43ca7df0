"""The counts and costs of a knowledge base as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, select

from stores.contracts.queries import Figures
from stores.models import DOCUMENT_STAGES, Route, Stage, StepState
from stores.queries.documents import documents_by_state
from stores.queries.work import callbacks_by_state, stage_costs, stuck_documents
from stores.sql.database import Database
from stores.sql.tables import chunk, document, generation, record, step


@dataclass(frozen=True, slots=True)
class KnowledgeBaseQueries:
    """What is counted of one knowledge base."""

    database: Database

    def figures(self) -> Figures:
        """Return what metrics tell of this knowledge base."""
        with self.database.read() as connection:
            return Figures(
                documents=documents_by_state(connection),
                callbacks=callbacks_by_state(connection),
                costs=tuple(stage_costs(connection)),
                stuck=stuck_documents(connection, self.database.now()),
            )

    def answering(self) -> dict[str, int]:
        """pages, chunks and records that answer now."""
        now = and_(document.c.id == chunk.c.document, document.c.visible == chunk.c.generation)
        with self.database.read() as connection:
            pages = connection.execute(
                select(func.coalesce(func.sum(generation.c.pages), 0)).join(
                    document, and_(document.c.id == generation.c.document, document.c.visible == generation.c.number)
                )
            ).scalar_one()
            chunks = connection.execute(select(func.count()).select_from(chunk).join(document, now)).scalar_one()
            records = connection.execute(
                select(func.count())
                .select_from(record)
                .join(document, and_(document.c.id == record.c.document, document.c.visible == record.c.generation))
                .where(record.c.not_applicable.is_(None))
            ).scalar_one()
        return {"pages": int(pages), "chunks": int(chunks), "records": int(records)}

    def page_seconds(self) -> dict[Route, float]:
        """CPU seconds that a page of each route took here so far, all stages together."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(step.c.stage, func.sum(step.c.cpu_s).label("cpu"), func.sum(step.c.pages).label("pages"))
                .where(step.c.state == StepState.DONE, step.c.pages > 0)
                .group_by(step.c.stage)
            ).all()
        each = {Stage(row.stage): row.cpu / row.pages for row in rows}
        later = sum(each.get(stage, 0.0) for stage in DOCUMENT_STAGES)
        seconds = {}
        if Stage.PARSE in each:
            seconds[Route.TEXT] = each[Stage.PARSE] + later
        if Stage.OCR in each:
            seconds[Route.OCR] = each.get(Stage.RENDER, 0.0) + each[Stage.OCR] + later
        return seconds

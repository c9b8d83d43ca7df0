"""The record store of one knowledge base: one SQL database, the truth, seen from its sides."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from stores.database import Database
from stores.dispatch import Dispatch
from stores.errands.callbacks import Callbacks
from stores.errands.fetches import Fetches
from stores.errands.rows import Errands
from stores.intake import Intake
from stores.overview.inspection import Inspection
from stores.overview.overview import Overview
from stores.overview.stamps import Stamps
from stores.pages import Pages
from stores.passages import Passages
from stores.profiles import Profiles
from stores.redoing import Redoing
from stores.reopening import Reopening
from stores.steps import Steps
from stores.submissions import Submissions
from stores.tables import meta
from stores.typed_records import TypedRecords
from stores.versions import Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStore:
    """What is known of one knowledge base."""

    knowledge_id: str
    database: Database
    intake: Intake
    submissions: Submissions
    steps: Steps
    dispatch: Dispatch
    reopening: Reopening
    redoing: Redoing
    pages: Pages
    typed: TypedRecords
    versions: Versions
    overview: Overview
    passages: Passages
    errands: Errands
    callbacks: Callbacks
    fetches: Fetches
    inspection: Inspection
    stamps: Stamps
    profiles: Profiles

    @classmethod
    def over(cls, knowledge_id: str, database: Database) -> RecordStore:
        return cls(
            knowledge_id=knowledge_id,
            database=database,
            intake=Intake(database),
            submissions=Submissions(database),
            steps=Steps(knowledge_id, database),
            dispatch=Dispatch(knowledge_id, database),
            reopening=Reopening(database),
            redoing=Redoing(database),
            pages=Pages(database),
            typed=TypedRecords(database),
            versions=Versions(database),
            overview=Overview(knowledge_id, database),
            passages=Passages(database),
            errands=Errands(knowledge_id, database),
            callbacks=Callbacks(knowledge_id, database),
            fetches=Fetches(database),
            inspection=Inspection(database),
            stamps=Stamps(database),
            profiles=Profiles(database),
        )

    def set_meta(self, key: str, value: str) -> None:
        with self.database.write() as connection:
            connection.execute(
                insert(meta)
                .values(key=key, value=value)
                .on_conflict_do_update(index_elements=["key"], set_={"value": value})
            )

    def get_meta(self, key: str) -> str:
        """The value of a key, "" where there is none."""
        with self.database.read() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none() or ""

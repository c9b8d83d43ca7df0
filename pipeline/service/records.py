"""Records: list them, correct their values, and check the doubtful ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pipeline.audit_trail import AuditTrail
from pipeline.commands import corrections
from pipeline.commands.corrections import GivenPlace, GivenVerdict
from pipeline.engines.evidence.page_words import PickedWords, words_in
from pipeline.processing_plan import check_schema_of, schemas_of
from pipeline.queries.availability import standing
from pipeline.queries.checking import CheckingQueue, checking_queue
from pipeline.queries.doubts import LEAST_DOUBT
from pipeline.queries.records import RecordQueries
from pipeline.queries.schema_preview import SchemaPreview, schema_preview
from pipeline.schemas.loader import check_text
from pipeline.step_context import Resources
from stores.audit import Action
from stores.correction_marks import Verdict
from stores.corrections import Correction
from stores.models import Box

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.queries import Availability

_ACTIONS = {
    Verdict.CORRECTED: Action.CORRECT,
    Verdict.CONFIRMED: Action.CONFIRM,
    Verdict.REJECTED: Action.REJECT,
}


class Records(RecordQueries):
    """The queries about records, and what changes a record.

    ``path``: ``total``, ``authors[1]`` or ``lines[3].amount``; ``schema`` may be left empty where one record of the
    document has such a field. ``author``: who says it.
    """

    def __init__(self, resources: Resources, trail: AuditTrail) -> None:
        super().__init__(resources)
        self._trail = trail
        # One thread: the vectors of a document follow its corrections in their order, and nobody waits for them. The
        # interpreter ends it when it has nothing left to do.
        self._followers = _one_thread()

    def close(self) -> None:
        """Wait until all vectors follow; the next correction begins another thread."""
        followers, self._followers = self._followers, _one_thread()
        followers.shutdown(wait=True)

    def correct(
        self,
        knowledge_id: str,
        name: str,
        schema: str,
        path: str,
        value: Any,
        author: str,
        place: GivenPlace | None = None,
    ) -> Correction:
        """Give a value of a document: it holds from now on, whatever is extracted. InputError where it does not fit.

        An index behind the last element of a list adds one.
        """
        return self._say(knowledge_id, name, schema, path, Verdict.CORRECTED, author, value, place)

    def confirm(
        self, knowledge_id: str, name: str, schema: str, path: str, author: str, place: GivenPlace | None = None
    ) -> Correction:
        """Say that a value is right: it stays, whatever is extracted."""
        return self._say(knowledge_id, name, schema, path, Verdict.CONFIRMED, author, None, place)

    def reject(self, knowledge_id: str, name: str, schema: str, path: str, author: str) -> Correction:
        """Say that the document has no such value; an element of a list leaves it."""
        return self._say(knowledge_id, name, schema, path, Verdict.REJECTED, author, None, None)

    def withdraw(self, knowledge_id: str, name: str, number: int, author: str) -> Correction:
        """Let a correction count no more: what stood there before is shown again."""
        store = self._resources.catalog.store(knowledge_id)
        shown = standing(store, name, so_far=True)
        made = corrections.withdraw(self._resources, store, shown, number, author)
        self._trail.note(Action.WITHDRAW, knowledge_id, shown.document, f"{made.schema}.{made.path} ({number})")
        return self._followed(store, shown, made)

    def corrections(self, knowledge_id: str, name: str) -> list[Correction]:
        """Everything that people said of the values of a document, the oldest first, withdrawn ones included."""
        store = self._resources.catalog.store(knowledge_id)
        return store.corrections.of_document(store.document_queries.find(name))

    def to_check(
        self,
        knowledge_id: str,
        schema: str = "",
        limit: int = 100,
        *,
        name: str = "",
        least_doubt: float = LEAST_DOUBT,
    ) -> CheckingQueue:
        """The values that should be checked, the most doubtful first: of one schema and one document, or of all."""
        store = self._resources.catalog.store(knowledge_id)
        if schema:
            check_schema_of(self._resources, store, schema)
        document = store.document_queries.find(name) if name else ""
        known = schemas_of(self._resources, store)
        return checking_queue(store, known, schema, limit, least_doubt=least_doubt, document=document)

    def preview(self, knowledge_id: str, name: str, text: str, form: str) -> SchemaPreview:
        """What a schema, as text in a form (toml, json, yaml), finds in a document; nothing is stored.

        InputError names what is wrong with the schema, and the place of it.
        """
        store = self._resources.catalog.store(knowledge_id)
        return schema_preview(self._resources, store, standing(store, name, so_far=True), check_text(text, form))

    def words(self, knowledge_id: str, name: str, page: int, box: Box) -> PickedWords:
        """The words of a page inside a box in points; of a box without area, the word at that point."""
        store = self._resources.catalog.store(knowledge_id)
        return words_in(corrections.page_of(store, standing(store, name, so_far=True), page), box)

    def _say(
        self,
        knowledge_id: str,
        name: str,
        schema: str,
        path: str,
        verdict: Verdict,
        author: str,
        value: Any,
        place: GivenPlace | None,
    ) -> Correction:
        store = self._resources.catalog.store(knowledge_id)
        shown = standing(store, name, so_far=True)
        if not schema:
            schema, path = corrections.schema_with(store.record_tables.read(shown.document, shown.generation), path)
        given = GivenVerdict(
            schema=schema, path=path, verdict=verdict, author=author, value=value, place=place or GivenPlace()
        )
        made = corrections.correct(self._resources, store, shown, given)
        self._trail.note(_ACTIONS[verdict], knowledge_id, shown.document, f"{made.schema}.{made.path} ({made.number})")
        return self._followed(store, shown, made)

    def _followed(self, store: KnowledgeStore, shown: Availability, made: Correction) -> Correction:
        """Let the vectors of the document follow a correction that was made."""
        if corrections.changes_metadata(made):
            self._followers.submit(corrections.write_metadata, self._resources, store, shown)
        return made


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="corrections")

"""The class that programs use: ``KnowledgeBase("invoices").search("...")``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from ingest.client.connection import Connection, GivenCorrection, IngestOptions, Json, Mode
from stores.errors import InputError, UnavailableError
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    import pandas

Box = tuple[float, float, float, float]

_DAY_S = 86400.0


class KnowledgeBase(AbstractContextManager["KnowledgeBase"]):
    """One knowledge base, in a home of this machine or at a server.

    What is returned is plain JSON with the names and units of the HTTP API; pages count from 1, boxes are in points.
    All methods raise IngotError only (``stores.errors``): NotFoundError where a name is unknown, InputError where a
    request cannot be met as it is, UnavailableError where something cannot be reached.

    The runtime of a home is started when it is needed and ends some time after ``close``, which the end of a ``with``
    block calls.
    """

    def __init__(
        self,
        knowledge_id: str = "default",
        *,
        home: str | os.PathLike[str] | None = None,
        url: str = "",
        api_key: str = "",
        **settings: Any,
    ) -> None:
        """Open a knowledge base, which need not exist before something is ingested.

        ``home``: the folder that holds it, else that of ``INGOT_HOME`` or ``ingot.toml``; ``settings``: further
        settings of the home by their names, such as ``workers=2``. ``url``: a server instead, such as
        ``http://localhost:8000``, with its ``api_key``. InputError for a wrong name or value.
        """
        self.knowledge_id = check_knowledge_id(knowledge_id)
        if url and (home is not None or settings):
            raise InputError("give a home with its settings, or the url of a server, not both", code="usage")
        self._connection = self._connect(home, url, api_key, settings)

    def _connect(
        self, home: str | os.PathLike[str] | None, url: str, api_key: str, settings: dict[str, Any]
    ) -> Connection:
        if url:
            from ingest.client.server_connection import ServerConnection

            return ServerConnection(url, self.knowledge_id, api_key)
        from ingest.client.embedded_connection import EmbeddedConnection
        from ingest.given_settings import read_settings

        given = {"home": Path(home), **settings} if home is not None else settings
        return EmbeddedConnection(read_settings(**given), self.knowledge_id)

    def ingest(
        self,
        *paths: str | os.PathLike[str],
        schemas: Iterable[str] = (),
        ocr: Literal["auto", "always", "never"] = "auto",
        pages: str = "",
        force: bool = False,
        attachments: bool = False,
        wait: bool = True,
        timeout_s: float = _DAY_S,
    ) -> Json:
        """Ingest files, folders, globs and URLs; what is known and unchanged is not read again.

        ``schemas``: what to extract, names or ``auto``. ``attachments``: read files attached to mail messages and PDFs
        as documents of their own. ``wait``: return when all is done, else at once; the job goes
        on either way. Returns ``jobs`` (ids), ``documents`` (with state and error each), ``refused`` and ``skipped``
        files with their reasons. UnavailableError where it is not done after ``timeout_s``.
        """
        options = IngestOptions(schemas=tuple(schemas), ocr=ocr, pages=pages, force=force, attachments=attachments)
        submitted = self._connection.ingest([os.fspath(path) for path in paths], options)
        documents = [document for job in submitted.jobs for document in self._wait(job, timeout_s)] if wait else []
        in_jobs = {document["source"] for document in documents}
        refused = [file for file in submitted.refused if file["source"] not in in_jobs]
        return {
            "jobs": list(submitted.jobs),
            "documents": documents,
            "refused": refused,
            "skipped": list(submitted.skipped),
        }

    def _wait(self, job_id: str, timeout_s: float) -> Sequence[Json]:
        job = self._connection.wait(job_id, timeout_s)
        if job is None:
            raise UnavailableError(
                f"the job {job_id} is not over after {timeout_s:g} s and goes on", code="still_running"
            )
        documents: Sequence[Json] = job["documents"]
        return documents

    def search(self, query: str, *, limit: int = 10, mode: Mode = "hybrid", where: str = "") -> list[Json]:
        """Find the chunks that answer a query, the best first; none where nothing fits.

        Each has ``text``, ``source``, ``document``, ``first_page``, ``last_page``, ``heading``, ``score`` and
        ``boxes``. ``where``: a filter on the documents, such as ``language = en and invoice.amount > 1000``.
        """
        result = self._connection.search(query, limit, mode, where)
        return [] if result["nothing_fits"] else list(result["hits"])

    def nearest(self, query: str, *, limit: int = 10, mode: Mode = "hybrid", where: str = "") -> list[Json]:
        """Find as ``search`` does; where nothing fits, return what is nearest."""
        return list(self._connection.search(query, limit, mode, where)["hits"])

    def ask(self, question: str, *, chunks: int = 8, where: str = "") -> Json:
        """Answer a question from the documents: ``outcome``, and ``sentences`` with citations (page, quote, located).

        Without a language model (``INGOT_LLM_URL``) the sentences are quotes.
        """
        return self._connection.ask(question, chunks, where)

    def documents(self) -> list[Json]:
        """List the documents by name, with ``state``, ``pages``, ``error`` and ``failed_pages`` each."""
        return list(self._connection.documents())

    def markdown(self, document: str) -> str:
        """Return the Markdown of a document, named by its source, its id, or a unique beginning of its id."""
        return self._connection.markdown(document)

    def records(self, schema: str = "document", *, where: str = "", proved: bool = False) -> Iterator[Json]:
        """Yield what a schema extracted from each document: ``fields``, and ``evidence`` by the path of each value.

        ``where``: a filter on the fields, such as ``total > 100``; ``proved``: without values that stand on no page.
        """
        return self._connection.records(schema, where, proved)

    def data_frame(self, schema: str = "document", *, where: str = "", proved: bool = False) -> pandas.DataFrame:
        """Return the records of a schema as a DataFrame, a row per document. InputError without pandas."""
        try:
            import pandas
        except ImportError as error:
            raise InputError("a DataFrame needs the package pandas: pip install pandas", code="usage") from error
        rows = self.records(schema, where=where, proved=proved)
        return pandas.DataFrame(
            [{"source": row["source"], "document": row["document"], **row["fields"]} for row in rows]
        )

    def correct(
        self,
        document: str,
        path: str,
        value: Any,
        *,
        schema: str = "",
        page: int = 0,
        box: Box | None = None,
        quote: str = "",
        author: str = "",
    ) -> Json:
        """Give a value of a document: it holds from now on, whatever is extracted later. Returns the correction.

        ``path``: ``total``, ``authors[1]`` or ``lines[3].amount``, counted from 0; an index behind the last element
        adds one, whose ``value`` is an object where the elements are rows. ``schema``: needed where several records of
        the document have such a field. Its place is looked for unless a ``box`` (in points, on ``page``) or a
        ``quote`` tells it. ``author``: by default the user of this system; a server names the API key. InputError
        where the value does not fit the schema.
        """
        given = GivenCorrection(
            document=document, path=path, verdict="corrected", schema=schema, value=value, page=page, box=box,
            quote=quote, author=author,
        )  # fmt: skip
        return self._connection.say(given)

    def confirm(
        self,
        document: str,
        path: str,
        *,
        schema: str = "",
        page: int = 0,
        box: Box | None = None,
        quote: str = "",
        author: str = "",
    ) -> Json:
        """Say that a value is right: it stays, whatever is extracted later. Arguments as of ``correct``."""
        given = GivenCorrection(
            document=document, path=path, verdict="confirmed", schema=schema, page=page, box=box, quote=quote,
            author=author,
        )  # fmt: skip
        return self._connection.say(given)

    def reject(self, document: str, path: str, *, schema: str = "", author: str = "") -> Json:
        """Say that a document has no such value; an element of a list leaves it. Arguments as of ``correct``."""
        given = GivenCorrection(document=document, path=path, verdict="rejected", schema=schema, author=author)
        return self._connection.say(given)

    def withdraw(self, document: str, number: int, *, author: str = "") -> Json:
        """Withdraw the correction of a number: what stood there before is shown again. It stays in the list."""
        return self._connection.withdraw(document, number, author)

    def corrections(self, document: str) -> list[Json]:
        """List what people said of the values of a document, the oldest first, withdrawn corrections included.

        Each has ``number``, ``schema``, ``path``, ``verdict``, ``value``, ``replaced``, ``author`` and ``created_at``.
        """
        return self._connection.corrections(document)

    def to_check(self, *, schema: str = "", document: str = "", limit: int = 100) -> list[Json]:
        """List the values that should be checked, the most doubtful first, each with its ``doubt`` and ``reasons``."""
        return self._connection.to_check(schema, document, limit)

    def delete(self, document: str) -> Json:
        """Delete a document with all that was made of it; return what it was."""
        return self._connection.delete(document)

    def close(self) -> None:
        """Release the runtime or the connections to the server."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""Fills a schema by a language model: windows of the document are asked at once, what comes back is checked and merged.

An answer that is not valid is asked for once more, with its faults. One that is cut off, or a request that is too long,
is asked for in halves. Every value is looked up in the document by us: the model names no places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.contracts import ChatModel, ChatReply
from pipeline.engines.evidence.grounding import GroundedValue, RowGrounder, ground_scalars, ground_texts, grounded
from pipeline.engines.evidence.mentions import PrintedText
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.model import prompts
from pipeline.engines.model.chat import TooLongError
from pipeline.engines.model.merging import merged
from pipeline.engines.model.replies import AnswerError, json_schema, read_answer
from pipeline.engines.model.windows import Window, windows
from stores.errors import InputError
from stores.models import Field, FieldKind, Page, Record, Schema
from stores.token_count import TokenCount

MOST_FIELDS = 40
"""Fields of one request, columns included: answers to wide schemas are seldom valid, so these are asked in parts."""
_MOST_HALVINGS = 4


@dataclass(slots=True)
class _Request:
    """One request that is to be made: some fields of a schema in one window, and what it has cost so far."""

    schema: Schema
    window: Window
    tokens: TokenCount = field(default_factory=TokenCount)


class ModelExtractor:
    """An Extractor on a language model. Threads share it.

    ``window_tokens``: size of the text in a request; ``max_tokens``: of an answer; ``parallel``: requests at once.
    ``model``: the name that its fingerprint has.
    """

    def __init__(self, chat: ChatModel, model: str, *, window_tokens: int, max_tokens: int, parallel: int) -> None:
        self._chat, self._model = chat, model
        self._window_tokens, self._max_tokens, self._parallel = window_tokens, max_tokens, parallel

    @property
    def fingerprint(self) -> str:
        return f"{prompts.PROMPT_VERSION}:{self._model}:{self._window_tokens}:{self._max_tokens}"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Build the record of a schema; InputError ``model_answer`` where the model gives no valid answer."""
        printed = page_lines(pages)
        cut = windows(pages, printed, self._window_tokens)
        parts = [replace(schema, fields=fields) for fields in parts_of(schema.fields)]
        todo = [_Request(part, window) for part in parts for window in cut]
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="model") as pool:
            answers = list(pool.map(lambda work: self._ask(work, printed), todo))
        values: dict[str, Any] = {}
        for at, part in enumerate(parts):
            asked = answers[at * len(cut) : (at + 1) * len(cut)]
            values |= merged(part.fields, [answer for several in asked for answer in several])
        tokens = sum((work.tokens for work in todo), TokenCount())
        return replace(build_record(schema, _anywhere(schema, values, printed)), tokens=tokens)

    def _ask(self, work: _Request, printed: Sequence[PageLine], halvings: int = 0) -> list[dict[str, Any]]:
        """The grounded values of a window, or of the halves that it had to be cut into."""
        messages = prompts.extraction(work.schema, json_schema(work.schema.fields), work.window.text)
        halves = work.window.halves() if halvings < _MOST_HALVINGS else (work.window,)
        try:
            reply = self._reply(work, messages)
        except TooLongError:
            if len(halves) < 2:
                raise
            return self._ask_halves(work, halves, printed, halvings)
        if reply.truncated and len(halves) > 1:
            return self._ask_halves(work, halves, printed, halvings)
        return [_ground(work, self._read(work, messages, reply), printed)]

    def _ask_halves(
        self, work: _Request, halves: Sequence[Window], printed: Sequence[PageLine], halvings: int
    ) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        for half in halves:
            part = _Request(work.schema, half)
            answers += self._ask(part, printed, halvings + 1)
            work.tokens += part.tokens
        return answers

    def _read(self, work: _Request, messages: Sequence[Mapping[str, str]], reply: ChatReply) -> dict[str, Any]:
        """The values of an answer; it is repaired once where it is not valid."""
        try:
            return read_answer(reply.text, work.schema.fields)
        except AnswerError as error:
            again = prompts.repair(messages, reply.text, error.faults)
            second = self._reply(work, prompts.shorter(messages) if reply.truncated else again)
        try:
            return read_answer(second.text, work.schema.fields)
        except AnswerError as error:
            pages = sorted({line.page for line in work.window.lines})
            raise InputError(
                f"the model gave no valid answer for the schema {work.schema.name!r} on page {_range(pages)} "
                f"({error}): "
                "try another model, or a smaller INGOT_LLM_WINDOW_TOKENS",
                code="model_answer",
            ) from error

    def _reply(self, work: _Request, messages: Sequence[Mapping[str, str]]) -> ChatReply:
        reply = self._chat.reply(messages, json_schema(work.schema.fields), self._max_tokens)
        work.tokens += reply.tokens
        return reply


def parts_of(fields: Sequence[Field]) -> list[tuple[Field, ...]]:
    """Divide fields into parts of at most ``MOST_FIELDS``, columns included; one field is never divided."""
    parts: list[tuple[Field, ...]] = []
    size = MOST_FIELDS
    for one in fields:
        columns = 1 + len(one.fields)
        if size + columns > MOST_FIELDS:
            parts.append(())
            size = 0
        parts[-1] += (one,)
        size += columns
    return parts


def _ground(work: _Request, values: Mapping[str, Any], printed: Sequence[PageLine]) -> dict[str, Any]:
    """The values of a window with the places where they are printed in it."""
    text = PrintedText(printed[work.window.first : work.window.last])
    fields = work.schema.fields
    places: dict[str, Any] = {**ground_scalars([one for one in fields if not _is_list(one)], values, text)}
    for one in filter(_is_list, fields):
        if one.kind is FieldKind.TEXTS:
            places[one.name] = ground_texts(values[one.name], text)
        else:
            grounder = RowGrounder(one.fields, text)
            places[one.name] = [grounder.ground(row) for row in values[one.name]]
    return places


def _is_list(one: Field) -> bool:
    return one.kind in (FieldKind.TEXTS, FieldKind.ROWS)


def _anywhere(schema: Schema, values: Mapping[str, Any], printed: Sequence[PageLine]) -> dict[str, Any]:
    """Look up the single values that their window does not print in the whole document, exactly."""
    text = PrintedText(printed)
    looked_up = dict(values)
    for one in schema.fields:
        value = values.get(one.name)
        if isinstance(value, GroundedValue) and not value.found:
            mentions = text.mentions(value.value, one.kind, fuzzy=False)
            looked_up[one.name] = grounded(value.value, mentions[0] if mentions else None)
    return looked_up


def _range(pages: Sequence[int]) -> str:
    return str(pages[0]) if len(pages) == 1 else f"{pages[0]} to {pages[-1]}"

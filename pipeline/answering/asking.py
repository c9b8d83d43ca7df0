"""Answers a question: by the model that is set, or by quotes where none is set or it does not answer.

The model cites chunks by number and quotes their words. Each quote is looked up on its page by us; a sentence whose
quotes stand nowhere is kept and marked. A question for the record tables is answered from the rows of a statement that
the model writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from pipeline.answering import prompts
from pipeline.answering.answer import Answer, AskRequest, Citation, Outcome, RecordRows, Sentence
from pipeline.answering.numbered_chunks import NumberedChunk, QuoteChecker, best_chunks, has_its_numbers
from pipeline.answering.quotes import best_quotes, is_answered
from pipeline.answering.record_rows import Asked, ask_records
from pipeline.answering.row_sentences import checked_by_rows, shown_rows
from pipeline.answering.sentence_stream import ANSWER_SCHEMA, Cited, SentenceStream
from pipeline.engines.model.prompt_text import estimated_tokens
from pipeline.knowledge_base_embedder import with_own_embedder
from pipeline.step_context import Resources
from stores.errors import IngotError, InputError
from stores.models import Fault
from stores.token_count import TokenCount
from stores.words import unspaced_share

_NOT_SAID = "The documents do not say.", "文档中没有说明。"
_NEAREST = "The documents do not say; the nearest sentences are:", "文档中没有说明；最接近的句子是："


@dataclass(slots=True)
class _Writing:
    """An answer that is being written."""

    sentences: list[Sentence] = field(default_factory=list)
    tokens: TokenCount = field(default_factory=TokenCount)
    fault: Fault | None = None


def ask(resources: Resources, request: AskRequest) -> Answer:
    """Answer a question at once."""
    *_, answer = ask_in_parts(resources, request)
    assert isinstance(answer, Answer)
    return answer


def ask_in_parts(resources: Resources, request: AskRequest) -> Iterator[Sentence | Answer]:
    """Yield each sentence as soon as it is there, and at the end the answer with all of them."""
    asked, fault = Asked(None, TokenCount()), None
    if _has_model(resources) and request.records and not request.where:
        try:
            asked = ask_records(resources, request)
        except IngotError as error:  # more tables than the model can read are left out, another fault would come again
            fault = None if error.code == "model_context" else Fault(code=error.code, message=error.message)
    rows = asked.records if asked.records and asked.records.rows else None
    parts = _from_rows(resources, request, rows) if rows else _from_chunks(resources, request, fault)
    for part in parts:
        if isinstance(part, Answer):
            part = replace(part, records=asked.records, tokens=part.tokens + asked.tokens)
        yield part


def _has_model(resources: Resources) -> bool:
    return bool(resources.settings.llm_url and resources.settings.llm_model)


def _from_rows(resources: Resources, request: AskRequest, records: RecordRows) -> Iterator[Sentence | Answer]:
    """Answer from rows, or from chunks where the model finds no answer in them."""
    lines = shown_rows(records, resources.settings.llm_window_tokens)
    more = records.more or len(lines) < len(records.rows)
    messages = prompts.rows(request.question, records.statement, lines, more)
    writing = _Writing()
    check = partial(checked_by_rows, records=records, lines=lines, question=request.question)
    yield from _written(resources, messages, check, writing)
    if writing.sentences:
        yield _answer_of(request, writing)
        return
    for part in _from_chunks(resources, request, writing.fault):
        yield replace(part, tokens=part.tokens + writing.tokens) if isinstance(part, Answer) else part


def _from_chunks(resources: Resources, request: AskRequest, fault: Fault | None) -> Iterator[Sentence | Answer]:
    """Answer from chunks. ``fault``: why the model is not asked again."""
    chunks = _fitting(best_chunks(resources, request), resources.settings.llm_window_tokens)
    checker = QuoteChecker(resources)
    if not chunks:
        yield _answer(request, Outcome.NOT_SAID, "quotes", (), note=_in_language(request, _NOT_SAID), fault=fault)
    elif _has_model(resources) and not fault:
        yield from _by_model(resources, request, chunks, checker)
    else:
        yield from _by_quotes(resources, request, chunks, checker, fault)


def _fitting(chunks: Sequence[NumberedChunk], most_tokens: int) -> list[NumberedChunk]:
    """The first chunks that fit into a request together, one at least."""
    fitting: list[NumberedChunk] = []
    for chunk in chunks:
        most_tokens -= estimated_tokens(chunk.hit.text) + 30
        if fitting and most_tokens < 0:
            break
        fitting.append(chunk)
    return fitting


def _by_model(
    resources: Resources, request: AskRequest, chunks: Sequence[NumberedChunk], checker: QuoteChecker
) -> Iterator[Sentence | Answer]:
    writing = _Writing()
    check = partial(_checked, chunks={chunk.number: chunk for chunk in chunks}, checker=checker)
    yield from _written(resources, prompts.question(request.question, chunks), check, writing)
    if writing.fault and not writing.sentences:
        yield from _by_quotes(resources, request, chunks, checker, writing.fault)
        return
    yield _answer_of(request, writing)


def _answer_of(request: AskRequest, writing: _Writing) -> Answer:
    return Answer(
        question=request.question,
        outcome=Outcome.ANSWERED if writing.sentences else Outcome.NOT_SAID,
        written_by="model",
        sentences=tuple(writing.sentences),
        note="" if writing.sentences else _in_language(request, _NOT_SAID),
        complete=writing.fault is None,
        fault=writing.fault,
        tokens=writing.tokens,
    )


def _written(
    resources: Resources,
    messages: Sequence[Mapping[str, str]],
    check: Callable[[str, Cited], Sentence],
    writing: _Writing,
) -> Iterator[Sentence]:
    """Yield the sentences of the model's answer; why it ends too early is kept as the fault of ``writing``."""
    stream, most = SentenceStream(), resources.settings.llm_max_tokens
    try:
        for delta in resources.chat().stream(messages, ANSWER_SCHEMA, most):
            writing.tokens = delta.tokens or writing.tokens
            for text, cited in stream.feed(delta.text):
                writing.sentences.append(check(text, cited))
                yield writing.sentences[-1]
        if not stream.closed:
            raise InputError("the model gave no valid answer: ask again, or try another model", code="model_answer")
    except IngotError as error:
        writing.fault = Fault(code=error.code, message=error.message)


def _checked(text: str, cited: Cited, chunks: dict[int, NumberedChunk], checker: QuoteChecker) -> Sentence:
    checked = [one for number, quote in cited if (one := _cited(number, quote, chunks, checker))]
    proving = [chunk for chunk, citation in checked if citation.located]
    return Sentence(
        text=text,
        citations=tuple(citation for _, citation in checked),
        proved=bool(proving) and has_its_numbers(text, proving),
    )


def _cited(
    number: int, quote: str, chunks: dict[int, NumberedChunk], checker: QuoteChecker
) -> tuple[NumberedChunk, Citation] | None:
    """The chunk that has the words of a quote, though the model may number another; None for an unknown number."""
    named = chunks.get(number)
    others = [chunk for chunk in chunks.values() if chunk is not named]
    for chunk in [*([named] if named else []), *others]:
        citation = checker.citation(chunk, quote)
        if citation.located:
            return chunk, citation
    return (named, checker.citation(named, quote)) if named else None


def _by_quotes(
    resources: Resources,
    request: AskRequest,
    chunks: Sequence[NumberedChunk],
    checker: QuoteChecker,
    fault: Fault | None,
) -> Iterator[Sentence | Answer]:
    store = resources.catalog.store(chunks[0].knowledge_id)
    embedder = with_own_embedder(resources, store).embedder()  # it was loaded for the search
    quotes = best_quotes(request.question, chunks, embedder)
    sentences = []
    for quote in quotes:
        citation = checker.citation(quote.chunk, quote.text)
        sentences.append(Sentence(text=quote.shown, citations=(citation,), proved=citation.located))
        yield sentences[-1]
    if is_answered(request.question, quotes):
        yield _answer(request, Outcome.ANSWERED, "quotes", sentences, fault=fault)
        return
    note = _in_language(request, _NEAREST if sentences else _NOT_SAID)
    yield _answer(request, Outcome.NOT_SAID, "quotes", sentences, note=note, fault=fault)


def _answer(
    request: AskRequest,
    outcome: Outcome,
    written_by: str,
    sentences: Sequence[Sentence],
    *,
    note: str = "",
    fault: Fault | None = None,
) -> Answer:
    return Answer(
        question=request.question,
        outcome=outcome,
        written_by=written_by,
        sentences=tuple(sentences),
        note=note,
        fault=fault,
    )


def _in_language(request: AskRequest, texts: tuple[str, str]) -> str:
    """The English or the Chinese one, as the question is."""
    return texts[unspaced_share(request.question) > 0.5]

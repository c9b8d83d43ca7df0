"""Answers a question: by the model that is set, or by quotes where none is set or it does not answer.

The model cites passages by number and quotes their words. Each quote is looked up on its page by us; a sentence whose
quotes stand nowhere is kept and marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.answering import prompts
from pipeline.answering.answers import Answer, AskRequest, Citation, Outcome, Sentence
from pipeline.answering.passages import Passage, QuoteChecker, found_passages, has_its_numbers
from pipeline.answering.quotes import best_quotes, is_answered
from pipeline.answering.sentence_stream import ANSWER_SCHEMA, SentenceStream
from pipeline.engines.model.windows import estimated_tokens
from pipeline.step_context import Resources
from stores.errors import IngotError, InputError
from stores.models import Fault, TokenCount
from stores.words import unspaced_share

_NOT_SAID = "The documents do not say.", "文档中没有说明。"
_NEAREST = "The documents do not say; the nearest sentences are:", "文档中没有说明；最接近的句子是："


@dataclass(slots=True)
class _Writing:
    """An answer that is being written."""

    sentences: list[Sentence] = field(default_factory=list)
    tokens: TokenCount = field(default_factory=TokenCount)
    closed: bool = False


def ask(resources: Resources, request: AskRequest) -> Answer:
    """Answer a question at once."""
    *_, answer = ask_in_parts(resources, request)
    assert isinstance(answer, Answer)
    return answer


def ask_in_parts(resources: Resources, request: AskRequest) -> Iterator[Sentence | Answer]:
    """Yield each sentence as soon as it is there, and at the end the answer with all of them."""
    passages = _fitting(found_passages(resources, request), resources.settings.llm_window_tokens)
    checker = QuoteChecker(resources)
    if not passages:
        yield _answer(request, Outcome.NOT_SAID, "quotes", (), note=_in_language(request, _NOT_SAID))
    elif resources.settings.llm_url and resources.settings.llm_model:
        yield from _by_model(resources, request, passages, checker)
    else:
        yield from _by_quotes(resources, request, passages, checker, None)


def _fitting(passages: Sequence[Passage], most_tokens: int) -> list[Passage]:
    """The first passages that fit into a request together, one at least."""
    fitting: list[Passage] = []
    for passage in passages:
        most_tokens -= estimated_tokens(passage.hit.text) + 30
        if fitting and most_tokens < 0:
            break
        fitting.append(passage)
    return fitting


def _by_model(
    resources: Resources, request: AskRequest, passages: Sequence[Passage], checker: QuoteChecker
) -> Iterator[Sentence | Answer]:
    writing, fault = _Writing(), None
    try:
        yield from _written(resources, request, passages, checker, writing)
    except IngotError as error:
        fault = Fault(code=error.code, message=error.message)
    if fault and not writing.sentences:
        yield from _by_quotes(resources, request, passages, checker, fault)
        return
    outcome = Outcome.ANSWERED if writing.sentences else Outcome.NOT_SAID
    yield Answer(
        question=request.question,
        outcome=outcome,
        written_by="model",
        sentences=tuple(writing.sentences),
        note="" if writing.sentences else _in_language(request, _NOT_SAID),
        complete=fault is None,
        fault=fault,
        tokens=writing.tokens,
    )


def _written(
    resources: Resources,
    request: AskRequest,
    passages: Sequence[Passage],
    checker: QuoteChecker,
    writing: _Writing,
) -> Iterator[Sentence]:
    """Yield the sentences of the model's answer. InputError where it is no answer at all."""
    stream, most = SentenceStream(), resources.settings.llm_max_tokens
    by_number = {passage.number: passage for passage in passages}
    for delta in resources.chat().stream(prompts.question(request.question, passages), ANSWER_SCHEMA, most):
        writing.tokens = delta.tokens or writing.tokens
        for text, cited in stream.feed(delta.text):
            writing.sentences.append(_checked(text, cited, by_number, checker))
            yield writing.sentences[-1]
    if not stream.closed:
        raise InputError("the model gave no valid answer: ask again, or try another model", code="model_answer")


def _checked(
    text: str, cited: Sequence[tuple[int, str]], passages: dict[int, Passage], checker: QuoteChecker
) -> Sentence:
    checked = [one for number, quote in cited if (one := _cited(number, quote, passages, checker))]
    proving = [passage for passage, citation in checked if citation.found]
    return Sentence(
        text=text,
        citations=tuple(citation for _, citation in checked),
        proved=bool(proving) and has_its_numbers(text, proving),
    )


def _cited(
    number: int, quote: str, passages: dict[int, Passage], checker: QuoteChecker
) -> tuple[Passage, Citation] | None:
    """The passage that has the words of a quote, though the model may number another; None for an unknown number."""
    named = passages.get(number)
    others = [passage for passage in passages.values() if passage is not named]
    for passage in [*([named] if named else []), *others]:
        citation = checker.citation(passage, quote)
        if citation.found:
            return passage, citation
    return (named, checker.citation(named, quote)) if named else None


def _by_quotes(
    resources: Resources,
    request: AskRequest,
    passages: Sequence[Passage],
    checker: QuoteChecker,
    fault: Fault | None,
) -> Iterator[Sentence | Answer]:
    quotes = best_quotes(request.question, passages, resources.embedder())
    sentences = []
    for quote in quotes:
        citation = checker.citation(quote.passage, quote.text)
        sentences.append(Sentence(text=quote.text, citations=(citation,), proved=citation.found))
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

"""A fake ChatModel: it gives prepared answers in turn, the last one again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.contracts import ChatDelta, ChatReply
from stores.token_count import TokenCount


class FakeChat:
    """A ChatModel without a model. ``asked``: the messages of every request."""

    def __init__(self, answers: Sequence[str] = ("{}",), *, piece: int = 7) -> None:
        self._answers, self._piece = list(answers), piece
        self.asked: list[Sequence[Mapping[str, str]]] = []

    def reply(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any] | None, max_tokens: int
    ) -> ChatReply:
        return ChatReply(text=self._next(messages), truncated=False, tokens=TokenCount(read=1, written=1))

    def stream(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any] | None, max_tokens: int
    ) -> Iterator[ChatDelta]:
        text = self._next(messages)
        for at in range(0, len(text), self._piece):
            yield ChatDelta(text=text[at : at + self._piece])
        yield ChatDelta(tokens=TokenCount(read=1, written=1))

    def _next(self, messages: Sequence[Mapping[str, str]]) -> str:
        self.asked.append(messages)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

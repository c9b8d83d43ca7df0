"""The client of a model server that speaks OpenAI's chat API: vLLM, SGLang, llama.cpp, Ollama, LM Studio, or hosted.

Not all of these know all parameters. One that a server refuses is replaced or left out, and not sent again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.contracts import ChatDelta, ChatReply
from stores.errors import InputError, TransientError, UnavailableError
from stores.token_count import TokenCount

if TYPE_CHECKING:
    from openai import OpenAI

Messages = Sequence[Mapping[str, str]]

MOST_RETRIES = 2
"""Times that a request is sent again at once, after a pause that grows or that the server names, 60 s at most."""
_CONNECT_S = 10.0
_TOO_LONG = re.compile(r"context.{0,12}(length|window|size)|too (many|long)|maximum.{0,20}tokens", re.IGNORECASE)
_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)
_MOST_PARAMETERS_REFUSED = 4


class TooLongError(InputError):
    """The request does not fit into the model's context."""

    code = "model_context"


class OpenAiChat:
    """A ChatModel on a server at ``url``, such as ``http://127.0.0.1:8000/v1``. Threads share it.

    ``parallel``: requests at once, of all threads together; ``timeout_s``: the longest silence of the server.
    """

    def __init__(self, url: str, model: str, api_key: str, *, timeout_s: float, parallel: int) -> None:
        self._url, self._model, self._api_key, self._timeout_s = url, model, api_key, timeout_s
        self._slots = threading.BoundedSemaphore(parallel)
        self._unknown: set[str] = set()  # parameters that the server has refused

    @cached_property
    def _client(self) -> OpenAI:
        import httpx2
        from openai import OpenAI

        timeout = httpx2.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s))
        return OpenAI(base_url=self._url, api_key=self._api_key or "none", timeout=timeout, max_retries=MOST_RETRIES)

    def reply(self, messages: Messages, schema: Mapping[str, Any] | None, max_tokens: int) -> ChatReply:
        with self._slots, self._translated():
            answer = self._created(messages, schema, max_tokens, stream=False)
        choices = getattr(answer, "choices", None)
        if not choices:
            raise InputError(
                f"{self._url} does not answer as OpenAI's chat API does: check INGOT_LLM_URL", code="model"
            )
        text = choices[0].message.content or ""
        return ChatReply(
            text=_THOUGHTS.sub("", text).strip(),
            truncated=choices[0].finish_reason == "length",
            tokens=_tokens(answer.usage),
        )

    def stream(self, messages: Messages, schema: Mapping[str, Any] | None, max_tokens: int) -> Iterator[ChatDelta]:
        with self._slots, self._translated():
            ended = ""
            with self._created(messages, schema, max_tokens, stream=True) as chunks:
                for chunk in chunks:
                    for choice in chunk.choices:
                        ended = choice.finish_reason or ended
                        if choice.delta.content:
                            yield ChatDelta(text=choice.delta.content)
                    if getattr(chunk, "usage", None):
                        yield ChatDelta(tokens=_tokens(chunk.usage))
            if not ended:
                raise UnavailableError("the model server ended its answer in the middle", code="model_cut_off")
            if ended == "length":
                raise InputError("the answer is longer than INGOT_LLM_MAX_TOKENS allows", code="model_cut_off")

    def _created(self, messages: Messages, schema: Mapping[str, Any] | None, max_tokens: int, *, stream: bool) -> Any:
        """Send a request; again without a parameter that the server refuses."""
        from openai import BadRequestError, UnprocessableEntityError

        said: Any = list(messages)
        for _ in range(_MOST_PARAMETERS_REFUSED):
            parameters = self._parameters(schema, max_tokens, stream=stream)
            try:
                return self._client.chat.completions.create(
                    model=self._model, messages=said, stream=stream, **parameters
                )
            except (BadRequestError, UnprocessableEntityError) as error:
                if not self._refused(str(error), parameters):
                    raise
        raise InputError("the model server refuses every form of the request", code="model")

    def _parameters(self, schema: Mapping[str, Any] | None, max_tokens: int, *, stream: bool) -> dict[str, Any]:
        limit = "max_completion_tokens" if "max_tokens" in self._unknown else "max_tokens"
        parameters: dict[str, Any] = {limit: max_tokens, "temperature": 0}
        if stream:
            parameters["stream_options"] = {"include_usage": True}
        if schema and "json_schema" not in self._unknown:
            form = {"name": "answer", "schema": schema, "strict": True}
            parameters["response_format"] = {"type": "json_schema", "json_schema": form}
        elif schema:
            parameters["response_format"] = {"type": "json_object"}
        return {name: value for name, value in parameters.items() if name not in self._unknown}

    def _refused(self, message: str, parameters: Mapping[str, Any]) -> bool:
        """Note the parameter that an error message names; False where it names none that was sent."""
        if "response_format" in message or "json_schema" in message:
            kind = parameters.get("response_format", {}).get("type")
            self._unknown.add("json_schema" if kind == "json_schema" else "response_format")
            return kind is not None
        named = [name for name in ("max_tokens", "temperature", "stream_options") if name in message]
        refused = [name for name in named if name in parameters]
        self._unknown.update(refused[:1])
        return bool(refused)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise errors of the library as ours."""
        import httpx2
        import openai

        try:
            yield
        except openai.APITimeoutError as error:
            raise UnavailableError(
                f"the model server at {self._url} said nothing for {self._timeout_s:g} s: try again later, or raise "
                "INGOT_LLM_TIMEOUT_S"
            ) from error
        except (openai.APIConnectionError, httpx2.TransportError) as error:
            reason = error.__cause__ or error
            raise UnavailableError(f"the model server at {self._url} cannot be reached ({reason})") from error
        except openai.APIStatusError as error:
            raise self._of_status(error) from error
        except (openai.APIError, ValueError) as error:
            raise InputError(
                f"{self._url} does not answer as OpenAI's chat API does ({_short(error)}): check INGOT_LLM_URL",
                code="model",
            ) from error

    def _of_status(self, error: Any) -> InputError | TransientError:
        status, said = error.status_code, _short(error)
        if status in (401, 403):
            return InputError(f"the model server refuses the key: set INGOT_LLM_API_KEY ({said})", code="model_key")
        if status in (408, 409, 425, 429) or status >= 500:
            return UnavailableError(
                f"the model server answers {status} ({said})", retry_after_s=_retry_after_s(error.response.headers)
            )
        if status in (400, 413, 422) and (status == 413 or _TOO_LONG.search(said)):
            return TooLongError(f"the request does not fit into the context of {self._model}: {said}")
        return InputError(f"the model server answers {status} ({said})", code="model")


def _tokens(usage: Any) -> TokenCount:
    """Read the usage that a server reports; zeros where it reports none."""
    return TokenCount(read=getattr(usage, "prompt_tokens", 0) or 0, written=getattr(usage, "completion_tokens", 0) or 0)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers.get("retry-after", ""))
    except ValueError:
        return None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

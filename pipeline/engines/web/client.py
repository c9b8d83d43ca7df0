"""The HTTP client for untrusted URLs: it posts callbacks and downloads files.

Every URL, redirects included, is checked by ``pipeline.addresses``, and the connection goes to the address that was
checked. Proxies and netrc of the environment are ignored, cookies are not kept, connections are not reused.
"""

from __future__ import annotations

import contextlib
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

import httpcore2

from pipeline.addresses import WebAddress, parse_address, resolved
from pipeline.contracts import Answer, Fetched
from pipeline.engines.web.streams import Deadline, GuardedBackend
from stores.errors import CancelledError, InputError, UnavailableError

MOST_ANSWER_BYTES = 64 << 10
MOST_HOPS = 5
_LAST_WORDS_S = 1.0  # for reading the body of a response whose status is known
_STALL_S = 30.0
_AGENT = b"Ingot"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN = frozenset({408, 425, 429})
_FAILED = "fetch_failed"


class GuardedWeb:
    """A Web that connects to public addresses only, unless ``allow_private``."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Answer:
        deadline = Deadline(timeout_s)
        with self._asked("POST", parse_address(url), headers, body, deadline) as response:
            deadline.shorten(_LAST_WORDS_S)
            _read_little(response)
            return Answer(status=response.status, retry_after_s=_retry_after_s(response))

    def fetch(
        self, url: str, target: Path, largest_bytes: int, timeout_s: float, beat: Callable[[], bool] = lambda: True
    ) -> Fetched:
        deadline, address = Deadline(timeout_s), parse_address(url)
        accept = {"Accept": "application/pdf, image/*;q=0.9, */*;q=0.5", "Accept-Encoding": "identity"}
        for _ in range(MOST_HOPS + 1):
            with self._asked("GET", address, accept, b"", deadline) as response:
                where = _header(response, b"location")
                if response.status in _REDIRECTS and where:
                    address = _next_hop(address, where)
                    continue
                _refuse_failure(response)
                return _saved(response, address, target, largest_bytes, beat)
        raise InputError(f"it redirects more than {MOST_HOPS} times: name the URL that it ends at", code=_FAILED)

    @contextlib.contextmanager
    def _asked(
        self, method: str, address: WebAddress, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> Iterator[httpcore2.Response]:
        """Send one request to one host; network failures become UnavailableError."""
        addresses = resolved(address, allow_private=self._allow_private, timeout_s=deadline.resolve_s())
        sent = [(b"Host", address.netloc.encode()), (b"User-Agent", _AGENT), (b"Connection", b"close")]
        sent += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        url = httpcore2.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=address.target.encode(),
        )
        stall = {"timeout": {"connect": _STALL_S, "read": _STALL_S, "write": _STALL_S, "pool": _STALL_S}}
        backend = GuardedBackend(addresses, deadline)
        with (
            _translated(address.host),
            httpcore2.ConnectionPool(
                ssl_context=_trust() if address.scheme == "https" else None, network_backend=backend
            ) as pool,
            pool.stream(method, url, headers=sent, content=body or None, extensions=stall) as response,
        ):
            yield response


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Load the certificates of this machine, or those of certifi where it has none."""
    context = httpcore2.default_ssl_context()
    folder = ssl.get_default_verify_paths().capath
    if not context.get_ca_certs() and not (folder and any(Path(folder).glob("*.0"))):
        with contextlib.suppress(ImportError):
            import certifi

            context.load_verify_locations(certifi.where())
    return context


@contextlib.contextmanager
def _translated(host: str) -> Iterator[None]:
    try:
        yield
    except httpcore2.TimeoutException as error:
        raise UnavailableError(f"{host} did not answer in time", code="web_timeout") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError, OSError) as error:
        raise UnavailableError(f"{host} cannot be reached: {_reason(error)}", code="web_unreachable") from error


def _reason(error: Exception) -> str:
    """The text of an error of the system, on one line."""
    words = " ".join(str(error).split())[:200] or type(error).__name__
    return words[words.find("] ") + 2 :] if words.startswith("[") and "] " in words else words


def _header(response: httpcore2.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


def _retry_after_s(response: httpcore2.Response) -> float | None:
    """The seconds of the Retry-After header; None where it is missing or cannot be parsed."""
    retry_after = _header(response, b"retry-after").strip()
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _read_little(response: httpcore2.Response) -> None:
    """Read a short body, so that the server can finish; only its status matters."""
    size = 0
    with contextlib.suppress(httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        for block in response.iter_stream():
            size += len(block)
            if size > MOST_ANSWER_BYTES:
                return


def _next_hop(address: WebAddress, where: str) -> WebAddress:
    following = parse_address(urljoin(address.url, where))
    if (address.scheme, following.scheme) == ("https", "http"):
        raise InputError(f"it redirects from https to http ({following.host}): name that URL itself", code=_FAILED)
    return following


def _refuse_failure(response: httpcore2.Response) -> None:
    status = response.status
    if status >= 500 or status in _TRY_AGAIN:
        raise UnavailableError(f"the server answered {status}", code=_FAILED)
    if status != 200:
        raise InputError(f"the server answered {status}: check the URL, and whether it needs a login", code=_FAILED)


def _saved(
    response: httpcore2.Response, address: WebAddress, target: Path, largest_bytes: int, beat: Callable[[], bool]
) -> Fetched:
    announced = _header(response, b"content-length")
    if announced.isdecimal() and int(announced) > largest_bytes:
        raise _too_large(largest_bytes)
    size = 0
    with target.open("wb") as file:
        for block in _decoded(response):
            size += len(block)
            if size > largest_bytes:
                raise _too_large(largest_bytes)
            _write(file, block)
            if not beat():
                raise CancelledError()
    return Fetched(url=address.url, media_type=_header(response, b"content-type").partition(";")[0], size_bytes=size)


def _write(file: IO[bytes], block: bytes) -> None:
    try:
        file.write(block)
    except OSError as error:
        raise UnavailableError(f"what is fetched cannot be written: {error.strerror}; free some space") from error


def _too_large(largest_bytes: int) -> InputError:
    return InputError(
        f"it is larger than {largest_bytes >> 20} MB: raise INGOT_MAX_FILE_MB to take it", code="too_large"
    )


def _decoded(response: httpcore2.Response) -> Iterator[bytes]:
    """Yield the body in blocks, decompressed: some servers send gzip although it was not accepted."""
    encoding = _header(response, b"content-encoding").strip().lower()
    if encoding in ("", "identity"):
        yield from response.iter_stream()
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise InputError(f"the server sends it encoded as {encoding!r}, which is not understood", code=_FAILED)
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for block in response.iter_stream():
            yield unpack.decompress(block, _UNPACKED_BYTES)
            while unpack.unconsumed_tail:
                yield unpack.decompress(unpack.unconsumed_tail, _UNPACKED_BYTES)
    except zlib.error as error:
        raise UnavailableError("the server's compressed answer is damaged", code=_FAILED) from error


_UNPACKED_BYTES = 1 << 20

"""What fsspec and its libraries raise, as errors of ours: each with one sentence that says what to do."""

from __future__ import annotations

import contextlib
import errno
import sys
from collections.abc import Iterator

from stores.errors import TransientError, UnavailableError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BUSY = ("SlowDown", "ServiceUnavailable", "RequestTimeout", "TooManyRequests", "InternalError", "503", "500", "429")
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "TokenRetrievalError")
_UNREACHABLE = ("EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError", "SSLError", "ConnectionError")
_SLOW = ("ReadTimeoutError", "ConnectionClosedError", "ResponseStreamingError", "IncompleteReadError", "FSTimeoutError")


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Raise an UnavailableError or a TransientError for a fault of the store at ``url``; not for a missing file."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        if not isinstance(error, _classes()):
            raise
        raise _translation(url, error) from error


def no_root(url: str, what: str, remedy: str) -> UnavailableError:
    """Return the error of a store whose bucket or folder is not there."""
    return UnavailableError(f"the file store {url} cannot be used, as {what}: {remedy}, or correct INGOT_FILES_URL")


def _classes() -> tuple[type[BaseException], ...]:
    """Return the classes of faults; those of libraries that were never imported cannot have been raised."""
    named = (("botocore.exceptions", ("BotoCoreError", "ClientError")), ("aiohttp", ("ClientError",)))
    loaded = [(sys.modules[module], names) for module, names in named if module in sys.modules]
    return (OSError, TimeoutError, *(getattr(module, name) for module, names in loaded for name in names))


def _translation(url: str, error: Exception) -> TransientError:
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno in _FULL:
        return UnavailableError(f"no space is left, on this host's disk or at {url}: free some")
    if name in _NO_CREDENTIALS:
        return UnavailableError(
            f"the file store {url} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if isinstance(error, PermissionError):
        return UnavailableError(
            f"the file store {url} refuses access ({_reason(error)}): check its credentials, and that they may "
            "list, read, write and delete"
        )
    if name in _UNREACHABLE or isinstance(error, ConnectionError):
        return UnavailableError(
            f"the file store {url} cannot be reached ({_reason(error)}): check that it runs, the network, "
            "and AWS_ENDPOINT_URL where it is not Amazon's"
        )
    if name in _SLOW or isinstance(error, TimeoutError) or _code(error) in _BUSY:
        return TransientError(f"the file store {url} is slow or overloaded ({_reason(error)}): it is tried again")
    return UnavailableError(f"the file store {url} failed ({_reason(error)}): check it with `ingot doctor`")


def _code(error: BaseException) -> str:
    """Return the code of an S3 answer, from the error that s3fs translated."""
    for one in (error, error.__cause__):
        response = getattr(one, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def _reason(error: BaseException) -> str:
    code = _code(error)
    told = error.strerror if isinstance(error, OSError) else None
    words = " ".join((told or str(error)).split()) or type(error).__name__
    return f"{code}: {words}" if code and not words.startswith(code) else words

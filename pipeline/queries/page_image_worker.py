"""The child process that draws pages: reads orders and writes answers, one JSON object per line.

It has no API key, no broker and no database, so a hostile page can harm nothing but this process.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import sys
from pathlib import Path
from typing import IO, Any

from pipeline import wiring
from pipeline.contracts import DocumentEngine
from pipeline.settings import Settings
from stores.errors import IngotError

MEMORY_BYTES = 2 << 30
FILE_BYTES = 256 << 20
LONGEST_S = 120.0  # for one page: then this process ends itself


def main() -> None:
    """Draw until stdin ends. Whatever a library prints goes to stderr."""
    _limit()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each order with {} once the image is written, or with the code and the message of an error."""
    settings = Settings()
    engines: dict[int, DocumentEngine] = {}
    for line in orders:
        faulthandler.dump_traceback_later(LONGEST_S, exit=True)  # the parent, which would kill us, may be dead
        answer = _draw(settings, engines, json.loads(line))
        faulthandler.cancel_dump_traceback_later()
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _draw(settings: Settings, engines: dict[int, DocumentEngine], order: dict[str, Any]) -> dict[str, str]:
    dpi = order["dpi"]
    if dpi not in engines:
        engines[dpi] = wiring.build(settings.model_copy(update={"dpi": dpi})).documents()
    try:
        engines[dpi].render(Path(order["path"]), order["password"], order["number"], Path(order["target"]))
    except IngotError as error:
        return {"code": error.code, "error": error.message}
    except MemoryError:
        return {"code": "out_of_memory", "error": f"page {order['number']} needs more memory than is allowed"}
    except Exception as error:  # a library may raise anything on a damaged file; the next page is still drawn
        return {"code": "page_unreadable", "error": f"page {order['number']} cannot be drawn: {type(error).__name__}"}
    return {}


if __name__ == "__main__":
    main()

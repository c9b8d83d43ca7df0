"""The child process that takes attached files out of mail messages and PDFs; it speaks a JSON object per line.

It has no API key, no broker and no database, so a hostile file can harm nothing but this process.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from pipeline.engines.containers import MSG
from pipeline.engines.media import PDF
from stores.errors import IngotError

MEMORY_BYTES = 2 << 30
CPU_S = 60.0  # for one file: then this process is ended
_LARGER = "it is larger than {} MB: raise INGOT_MAX_FILE_MB to take it"


def main() -> None:
    """Answer until stdin ends. Whatever a library prints goes to stderr."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each order with the attached files that were written, or with an error."""
    for line in orders:
        signal.setitimer(signal.ITIMER_PROF, CPU_S)  # its signal ends the process
        answer = written(json.loads(line))
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def written(order: dict[str, Any]) -> dict[str, Any]:
    """Write the files attached to one file into its folder, numbered; what was written, or could not be, and why."""
    files: list[dict[str, Any]] = []
    left = int(order["total_bytes"])
    try:
        for name, data in _attached(Path(order["path"]), order["media_type"], order["passwords"]):
            if len(files) == order["most_files"]:
                return {"files": files, "error": f"more than {order['most_files']} files are attached"}
            if len(data) > left:
                return {"files": files, "error": "its attached files are too large together"}
            if len(data) > order["largest_bytes"]:
                files.append({"name": name, "error": _LARGER.format(order["largest_bytes"] >> 20)})
                continue
            left -= len(data)
            target = Path(order["folder"]) / f"{order['prefix']}-{len(files)}.attached"
            target.write_bytes(data)
            files.append({"name": name, "path": str(target), "size_bytes": len(data)})
    except IngotError as error:
        return {"files": files, "error": error.message}
    except MemoryError:
        return {"files": files, "error": "unpacking its attached files takes too much memory"}
    except Exception as error:  # a library may raise anything on a damaged file; the next file is still read
        return {"files": files, "error": f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"}
    return {"files": files}


def _attached(path: Path, media_type: str, passwords: list[str]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files attached to a file."""
    if media_type == PDF:
        from pipeline.engines.pdf.attachments import embedded_files

        return embedded_files(path, passwords)
    if media_type == MSG:
        from pipeline.engines.formats.outlook import outlook_message

        return outlook_message(path).files()
    from pipeline.engines.formats.mail import mail_messages

    return (file for message in mail_messages(path) for file in message.files())


if __name__ == "__main__":
    main()

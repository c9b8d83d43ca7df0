"""Operations of a GPU: asynchronous copies, memory that is exhausted, and calls that never return."""

from __future__ import annotations

import contextlib
import faulthandler
import traceback
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """End the process when the block takes longer, if ``seconds`` is not 0. There is one such clock per process."""
    if seconds:
        faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        if seconds:
            faulthandler.cancel_dump_traceback_later()


def fetch(recent: Any, count: Any) -> tuple[Any, Any]:
    """Start copying a report to the host; returns pinned buffers and the event that marks them as filled."""
    import torch

    if recent.device.type != "cuda":
        return recent, count
    copies = [torch.empty(part.shape, dtype=part.dtype, pin_memory=True) for part in (recent, count)]
    for copy, part in zip(copies, (recent, count), strict=True):
        copy.copy_(part, non_blocking=True)
    event = torch.cuda.Event()
    event.record()
    return copies[0], (copies[1], event)


def arrived(recent: Any, count: Any) -> tuple[list[list[int]], list[int]]:
    """Wait for a report that was fetched; returns it as plain lists."""
    if isinstance(count, tuple):
        count, event = count
        event.synchronize()
    return recent.tolist(), count.tolist()


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means exhausted memory, of the GPU or of the machine."""
    return isinstance(error, MemoryError) or type(error).__name__ in ("OutOfMemoryError", "OutOfMemoryException")


def release_memory(error: BaseException) -> None:
    """Free the GPU after its memory was exhausted: drop what failed calls held, and return cached blocks."""
    import torch

    if is_out_of_memory(error):
        traceback.clear_frames(error.__traceback__)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

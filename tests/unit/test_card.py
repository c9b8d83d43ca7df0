"""What hangs on the card ends its process, so that whoever started it starts it again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.engines.got.card import is_out_of_memory
from tests.conftest import ROOT
from tests.waiting import GENEROUS_S

BLOCK = """
import time
from pipeline.engines.got.card import limited
with limited({limit}):
    time.sleep({lasts})
print("over")
"""


@pytest.mark.parametrize(("limit", "lasts", "ends_itself"), [(0.3, 600, True), (600, 0.1, False), (0, 0.1, False)])
def test_a_block_that_takes_too_long_ends_the_process(limit: float, lasts: float, ends_itself: bool) -> None:
    code = BLOCK.format(limit=limit, lasts=lasts)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=GENEROUS_S)
    assert (run.returncode != 0) is ends_itself
    assert ("over" in run.stdout) is not ends_itself
    assert ("Timeout" in run.stderr) is ends_itself, "the traceback of what hung is shown"


def test_memory_errors_of_card_and_machine_are_known() -> None:
    kind = type("OutOfMemoryError", (RuntimeError,), {})
    assert is_out_of_memory(kind("CUDA out of memory"))
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("CUDA error"))

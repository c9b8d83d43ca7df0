"""Reads pages on demand for ``bench pages`` and ``compare_reading``: JSON requests line by line, JSON answers.

It imports the product from PYTHONPATH and nothing from beside itself, so that it also runs on an older checkout.
A request: ``{"path": ..., "pages": [1, 2] or null, "ocr": true, "profile": false}``.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

GROUPS = (  # the first that the path of a function's file holds
    ("/onnxruntime/", "models"),
    ("/openvino/", "models"),
    ("/pymupdf/layout/", "layout features"),
    ("/pymupdf/features.py", "layout features"),
    ("/pymupdf/table.py", "table finder"),
    ("/pymupdf/_table", "table finder"),
    ("/pymupdf/", "MuPDF"),
    ("/pipeline/engines/layout/", "reading rules"),
    ("/rapidocr/", "OCR around its models"),
    ("/pipeline/engines/ocr/", "OCR around its models"),
    ("/pipeline/", "rest of Ingot"),
)


class Timed:
    """CPU seconds of this process by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def call(self, stage: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        try:
            return work()
        finally:
            self.seconds[stage] += time.process_time() - began


def main() -> None:
    from pipeline import wiring
    from pipeline.settings import Settings

    resources = wiring.build(Settings())
    answers, sys.stdout = sys.stdout, sys.stderr  # a library that prints must not break the protocol
    for line in sys.stdin:
        print(json.dumps(_answer(resources, json.loads(line))), file=answers, flush=True)


def _answer(resources: Any, request: dict[str, Any]) -> dict[str, Any]:
    profile = cProfile.Profile(time.process_time, builtins=False) if request.get("profile") else None
    timed = Timed()
    try:
        if profile:
            profile.enable()
        pages = _read(resources, Path(request["path"]), request.get("pages"), bool(request.get("ocr", True)), timed)
    except Exception as error:  # the other documents are still to be read
        return {"error": f"{type(error).__name__}: {error}", "pages": [], "seconds": dict(timed.seconds)}
    finally:
        if profile:
            profile.disable()
    groups, top = _groups(profile) if profile else ({}, [])
    return {"pages": pages, "seconds": dict(timed.seconds), "groups": groups, "top": top}


def _read(resources: Any, path: Path, wanted: list[int] | None, ocr: bool, timed: Timed) -> list[dict[str, Any]]:
    documents = resources.documents()
    count = timed.call("plan", lambda: documents.inspect(path, "").page_count)
    numbers = [number for number in wanted or range(1, count + 1) if number <= count]
    looking = documents.look(path, "", numbers)
    pages = []
    for number in numbers:
        page: dict[str, Any] = {"number": number, "route": "", "markdown": "", "error": ""}
        pages.append(page)
        try:
            _read_page(resources, path, timed.call("plan", lambda: next(looking)), page, ocr, timed)
        except Exception as error:
            page["error"] = f"{type(error).__name__}: {error}"
    return pages


def _read_page(resources: Any, path: Path, facts: Any, page: dict[str, Any], ocr: bool, timed: Timed) -> None:
    from pipeline.stages.plan import decide

    plan = timed.call("plan", lambda: decide(facts, "auto"))
    page["route"] = plan.route.value
    if page["route"] == "text":
        text = timed.call("parse", lambda: resources.text_reader().read(path, "", plan.number))
        page["markdown"] = text.markdown
    elif page["route"] == "ocr" and ocr:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "page.png"
            image = timed.call("render", lambda: resources.documents().render(path, "", plan.number, target))
            page["markdown"] = timed.call("ocr", lambda: resources.page_reader().read(image)).markdown


def _groups(profile: cProfile.Profile) -> tuple[dict[str, float], list[tuple[str, float, int]]]:
    """Seconds by group of functions, and the fifteen functions with most time of their own: name, seconds, calls."""
    sums: dict[str, float] = defaultdict(float)
    single = []
    for (file, line, name), (_, calls, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        sums[_group(file)] += own
        single.append((f"{'/'.join(file.split('/')[-2:])}:{line} {name}", own, calls))
    return dict(sums), sorted(single, key=lambda entry: -entry[1])[:15]


def _group(file: str) -> str:
    return next((name for part, name in GROUPS if part in file), "rest")


if __name__ == "__main__":
    main()

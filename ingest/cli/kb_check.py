"""``ingot kb check``: compare what a knowledge base is made of, and repair it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import AsJson, load_settings, open_service
from ingest.cli.exit_codes import Exit
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from pipeline.commands.check_report import CheckReport

_COLUMNS = {"code": "code", "count": "how many", "what": "what", "repair": "repair", "examples": "for example"}
_SAY_EVERY_S = 2.0


def kb_check(
    knowledge: Annotated[str, typer.Argument(metavar="ID", help="The knowledge base.")],
    repair: Annotated[bool, typer.Option("--repair", help="Repair what can be made again from the rest.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Read every file, and compare its content.")] = False,
    as_json: AsJson = False,
) -> int:
    """Compare rows, files, keywords and vectors of a knowledge base, and repair them; it may be in use meanwhile."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.runtime import embedded

    check_knowledge_id(knowledge)
    with embedded.searching(load_settings()) as settings:
        report = open_service(settings).knowledge_bases.check(knowledge, repair=repair, deep=deep, tell=Progress())
    shown = serializers.check_report(report)
    if as_json:
        console.print_json(shown)
    elif report.findings:
        console.print_rows(shown["findings"], _columns(repair), as_json=False, as_lines=False)
    for sentence in _remarks(report, repair):
        console.note(sentence)
    if report.unchecked:
        return Exit.UNREACHABLE
    return Exit.WELL if report.healthy else Exit.SOME_FAILED


def _columns(repair: bool) -> dict[str, str]:
    return {**_COLUMNS, "left": "left"} if repair else _COLUMNS


def _remarks(report: CheckReport, repair: bool) -> list[str]:
    from ingest.cli import console

    name = report.knowledge_id
    remarks = [f"not checked: {why}" for why in report.unchecked]
    if report.jobs:
        count = console.plural(len(report.jobs), "document")
        remarks.append(f"{count} made again: see `ingot jobs watch {report.jobs[0]}`, or `ingot jobs list -k {name}`")
    if not report.findings and not report.unchecked:
        remarks.append(f"{name}: all agrees")
    elif repair and report.healthy:
        remarks.append(f"{name}: all is repaired")
    elif repair and report.findings:
        remarks.append(f"{name}: not all could be repaired")
    elif report.findings:
        remarks.append(f"`ingot kb check {name} --repair` repairs what can be made again")
    return remarks


class Progress:
    """Print what is compared every few seconds, where somebody looks on."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def __call__(self, what: str, count: int) -> None:
        from ingest.cli import console

        now = time.monotonic()
        if sys.stderr.isatty() and now - self._said_at > _SAY_EVERY_S:
            self._said_at = now
            console.note(f"{count:,} {what}")

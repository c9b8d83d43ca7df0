"""``ingot schedules``: list what is done by the clock, and run one of it at once."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import AsJson, AsLines, load_settings, open_service
from ingest.cli.exit_codes import Exit

schedules = typer.Typer(no_args_is_help=True, help="Schedules: list, run.")

_COLUMNS = {
    "name": "schedule",
    "do": "what",
    "knowledge_id": "knowledge base",
    "source": "source",
    "cron": "cron",
    "state": "last run",
    "finished_at": "finished",
    "next_at": "next",
    "error": "problem",
}


@schedules.command("list")
def schedules_list(as_json: AsJson = False, as_lines: AsLines = False) -> None:
    """List the schedules of INGOT_SCHEDULES_FILE with their last runs; `ingot serve` or a Celery beat starts them."""
    from ingest.cli import console
    from ingest.schedules import schedule

    rows = [schedule(status) for status in open_service(load_settings()).schedules.all()]
    console.print_rows(rows, _COLUMNS, as_json=as_json, as_lines=as_lines)
    if not rows:
        console.note("there are no schedules: INGOT_SCHEDULES_FILE names a file of them")


@schedules.command("run")
def schedules_run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The schedule, as `ingot schedules list` prints it.")],
    as_json: AsJson = False,
) -> int:
    """Run a schedule now, on this host; its times stay as they are. What it ingests is left to the workers."""
    from ingest.cli import console
    from ingest.runtime import embedded
    from ingest.schedules import schedule

    with embedded.session(load_settings()) as connected:
        shown = schedule(open_service(connected).schedules.run(name))
    if as_json:
        console.print_json(shown)
    console.note(f"{name}: {shown['state']}{_words(shown['result'], shown['error'])}")
    return Exit.SOME_FAILED if shown["error"] else Exit.WELL


def _words(result: object, error: str | None) -> str:
    if error:
        return f": {error}"
    known = result if isinstance(result, dict) else {}
    counts = ", ".join(f"{count} {outcome}" for outcome, count in known.get("counts", {}).items())
    checked = f"{known['checked']} checked" if "checked" in known else ""
    words = ", ".join(filter(None, [counts, checked, f"job {known['job']}" if known.get("job") else ""]))
    return f": {words}" if words else ""

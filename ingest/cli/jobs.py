"""``ingot jobs``: list, show, watch, cancel and retry jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import AsJson, AsLines, load_settings, open_service
from ingest.quantities import clock_duration
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from stores.views import JobProgress, JobView

jobs = typer.Typer(no_args_is_help=True, help="Jobs: list, watch, cancel, retry.")

Job = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id, as `ingot ingest` and `ingot jobs list` print it.")
]
Timeout = Annotated[float | None, typer.Option("--timeout", metavar="S", min=0, help="Watch for at most S seconds.")]
_JOB = {
    "job_id": "job",
    "state": "state",
    "created_at": "created",
    "finished_at": "finished",
    "counts": "documents",
}
_DOCUMENT = {
    "source": "source",
    "outcome": "found",
    "state": "state",
    "pages": "pages",
    "stage": "stage",
    "page": "page",
    "error": "problem",
}


@jobs.command("list")
def jobs_list(
    knowledge: Annotated[str, typer.Option("-k", "--knowledge", metavar="ID", help="Only of this one.")] = "",
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> None:
    """List jobs, those of all knowledge bases unless one is named."""
    from ingest import serializers
    from ingest.cli import console

    views = open_service(load_settings()).jobs.all(check_knowledge_id(knowledge) if knowledge else None)
    rows = [serializers.job_summary(view) for view in views]
    console.print_rows(rows, _JOB, as_json=as_json, as_lines=as_lines)


@jobs.command("show")
def jobs_show(job: Job, as_json: AsJson = False) -> int:
    """Show one job with its stages and documents, and why it waits."""
    from ingest.runtime import embedded

    with embedded.attached(load_settings()) as settings:
        service = open_service(settings)
        view, progress = service.jobs.get(job), service.jobs.progress(job)
        if progress.waiting:
            service.administration.workers()  # asks the workers now, so that the reason is up to date
            progress = service.jobs.progress(job)
    _print(view, as_json=as_json, progress=progress)
    return _exit(view)


@jobs.command("watch")
def jobs_watch(job: Job, timeout: Timeout = None, as_json: AsJson = False, as_lines: AsLines = False) -> int:
    """Watch a job until it is over; starts workers for it where none run."""
    view = _watch(job, timeout, as_lines=as_lines)
    if as_json:
        _print(view, as_json=True)
    return _exit(view)


@jobs.command("cancel")
def jobs_cancel(job: Job, as_json: AsJson = False) -> None:
    """Stop a job; what is finished stays."""
    from ingest.cli import console

    view = open_service(load_settings()).jobs.cancel(job)
    if as_json:
        _print(view, as_json=True)
    console.note(f"{view.job}: {view.state}")


@jobs.command("retry")
def jobs_retry(
    job: Job,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until all is done.")] = True,
    timeout: Timeout = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> int:
    """Retry the pages and stages of a job that failed."""
    from ingest.runtime import embedded

    prepare_workers()
    with embedded.attached(load_settings()) as connected:
        view = open_service(connected).jobs.retry(job)
    return watch_or_leave(view.job, wait, timeout, as_json=as_json, as_lines=as_lines)


def prepare_workers() -> None:
    """Adapt the running workers to the settings. UnavailableError, before anything changes, where they cannot."""
    from ingest.cli import console
    from ingest.runtime import embedded

    for remark in embedded.prepare(load_settings()):
        console.note(f"note: {remark}")


def watch_or_leave(job: str, wait: bool, timeout: float | None, *, as_json: bool, as_lines: bool) -> int:
    """Watch a job that was just started, or leave it in the background; return the exit code."""
    from ingest.cli import console
    from ingest.runtime import embedded

    settings = load_settings()
    if wait:
        view = _watch(job, timeout, as_lines=as_lines)
    else:
        with embedded.session(settings):
            if not as_json and not as_lines:
                console.print_text(job)
            console.note(f"The job runs in the background; follow it with: ingot jobs watch {job}")
        view = open_service(settings).jobs.get(job)
    if as_json:
        _print(view, as_json=True)
    return _exit(view)


def _watch(job: str, timeout_s: float | None, *, as_lines: bool) -> JobView:
    from ingest.cli import console, progress
    from ingest.cli.watch import watch_job
    from ingest.runtime import embedded
    from stores.models import JobState

    settings = load_settings()
    view = open_service(settings).jobs.get(job)
    if view.state is JobState.RUNNING:
        with embedded.session(settings) as connected:
            view = watch_job(open_service(connected), settings, view.job, timeout_s=timeout_s, as_lines=as_lines)
    elif as_lines:
        progress.JsonLines().show(view)
    console.note(f"{view.job}: {progress.headline(view)}")
    return view


def _print(view: JobView, *, as_json: bool, progress: JobProgress | None = None) -> None:
    from ingest import serializers
    from ingest.cli import console
    from ingest.cli.progress import headline, rest_words, times_words, warnings_in_words

    shown = serializers.job(view)
    if as_json:
        more = {"waiting": serializers.waiting(progress.waiting), "left_s": progress.left_s} if progress else {}
        console.print_json({**shown, **more})
        return
    console.print_text(f"{view.job}  {view.state}  {headline(view)}{times_words(view)}")
    if progress and progress.waiting:
        console.print_text(f"  waiting: {console.one_line(progress.waiting.why)}")
    if progress and progress.left_s is not None:
        console.print_text(f"  about {clock_duration(progress.left_s)} left")
    for stage in view.stages:
        if stage.total:
            done = f"{stage.done} of {console.plural(stage.total, stage.unit)}"
            console.print_text(f"  {stage.stage:<8} {done}  {rest_words(stage)}".rstrip())
    rows = [
        {**row, "error": row["error"] or warnings_in_words(document.warnings)}
        for row, document in zip(shown["documents"], view.documents, strict=True)
    ]
    console.print_rows(rows, _DOCUMENT, as_json=False, as_lines=False)


def _exit(view: JobView) -> int:
    from ingest.cli import exit_codes

    return exit_codes.of_states(document.state for document in view.documents)

"""``ingot doctor``: check this machine."""

from __future__ import annotations

from dataclasses import asdict

from ingest.cli.context import AsJson, load_settings


def doctor(as_json: AsJson = False) -> int:
    """Check this machine: Python, SQLite, Redis, models and their servers, GPU, home and disk."""
    from ingest.cli import console
    from ingest.cli.doctor_checks import examine
    from ingest.cli.finding import Level

    findings = examine(load_settings())
    if as_json:
        console.print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            remedy = f"\n     {'':<12} -> {finding.remedy}" if finding.remedy else ""
            console.print_text(f"{finding.level:<4} {finding.what:<12} {finding.words}{remedy}")
    return 1 if any(finding.level is Level.FAIL for finding in findings) else 0

"""What is fetched from the web for one knowledge base: claimed under a lease, placed in its job like any other file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from stores.contracts.outbox import DownloadClaim, DownloadView
from stores.lifecycle.unit_of_work import SqlUnitOfWork
from stores.models import Fault, Options, Outcome
from stores.outbox.download_rows import PENDING, is_pending, write_claimed
from stores.placement import URL_ROOT, PlacementDecision, StagedFile
from stores.sql.database import Database
from stores.sql.profiles import profile_of_job
from stores.sql.tables import columns_of, fetch, job


@dataclass(frozen=True, slots=True)
class Downloads:
    """The URLs that jobs of one knowledge base wait for."""

    database: Database

    def claim(self, job_id: str, url: str, owner: str, lease_s: float) -> DownloadClaim | None:
        """Take a URL that is due; None where it is not, somebody has it, or nobody waits for it any more."""
        now = self.database.now()
        with self.database.write() as connection:
            row = connection.execute(
                update(fetch)
                .where(*is_pending(job_id, url), fetch.c.scheduled_at <= now, fetch.c.lease_until <= now)
                .values(owner=owner, lease_until=now + lease_s, attempt=fetch.c.attempt + 1)
                .returning(fetch.c.attempt, fetch.c.passwords)
            ).first()
            if row is None:
                return None
            options = connection.execute(select(job.c.options).where(job.c.id == job_id)).scalar_one()
            profile = profile_of_job(connection, job_id)
        return DownloadClaim(
            job=job_id,
            url=url,
            owner=owner,
            attempt=row.attempt,
            options=Options.from_json(options),
            passwords=tuple(row.passwords or ()),
            profile=profile,
        )

    def beat(self, claim: DownloadClaim, lease_s: float) -> bool:
        """Extend the lease; False when it is ours no more."""
        with self.database.write() as connection:
            return write_claimed(connection, claim, lease_until=self.database.now() + lease_s)

    def later(self, claim: DownloadClaim, delay_s: float, fault: Fault) -> bool:
        """The attempt failed; the next is due after ``delay_s``."""
        words = {"error": fault.message, "error_code": fault.code}
        return self._free(claim, scheduled_at=self.database.now() + delay_s, **words)

    def put_back(self, claim: DownloadClaim, delay_s: float) -> bool:
        """It was not tried: nothing is counted, and it is due again after ``delay_s``."""
        return self._free(claim, scheduled_at=self.database.now() + delay_s, attempt=claim.attempt - 1)

    def _free(self, claim: DownloadClaim, **values: Any) -> bool:
        with self.database.write() as connection:
            return write_claimed(connection, claim, owner=None, lease_until=0.0, sent_at=0.0, **values)

    def give_up(self, claim: DownloadClaim, fault: Fault) -> bool:
        """Write to its job and its source why a URL cannot be fetched or is no document."""
        file = StagedFile(root=URL_ROOT, name=claim.url, fault=fault)
        refused = PlacementDecision(file=file, outcome=Outcome.FAILED, options=claim.options, fingerprints={})
        with self.database.write() as connection:
            return SqlUnitOfWork(connection, self.database.now()).register_download(claim, refused, {})

    def open_of(self, job_id: str) -> dict[str, DownloadView]:
        """The URLs that a job still waits for."""
        now = self.database.now()
        with self.database.read() as connection:
            rows = connection.execute(
                select(*columns_of(fetch)).where(fetch.c.job == job_id, fetch.c.state == PENDING)
            ).all()
        return {row.url: _view(row, now) for row in rows}


def _view(row: Any, now: float) -> DownloadView:
    return DownloadView(
        url=row.url,
        attempt=row.attempt,
        error=Fault(code=row.error_code or "fetch_failed", message=row.error) if row.error else None,
        again_at=row.scheduled_at or None,
        under_way=row.lease_until > now,
    )

"""A home with a broker and a real notify worker, and documents that are made in the test's own process."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import update

from ingest.runtime import processes, worker_spec
from pipeline.commands.submission import Submission
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.placement import StagedFile
from stores.sql.tables import step
from stores.views import CallbackFilter, CallbackView
from tests.in_process import fake_resources, run_until_done, sql_store
from tests.waiting import GENEROUS_S
from tests.waiting import eventually as until

RETRIES_S = "0,0.2,0.2,0.2,0.3,0.5"


class CallbackEnvironment:
    """``submit`` makes a job as the API would; ``work`` makes its documents, here, as workers would."""

    def __init__(self, **settings: Any) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ingot-"))
        socket = self.home / "redis.sock"
        self.redis = subprocess.Popen(
            [
                processes.redis_program(),
                "--port",
                "0",
                "--unixsocket",
                str(socket),
                "--save",
                "",
                "--dir",
                str(self.home),
            ],
            stdout=subprocess.DEVNULL,
        )
        until(socket.exists)
        chosen = {
            "home": self.home,
            "broker_url": f"redis+socket://{socket}?virtual_host=0",
            "callback_retries_s": RETRIES_S,
            "callback_timeout_s": GENEROUS_S,
            "allow_private_urls": True,
            "text_engine": "fake",
            "ocr_engine": "fake",
            "embedder": "fake",
            **settings,
        }
        self.settings = Settings(**chosen)
        self.service = Service(self.settings)
        self.resources: Resources = fake_resources(**chosen)
        self.log = (self.home / "worker.log").open("ab")
        self.worker: subprocess.Popen[bytes] | None = None
        self._environment = {f"INGOT_{name.upper()}": str(value) for name, value in chosen.items()}

    def start_worker(self) -> None:
        (member,) = worker_spec.worker_specs("notify", worker_spec.WorkerNeeds(workers=1), [])
        environment = member.environment({**os.environ, **self._environment})
        self.worker = subprocess.Popen(
            member.command("test@here"), env=environment, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def kill_worker(self) -> None:
        """SIGKILL: nothing of it can say goodbye."""
        assert self.worker
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()

    def close(self) -> None:
        if self.worker and self.worker.poll() is None:
            self.kill_worker()
        self.redis.terminate()
        self.redis.wait(GENEROUS_S)
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def submit(self, knowledge_id: str, *pages: str, files: int = 1, **submission: Any) -> str:
        """A job with fake documents of these pages, each with something of its own; its id."""
        uploads = tuple(self._upload(f"{number}.pdf", pages) for number in range(files))
        return self.service.ingestion.submit(knowledge_id, Submission(uploads=uploads, **submission)).job

    def _upload(self, name: str, pages: tuple[str, ...]) -> StagedFile:
        path = self.service.ingestion.staging("any") / f"{uuid.uuid4().hex}.part"
        content = ("%FAKE\n" + "\f".join(pages or ("One page.",)) + f"\n{uuid.uuid4().hex}").encode()
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return StagedFile.upload(
            path=path, name=name, size_bytes=len(content), sha256=digest, media_type="text/x-fake-pages"
        )

    def work(self, knowledge_id: str) -> None:
        """Make all that is due here; the messages that were sent of it wait in queues that nobody serves."""
        store = sql_store(self.resources, knowledge_id)
        while store.dispatch.unfinished():
            with store.database.write() as connection:
                connection.execute(update(step).values(sent_at=0.0, sends=0))
            run_until_done(self.resources, knowledge_id=knowledge_id, most=5000)

    def callbacks(self, knowledge_id: str, **wanted: Any) -> list[CallbackView]:
        """The oldest first."""
        newest = self.service.callbacks.slice(CallbackFilter(knowledge_ids=(knowledge_id,), **wanted), limit=5000)
        return list(reversed(newest.items))

    def states(self, knowledge_id: str) -> list[str]:
        return [view.state for view in self.callbacks(knowledge_id)]


__all__ = ["CallbackEnvironment", "until"]

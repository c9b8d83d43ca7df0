"""Host A with the API and the servers, B with a cpu worker, C with a gpu worker: started, asked and compared."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psycopg
from standardwebhooks import Webhook

from ingest.api.keys import new_entry
from tests import s3_server
from tests.hosts.network import Network, Process, network, small_disk
from tests.hosts.servers import PLAIN, ROOT, S3, Chroma, Postgres, RabbitMq, Redis, Server, removed
from tests.receiver import Receiver
from tests.waiting import GENEROUS_S, eventually

BROKERS: Mapping[str, type[Redis] | type[RabbitMq]] = {"redis": Redis, "rabbitmq": RabbitMq}
ROLES = {"b": "cpu", "c": "gpu"}
BUCKET = "ingot"
_API_PORT = 8080
_INSTALLED = Path(sys.prefix) / "bin" / "python"
_ROWS = {
    "documents": "SELECT id, state, visible FROM document",
    "sources": "SELECT name, document, pending FROM source",
    "pages": "SELECT document, generation, number, route, engine, markdown, error FROM page",
    "blocks": "SELECT document, generation, page, ordinal, label, text FROM block",
    "chunks": "SELECT document, generation, ordinal, text, heading, boxes, embedding FROM chunk",
    "keywords": "SELECT c.document, c.ordinal, w.words::text FROM chunk_words w JOIN chunk c ON c.id = w.id",
    "records": "SELECT document, generation, schema, fields FROM record",
    "typed": "SELECT * FROM record_document",
    "evidence": "SELECT document, generation, schema, path, page, quote FROM evidence",
}


@dataclass
class Worker:
    """A worker of a host; ``process`` is its first process."""

    host: str
    role: str
    process: Process

    def kill(self) -> None:
        """End all its processes at once."""
        self.process.signal(signal.SIGKILL)
        self.process.wait(GENEROUS_S)

    def drain(self) -> int | None:
        """Ask it to end, and wait; its exit status."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait(GENEROUS_S)


@dataclass
class Cluster:
    """The running hosts. Faults act on ``network``, the servers and the workers."""

    network: Network
    folder: Path
    broker: Redis | RabbitMq
    postgres: Postgres
    chroma: Chroma
    s3: S3
    receiver: Receiver
    key: str = ""
    entry: str = ""
    workers: dict[str, Worker] = field(default_factory=dict)
    api: Process | None = None

    @property
    def servers(self) -> list[Server]:
        return [self.broker, self.postgres, self.chroma, self.s3]

    def environment(self, host: str) -> dict[str, str]:
        home = self.folder / host
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        engines = {f"INGOT_{name}": "fake" for name in ("TEXT_ENGINE", "OCR_ENGINE", "EMBEDDER")}
        return {
            **PLAIN,
            **s3_server.environment(self.s3.url),
            **engines,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(home / "tmp"),
            "INGOT_PYTHON": str(_INSTALLED),
            "INGOT_HOME": str(home / "home"),
            "INGOT_BROKER_URL": self.broker.url,
            "INGOT_DATABASE_URL": self.postgres.url,
            "INGOT_CHROMA_URL": self.chroma.url,
            "INGOT_FILES_URL": f"s3://{BUCKET}",
            "INGOT_ALLOW_PRIVATE_URLS": "true",
            "INGOT_BATCH_PAGES": "2",
            "INGOT_WORKERS": "2",
        }

    def start(self) -> None:
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait()
        s3_server.client(self.s3.url).mkdir(BUCKET)
        self.key, self.entry = new_entry(())
        self.start_api()
        for host, role in ROLES.items():
            self.start_worker(host, role)

    def start_api(self) -> None:
        host = {"INGOT_API_HOST": self.network.address("a"), "INGOT_API_PORT": str(_API_PORT)}
        environment = {**self.environment("a"), **host, "INGOT_API_KEYS": self.entry}
        command = [*self.network.machine("a"), str(_INSTALLED), "-m", "ingest.cli", "serve"]
        self.api = Process(command, environment, self.folder / "a" / "serve.log")
        self.api.start()
        eventually(self._answers, told=self.api.tail)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return client.get("/knowledge").status_code == 200
        except httpx2.TransportError:
            return False

    def kill_api(self) -> None:
        """End all processes of the API at once."""
        assert self.api
        self.api.signal(signal.SIGKILL)
        self.api.wait(GENEROUS_S)

    def start_worker(self, host: str, role: str, extra: Mapping[str, str] | None = None, source: Path = ROOT) -> Worker:
        """Start the worker of a role on a host, in the place of one that has ended. ``source``: which version."""
        command = [*self.network.machine(host), str(source / "start_worker.sh"), role]
        environment = {**self.environment(host), "PYTHONPATH": str(source), **(extra or {})}
        worker = Worker(host, role, Process(command, environment, self.folder / f"{role}-{host}.log"))
        worker.process.start()
        self.workers[f"{role}@{host}"] = worker
        return worker

    def stop(self) -> None:
        running = [worker.process for worker in self.workers.values()] + ([self.api] if self.api else [])
        for process in running:
            if not process.ended():
                process.signal(signal.SIGKILL)
                process.wait(GENEROUS_S)
        for server in self.servers:
            server.stop()
        if isinstance(self.broker, RabbitMq):
            self.broker.close()

    def client(self) -> httpx2.Client:
        base = f"http://{self.network.address('a')}:{_API_PORT}/api/v1"
        return httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {self.key}"}, timeout=GENEROUS_S)

    def upload(self, knowledge_id: str, documents: Path) -> str:
        """Send documents as a client of the API; the id of their job."""
        files = [("files", (path.name, path.read_bytes())) for path in sorted(documents.iterdir())]
        told = self.receiver.url(f"/{knowledge_id}")
        with self.client() as client:
            answer = client.post(
                f"/knowledge/{knowledge_id}/ingest", files=files, data={"callback_url": told, "callback_each": "true"}
            )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def finished(self, job: str, knowledge_id: str) -> Mapping[str, Any]:
        """The job once it has ended and its callback came."""

        def over() -> Any:
            with self.client() as client:
                view = client.get(f"/jobs/{job}").json()
            told = any(call.event["type"] == "job.finished" for call in self.receiver.took(f"/{knowledge_id}"))
            return view if view.get("state") in ("done", "cancelled") and told else None

        return eventually(over, 2 * GENEROUS_S, 0.2, told=lambda: self.story(knowledge_id))

    def rows(self, knowledge_id: str, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgres.url) as connection:
            named = connection.execute("SELECT schema FROM ingot.knowledge_base WHERE id = %s", [knowledge_id])
            ((schema,),) = named.fetchall()
            connection.execute(f"SET search_path TO {schema}".encode())
            return connection.execute(sql.encode()).fetchall()

    def working(self, knowledge_id: str, stage: str, host: str) -> list[tuple[Any, ...]]:
        """The steps of a stage that a host has under a lease that still runs."""
        running = "state = 'running' AND lease_until > extract(epoch FROM clock_timestamp())"
        sql = f"SELECT document FROM step WHERE stage = '{stage}' AND {running} AND worker LIKE '%@{host}#%'"
        return self.rows(knowledge_id, sql)

    def wait_for(self, knowledge_id: str, stage: str, host: str) -> None:
        """Return once a host works on a stage."""
        eventually(lambda: self.working(knowledge_id, stage, host), every_s=0.01, told=lambda: self.story(knowledge_id))

    def story(self, knowledge_id: str) -> str:
        """How things stand, for the message of a test that waited in vain."""
        steps = self.rows(
            knowledge_id, "SELECT stage, state, worker, error, count(*) FROM step GROUP BY 1, 2, 3, 4 ORDER BY 1"
        )
        logs = {name: worker.process.tail() for name, worker in self.workers.items()}
        return "\n".join([*map(str, steps), *(f"--- {name}\n{log}" for name, log in logs.items())])

    def contents(self, knowledge_id: str) -> dict[str, object]:
        """All that the stores hold and the receiver got, without times and attempts, to be compared as sets."""
        kept: dict[str, object] = {
            name: sorted(_plain(self.rows(knowledge_id, sql)), key=repr) for name, sql in _ROWS.items()
        }
        files = s3_server.client(self.s3.url).find(f"{BUCKET}/{knowledge_id}")
        kept["files"] = sorted(path.removeprefix(f"{BUCKET}/{knowledge_id}/") for path in files)
        kept["vectors"] = self._vectors(knowledge_id)
        with psycopg.connect(self.postgres.url) as connection:
            ((secret,),) = connection.execute("SELECT value FROM ingot.secret").fetchall()
        calls = {call.id: call for call in self.receiver.took(f"/{knowledge_id}")}
        events = [Webhook(secret).verify(call.body, call.headers) for call in calls.values()]
        kept["callbacks"] = sorted(map(_told, events))
        return kept

    def _vectors(self, knowledge_id: str) -> dict[str, tuple[float, ...]]:
        from chromadb import HttpClient
        from chromadb.config import Settings as ChromaSettings

        client = HttpClient(self.chroma.host, self.chroma.port, settings=ChromaSettings(anonymized_telemetry=False))
        rows = client.get_collection(f"kb-{knowledge_id}", embedding_function=None).get(include=["embeddings"])
        return {at: tuple(np.round(vector, 5)) for at, vector in zip(rows["ids"], rows["embeddings"], strict=True)}

    def run(self, knowledge_id: str, documents: Path, disturb: Callable[[Cluster, str], None]) -> dict[str, object]:
        """Ingest documents while ``disturb`` does its worst; what is kept in the end."""
        job = self.upload(knowledge_id, documents)
        disturb(self, knowledge_id)
        self.finished(job, knowledge_id)
        return self.contents(knowledge_id)


def _plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows]


def _told(event: Mapping[str, Any]) -> str:
    """What a callback says, without the ids and times of its job."""
    data = event["data"]
    kept = {name: data.get(name) for name in ("document", "document_id", "name", "source", "state", "counts")}
    return json.dumps([event["type"], kept], sort_keys=True)


@contextmanager
def cluster(broker: str, b_disk_mb: int = 200) -> Iterator[Cluster]:
    """Three hosts, and the servers of A with this kind of broker; skips the test where they cannot be had."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ingot-hosts-"))
        folder.chmod(0o755)
        stack.callback(removed, folder)
        net = stack.enter_context(network())
        stack.enter_context(small_disk(folder / "b", b_disk_mb))
        servers = (BROKERS[broker](net, folder), Postgres(net, folder), Chroma(net, folder), S3(net, folder))
        receiver = Receiver(host=net.client).start()
        stack.callback(receiver.stop)
        made = Cluster(net, folder, *servers, receiver)
        stack.callback(made.stop)
        made.start()
        yield made

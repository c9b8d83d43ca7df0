"""A mailbox as a source: new mails come, each once; deleted and moved ones go; what is wrong is said in a sentence."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from ingest.cli.watch_source import Follower
from ingest.web.settings import safe_value
from pipeline import wiring
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.run_schedule import run_due
from pipeline.mailbox_address import address_of
from pipeline.schedule_file import Schedule, check_source
from pipeline.service import Service
from pipeline.step_context import Resources
from stores.errors import InputError, TransientError
from stores.models import JobState
from stores.placement import IngestReport
from tests.imap_server import Folder, ImapServer, imap_server
from tests.in_process import KB, fake_resources, run_until_done, sql_store


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with imap_server() as state:
        yield state


def resources_of(home: Path, server: ImapServer, **settings: object) -> Resources:
    return fake_resources(home, **{"imap_password": server.password, **settings})


def mail(subject: str, text: str = "The heron waits.", **attached: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    message["Date"], message["Message-ID"] = "Fri, 20 Nov 2026 07:00:00 +0000", "<1@example.org>"
    message.set_content(text)
    for name, content in attached.items():
        message.add_attachment(content, maintype="text", subtype="plain", filename=f"{name}.txt")
    return message.as_bytes()


def look(resources: Resources, source: str, **request: Any) -> IngestReport:
    service = Service(resources.settings)
    service.ingestion._resources = resources
    report = service.ingestion.ingest_source(KB, source, IngestRequest(prune=True, **request))
    run_until_done(resources)
    service.close()
    return report


def outcomes(report: IngestReport) -> dict[str, str]:
    return {file.source: str(file.outcome) for file in report.files}


def names(resources: Resources) -> set[str]:
    return {view.source for view in sql_store(resources).document_queries.all() if view.visible}


def test_mails_come_once_and_go(home: Path, server: ImapServer) -> None:
    resources = resources_of(home, server)
    server.inbox.add(mail("Offer: 12 = 3/4"))
    second = server.inbox.add(mail("合同 \U0001f600", "Another text"))
    first_look = look(resources, server.url())
    offer, contract = "2026-11-20 Offer 12 = 3 4 (1).eml", "2026-11-20 合同 \U0001f600 (2).eml"
    assert outcomes(first_look) == {offer: "new", contract: "new"} and names(resources) == {offer, contract}
    assert sorted(server.read) == [1, 2]

    again = resources_of(home, server)  # another process, which remembers what stands in the home
    assert set(outcomes(look(again, server.url())).values()) == {"same"} and len(server.read) == 2
    server.inbox.deleted.add(second)
    third = server.inbox.add(mail("", "No subject"))
    assert outcomes(look(again, server.url())) == {
        offer: "same",
        contract: "gone",
        f"2026-11-20 mail ({third}).eml": "new",
    }
    server.inbox.mails.clear()
    assert outcomes(look(again, server.url())) == {}, "nothing goes where the folder is empty, as with folders"


def test_a_server_that_counts_anew_is_read_anew(home: Path, server: ImapServer) -> None:
    resources = resources_of(home, server)
    for number in range(3):
        server.inbox.add(mail(f"Letter {number}", f"Text {number}"))
    look(resources, server.url())
    before = {view.document for view in sql_store(resources).document_queries.all()}
    server.folders["INBOX"] = Folder(validity=2, mails={7: server.inbox.mails[2], 8: mail("Fresh", "Fresh text")})
    told = outcomes(look(resources, server.url()))
    assert [told[name] for name in sorted(told)] == ["new", "gone", "gone", "duplicate", "gone"]
    after = {view.document for view in sql_store(resources).document_queries.all()}
    assert len(after) == 2 and len(after & before) == 1, "known bytes are not made again"


def test_attachments_are_documents_and_survive_further_looks(home: Path, server: ImapServer) -> None:
    resources = resources_of(home, server)
    server.inbox.add(mail("One", notes=b"Notes of the first"))
    look(resources, server.url())
    mail_one = "2026-11-20 One (1).eml"
    assert names(resources) == {mail_one}
    server.inbox.add(mail("Two", "Second", plan=b"A plan", notes=b"Other notes"))
    mail_two = "2026-11-20 Two (2).eml"
    wanted = {mail_one, f"{mail_one}/notes.txt", mail_two, f"{mail_two}/plan.txt", f"{mail_two}/notes.txt"}
    look(resources, server.url(), attachments=True)
    assert names(resources) == wanted and server.read == [1, 2], "the first mail is read from what is kept"
    for attachments in (True, False, True):
        look(resources, server.url(), attachments=attachments)
        assert names(resources) == wanted
    assert server.read == [1, 2]
    del server.inbox.mails[2]
    look(resources, server.url(), attachments=True)
    assert names(resources) == {mail_one, f"{mail_one}/notes.txt"}


def test_a_connection_that_breaks_is_made_anew_and_large_mails_are_refused(home: Path, server: ImapServer) -> None:
    resources = resources_of(home, server, max_file_mb=1)
    server.inbox.add(mail("Small"))
    server.inbox.add(mail("Large", "x" * 60 + "\n" + ("y" * 70 + "\n") * 20_000))
    server.breaks[1] = 1
    report = look(resources, server.url())
    small, large = report.files
    assert small.outcome == "new" and large.error and "INGOT_MAX_FILE_MB" in large.error.message
    assert server.read == [1]
    server.inbox.add(mail("Third", "Third text"))
    server.inbox.add(mail("Fourth", "Fourth text"))
    server.breaks[4] = 2
    with pytest.raises(TransientError, match="cannot be used"):
        look(resources, server.url())
    assert len(look(resources, server.url()).files) == 4
    assert {job.state for job in sql_store(resources).job_queries.slice(None, None, 10)} == {JobState.DONE}


def test_folders_of_any_name_are_found_and_others_are_named(home: Path, server: ImapServer) -> None:
    resources = resources_of(home, server)
    server.folders["Arbeit.Vertr&AOQ-ge &- Co"] = Folder(mails={5: mail("Lease", "Lease text")})
    assert len(look(resources, server.url("Arbeit/Verträge%20&%20Co")).files) == 1
    with pytest.raises(InputError, match="has no folder 'Arbeit/X'; it has Arbeit/Verträge & Co, INBOX"):
        look(resources, server.url("Arbeit/X"))


def test_what_is_wrong_is_said_without_the_password(
    home: Path, server: ImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.inbox.add(mail("One"))
    with pytest.raises(InputError, match=r"refuses the password of me@example.org") as refused:
        look(resources_of(home, server, imap_password="s3cr3t"), server.url())
    assert "s3cr3t" not in str(refused.value)
    with pytest.raises(InputError, match=r"there is no password for imap://me@example.org@127.0.0.1"):
        look(fake_resources(home), server.url())
    held = tmp_path / "passwords"
    held.write_text(f'machine elsewhere login x password y\nmachine 127.0.0.1 login {server.user} password "other"\n')
    with pytest.raises(InputError, match="refuses the password"):
        look(fake_resources(home, imap_password_file=held), server.url())
    held.write_text(f"{server.password}\n")
    assert len(look(fake_resources(home, imap_password_file=held), server.url()).files) == 1
    with pytest.raises(InputError, match="speaks no TLS there"):
        look(resources_of(home, server), server.url(scheme="imaps"))
    monkeypatch.setattr("pipeline.mailbox_address.MailboxAddress.is_local", False)
    with pytest.raises(InputError, match="offers no TLS: a password is not sent to it"):
        look(resources_of(home, server), server.url())
    with pytest.raises(TransientError, match="cannot be used: Connection refused"):
        look(resources_of(home, server), "imap://me@127.0.0.1:9/INBOX")
    assert safe_value("imap_password", "s3cr3t") == "set, not shown"


@pytest.mark.parametrize("way", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_is_read_anew_at_each_connection(home: Path, tmp_path: Path, way: str) -> None:
    held = tmp_path / "token"
    with imap_server(capabilities=f"IMAP4rev1 AUTH=PLAIN AUTH={way}", token="ya29.first") as server:
        server.inbox.add(mail("One"))
        resources = fake_resources(home, imap_token_file=held, imap_password="not asked for")
        with pytest.raises(InputError, match=r"INGOT_IMAP_TOKEN_FILE: .*token holds no token that can be read"):
            look(resources, server.url())
        held.write_text("ya29.first\n")
        assert len(look(resources, server.url()).files) == 1
        server.token = "ya29.second"
        with pytest.raises(InputError, match=r"refuses the token of me@example.org.*out of date") as refused:
            look(resources, server.url())
        assert "ya29" not in str(refused.value)
        held.write_text("ya29.second")
        assert outcomes(look(resources, server.url())) == {"2026-11-20 One (1).eml": "same"}
        server.breaks[0] = 1
        with pytest.raises(TransientError, match="cannot be used"):
            look(resources, server.url())


def test_under_tls_the_certificate_must_be_trusted(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    made += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out"]
    subprocess.run([*made, str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with imap_server(context) as server:
        server.inbox.add(mail("One"))
        with pytest.raises(InputError, match=r"certificate of the mail server 127.0.0.1:.* is not trusted"):
            look(resources_of(home, server), server.url(scheme="imaps"))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert len(look(resources_of(home, server), server.url(scheme="imaps")).files) == 1


def test_a_mailbox_is_watched_and_its_state_is_kept(
    home: Path, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = resources_of(home, server)
    monkeypatch.setattr(wiring, "build", lambda *_, **__: resources)
    service = Service(resources.settings)
    server.inbox.add(mail("One"))
    follower = Follower(service, KB, server.url(), IngestRequest(prune=True))
    follower.tick(due=True)
    ((watched, state),) = service.knowledge_bases.watched_sources(KB)
    assert (watched.source, watched.submitted, state) == (server.url(), 1, "in step")
    follower.end("wrong password")
    (told,) = TestClient(create_app(service), "http://localhost").get(f"/api/v1/knowledge/{KB}/watched").json()
    assert (told["source"], told["state"], told["obstacle"]) == (server.url(), "ended", "wrong password")


def test_a_schedule_reads_a_mailbox_with_its_attachments(home: Path, server: ImapServer) -> None:
    resources = resources_of(home, server)
    server.inbox.add(mail("One", notes=b"Notes"))
    given = {"name": "x", "cron": "0 3 * * *", "do": "ingest", "knowledge_id": KB, "source": server.url()}
    schedules = resources.catalog.home_store().schedules
    for wanted in (Schedule(**given, attachments=True), Schedule(**{**given, "do": "prune"})):
        assert schedules.request("x", wanted.content) and run_due(resources, "x", "test/1")
        run_until_done(resources)
        assert names(resources) == {"2026-11-20 One (1).eml", "2026-11-20 One (1).eml/notes.txt"}
    (view,) = schedules.views()
    assert view.error == "" and not (view.result or {})["counts"]


@pytest.mark.parametrize(
    "source",
    ["imaps://host/INBOX", "imaps://me:s3cr3t@host/INBOX", "imaps://me@host/a?b", "imaps://me@host:x/", "imap://"],
)
def test_addresses_that_are_none_are_refused_without_repeating_a_password(source: str) -> None:
    for read in (address_of, check_source):
        with pytest.raises(InputError, match="imaps://user@host/INBOX") as refused:
            read(source)
        assert "s3cr3t" not in str(refused.value)
    assert address_of("IMAPS://me%40x.org@Host:993").url == "imaps://me@x.org@host/INBOX"

"""A folder of a mailbox over IMAP: its mails as files, by IMAPClient.

The folder is opened for reading only: nothing is marked as seen, moved or deleted.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from pipeline.mailbox_address import MailboxAddress, address_of, password_of, token_of
from pipeline.settings import Settings
from stores.contracts.remote_sources import RemoteFile
from stores.errors import IngotError, InputError, UnavailableError

_TIMEOUT_S = 60.0
_MAILS_AT_ONCE = 500  # of which one command asks
_BLOCK_BYTES = 4 << 20  # of one mail that are in memory at once
_LONGEST_SUBJECT = 80
_VERSION_BITS = 63
_MOST_FOLDERS = 8  # that a sentence names
_SUBJECT = "BODY.PEEK[HEADER.FIELDS (SUBJECT)]"
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_FOR_A_WHILE = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")


class Mailbox:
    """The mails of one folder; implements ``stores.contracts.remote_sources.RemoteSource``.

    A mail is told by the folder's UIDVALIDITY and its own UID, which never changes.
    """

    def __init__(self, address: MailboxAddress, settings: Settings) -> None:
        self._address, self._settings = address, settings
        self._client: IMAPClient | None = None
        self._validity = 0
        self._uids: dict[str, int] = {}

    @classmethod
    def at(cls, url: str, settings: Settings) -> Mailbox:
        """Return the folder at an address; nothing is connected yet, and no password is read."""
        return cls(address_of(url), settings)

    @property
    def url(self) -> str:
        return self._address.url

    def files(self, known: Mapping[int, str]) -> list[RemoteFile]:
        """List the mails, those that are marked as deleted left out."""
        with self._translated():
            client = self._opened()
            told = self._told(client, client.search("UNDELETED"), "RFC822.SIZE")
            sizes: dict[int, int] = {
                uid: size for uid, facts in told if (size := facts.get(b"RFC822.SIZE")) is not None
            }
            names = {uid: known[version] for uid in sizes if (version := self._version(uid)) in known}
            names |= self._new_names(client, [uid for uid in sizes if uid not in names])
        self._uids = {name: uid for uid, name in names.items()}
        return [
            RemoteFile(name=name, size_bytes=sizes[uid], version=self._version(uid))
            for uid, name in sorted(names.items())
        ]

    def download(self, name: str, target: Path, largest_bytes: int) -> None:
        """Copy a listed mail to a local path, a block at a time."""
        uid, at = self._uids[name], 0
        with target.open("wb") as file:
            while block := self._block(uid, at):
                at += file.write(block)
                if at > largest_bytes:
                    raise InputError(f"it has more than {largest_bytes >> 20} MB (INGOT_MAX_FILE_MB)", code="too_large")
                if len(block) < _BLOCK_BYTES:
                    break
        if not at:
            raise FileNotFoundError(name)

    def close(self) -> None:
        """Log out."""
        client, self._client = self._client, None
        if client:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def _version(self, uid: int) -> int:
        return (self._validity << 32 | uid) & ((1 << _VERSION_BITS) - 1)

    def _block(self, uid: int, at: int) -> bytes:
        """Read a part of a mail; over a new connection where the one before was lost."""
        for attempt in (1, 2):
            try:
                with self._translated():
                    told = self._opened().fetch([uid], [f"BODY.PEEK[]<{at}.{_BLOCK_BYTES}>"])
                    return told.get(uid, {}).get(f"BODY[]<{at}>".encode()) or b""
            except UnavailableError:
                if attempt == 2:
                    raise
        return b""

    def _new_names(self, client: IMAPClient, uids: Sequence[int]) -> dict[int, str]:
        """Make names of the day and subject of mails that were not seen before."""
        return {uid: _name(uid, facts) for uid, facts in self._told(client, uids, "INTERNALDATE", _SUBJECT)}

    def _told(self, client: IMAPClient, uids: Sequence[int], *what: str) -> Iterator[tuple[int, Mapping[bytes, Any]]]:
        """Yield what is told of mails, some at a time, so that no command is longer than servers take."""
        for at in range(0, len(uids), _MAILS_AT_ONCE):
            yield from client.fetch(uids[at : at + _MAILS_AT_ONCE], what).items()

    # The connection

    def _opened(self) -> IMAPClient:
        """Return the connection with the folder open, made anew where there is none."""
        if self._client is None:
            client = self._connected()
            self._log_in(client)
            self._client = client
            self._validity = self._examined(client)
        return self._client

    def _connected(self) -> IMAPClient:
        address, context = self._address, ssl.create_default_context()
        client = IMAPClient(
            address.host,
            address.port,
            ssl=address.tls,
            ssl_context=context if address.tls else None,
            timeout=_TIMEOUT_S,
        )
        client.normalise_times = False
        if address.tls:
            return client
        if client.has_capability("STARTTLS"):
            client.starttls(context)
        elif not address.is_local:
            client.shutdown()
            raise InputError(
                f"the mail server {address.host} offers no TLS: a password is not sent to it; use imaps://", code="tls"
            )
        return client

    def _log_in(self, client: IMAPClient) -> None:
        user, token = self._address.user, token_of(self._settings)
        password = "" if token else password_of(self._address, self._settings)
        try:
            if token and client.has_capability("AUTH=OAUTHBEARER"):
                client.oauthbearer_login(user, token)
            elif token:
                client.oauth2_login(user, token)
            elif client.has_capability("AUTH=PLAIN"):
                client.plain_login(user, password)
            else:
                client.login(user, password)
        except (LoginError, UnicodeEncodeError) as error:
            raise self._refused(error, "token" if token else "password") from None

    def _refused(self, error: Exception, what: str) -> Exception:
        """What a refusal of a password or token means; the library also calls a lost connection one."""
        host, reason = self._address.host, error.__context__
        if isinstance(reason, imaplib.IMAP4.abort):
            return reason
        if any(word in str(error).upper() for word in _FOR_A_WHILE):
            return UnavailableError(f"the mail server {host} lets nobody in for a while")
        remedy = (
            "correct INGOT_IMAP_PASSWORD or INGOT_IMAP_PASSWORD_FILE; some servers want a password made for programs, "
            "or a token (INGOT_IMAP_TOKEN_FILE)"
            if what == "password"
            else "the file that INGOT_IMAP_TOKEN_FILE names must hold one that is not out of date, for reading mail"
        )
        message = f"the mail server {host} refuses the {what} of {self._address.user}: {remedy}"
        return InputError(message, code=f"bad_{what}")

    def _examined(self, client: IMAPClient) -> int:
        """Open the folder for reading only; its UIDVALIDITY."""
        mark = _hierarchy_mark(client)
        folder = self._address.folder.replace("/", mark) if mark else self._address.folder
        try:
            told = client.select_folder(folder, readonly=True)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            folders = ", ".join(_folders(client, mark)[:_MOST_FOLDERS])
            raise InputError(
                f"the mailbox of {self._address.user} at {self._address.host} has no folder "
                f"{self._address.folder!r}" + (f"; it has {folders}" if folders else ""),
                code="no_folder",
            ) from None
        return int(told.get(b"UIDVALIDITY", 0))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate errors of the connection, which is made anew the next time."""
        host = f"{self._address.host}:{self._address.port}"
        try:
            yield
        except IngotError:
            self._drop()
            raise
        except ssl.SSLCertVerificationError as error:
            self._drop()
            raise InputError(
                f"the certificate of the mail server {host} is not trusted: {error.verify_message}; SSL_CERT_FILE "
                "names a file with further ones",
                code="tls",
            ) from None
        except ssl.SSLError as error:
            self._drop()
            raise InputError(f"the mail server {host} speaks no TLS there: {error.reason}", code="tls") from None
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            self._drop()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UnavailableError(f"the mail server {host} cannot be used: {reason}") from None

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client:
            with suppress(imaplib.IMAP4.error, OSError):
                client.shutdown()


def _name(uid: int, facts: Mapping[bytes, Any]) -> str:
    """Return ``2026-11-20 Offer (17).eml``: the day on which the mail came, its subject, its UID."""
    header, date = facts.get(_SUBJECT.replace(".PEEK", "").encode()) or b"", facts.get(b"INTERNALDATE")
    try:
        subject = str(message_from_bytes(header, policy=default)["Subject"] or "")
    except Exception:
        subject = ""
    words = " ".join(_NOT_IN_NAMES.sub(" ", "".join(sign if sign.isprintable() else " " for sign in subject)).split())
    day = date.astimezone(UTC).date().isoformat() if isinstance(date, datetime) else ""
    return f"{day} {words[:_LONGEST_SUBJECT].strip() or 'mail'} ({uid}).eml".lstrip()


def _hierarchy_mark(client: IMAPClient) -> str:
    """Return what stands between the parts of a folder's name on this server."""
    roots = client.list_folders("", "")
    return roots[0][1].decode("ascii", "replace") if roots and roots[0][1] else ""


def _folders(client: IMAPClient, mark: str) -> list[str]:
    """List the folders of the mailbox as their names are written in an address."""
    listed = client.list_folders()
    return sorted(
        name.replace(mark or "/", "/") for flags, _, name in listed if b"\\noselect" not in {f.lower() for f in flags}
    )

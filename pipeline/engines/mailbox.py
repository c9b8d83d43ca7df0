"""A folder of a mailbox over IMAP: its mails as files, by the standard library.

The folder is opened for reading only: nothing is marked as seen, moved or deleted.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from pipeline.mailbox_address import MailboxAddress, address_of, password_of
from pipeline.settings import Settings
from stores.contracts.remote_sources import RemoteFile
from stores.errors import IngotError, InputError, UnavailableError

_TIMEOUT_S = 60.0
_HEADERS_AT_ONCE = 200
_BLOCK_BYTES = 4 << 20  # of one mail that are in memory at once
_LONGEST_SUBJECT = 80
_VERSION_BITS = 63
_MOST_FOLDERS = 8  # that a sentence names
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DELETED = re.compile(rb"\bFLAGS \([^)]*\\Deleted\b", re.IGNORECASE)
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:NIL|"(?P<mark>[^"]*)") (?P<name>.+)')
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_FOR_A_WHILE = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")


class Mailbox:
    """The mails of one folder; implements ``stores.contracts.remote_sources.RemoteSource``.

    A mail is told by the folder's UIDVALIDITY and its own UID, which never changes.
    """

    def __init__(self, address: MailboxAddress, password: Callable[[], str]) -> None:
        self._address, self._password = address, password
        self._client: imaplib.IMAP4 | None = None
        self._count, self._validity = 0, 0
        self._uids: dict[str, int] = {}

    @classmethod
    def at(cls, url: str, settings: Settings) -> Mailbox:
        """Return the folder at an address; nothing is connected yet, and no password is read."""
        address = address_of(url)
        return cls(address, lambda: password_of(address, settings))

    @property
    def url(self) -> str:
        return self._address.url

    def files(self, known: Mapping[int, str]) -> list[RemoteFile]:
        """List the mails, those that are marked as deleted left out."""
        with self._translated():
            client, sizes = self._opened(), dict[int, int]()
            for line in self._fetched(client, "1:*", "(UID RFC822.SIZE FLAGS)") if self._count else ():
                uid, size = _UID.search(line[0]), _SIZE.search(line[0])
                if uid and size and not _DELETED.search(line[0]):
                    sizes[int(uid[1])] = int(size[1])
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
                    lines = self._fetched(self._opened(), str(uid), f"(BODY.PEEK[]<{at}.{_BLOCK_BYTES}>)")
                    return next((line[1] for line in lines if len(line) > 1), b"")
            except UnavailableError:
                if attempt == 2:
                    raise
        return b""

    def _new_names(self, client: imaplib.IMAP4, uids: Sequence[int]) -> dict[int, str]:
        """Make names of the day and subject of mails that were not seen before."""
        names: dict[int, str] = {}
        for part in _parts(uids, _HEADERS_AT_ONCE):
            wanted = ",".join(map(str, part))
            for line in self._fetched(client, wanted, "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])"):
                if uid := _UID.search(line[0]):
                    names[int(uid[1])] = _name(int(uid[1]), line[0], line[1] if len(line) > 1 else b"")
        return names

    # The connection

    def _opened(self) -> imaplib.IMAP4:
        """Return the connection with the folder open, made anew where there is none."""
        if self._client is None:
            client = self._connected()
            self._log_in(client)
            self._client = client
            self._count, self._validity = self._examined(client)
        return self._client

    def _connected(self) -> imaplib.IMAP4:
        address, context = self._address, ssl.create_default_context()
        if address.tls:
            return imaplib.IMAP4_SSL(address.host, address.port, ssl_context=context, timeout=_TIMEOUT_S)
        client = imaplib.IMAP4(address.host, address.port, timeout=_TIMEOUT_S)
        if "STARTTLS" in client.capabilities:
            client.starttls(context)
        elif not address.is_local:
            client.shutdown()
            raise InputError(
                f"the mail server {address.host} offers no TLS: a password is not sent to it; use imaps://", code="tls"
            )
        return client

    def _log_in(self, client: imaplib.IMAP4) -> None:
        user, password = self._address.user, self._password()
        try:
            if "AUTH=PLAIN" in client.capabilities:
                client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                client.login(user, password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeEncodeError) as error:
            if any(word in str(error).upper() for word in _FOR_A_WHILE):
                raise UnavailableError(f"the mail server {self._address.host} lets nobody in for a while") from None
            raise InputError(
                f"the mail server {self._address.host} refuses the password of {self._address.user}: correct "
                "INGOT_IMAP_PASSWORD or INGOT_IMAP_PASSWORD_FILE; some servers want a password made for programs",
                code="bad_password",
            ) from None

    def _examined(self, client: imaplib.IMAP4) -> tuple[int, int]:
        """Open the folder for reading only; (number of mails, UIDVALIDITY)."""
        mark = _hierarchy_mark(client)
        folder = self._address.folder.replace("/", mark) if mark else self._address.folder
        answer, data = client.select(_quoted(folder), readonly=True)
        if answer != "OK":
            folders = ", ".join(_folders(client, mark)[:_MOST_FOLDERS])
            raise InputError(
                f"the mailbox of {self._address.user} at {self._address.host} has no folder "
                f"{self._address.folder!r}" + (f"; it has {folders}" if folders else ""),
                code="no_folder",
            )
        validity = client.response("UIDVALIDITY")[1]
        return int(data[0] or 0), int(validity[0]) if validity and validity[0] else 0

    def _fetched(self, client: imaplib.IMAP4, uids: str, what: str) -> Iterator[list[bytes]]:
        """Yield what is told of each mail: all but its literal in one piece, then the literal, if there is one."""
        answer, data = client.uid("FETCH", uids, what)
        if answer != "OK":
            raise imaplib.IMAP4.abort(f"FETCH was answered {answer}")
        lines: list[list[bytes]] = []
        for one in data:
            if isinstance(one, tuple):
                lines.append([one[0], one[1]])
            elif lines and len(lines[-1]) > 1 and isinstance(one, bytes) and not re.match(rb"\d+ \(", one):
                lines[-1][0] += b" " + one
            elif isinstance(one, bytes):
                lines.append([one])
        return iter(lines)

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


def _parts(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for at in range(0, len(uids), size):
        yield uids[at : at + size]


def _name(uid: int, told: bytes, header: bytes) -> str:
    """Return ``2026-11-20 Offer (17).eml``: the day on which the mail came, its subject, its UID."""
    try:
        subject = str(message_from_bytes(header, policy=default)["Subject"] or "")
    except Exception:
        subject = ""
    words = " ".join(_NOT_IN_NAMES.sub(" ", "".join(sign if sign.isprintable() else " " for sign in subject)).split())
    return f"{_day(told)} {words[:_LONGEST_SUBJECT].strip() or 'mail'} ({uid}).eml".lstrip()


def _day(told: bytes) -> str:
    date = _DATE.search(told)
    with suppress(ValueError):
        if date:
            moment = datetime.strptime(date[1].decode("ascii", "replace").strip(), "%d-%b-%Y %H:%M:%S %z")
            return moment.astimezone(UTC).date().isoformat()
    return ""


def _hierarchy_mark(client: imaplib.IMAP4) -> str:
    """Return what stands between the parts of a folder's name on this server."""
    answer, data = client.list('""', '""')
    match = _LISTED.match(data[0]) if answer == "OK" and data and isinstance(data[0], bytes) else None
    return match["mark"].decode("ascii", "replace").replace("\\\\", "\\") if match and match["mark"] else ""


def _folders(client: imaplib.IMAP4, mark: str) -> list[str]:
    """List the folders of the mailbox as their names are written in an address."""
    answer, data = client.list()
    matches = [_LISTED.match(line) for line in data if isinstance(line, bytes)] if answer == "OK" else []
    names = [
        match["name"].strip().strip(b'"') for match in matches if match and b"\\noselect" not in match["flags"].lower()
    ]
    return sorted(_decoded(name.decode("ascii", "replace")).replace(mark or "/", "/") for name in names)


def _quoted(folder: str) -> str:
    return '"' + _encoded(folder).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded(folder: str) -> str:
    """Encode a folder's name in the UTF-7 of IMAP (RFC 3501, section 5.1.3)."""

    def run(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        return "&" + b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    return re.sub(r"&|[^\x20-\x7e]+", run, folder)


def _decoded(name: str) -> str:
    def run(match: re.Match[str]) -> str:
        return "&" if not match[1] else f"+{match[1].replace(',', '/')}-".encode().decode("utf-7", "replace")

    return re.sub(r"&([^-]*)-", run, name)

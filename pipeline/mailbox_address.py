"""The address of a folder of a mailbox, ``imaps://user@host/INBOX``, and the password for it."""

from __future__ import annotations

import netrc
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from stores.errors import InputError

if TYPE_CHECKING:
    from pipeline.settings import Settings

_PORTS = {"imap": 143, "imaps": 993}
_EXAMPLE = "imaps://user@host/INBOX"
_LONGEST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAddress:
    """A folder of a mailbox. ``tls``: from the first byte on; ``folder``: with "/" between its parts."""

    host: str
    port: int
    tls: bool
    user: str
    folder: str

    @property
    def url(self) -> str:
        """The address in one spelling, without a password: the root of the mails that were read from there."""
        scheme = "imaps" if self.tls else "imap"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{quote(self.user, safe='@+')}@{host}{port}/{quote(self.folder, safe='/ ')}"

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def is_mailbox(source: str) -> bool:
    """Tell whether a source is, or is meant as, the address of a mailbox."""
    return source.lower().startswith(tuple(f"{scheme}://" for scheme in _PORTS))


def address_of(source: str) -> MailboxAddress:
    """Read an address. InputError where it is none; what may be a password is not repeated."""
    try:
        parts = urlsplit(source)
        port, userinfo = parts.port, parts.netloc.rpartition("@")[0]
    except ValueError:
        raise _bad(f"it is no address of a mailbox: write it like {_EXAMPLE}") from None
    user, folder = unquote(userinfo), unquote(parts.path).strip("/") or "INBOX"
    if ":" in userinfo:
        raise _bad(
            "the address of a mailbox holds no password, as it is shown and kept: write it like "
            f"{_EXAMPLE}, and set INGOT_IMAP_PASSWORD, INGOT_IMAP_PASSWORD_FILE or INGOT_IMAP_TOKEN_FILE"
        )
    plain = (user + folder).isprintable() and len(source) <= _LONGEST and not (parts.query or parts.fragment)
    if parts.scheme not in _PORTS or not parts.hostname or not user or not plain:
        raise _bad(f"it is no address of a mailbox: write it like {_EXAMPLE}, with the user before the host")
    return MailboxAddress(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "imaps",
        user=user,
        folder=folder,
    )


def password_of(address: MailboxAddress, settings: Settings) -> str:
    """Return the password for a mailbox. InputError where none is set.

    The file holds the password alone, or a line ``machine HOST login USER password PASSWORD`` for each mailbox.
    """
    if settings.imap_password:
        return settings.imap_password
    if settings.imap_password_file is None:
        raise InputError(
            f"there is no password for {address.url}: set INGOT_IMAP_PASSWORD, INGOT_IMAP_PASSWORD_FILE "
            "or INGOT_IMAP_TOKEN_FILE",
            code="bad_setting",
        )
    return _from_file(settings.imap_password_file, address)


def token_of(settings: Settings) -> str:
    """Return the OAuth access token for mailboxes, read anew at each call; "" where no file for it is set."""
    file = settings.imap_token_file
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").split()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        raise InputError(f"INGOT_IMAP_TOKEN_FILE: {file} holds no token that can be read", code="bad_setting") from None


def _from_file(file: Path, address: MailboxAddress) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
        if not text.startswith(("machine ", "default ", "#")):
            return text.splitlines()[0]
        hosts = netrc.netrc(str(file)).hosts
    except (OSError, UnicodeDecodeError, IndexError, netrc.NetrcParseError):
        raise InputError(
            f"INGOT_IMAP_PASSWORD_FILE: {file} holds no password that can be read", code="bad_setting"
        ) from None
    for host in (address.host, "default"):
        login, _, password = hosts.get(host, ("", "", ""))
        if password and (login or address.user) == address.user:
            return password
    raise InputError(
        f"INGOT_IMAP_PASSWORD_FILE: {file} has no line for the host {address.host} and the user {address.user}",
        code="bad_setting",
    )


def _bad(sentence: str) -> InputError:
    return InputError(sentence, code="bad_mailbox")

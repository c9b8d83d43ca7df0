"""A small IMAP server on loopback: the part of the protocol that reads a folder, over what a test puts there."""

from __future__ import annotations

import base64
import re
import shlex
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

DATE = "20-Nov-2026 07:00:00 +0000"


@dataclass
class Folder:
    """The mails of a folder by their UIDs, and which are marked as deleted."""

    validity: int = 1
    mails: dict[int, bytes] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)

    def add(self, mail: bytes) -> int:
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = mail
        return uid


@dataclass
class ImapServer:
    """``read``: the UIDs whose mails were downloaded; ``breaks``: UIDs whose download ends so many connections."""

    user: str = "me@example.org"
    password: str = "pass wörd"
    token: str = ""
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    folders: dict[str, Folder] = field(default_factory=lambda: {"INBOX": Folder()})
    mark: str = "."
    read: list[int] = field(default_factory=list)
    breaks: dict[int, int] = field(default_factory=dict)
    port: int = 0

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def url(self, folder: str = "INBOX", scheme: str = "imap", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{self.user}@{host}:{self.port}/{folder}"


@contextmanager
def imap_server(context: ssl.SSLContext | None = None, **given: Any) -> Iterator[ImapServer]:
    """Serve until the block ends; under TLS where there is a context."""
    state = ImapServer(**given)

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            if context:
                self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def handle(self) -> None:
            _Session(state, self.rfile, self.wfile).run()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None: ...  # a client that went away

    with Server(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


class _Session:
    def __init__(self, state: ImapServer, rfile: Any, wfile: Any) -> None:
        self._state, self._rfile, self._wfile = state, rfile, wfile
        self._folder: Folder | None = None
        self._known = False

    def run(self) -> None:
        self._say("* OK ready")
        while line := self._rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            command, _, given = rest.partition(" ")
            if command.upper() == "UID":
                command, _, given = given.partition(" ")
            answer = getattr(self, f"_{command.lower()}", None)
            done = answer(given) if answer else "BAD unknown command"
            if done is None:
                return
            self._say(f"{tag} {done}")
            if command.upper() == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self._wfile.write(line.encode() + b"\r\n")

    def _capability(self, _: str) -> str:
        self._say(f"* CAPABILITY {self._state.capabilities}")
        return "OK done"

    def _noop(self, _: str) -> str:
        return "OK done"

    def _logout(self, _: str) -> str:
        self._say("* BYE")
        return "OK done"

    def _login(self, given: str) -> str:
        return self._let_in(*shlex.split(given))

    def _authenticate(self, how: str) -> str | None:
        self._say("+ ")
        told = base64.b64decode(self._rfile.readline()).decode()
        if how == "PLAIN":
            return self._let_in(*told.split("\0")[1:])
        begin = f"user={self._state.user}" if how == "XOAUTH2" else f"n,a={self._state.user},"
        if self._state.breaks.pop(0, 0):
            return None
        self._known = bool(self._state.token) and told == f"{begin}\1auth=Bearer {self._state.token}\1\1"
        if self._known:
            return "OK done"
        self._say("+ " + base64.b64encode(b'{"status":"400"}').decode())
        self._rfile.readline()
        return "NO [AUTHENTICATIONFAILED] invalid credentials"

    def _let_in(self, user: str, password: str) -> str:
        self._known = (user, password) == (self._state.user, self._state.password)
        return "OK done" if self._known else f"NO [AUTHENTICATIONFAILED] {user} may not enter"

    def _list(self, given: str) -> str:
        if given == '"" ""':
            self._say(f'* LIST (\\Noselect) "{self._state.mark}" ""')
        for name in self._state.folders if given != '"" ""' else ():
            self._say(f'* LIST (\\HasNoChildren) "{self._state.mark}" "{name}"')
        return "OK done"

    def _examine(self, given: str) -> str:
        assert self._known
        self._folder = self._state.folders.get(given.strip('"'))
        if self._folder is None:
            return "NO [NONEXISTENT] no such folder"
        self._say(f"* {len(self._folder.mails)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self._folder.validity}] valid")
        return "OK [READ-ONLY] done"

    def _search(self, given: str) -> str:
        assert self._folder is not None and given == "UNDELETED"
        uids = [uid for uid in sorted(self._folder.mails) if uid not in self._folder.deleted]
        self._say("* SEARCH" + "".join(f" {uid}" for uid in uids))
        return "OK done"

    def _fetch(self, given: str) -> str | None:
        assert self._folder is not None
        wanted, _, items = given.partition(" ")
        for number, (uid, mail) in enumerate(sorted(self._folder.mails.items()), 1):
            if str(uid) in wanted.split(","):
                if part := re.search(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>", items):
                    if self._state.breaks.get(uid, 0) > 0:
                        self._state.breaks[uid] -= 1
                        return None
                    self._state.read.append(uid)
                    at, size = map(int, part.groups())
                    self._literal(number, uid, f"BODY[]<{at}>", mail[at : at + size])
                elif "HEADER.FIELDS" in items:
                    subject = re.search(rb"(?im)^subject:.*(\r?\n[ \t].*)*", mail)
                    header = (subject[0] if subject else b"") + b"\r\n\r\n"
                    self._literal(number, uid, f'INTERNALDATE "{DATE}" BODY[HEADER.FIELDS (SUBJECT)]', header)
                else:
                    self._say(f"* {number} FETCH (UID {uid} RFC822.SIZE {len(mail) + 7})")
        return "OK done"

    def _literal(self, number: int, uid: int, name: str, content: bytes) -> None:
        self._say(f"* {number} FETCH (UID {uid} {name} {{{len(content)}}}")
        self._wfile.write(content + b")\r\n")

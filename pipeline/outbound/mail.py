"""Mail to a person: one message, sent by the standard library."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

from pipeline.mail_address import MailAddress
from stores.errors import UnavailableError

SCHEME = "mailto:"
"""Begins what stands in the place of a callback's URL."""
_TIMEOUT_S = 30.0


def send(address: MailAddress, subject: str, text: str, message_id: str) -> int:
    """Send one message; return the server's code. UnavailableError where it is not taken, for whatever reason.

    A server at smtp:// is spoken to under TLS where it offers that, and must offer it before a password is sent.
    """
    message = _message(address, subject, text, message_id)
    try:
        with _connected(address) as server:
            if not address.tls:
                _begin_tls(server, address)
            if address.user:
                server.login(address.user, address.password)
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        words = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        raise _refused(address, f"{error.smtp_code} {' '.join(str(words).split())}") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(address, f"it takes no mail for {', '.join(error.recipients)}") from error
    except (smtplib.SMTPException, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _refused(address, reason) from error
    return 250


def _connected(address: MailAddress) -> smtplib.SMTP:
    if address.tls:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(address.host, address.port, timeout=_TIMEOUT_S, context=context)
    return smtplib.SMTP(address.host, address.port, timeout=_TIMEOUT_S)


def _begin_tls(server: smtplib.SMTP, address: MailAddress) -> None:
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    elif address.user:
        raise UnavailableError(
            f"the mail server {address.host} offers no TLS: a password is not sent to it; use smtps://"
        )


def _message(address: MailAddress, subject: str, text: str, message_id: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = address.sender, ", ".join(address.to)
    message["Subject"] = " ".join(subject.split())[:200]
    message["Date"], message["Message-ID"] = formatdate(), f"<{message_id}@{address.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _refused(address: MailAddress, reason: str) -> UnavailableError:
    return UnavailableError(f"the mail server {address.host}:{address.port} did not take the message: {reason}")

"""Mail over SMTP, under TLS always, signed with S/MIME (RFC 8551, `multipart/signed`).

`smtp://host:port` demands STARTTLS before anything is said; `smtps://host:port` begins with TLS. One mail
for each address, so that nobody reads who else was told.
"""

import asyncio
import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from custodes.acts.logkeeper.notices import Notice
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed, unavailable

TIMEOUT_S = 15.0
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in, as whom, and which authorities are trusted (PEM; empty: the machine's)."""

    url: str
    sender: str
    user: str = ""
    password: str = ""
    ca: str = ""

    def __repr__(self) -> str:
        return f"MailServer(url={self.url!r})"


class Mail:
    """`alarms_to` are told what is for no organisation."""

    name = "mail"

    def __init__(self, server: MailServer, signer: "Signer", alarms_to: tuple[str, ...] = ()) -> None:
        parts = urlsplit(server.url)
        if (
            parts.scheme not in {"smtp", "smtps"}
            or not parts.hostname
            or not _ADDRESS.fullmatch(server.sender)
        ):
            raise malformed("bad-settings", why="mail_server or mail_from")
        self._server = server
        self._host, self._is_tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_tls else 587)
        self._signer = signer
        self._alarms_to = alarms_to

    def targets(self, notice: Notice) -> tuple[str, ...]:
        """Its addresses; those for alarms where it has none because it is the house's own."""
        given = self._alarms_to if notice.kind == "alarm" else notice.to
        return tuple(address for address in given if _ADDRESS.fullmatch(address))

    async def deliver(self, notice: Notice, target: str) -> None:
        """`mail-refused` (unavailable) when the server does not take it, or cannot be trusted."""
        await asyncio.to_thread(self._send, self.written(notice, target), target)

    def written(self, notice: Notice, target: str) -> bytes:
        """The signed mail as it is handed in."""
        part = EmailMessage(policy=SMTP)
        until = f"\nFrist / until: {notice.until}" if notice.until else ""
        text = f"{notice.subject_de}\n{notice.subject_en}\n\n{notice.href}{until}\n"
        part.set_content(text, charset="utf-8", cte="quoted-printable")
        domain = self._server.sender.partition("@")[2]
        head = EmailMessage(policy=SMTP)
        head["Subject"] = notice.subject_de
        head["From"] = Address(display_name="Custodes", addr_spec=self._server.sender)
        head["To"] = target
        head["Date"] = format_datetime(from_text(notice.at))
        head["Message-ID"] = f"<{notice.id}@{domain}>"
        head["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
        lines = head.as_bytes().rstrip(b"\r\n")
        return lines + b"\r\n" + self._signer.signed(part.as_bytes()).replace(b"\n", b"\r\n")

    def _send(self, raw: bytes, target: str) -> None:
        server = self._server
        context = ssl.create_default_context(cadata=server.ca) if server.ca else ssl.create_default_context()
        try:
            with self._connected(context) as link:
                if not self._is_tls:
                    link.starttls(context=context)
                if server.user:
                    link.login(server.user, server.password)
                link.sendmail(server.sender, [target], raw)
        except (OSError, smtplib.SMTPException) as error:
            raise unavailable("mail-refused") from error

    def _connected(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self._is_tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_S, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)


class Signer:
    """Signs with a certificate that people's mail programs know; both PEM."""

    def __init__(self, certificate: Path, key: Path) -> None:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise malformed("bad-settings", why="mail.key is neither RSA nor EC")
        self._own, self._above, self._key = chain[0], chain[1:], private

    def signed(self, entity: bytes) -> bytes:
        """The MIME entity as `multipart/signed`, lines ended by a line feed."""
        builder = PKCS7SignatureBuilder().set_data(entity).add_signer(self._own, self._key, hashes.SHA256())
        for certificate in self._above:
            builder = builder.add_certificate(certificate)
        made = builder.sign(Encoding.SMIME, [PKCS7Options.DetachedSignature])
        return made.replace(b"\r\n", b"\n")

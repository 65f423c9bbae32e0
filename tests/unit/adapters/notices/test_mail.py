"""Mail to a real SMTP server: signed, under TLS or not at all, and silent about the case."""

import asyncio
import socket
import ssl
import subprocess
from contextlib import contextmanager

import msgspec
import pytest
from aiosmtpd.controller import Controller

from custodes.adapters.notices.mail import Mail, MailServer, Signer
from custodes.kernel.refusal import Refusal
from fakes.notices import CONSOLE, NOTICE
from fakes.receivers import Authority

SENDER = "custodes@house.example"


class Postbox:
    """What aiosmtpd took in; `answer` is what it says to each mail."""

    def __init__(self):
        self.mails = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's own name
        if self.answer.startswith("250"):
            self.mails.append(
                (envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content, session.ssl is not None)
            )
        return self.answer


@contextmanager
def post_office(folder, authority, *, tls=True):
    chain, key = authority.certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    box = Postbox()
    more = {"tls_context": context, "require_starttls": True} if tls else {}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=20, **more)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop(no_assert=True)


def mail(folder, authority, port, **more):
    certificate, key = authority.certificate(folder, mail=SENDER)
    server = MailServer(url=f"smtp://localhost:{port}", sender=SENDER, ca=authority.pem, **more)
    return Mail(server, Signer(certificate, key), ("alarm@house.example",))


def verified(folder, authority, raw):
    """What `openssl` says of the signature, and the text it covers."""
    (folder / "mail.eml").write_bytes(raw)
    (folder / "ca.pem").write_text(authority.pem)
    command = [
        "openssl",
        "smime",
        "-verify",
        "-in",
        str(folder / "mail.eml"),
        "-CAfile",
        str(folder / "ca.pem"),
    ]
    done = subprocess.run([*command, "-purpose", "any"], capture_output=True, check=False)
    return done.returncode == 0, done.stdout.decode()


def test_a_mail_is_signed_and_says_nothing_of_the_case(tmp_path):
    town = Authority()
    with post_office(tmp_path, town) as (box, port):
        asyncio.run(mail(tmp_path, town, port).deliver(NOTICE, "anna@town.example"))
    sender, to, raw, is_tls = box.mails[0]
    assert (sender, to, is_tls) == (SENDER, ("anna@town.example",), True)
    holds, text = verified(tmp_path, town, raw)
    assert holds
    assert f"{CONSOLE}/cases/cas-1" in text
    assert not verified(tmp_path, town, raw.replace(b"/cas-1", b"/cas-2", 1))[0]
    assert b"Message-ID: <out-1@house.example>" in raw
    assert b"Auto-Submitted: auto-generated" in raw
    assert raw.count(b"anna@town.example") == 1


def test_no_mail_goes_over_an_open_line_or_to_a_server_nobody_vouches_for(tmp_path):
    town, other = Authority(), Authority()
    with post_office(tmp_path, town, tls=False) as (box, port):
        with pytest.raises(Refusal, match="mail-refused"):
            asyncio.run(mail(tmp_path, town, port).deliver(NOTICE, "anna@town.example"))
        assert box.mails == []
    with post_office(tmp_path, town) as (box, port):
        with pytest.raises(Refusal, match="mail-refused"):
            asyncio.run(mail(tmp_path, other, port).deliver(NOTICE, "anna@town.example"))
        box.answer = "451 later"
        with pytest.raises(Refusal, match="mail-refused"):
            asyncio.run(mail(tmp_path, town, port).deliver(NOTICE, "anna@town.example"))
        assert box.mails == []


def test_an_address_is_one_address(tmp_path):
    channel = mail(tmp_path, Authority(), 1)
    bad = ("a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>", "a", "", "a b@c")
    assert channel.targets(msgspec.structs.replace(NOTICE, to=(*bad, "a.b+c@d-e.example"))) == (
        "a.b+c@d-e.example",
    )
    assert channel.targets(msgspec.structs.replace(NOTICE, kind="alarm", to=())) == ("alarm@house.example",)
    for server in (MailServer(url="http://x", sender=SENDER), MailServer(url="smtp://x", sender="x\ny")):
        with pytest.raises(Refusal, match="bad-settings"):
            Mail(server, None)
    assert "hunter2" not in repr(MailServer(url="smtp://x", sender=SENDER, password="hunter2"))

import msgspec
import pytest

from custodes.adapters.outgoing import Outgoing
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.wiring.errands import channels
from fakes.receivers import Authority

SENDER = "custodes@house.example"


def test_channels_are_what_the_settings_say_and_a_missing_secret_is_said(tmp_path):
    (tmp_path / "logkeeper").mkdir()
    out = Outgoing(())
    bare = Settings(house=tmp_path)
    assert channels(bare, out) == []
    hooked = msgspec.structs.replace(bare, webhooks=("https://x",), matrix=("https://m", "!r:m"))
    with pytest.raises(Refusal, match="bad-settings"):
        channels(hooked, out)
    for name in ("webhook.key", "matrix.token"):
        (tmp_path / "logkeeper" / name).write_text("s3cret\n")
    assert [one.name for one in channels(hooked, out)] == ["webhook", "matrix"]
    town = Authority()
    certificate, key = town.certificate(tmp_path, mail=SENDER)
    certificate.rename(tmp_path / "logkeeper" / "mail.pem")
    key.rename(tmp_path / "logkeeper" / "mail.key")
    (tmp_path / "logkeeper" / "mail.password").write_text("user\nhunter2\n")
    mailing = msgspec.structs.replace(bare, mail_server="smtp://localhost", mail_from=SENDER)
    assert [one.name for one in channels(mailing, out)] == ["mail"]

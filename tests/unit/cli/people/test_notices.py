import msgspec

from custodes.cli.people.notices import FILES, missing, notices
from custodes.settings import FILE_NAME, Settings, to_toml
from fakes.receivers import Receiver


def set_up(house, **changes):
    (house.folder / FILE_NAME).write_text(to_toml(msgspec.structs.replace(Settings(), **changes)))


def test_what_is_set_up_and_what_it_lacks(house):
    assert house.json("notices", "channels")["channels"] == []
    set_up(
        house,
        mail_server="smtp://mail.example:587",
        mail_from="a@b.example",
        webhooks=("https://h.example/x",),
    )
    rows = house.json("notices", "channels")["channels"]
    assert [(row["channel"], row["missing"]) for row in rows] == [
        ("mail", ["mail.pem", "mail.key"]),
        ("webhook", ["webhook.key"]),
    ]
    folder = house.settings.logkeeper
    folder.mkdir(exist_ok=True)
    (folder / "webhook.key").write_text("hush")
    assert missing(folder, "webhook") == ()
    assert "ready" in house.run("notices", "channels").stdout
    assert "hush" not in house.run("notices", "channels").output
    assert set(FILES) == {"mail", "webhook", "matrix"}
    assert set(notices.commands) == {"channels", "try", "waiting"}


def test_what_waits_for_ones_own_organisation(house):
    world = house.world
    case = house.call(world.request())
    found = house.json("notices", "waiting", who=world.anna)
    assert {one["case"] for one in found["notices"]} == {case.id}
    assert {one["reached"] for one in found["notices"]} == {0}  # nobody of the town has a verified address
    assert found["waiting"] > len(found["notices"])  # the trustee's wait as well
    assert house.run("notices", "waiting", who=world.token).exit_code == 1


def test_a_channel_is_tried(house):
    assert house.run("notices", "try", "webhook").exit_code == 1
    receiver = Receiver()
    with receiver.serving():
        port = receiver.port
        hosts = (f"127.0.0.1:{port}",)
        set_up(house, demo=True, outside_hosts=hosts, webhooks=(f"http://127.0.0.1:{port}/notices",))
        house.settings.logkeeper.mkdir(exist_ok=True)
        (house.settings.logkeeper / "webhook.key").write_text("hush")
        told = house.json("notices", "try", "webhook")["told"]
        assert house.run("notices", "try", "webhook", "--to", "a@b.example").exit_code == 2
    assert told == [f"http://127.0.0.1:{port}/notices"]
    (sent,) = receiver.came
    assert msgspec.json.decode(sent[3])["subject_en"] == "Custodes: a notice to try the channel"
    failed = house.run("notices", "try", "webhook")
    assert (failed.exit_code, "not-delivered" in failed.stderr) == (3, True)

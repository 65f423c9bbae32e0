"""What alerts lead to: docs/runbooks/process-gone.md and outbox.md, played from their pages."""

import shlex

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.cases import LookOutbox
from custodes.acts.logkeeper.notices import Deliverer
from custodes.acts.logkeeper.signed_doors import SignedDoors
from custodes.adapters.outgoing import Outgoing
from custodes.cli.people import notices  # noqa: F401 - played here
from custodes.kernel import canonical
from custodes.settings import FILE_NAME, Settings, load, to_toml
from custodes.wiring.errands import channels
from custodes.wiring.inspecting import processes  # noqa: F401
from fakes.houses import House
from fakes.keyrooms import LOCAL
from fakes.office import OfficeWorld
from fakes.receivers import Receiver
from fakes.runbooks import Page, Typed
from fakes.served import served

pytestmark = pytest.mark.whole


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, OfficeWorld) as found:
        yield found


def finding(typed, name):
    """The doctor's line of that name: (state, why)."""
    said = typed.run("doctor", "--json", "--folder", str(typed.folder)).stdout.strip()
    return next((one["state"], one["why"]) for one in canonical.decode(said.encode()) if one["name"] == name)


def test_messages_wait(house):
    """A webhook's secret is missing: seen, put there, tried, and after a restart everybody is told."""
    receiver, world = Receiver(), house.world
    with receiver.serving():
        place = f"127.0.0.1:{receiver.port}"
        changes = {"demo": True, "outside_hosts": (place,), "webhooks": (f"http://{place}/notices",)}
        settings = msgspec.structs.replace(Settings(), **changes)
        (house.folder / FILE_NAME).write_text(to_toml(settings))
        house.call(world.request())
        world.clock.forward(minutes=20)
        page = Page(house, "outbox")
        assert "Messages that wait" in page.does("doctor", code=None)
        assert finding(house, "outbox") == ("warning", "outbox-stuck")
        assert "missing: webhook.key" in page.does("notices channels")
        house.settings.logkeeper.mkdir(exist_ok=True)
        (house.settings.logkeeper / "webhook.key").write_text("hush")
        page.does("notices try webhook")
        page.does("notices try mail", code=1, ADDRESS="a@b.example")  # no mail is set up: refused, and said
        assert len(receiver.came) == 1

        def restarted(given):
            assert given == ["systemctl", "restart", "custodes-logkeeper"]
            house.call(carried(house))

        page.shell("systemctl restart", restarted)
        assert len(receiver.came) > 1
        assert "0 wait in all" in page.does("notices waiting", world.anna)
        page.does("doctor", code=None)
        assert finding(house, "outbox") == ("ok", "")
        assert page.left == []


async def carried(house):
    """One round of a logkeeper that was started with the settings and secrets as they are now."""
    world, settings = house.world, load(house.folder / FILE_NAME)
    key = Ed25519PrivateKey.from_private_bytes(world.log_keys.ed25519)
    doors = SignedDoors(world.keyroom, world.body.id, key, world.clock)
    outgoing = Outgoing(settings.outside_hosts, loopback_too=True)
    told = channels(settings, outgoing)
    assert await Deliverer(doors, told, world.clock, settings.console_url).round() > 0
    assert (await world.ask(LookOutbox(LOCAL, 500))).items == ()


def test_processes_are_gone(tmp_path):
    """Console and keyroom are killed: seen, restarted each by its unit, ready; nothing else is touched."""
    whole = House(tmp_path).found()
    typed = Typed(whole.settings.house)
    units = {"custodes-keyroom": "keyroom", "custodes-plane@console": "console"}

    def restarted(given):
        assert given[:2] == ["systemctl", "restart"]
        whole.start(units[given[2]])

    with whole.running(*units.values()):
        page = Page(typed, "process-gone")
        for name in units.values():
            whole.kill(name)
        assert page.does("doctor", code=None).count("The process does not answer") >= len(units)
        assert finding(typed, "keyroom")[1] == finding(typed, "console")[1] == "silent"
        kept = shlex.split(page.left.pop(0))
        assert kept[:3] == ["journalctl", "--unit", "UNIT"]  # no systemd runs here
        for unit in units:
            line = page.left[0]
            page.shell("systemctl restart", restarted, UNIT=unit)
            page.left.insert(0, line)
        page.left.pop(0)
        page.does("status")  # its holder opens itself
        page.does("doctor", code=None)
        assert finding(typed, "keyroom")[0] == finding(typed, "console")[0] == "ok"
        page.does("audit --folder")
        assert page.left == []

"""One running house, reached in two ways: plain HTTP on loopback, and TLS through the real front."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.cloud_house import CloudHouse
from fakes.front import Authority, Front, demand_nginx


@dataclass
class Place:
    """Where a client is pointed. `ca` is the authority it must trust; None where there is no TLS."""

    house: CloudHouse
    host: str
    port: int
    ca: Path | None

    @property
    def endpoint(self):
        return f"{'https' if self.ca else 'http'}://{self.host}:{self.port}"

    @property
    def key(self):
        return self.house.key

    @property
    def environment(self):
        """What tools of many kinds take credentials and authorities from."""
        named = {"AWS_ACCESS_KEY_ID": self.key.access_key, "AWS_SECRET_ACCESS_KEY": self.key.secret}
        trusted = {name: str(self.ca) for name in ("SSL_CERT_FILE", "AWS_CA_BUNDLE")} if self.ca else {}
        return {**named, **trusted, "AWS_DEFAULT_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="package")
def places(tmp_path_factory):
    demand_nginx()
    folder = tmp_path_factory.mktemp("places")
    house = CloudHouse(folder).found()
    authority = Authority(folder)
    authority.issue("front", "localhost", "*.localhost")
    front = Front(
        folder,
        house,
        {
            "/etc/custodes/tls/front.pem": str(folder / "front.pem"),
            "/etc/custodes/tls/front.key": str(folder / "front.key"),
            "/etc/custodes/tls/clients.pem": str(authority.file),
            "/run/custodes/front/xks.sock": str(folder / "xks.sock"),
        },
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(house.running("keyroom", "s3"))
        stack.enter_context(front.running())
        yield {
            "http": Place(house, "127.0.0.1", house.settings.s3_port, None),
            "https": Place(house, "localhost", front.port, authority.file),
        }


@pytest.fixture(params=["http", "https"])
def place(request, places):
    return places[request.param]


@pytest.fixture
def behind_tls(places):
    return places["https"]

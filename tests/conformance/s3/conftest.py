"""One running house, reached in two ways: plain HTTP on loopback, and TLS through the real front. Beside it a
Ceph RGW as the reference, reached in the same two ways: the same clients, another endpoint.

What goes otherwise at the reference stands in `differences.json` with its reason. There a test must fail as
it says, so a difference that is gone is noticed; docs/protocols/s3.md lists them.
"""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.stores import servers
from fakes.cloud_house import CloudHouse
from fakes.front import Authority, Front, demand_nginx
from fakes.houses import S3Key
from fakes.ports import free_port

DIFFERENCES = Path(__file__).with_name("differences.json")


@dataclass
class Place:
    """Where a client is pointed. `ca` is the authority it must trust; None where there is no TLS. `tag`
    makes the names of buckets that the ways to one server must not share.
    """

    key: S3Key
    host: str
    port: int
    ca: Path | None
    tag: str

    @property
    def endpoint(self):
        return f"{'https' if self.ca else 'http'}://{self.host}:{self.port}"

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
            "http": Place(house.key, "127.0.0.1", house.settings.s3_port, None, "p"),
            "https": Place(house.key, "localhost", front.port, authority.file, "s"),
        }


@pytest.fixture(scope="package")
def reference(tmp_path_factory):
    """RGW, plain and with TLS of its own."""
    folder = tmp_path_factory.mktemp("reference")
    authority = Authority(folder)
    authority.issue("rgw", "localhost")
    port = free_port()
    own = f"ssl_endpoint=127.0.0.1:{port} ssl_certificate={folder}/rgw.pem ssl_private_key={folder}/rgw.key"
    key = S3Key(servers.KEY, servers.SECRET)
    anywhere = "rgw relaxed region enforcement = true"  # clients name a region when they make a bucket
    with servers.rgw(folder, anywhere, room=4 << 30, front=own) as found:
        yield {
            "rgw": Place(key, "127.0.0.1", found.port, None, "p"),
            "rgw-tls": Place(key, "localhost", port, authority.file, "s"),
        }


@pytest.fixture
def place(request):
    """Parametrised below: `http` and `https` are the house, `rgw` and `rgw-tls` the reference."""
    if not request.param.startswith("rgw"):
        return request.getfixturevalue("places")[request.param]
    reason = json.loads(DIFFERENCES.read_text())["differs"].get(request.node.originalname)
    if reason:
        request.applymarker(pytest.mark.xfail(reason=f"the reference differs: {reason}", strict=True))
    return request.getfixturevalue("reference")[request.param]


def pytest_generate_tests(metafunc):
    own = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "place" in metafunc.fixturenames and "place" not in own:
        metafunc.parametrize("place", ("http", "https", "rgw"), indirect=True)

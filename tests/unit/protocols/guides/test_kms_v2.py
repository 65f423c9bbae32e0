import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.guides.kms_v2 import SOCKET, steps


def test_settings_and_configuration_name_the_same_socket_and_the_key():
    made = {step.code: step.command for step in steps("etcd", "/srv/x/kms.sock")}
    assert 'kms_socket = "/srv/x/kms.sock"' in made["kms-settings"]
    assert 'kms_key = "etcd"' in made["kms-settings"]
    assert 'endpoint: "unix:///srv/x/kms.sock"' in made["kms-configuration"]
    own = {step.code: step.command for step in steps("etcd", "/srv/x/kms.sock", "/srv/x/token")}
    assert 'kms_access = "/srv/x/token"' in own["kms-settings"]
    assert f"unix://{SOCKET}" in {one.code: one.command for one in steps("etcd", "")}["kms-configuration"]


def test_it_is_yaml_that_an_api_server_reads():
    yaml = pytest.importorskip("yaml")
    read = yaml.safe_load(steps("etcd", "")[1].command)
    (rule,) = read["resources"]
    assert rule["providers"][0]["kms"]["endpoint"] == f"unix://{SOCKET}"
    assert rule["providers"][1] == {"identity": {}}


@pytest.mark.parametrize(("key", "socket"), [("a b", ""), ("etcd", 'x"'), ("etcd", "/a b")])
def test_no_name_takes_a_file_apart(key, socket):
    with pytest.raises(Refusal, match="bad-name"):
        steps(key, socket)

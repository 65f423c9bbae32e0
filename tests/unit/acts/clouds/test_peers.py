from custodes.acts.clouds.peers import common_name
from fakes.certificates import certificate

NAME = "cks.kms.eu-central-1.amazonaws.com"


def test_one_name_is_read_and_anything_else_is_nobody():
    assert common_name(certificate(NAME)) == NAME
    assert common_name(certificate(NAME, "other")) == ""
    assert common_name(certificate()) == ""
    assert common_name(None) == ""
    assert common_name(b"\x30\x03abc") == ""

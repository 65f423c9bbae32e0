import json
import re
import shlex

import pytest
from botocore import xform_name
from botocore.session import Session

from custodes.kernel.refusal import Refusal
from custodes.protocols.guides.xks import configuration, steps

PATH = "/con-" + "0" * 26 + "/kms/xks/v1"
MADE = steps("AWS Frankfurt", "xks.town.example", PATH, ("registry", "mail"), listens="127.0.0.1:9200")


def test_each_command_is_one_of_aws_with_parameters_it_knows():
    kms = Session().get_service_model("kms")
    known = {xform_name(name, "-"): kms.operation_model(name) for name in kms.operation_names}
    seen = set()
    for step in MADE:
        for verb, rest in re.findall(r"aws kms ([a-z-]+)((?: --[^\n]*)?)", step.command):
            members = {xform_name(name, "-") for name in known[verb].input_shape.members}
            given = {one[2:] for one in shlex.split(rest.partition(")")[0]) if one.startswith("--")}
            assert given - {"query", "output"} <= members, (verb, given)
            seen.add(verb)
    assert seen >= {
        "create-custom-key-store",
        "connect-custom-key-store",
        "create-key",
        "update-custom-key-store",
        "describe-custom-key-stores",
    }


def test_this_installations_values_are_in_it():
    whole = "\n".join(step.command for step in MADE)
    assert f"https://xks.town.example --xks-proxy-uri-path {PATH}" in whole
    assert "proxy_pass http://127.0.0.1:9200" in whole
    assert [step.command.rpartition(" ")[2] for step in MADE if step.code == "key"] == ["registry", "mail"]


def test_an_example_stands_where_the_host_is_not_set():
    assert "xks.example.org" in steps("x", "", PATH, (), listens="-")[1].command


@pytest.mark.parametrize("name", ["a'; rm -rf x", "a\\b", "a\nb"])
def test_no_name_takes_a_command_apart(name):
    with pytest.raises(Refusal, match="bad-name"):
        steps(name, "", PATH, (), listens="-")


def test_the_file_for_the_console_of_aws():
    given = json.loads(configuration(PATH, "A" * 20, "s" * 44))
    assert given["XksProxyUriPath"].endswith("/kms/xks/v1")
    assert set(given["XksProxyAuthenticationCredential"]) == {"AccessKeyId", "RawSecretAccessKey"}

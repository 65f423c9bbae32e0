"""ceph/s3-tests as a judge: where it comes from, the house it meets, and what it said, test by test.

The suite is never part of this tree: a checkout of the pinned commit is named by CUSTODES_S3_TESTS, or
cloned once into `.cache/judges`. Its users are applications of one town, whose rules let bucket policies and
ACLs count, for applications and for all the world.
"""

import ast
import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from custodes.acts.footing.customer import Customer
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.kernel.ids import new_id
from custodes.policy.presets import default_rules, rule
from custodes.wiring.keyroom import assembled
from fakes.houses import House, S3Key
from fakes.rows import put
from judges import environment

ROOT = Path(__file__).resolve().parents[3]
COMMIT = "8f0ae7b404a3a2fcf7038bf1e6bf29544fe9b6a3"
URL = "https://github.com/ceph/s3-tests"
USERS = ("alt", "tenant", "iam", "root", "other")
LEFT_OUT = (
    "not lifecycle_expiration and not lifecycle_transition and not cloud_transition and not cloud_restore "
    "and not bucket_logging and not bucket_logging_cleanup and not s3website"
)
FORMS = (
    "applications-bypass-governance",
    "bucket-policies-count",
    "anyone-reads-public-buckets",
    "anyone-writes-public-buckets",
)
GROUPS = (
    "checksum",
    "conditional_write",
    "copy",
    "list_objects_v2",
    "tagging",
    "encryption",
    "bucket_policy",
)
PLUGINS = Path(__file__).with_name("resigned")
FILES = ("s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py")


def checkout() -> Path:
    """ceph/s3-tests at its pinned commit; skips as *not judged* where it cannot be had."""
    return fetched("CUSTODES_S3_TESTS", "s3-tests-checkout", URL, COMMIT)


def fetched(variable: str, name: str, url: str, commit: str) -> Path:
    """A suite of others at a pinned commit: the checkout a variable names, or cloned once."""
    named = os.environ.get(variable)
    folder = Path(named) if named else ROOT / ".cache" / "judges" / name
    if not (folder / ".git").exists():
        cloned = subprocess.run(
            ["git", "clone", "--quiet", url, str(folder)], capture_output=True, check=False
        )
        moved = subprocess.run(
            ["git", "-C", str(folder), "checkout", "--quiet", commit], capture_output=True, check=False
        )
        if cloned.returncode or moved.returncode:
            pytest.skip(f"not judged: {url} cannot be fetched; name a checkout in {variable}")
    head = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    if head.stdout.strip() != commit:
        pytest.skip(f"not judged: {folder} is not {url} at {commit[:12]}")
    return folder


class Judged:
    """A founded house with the users the suite wants."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder).found()
        self.users: dict[str, tuple[S3Key, str]] = {"main": (self.house.key, self.house.application.id)}
        self.names = {self.house.application.id: self.house.application.name}
        self.kms: list[str] = []
        asyncio.run(self._settle())
        self.conf = folder / "s3tests.conf"

    def write_conf(self) -> Path:
        """The suite's configuration file."""
        users = {
            user: (id_, self.names[id_], key.access_key, key.secret)
            for user, (key, id_) in self.users.items()
        }
        return conf_of(self.conf, self.house.settings.s3_port, users, (self.kms[0], self.kms[1]))

    async def _settle(self) -> None:
        house = self.house
        async with assembled(house.settings, "a local token of no use") as keyroom:
            await keyroom.unseal(b"")
            o, customer = keyroom.opened, house.customer
            rows = []
            for user in USERS:
                application = msgspec.structs.replace(
                    house.application, id=new_id("per", house.dice), name=user.capitalize()
                )
                own, house.application = house.application, application
                credential, key = house._s3_key(keyroom, application.organisation)
                house.application = own
                self.users[user] = (key, application.id)
                self.names[application.id] = application.name
                rows.append(("application", application.id, customer.id, application))
                rows.append(("credential", credential.id, customer.id, credential))
            for name in ("one", "two"):
                id_ = new_id("key", house.dice)
                scope = Scope(house=o.house, customer=customer.id, key=id_)
                wrapped = hierarchy.make_key_version(o.keyring.root(customer), scope, 1, o.dice)
                now = o.clock.now().replace(microsecond=0)
                made = keys.create(id_, customer.id, (name, ""), wrapped, now)
                rows.append(("key", id_, customer.id, made))
                self.kms.append(id_)
            rules = default_rules(customer.id)
            chosen = (*rules.rules, *(rule(form) for form in FORMS))
            rows.append(
                (
                    "rules",
                    customer.id,
                    customer.id,
                    msgspec.structs.replace(rules, generation=2, rules=chosen),
                )
            )
            own_customer = o.standing.get("customer", o.house, Customer)
            await put(keyroom, own_customer, rows)


def conf_of(file: Path, port: int, users: dict[str, tuple[str, str, str, str]], kms: tuple[str, str]) -> Path:
    """Write the suite's configuration; `users`: name in this file -> (id, shown name, access key, secret)."""
    lines = [f"[DEFAULT]\nhost = 127.0.0.1\nport = {port}\nis_secure = False\nssl_verify = False\n"]
    lines.append("[fixtures]\nbucket prefix = judge-{random}-\n")
    sections = zip(("s3 alt", "s3 tenant", "iam", "iam root", "iam alt root"), USERS, strict=True)
    more = {"main": f"kms_keyid = {kms[0]}\nkms_keyid2 = {kms[1]}\n", "tenant": "tenant = other\n"}
    for section, user in (("s3 main", "main"), *sections):
        id_, shown, access_key, secret = users[user]
        lines.append(
            f"[{section}]\ndisplay_name = {shown}\nuser_id = {id_}\nemail = {user}@town.example\n"
            f"access_key = {access_key}\nsecret_key = {secret}\n{more.get(user, '')}"
        )
    file.write_text("".join(lines))
    return file


def run(conf: Path, folder: Path, *more: str) -> dict[str, str]:
    """Run the subset; test -> `passed`, `failed` or `skipped`. Breaking in a teardown is failing."""
    checked = checkout()
    report = folder / "report.xml"
    python = environment("s3tests") / "python"
    call = [str(python), "-m", "pytest", "-q", "--timeout=120", "-p", "no:cacheprovider", "-m", LEFT_OUT]
    call += [f"--junitxml={report}", "--tb=line", *more, *FILES]
    told = {**os.environ, "S3TEST_CONF": str(conf), "PYTHONPATH": os.pathsep.join((str(PLUGINS), "."))}
    told.pop("PYTEST_ADDOPTS", None)
    subprocess.run(call, cwd=checked, env=told, capture_output=True, check=False)
    return read(report)


def run_by_sigv4(conf: Path, folder: Path, named: list[str]) -> dict[str, str]:
    """Run these tests, and all of forms, with SigV4 where the suite signs with SigV2 (resigned.py); and the
    two of mended.py.
    """
    chosen = " or ".join(("test_post_object", "test_mended", *named))
    mended = shutil.copy(PLUGINS / "mended.py", folder)  # out of reach of our conftest
    return run(conf, folder, "-c", "pytest.ini", "-p", "resigned", "-k", chosen, mended)


def read(report: Path, *, with_file: bool = False) -> dict[str, str]:
    """What a report says of each test; `with_file` where names stand in several files."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = str(case.get("name"))
        if with_file:
            name = f"{str(case.get('classname')).rpartition('.')[2]}::{name}"
        kinds = {child.tag for child in case}
        said = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        if found.get(name) != "failed":
            found[name] = said
    return found


def marks(checked: Path) -> dict[str, set[str]]:
    """Test -> the groups the suite itself puts it in."""
    found: dict[str, set[str]] = {}
    for file in FILES:
        for node in ast.parse((checked / file).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                called = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
                found[node.name] = {one.attr for one in called if isinstance(one, ast.Attribute)}
    return found


def counted(checked: Path, found: dict[str, str]) -> dict[str, list[int]]:
    """Group -> how many were judged, and how many passed; `all` is every test."""
    groups: dict[str, list[int]] = {"all": [len(found), sum(said == "passed" for said in found.values())]}
    marked = marks(checked)
    for group in GROUPS:
        said = [word for name, word in found.items() if group in marked.get(name.partition("[")[0], ())]
        groups[group] = [len(said), said.count("passed")]
    return groups

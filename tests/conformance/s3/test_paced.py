"""A customer who is too fast: rclone gets everything through in the end, by its own retries."""

import subprocess

import pytest

from custodes.acts.objects.bounds import pace  # noqa: F401 - what is judged
from fakes.cared import CaredHouse
from fakes.folders import filled, same

from .test_clients import Rclone

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]


class Patient(Rclone):
    """As it comes: it retries, and slows down when it is told so."""

    def __call__(self, *arguments):
        call = [self.command, "-vv", "--transfers", "8", "--checkers", "8", *arguments]
        done = subprocess.run(call, capture_output=True, env=self.environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr.decode()


def test_rclone_gets_through(tmp_path):
    house = CaredHouse(tmp_path / "house").found()
    house.ca = None
    with house.running("keyroom", "s3"):
        house.boto3().create_bucket(Bucket="paced")
        house.pace(5, 5)
        rclone = Patient(house, tmp_path)
        files = filled(tmp_path / "files")
        for number in range(40):
            (files / f"more-{number}").write_bytes(b"%d" % number * 50)
        said = rclone("copy", str(files), "town:paced/tree")
        assert "SlowDown" in said or "503" in said
        house.pace()
        rclone("copy", "town:paced/tree", str(tmp_path / "back"))
        assert same(files, tmp_path / "back")

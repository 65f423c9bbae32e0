"""Install what the tests need from Debian: `python3 tools/deps.py`.

As root on Debian or Ubuntu the missing packages are installed; anybody else is told what is missing. With
CI=true something missing is an error, because a test that cannot run is a failure there. Standard library
only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {  # command -> Debian package and what needs it
    "git": ("git", "tests that copy the tree"),
    "chromium": ("chromium", "console pages, passkeys"),
    "aws": ("awscli", "judge of the S3 plane"),
    "rclone": ("rclone", "judge of the S3 plane, as a client"),
    "strace": ("strace", "fdatasync before every acknowledgement"),
    "openssl": ("openssl", "foreign check of signatures"),
    "msgfmt": ("gettext", "message catalogues"),
    "systemd-analyze": ("systemd", "check of the units"),
    "softhsm2-util": ("softhsm2", "roots in a token"),
    "swtpm": ("swtpm", "a passphrase under a TPM"),
    "rsyslogd": ("rsyslog", "judge of syslog messages"),
    "initdb": ("postgresql-15", "the second database: store, keyroom, failover"),
    "nginx": ("nginx-light", "the TLS front, as deploy/nginx sets it up"),
    "age": ("age", "judge of exports"),
    "slapd": ("slapd", "a directory behind Keycloak"),
    "ldapadd": ("ldap-utils", "people in that directory"),
    "curl": ("curl", "a client of the TLS front"),
    "promtool": ("prometheus", "judge of the alert rules"),
    "unshare": ("util-linux", "a full disk that is real and small"),
    "ip": ("iproute2", "two organisations in two network namespaces"),
}


def main() -> int:
    """Install or name what is missing; returns a process exit code."""
    missing = {command: need for command, need in NEEDED.items() if not _has(command)}
    if missing and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(sorted({package for package, _ in missing.values()}))
        missing = {command: need for command, need in NEEDED.items() if not _has(command)}
    if not missing:
        return 0
    print("missing on this machine:")
    for command, (_, why) in sorted(missing.items()):
        print(f"  {command:16} {why}")
    packages = " ".join(sorted({package for package, _ in missing.values()}))
    print(f"as root: apt-get install {packages}")
    return 1 if os.environ.get("CI") == "true" else 0


def _has(command: str) -> bool:
    servers = map(str, Path("/usr/lib/postgresql").glob("*/bin"))  # Debian keeps them out of PATH
    paths = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *servers])
    return shutil.which(command, path=paths) is not None


def _install(packages: list[str]) -> None:
    print("apt-get install " + " ".join(packages), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    for command in ([*get, "update"], [*get, "install", "--no-install-recommends", "-y", *packages]):
        done = subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
        if done.returncode:
            print(f"{' '.join(command[:4])} failed", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

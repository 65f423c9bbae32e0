"""An image built and run without an engine's daemon: buildah builds, umoci unpacks, crun runs.

The base is made of Debian's own packages (mmdebstrap), because a registry of containers is not asked. crun
wants one kind of control groups and some machines have two: it runs in a mount namespace that shows none.
"""

import argparse
import copy
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from house.tree import ROOT

TOOLS = ("buildah", "mmdebstrap", "umoci", "crun", "unshare")
SUITE = "bookworm"
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
BUILDER = "/root"  # the home, in the image, of who builds it
CONTAINERFILE = ROOT / "deploy" / "oci" / "Containerfile"
NO_CGROUPS = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs tmpfs /sys/fs/cgroup && exec "$@"', "-")


def demand_tools() -> None:
    """Skips, by the word, where the image cannot be built."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"not judged: building an image takes root and {', '.join(missing) or 'nothing else'}")


def ran(*command: str, **more: Any) -> str:
    """What it said; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-4000:])
    return done.stdout


def base(suite: str = SUITE, packages: str = PACKAGES) -> Path:
    """A root file system with Python out of Debian's packages; made once."""
    kept = ROOT / ".cache" / "judges" / "oci" / f"{suite}.tar"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_name("part.tar")
        command = ["mmdebstrap", "--variant=minbase", f"--include={packages}", suite, str(part)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"not judged: no base could be made: {done.stderr[-300:]}")
        part.rename(kept)
    return kept


def build(folder: Path) -> Path:
    """Carry out deploy/oci/Containerfile; gives an OCI layout with the image `custodes`."""
    store = ("--root", str(folder / "store"), "--runroot", str(folder / "run"), "--storage-driver", "vfs")
    buildah = ("buildah", *store)
    container = ran(*buildah, "from", "scratch").strip()
    ran(*buildah, "add", "-q", container, str(base()), "/")
    ran(*buildah, "commit", "-q", "--rm", container, "localhost/base")
    command = [*buildah, "bud", "--isolation", "chroot", "--network", "host", "--layers=false"]
    command += ["--build-arg", "BASE=localhost/base", *_as_this_machine_asks(folder)]
    ran(*command, "-f", str(CONTAINERFILE), "-t", "localhost/custodes", str(_context(folder)))
    ran(*buildah, "push", "-q", "localhost/custodes", f"oci:{folder / 'layout'}:custodes")
    shutil.rmtree(folder / "store")
    return folder / "layout"


def _context(folder: Path) -> Path:
    """What the file copies, and nothing else of the tree."""
    made = folder / "context"
    for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE.read_text(encoding="utf-8"), re.MULTILINE):
        for name in line.split()[:-1]:
            source, target = ROOT / name, made / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
            else:
                shutil.copy(source, target)
    return made


def _as_this_machine_asks(folder: Path) -> list[str]:
    """How this machine's own pip and npm reach their registries, for the build alone."""
    npmrc = folder / "npmrc"
    npmrc.write_text("cafile=/etc/ssl/certs/ca-certificates.crt\n" if Path("/etc/ssl/certs").is_dir() else "")
    wanted = {
        "/etc/ssl/certs": "/etc/ssl/certs",
        "/etc/pip.conf": "/etc/pip.conf",
        str(npmrc): str(Path.home() / ".npmrc"),  # root builds here, and root's home is the same inside
    }
    found = {source: target for source, target in wanted.items() if Path(source).exists()}
    return [word for source, target in found.items() for word in ("-v", f"{source}:{target}:ro")]


class Runtime:
    """Runs containers of the image, each as it is asked for: user, mounts, network."""

    def __init__(self, layout: Path, folder: Path) -> None:
        self.folder, self.bundle = folder, folder / "bundle"
        ran("umoci", "unpack", "--image", f"{layout}:custodes", str(self.bundle))
        self._config = json.loads((self.bundle / "config.json").read_text())
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def rootfs(self) -> Path:
        return self.bundle / "rootfs"

    def run(self, *words: str, typed: str = "", **how: Any) -> "subprocess.CompletedProcess[str]":
        """One container that ends."""
        command = self._command("once", words, how)
        return subprocess.run(command, capture_output=True, text=True, input=typed, check=False)

    def start(self, name: str, *words: str, **how: Any) -> None:
        """A container that stays; what it says goes to a file of its name."""
        command = self._command(name, words, how)
        with (self.folder / f"{name}.log").open("wb") as said:
            self._running[name] = subprocess.Popen(
                command, stdout=said, stderr=said, stdin=subprocess.DEVNULL
            )

    def inside(self, name: str, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """`exec` in a running container."""
        asked = json.loads((self.folder / f"container-{name}" / "config.json").read_text())
        user = asked["process"]["user"]  # as Docker does; crun itself would come in as root
        command = [
            *self._crun(),
            "exec",
            "--user",
            f"{user['uid']}:{user['gid']}",
            f"custodes-{name}",
            *words,
        ]
        return subprocess.run(command, capture_output=True, text=True, input=typed, check=False)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def has_ended(self, name: str) -> bool:
        return self._running[name].poll() is not None

    def stop(self) -> dict[str, int]:
        """SIGTERM to all, in turn; how each ended."""
        codes = {}
        for name in reversed(list(self._running)):
            process = self._running.pop(name)
            subprocess.run(
                [*self._crun(), "kill", f"custodes-{name}", "TERM"], capture_output=True, check=False
            )
            try:
                codes[name] = process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait()
        return codes

    def _crun(self) -> tuple[str, ...]:
        return (*NO_CGROUPS, "crun", "--root", str(self.folder / "crun"), "--cgroup-manager=disabled")

    def _command(self, name: str, words: tuple[str, ...], how: dict[str, Any]) -> list[str]:
        place = self.folder / f"container-{name}"
        place.mkdir(exist_ok=True)
        (place / "config.json").write_text(json.dumps(self._asked(words, **how)))
        return [*self._crun(), "run", "--bundle", str(place), f"custodes-{name}"]

    def _asked(
        self,
        words: tuple[str, ...],
        *,
        user: str = "",
        mounts: tuple[str, ...] = (),
        has_network: bool = False,
        entrypoint: str = "",
    ) -> dict[str, Any]:
        """The image's own configuration, shut in as compose and README have it."""
        made = copy.deepcopy(self._config)
        process = made["process"]
        process["args"] = [*([entrypoint] if entrypoint else process["args"]), *words]
        process["terminal"] = False
        process["noNewPrivileges"] = True
        process.pop("rlimits", None)  # those of this machine
        process["capabilities"] = {kind: [] for kind in process["capabilities"]}
        if user:
            uid, _, gid = user.partition(":")
            process["user"] = {"uid": int(uid), "gid": int(gid)}
        made["root"] = {"path": str(self.rootfs), "readonly": True}
        made["mounts"] = [one for one in made["mounts"] if not one["destination"].startswith("/sys")]
        nodev = ["mode=1777", "noexec", "nosuid", "nodev"]
        made["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": nodev})
        for line in mounts:
            source, target, *mode = line.split(":")
            options = ["rbind", mode[0] if mode else "rw", "nosuid", "nodev"]
            made["mounts"].append(
                {"destination": target, "type": "bind", "source": source, "options": options}
            )
        if has_network:
            spaces = made["linux"]["namespaces"]
            made["linux"]["namespaces"] = [one for one in spaces if one["type"] != "network"]
        made["linux"].pop("resources", None)
        return made


def as_docker(runtime: Runtime, line: str, replaced: dict[str, str], typed: str) -> None:
    """A `docker run` of the README, carried out: the options that stand there, and no other."""
    parser = argparse.ArgumentParser()
    for flag in ("--rm", "-it", "--read-only"):
        parser.add_argument(flag, action="store_true")
    for option in ("--network", "--tmpfs", "--user", "--entrypoint"):
        parser.add_argument(option)
    parser.add_argument("-v", action="append", dest="mounts")
    parser.add_argument("image")
    given, words = parser.parse_known_args(shlex.split(line)[2:])
    assert (given.network, given.read_only, given.tmpfs, given.image) == ("none", True, "/tmp", "custodes")
    mounts = []
    for one in given.mounts:
        source, rest = one.split(":", 1)
        mounts.append(f"{replaced[source]}:{rest}")
    done = runtime.run(
        *words, user=given.user, mounts=tuple(mounts), entrypoint=given.entrypoint, typed=typed
    )
    assert done.returncode == 0, done.stdout + done.stderr

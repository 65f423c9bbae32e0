"""One plane's own process over a house that a test serves, as `custodes serve` would start it."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from custodes.settings import FILE_NAME, to_toml

from .houses import ROOT
from .ports import free_port

UP_WITHIN_S = 60


@contextmanager
def plane_running(house, name, **settings):
    """The plane `name` of a `ServedHouse`; gives its address and the file of what it says."""
    folder, port = house.folder, free_port()
    for place in (house.settings.meters, house.settings.stores, house.settings.public_log):
        place.mkdir(exist_ok=True)
    given = type(house.settings)(**{f"{name}_port": port, "demo": True, **settings})
    (folder / FILE_NAME).write_text(to_toml(given))
    log, at = folder / f"{name}.log", f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "custodes.wiring", name, str(folder / FILE_NAME)]
    with log.open("ab") as out:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        _answers(process, at, log)
        yield at, log
    finally:
        process.terminate()
        process.wait(60)


def _answers(process, at, log):
    ends = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()[-2_000:]
        try:
            urllib.request.urlopen(at, timeout=10).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text()[-2_000:])

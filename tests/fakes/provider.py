"""A real OpenID provider in a process of its own (tests/issuer), and somebody who signs in at it."""

import importlib.util
import os
import re
import subprocess
import urllib.error
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest

from fakes.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a client's secret, with spaces"
STEPS_MAX = 12


def _tool():
    spec = importlib.util.spec_from_file_location("issuer_tool", ROOT / "tools" / "issuer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Provider:
    """`with Provider(redirect) as provider:`; a missing node is a failure in continuous integration."""

    def __init__(self, redirect, algorithm="ES256", *, is_public=False):
        self.redirect = redirect
        self.more = [algorithm, *(["public"] if is_public else [])]
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"

    def __enter__(self):
        tool = _tool()
        node = tool.node()
        if node is None or tool.main():
            if os.environ.get("CI") == "true":
                pytest.fail("no OpenID provider: node or npm is missing")
            pytest.skip("no OpenID provider: node or npm is missing")
        self.process = subprocess.Popen(
            [*node[0], "provider.mjs", str(self.port), self.redirect, *self.more],
            cwd=tool.FOLDER,
            env=node[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._until("ready")
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def rotate(self):
        self.process.stdin.write("rotate\n")
        self.process.stdin.flush()
        self._until("rotated")

    def sign_in(self, url, login):
        """What the browser is sent back with, after `login` (a name and groups) gave his word and consent."""
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar(DefaultCookiePolicy(rfc2965=False))), _Stay
        )
        body = None
        for _ in range(STEPS_MAX):
            if url.startswith(self.redirect):
                return url
            place, page = _get(opener, url, body)
            body = None
            if place:
                url = urljoin(url, place)
                continue
            url = re.search(r'action="([^"]+)"', page)[1]
            form = {"prompt": "login", "login": login, "password": "x"}
            if 'value="consent"' in page:
                form = {"prompt": "consent"}
            body = urlencode(form).encode()
        raise AssertionError("the provider does not come to an end")

    def _until(self, line):
        for said in self.process.stdout:
            if said.strip() == line:
                return
        raise AssertionError("the provider ended")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def _get(opener, url, body):
    try:
        with opener.open(url, body, timeout=10) as answer:
            return "", answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            if error.code in {302, 303}:
                return error.headers["location"], ""
            raise AssertionError((error.code, error.read())) from None

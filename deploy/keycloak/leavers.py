#!/usr/bin/env python3
"""Tell the console who is no longer in Keycloak: removed or disabled in the directory behind it (LDAP, AD).

    leavers.py --keycloak https://keycloak.example --realm office --client leavers --secret-file FILE \
               --console https://console.example --token-file FILE [--most 5]

Whoever the console's directory lists as active and Keycloak does not know any more, or has disabled, is set
inactive by SCIM: sessions and approvals of his end at once. Run it by a timer, every minute or so. When
Keycloak, or the directory behind it, does not answer plainly, nothing is done; when more people than --most
would leave at once, nothing is done either, and somebody should look. Exit code 0: done; 1: not answered;
2: too many. Standard library only. The recipe: docs/operations/keycloak.md.
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

PAGE = 100
TIMEOUT_S = 30
SCIM = "application/scim+json"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def main() -> int:
    """One round."""
    asked = _arguments()
    try:
        login = _token(asked)
        listed = list(_listed(asked))
        gone = [one for one in listed if not _is_there(asked, login, one["externalId"])]
        if len(gone) > asked.most:
            print(f"{len(gone)} of {len(listed)} would leave, more than {asked.most}: nothing was done")
            return 2
        for one in gone:
            _leave(asked, one["id"])
            print(f"{one['id']} has left")
    except (OSError, ValueError, KeyError) as error:
        print(f"not answered: {error}", file=sys.stderr)
        return 1
    print(f"{len(listed)} listed, {len(gone)} have left")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tell the console who is no longer in Keycloak.")
    for name in ("keycloak", "realm", "client", "console"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("secret-file", "token-file"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    parser.add_argument("--most", type=int, default=5, help="so many may leave at once")
    return parser.parse_args()


def _token(asked: argparse.Namespace) -> str:
    """The client's own, with its service account's right to view users."""
    form = {
        "grant_type": "client_credentials",
        "client_id": asked.client,
        "client_secret": asked.secret_file.read_text().strip(),
    }
    place = f"{asked.keycloak}/realms/{urllib.parse.quote(asked.realm)}/protocol/openid-connect/token"
    return str(_ask("POST", place, "", urllib.parse.urlencode(form).encode())["access_token"])


def _is_there(asked: argparse.Namespace, login: str, id_: str) -> bool:
    """Whether Keycloak knows the person and has not disabled him; only *not found* means that he is gone."""
    realm, named = urllib.parse.quote(asked.realm), urllib.parse.quote(id_, safe="")
    try:
        found = _ask("GET", f"{asked.keycloak}/admin/realms/{realm}/users/{named}", login)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise
    return found["enabled"] is True


def _listed(asked: argparse.Namespace) -> Any:
    """Everybody the console has of this directory, active."""
    token, first = asked.token_file.read_text().strip(), 1
    while True:
        place = f"{asked.console}/scim/v2/Users?startIndex={first}&count={PAGE}"
        page = _ask("GET", place, token)
        people = page.get("Resources", [])
        yield from (one for one in people if one["active"] and one.get("externalId"))
        first += len(people)
        if not people or first > page["totalResults"]:
            return


def _leave(asked: argparse.Namespace, id_: str) -> None:
    body = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    place = f"{asked.console}/scim/v2/Users/{urllib.parse.quote(id_, safe='')}"
    _ask("PATCH", place, asked.token_file.read_text().strip(), json.dumps(body).encode(), SCIM)


def _ask(method: str, place: str, token: str, body: bytes | None = None, form: str = "") -> Any:
    headers = {"accept": f"application/json, {SCIM}"}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    headers |= {"content-type": form} if form else {}
    request = urllib.request.Request(place, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        said = answer.read()
    return json.loads(said) if said else {}


if __name__ == "__main__":
    sys.exit(main())

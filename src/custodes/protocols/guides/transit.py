"""How tools of the transit engine (hvac, `bao`, `vault`, SOPS) use a customer's keys: what to put where.

The token is an application's API token of this installation; it is never printed here.
"""

from .step import Step, bare, front

PORT = 8200  # what is proposed where none is set
_TLS = "https://"


def steps(url: str, keys: tuple[str, ...], *, listens: str) -> tuple[Step, ...]:
    """The steps for the keys of one customer.

    `url` is the address that the settings give; without one tools on this machine reach our process itself,
    and the setting is asked for. `listens`: where our process listens, empty where it is off. `bad-name`
    (malformed) for a key's name that a shell or an address would take apart.
    """
    at = listens or f"127.0.0.1:{PORT}"
    reached = url or f"http://{at}"
    names = tuple(map(bare, keys))
    commands = [
        *([] if listens else [("transit-on", f"transit_port = {PORT}")]),
        *([] if url else [("transit-name", _NAME)]),
        *([("front", front(url.removeprefix(_TLS), "/v1", at))] if url.startswith(_TLS) else []),
        ("transit-address", _SETTING.format(reached)),
        *(("transit-look", f"bao read transit/keys/{name}") for name in names[:1]),
        *(("transit-use", _USE.format(name)) for name in names[:1]),
        *(("transit-sops", _SOPS.format(reached, name)) for name in names),
    ]
    return tuple(Step(code=code, command=command) for code, command in commands)


_NAME = 'transit_url = "https://NAME"'
_SETTING = 'export VAULT_ADDR={0} BAO_ADDR={0}\nexport VAULT_TOKEN="$TOKEN" BAO_TOKEN="$TOKEN"'
_USE = "bao write -field=ciphertext transit/encrypt/{} plaintext=$(printf hello | base64)"
_SOPS = 'creation_rules:\n  - hc_vault_transit_uri: "{}/v1/transit/keys/{}"'

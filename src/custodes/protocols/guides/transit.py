"""How tools of the transit engine (hvac, `bao`, `vault`, SOPS) use a customer's keys: what to put where.

The token is an application's API token of this installation; it is never printed here.
"""

from .step import Step, bare, front

NAME_HOST = "transit.example.org"


def steps(host: str, keys: tuple[str, ...], *, listens: str) -> tuple[Step, ...]:
    """The steps for the keys of one customer. `host` empty: an example; `listens`: where our process listens.

    `bad-name` (malformed) for a key's name that a shell or an address would take apart.
    """
    reached = host or NAME_HOST
    names = tuple(map(bare, keys))
    commands = [
        ("front", front(reached, "/v1", listens)),
        ("transit-address", _ADDRESS.format(reached)),
        *(("transit-look", f"bao read transit/keys/{name}") for name in names[:1]),
        *(("transit-use", _USE.format(name)) for name in names[:1]),
        *(("transit-sops", _SOPS.format(reached, name)) for name in names),
    ]
    return tuple(Step(code=code, command=command) for code, command in commands)


_ADDRESS = (
    'export VAULT_ADDR=https://{0} BAO_ADDR=https://{0}\nexport VAULT_TOKEN="$TOKEN" BAO_TOKEN="$TOKEN"'
)
_USE = "bao write -field=ciphertext transit/encrypt/{} plaintext=$(printf hello | base64)"
_SOPS = 'creation_rules:\n  - hc_vault_transit_uri: "https://{}/v1/transit/keys/{}"'

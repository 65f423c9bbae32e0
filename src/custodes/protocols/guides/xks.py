"""How to make AWS KMS use a connection: the exact commands, with this installation's values.

The names of commands and parameters are those of the AWS command line (`aws kms`). Nothing here holds a
secret: the two values shown once with a credential are to be put in by whoever runs the commands.
"""

import msgspec

from .step import Step, front, quoted

NAME_HOST = "xks.example.org"


def steps(name: str, host: str, path: str, keys: tuple[str, ...], *, listens: str) -> tuple[Step, ...]:
    """The steps for a connection. `host` empty: an example; `listens`: where our process listens.

    `bad-name` (malformed) for a name that a shell would take apart.
    """
    called = quoted(name)
    reached = host or NAME_HOST
    commands = [
        ("front", front(reached, path.removesuffix("/kms/xks/v1"), listens)),
        ("create", _create(called, reached, path)),
        ("connect", _connect(called)),
        *(("key", _KEY.format(key)) for key in keys),
        ("change-over", f"{_CHANGE_OVER}{_CREDENTIAL}"),
        ("look", _look(f"https://{reached}{path}/health")),
    ]
    return tuple(Step(code=code, command=command) for code, command in commands)


def configuration(path: str, access_id: str, secret: str) -> bytes:
    """The file that AWS's console takes instead of typing: path and credential, as JSON."""
    return msgspec.json.encode(
        {
            "XksProxyUriPath": path,
            "XksProxyAuthenticationCredential": {"AccessKeyId": access_id, "RawSecretAccessKey": secret},
        }
    )


_CREDENTIAL = (
    ' --xks-proxy-authentication-credential "AccessKeyId=$XKS_ACCESS_ID,RawSecretAccessKey=$XKS_SECRET"'
)
_KEY = 'aws kms create-key --origin EXTERNAL_KEY_STORE --custom-key-store-id "$ID" --xks-key-id {}'
_CHANGE_OVER = 'aws kms update-custom-key-store --custom-key-store-id "$ID"'
_ASKED = '{"requestMetadata":{"kmsRequestId":"by-hand","kmsOperation":"KmsHealthCheck"}}'


def _create(name: str, host: str, path: str) -> str:
    return (
        f"aws kms create-custom-key-store --custom-key-store-name {name}"
        " --custom-key-store-type EXTERNAL_KEY_STORE --xks-proxy-connectivity PUBLIC_ENDPOINT"
        f" --xks-proxy-uri-endpoint https://{host} --xks-proxy-uri-path {path}{_CREDENTIAL}"
    )


def _connect(name: str) -> str:
    return (
        f"ID=$(aws kms describe-custom-key-stores --custom-key-store-name {name}"
        " --query 'CustomKeyStores[0].CustomKeyStoreId' --output text)\n"
        'aws kms connect-custom-key-store --custom-key-store-id "$ID"'
    )


def _look(url: str) -> str:
    return (
        "curl --silent --aws-sigv4 aws:amz:eu-central-1:kms-xks-proxy"
        ' --user "$XKS_ACCESS_ID:$XKS_SECRET" -H Content-Type:application/json'
        f" --data '{_ASKED}' {url}"
    )

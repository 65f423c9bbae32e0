import hmac

import pytest

from custodes.kernel.mac import hmac_sha256, hmac_sha512


@pytest.mark.parametrize("key_bytes", [0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 300])
def test_the_same_as_the_library_says(key_bytes):
    key = bytes(n % 251 for n in range(key_bytes))
    for message in (b"", b"a", bytes(range(256)) * 40):
        assert hmac_sha256(key, message) == hmac.digest(key, message, "sha256")
        assert hmac_sha512(key, message) == hmac.digest(key, message, "sha512")

"""Who a client certificate says it is, where a TLS front has checked its chain.

The front in front of the process ends the handshake with whoever shows another authority's certificate; it
passes the certificate on, and here only its name is read (docs/protocols/xks.md).
"""

from cryptography import x509
from cryptography.x509.oid import NameOID


def common_name(der: bytes | None) -> str:
    """The one common name of a certificate in DER; empty for none, several, or what is no certificate."""
    if der is None:
        return ""
    try:
        names = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return ""
    return str(names[0].value) if len(names) == 1 else ""

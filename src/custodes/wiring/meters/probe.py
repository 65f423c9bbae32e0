"""`python -m custodes.wiring.meters.probe SOCKET PAGE`: exit code 0 where a process's page answers 200.

For containers, whose health checks cannot ask a UNIX socket and have no shell. Prints what the page said.
"""

import socket
import sys

WITHIN_S = 4.0
BYTES_MAX = 65_536


def main(path: str, page: str) -> int:
    """0: it answered 200; 1: anything else, nobody there among it."""
    try:
        status, said = asked(path, page)
    except OSError as error:
        status, said = 0, f"{error.strerror or 'no answer'}\n"
    sys.stdout.write(said)
    return 0 if status == 200 else 1


def asked(path: str, page: str) -> tuple[int, str]:
    """Status and body; 0 where the answer is none."""
    found = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(WITHIN_S)
        connection.connect(path)
        connection.sendall(f"GET {page} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        while len(found) < BYTES_MAX and (piece := connection.recv(BYTES_MAX)):
            found += piece
    head, _, body = found.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if len(words) == 3 and words[1].isdigit() else 0
    return status, body.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))

"""CPU seconds per GB of the object envelope and microseconds per wrap.

Run: python benchmarks/envelope.py [--gb 2]. CPU time of this process, median and spread of seven rounds;
the goal is at most 0.15 cpu-s/GB for 1 MiB batches. `feed` hands out bytes (one copy), `feed_view` does not.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from custodes.adapters.system import SystemDice
from custodes.custody.envelope import HEADER_BYTES, Decryptor, Encryptor, Span, cipher_length, segment_range
from custodes.custody.wrap import Context, Purpose, unwrap, wrap
from custodes.kernel.limits import BATCH_BYTES

ROUNDS = 7
KEY = bytes(range(32))
DICE = SystemDice()


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds one call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def report(name: str, unit: str, values: list[float]) -> None:
    """One line: median and spread."""
    middle = statistics.median(values)
    print(f"{name:<28}{middle:8.3f} {unit}   ({min(values):.3f} to {max(values):.3f})")  # noqa: T201


def encrypting(batches: int, *, is_copied: bool) -> None:
    """Encrypt so many MiB."""
    machine, plain = Encryptor(KEY, b"bench", DICE), bytes(BATCH_BYTES)
    feed: Callable[[bytes], object] = machine.feed if is_copied else machine.feed_view
    for _ in range(batches):
        feed(plain)
    machine.finish()


def decrypting(header: bytes, cipher: list[bytes], span: Span, *, is_copied: bool) -> None:
    """Decrypt what was encrypted before."""
    machine = Decryptor.at(KEY, b"bench", header, span)
    feed: Callable[[bytes], object] = machine.feed if is_copied else machine.feed_view
    for batch in cipher:
        feed(batch)
    machine.finish()


def wraps_us(count: int) -> tuple[float, float]:
    """Microseconds per wrap and per unwrap of a 32-byte key."""
    where = Context(
        house="hse-" + "a" * 26,
        customer="cus-" + "a" * 26,
        key="key-" + "a" * 26,
        version=3,
        purpose=Purpose.OBJECT,
        subject="ver-" + "a" * 26,
    )
    wrapped = wrap(KEY, where, KEY, DICE)
    make = cpu_s(lambda: [wrap(KEY, where, KEY, DICE) for _ in range(count)])
    take = cpu_s(lambda: [unwrap(KEY, where, wrapped) for _ in range(count)])
    return make / count * 1e6, take / count * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=0.5, help="GB per round")
    batches = max(1, int(parser.parse_args().gb * 1e9 / BATCH_BYTES))
    plain_bytes = batches * BATCH_BYTES
    in_memory = min(batches, 8)  # one part of boto3, small enough to stay near the CPU as fresh bytes do
    held_bytes = in_memory * BATCH_BYTES
    machine = Encryptor(KEY, b"bench", DICE)
    cipher = b"".join([machine.feed(bytes(held_bytes)), machine.finish()])
    if len(cipher) != cipher_length(held_bytes):
        raise SystemExit("the stream has not the length it should have")
    pieces = [cipher[at : at + BATCH_BYTES] for at in range(HEADER_BYTES, len(cipher), BATCH_BYTES)]
    span = segment_range(0, held_bytes - 1, held_bytes)
    times = max(1, batches // in_memory)
    for is_copied, name in ((True, "feed"), (False, "feed_view")):
        encrypted = [
            cpu_s(lambda c=is_copied: encrypting(batches, is_copied=c)) / plain_bytes * 1e9  # type: ignore[misc]
            for _ in range(ROUNDS)
        ]
        report(f"encrypt, {name}", "cpu-s/GB", encrypted)
        decrypted = [
            sum(
                cpu_s(lambda c=is_copied: decrypting(cipher[:HEADER_BYTES], pieces, span, is_copied=c))  # type: ignore[misc]
                for _ in range(times)
            )
            / (times * held_bytes)
            * 1e9
            for _ in range(ROUNDS)
        ]
        report(f"decrypt, {name}", "cpu-s/GB", decrypted)
    both = [wraps_us(20_000) for _ in range(ROUNDS)]
    report("wrap v1, 32 bytes", "us", [one for one, _ in both])
    report("unwrap v1, 32 bytes", "us", [two for _, two in both])


if __name__ == "__main__":
    main()

"""Limits that more than one room must agree on. Each has its unit in its name."""

from typing import NamedTuple

CLOCK_SKEW_S_MAX = 900  # SigV4's own window
ENTRY_BYTES_MAX = 16_384  # opened fields of one entry, canonical
FIELD_BYTES_MAX = 4_096
LEAF_BYTES_MAX = 65_535  # c2sp.org/tlog-tiles, entry bundles
PAGE_SUBJECTS_MAX = 1_000  # what one page key may wrap
SEGMENT_BYTES = 65_536  # Tink streaming segment, ciphertext
BATCH_BYTES = 1_048_576  # bulk crypto works in batches of this size
SMALL_BODY_BYTES_MAX = 1_048_576  # a body up to here is one ask and one commit
ASK_BYTES_MAX = 4 * 1_048_576
EVIDENCE_BYTES_MAX = 16_384
ANSWER_WITHIN_MS = 1_000  # an answer not sent so long after its commit is dropped
GROUP_LINGER_MS = 4
GROUP_ACTS_MAX = 512
DECIDE_AGAIN_MAX = 3
GRANT_HOURS_DEFAULT = 1
GRANT_HOURS_MAX = 8
REQUEST_DAYS_MAX = 4
OUTCOME_MINUTES_MAX = 15
EPOCH_S = 10
EPOCH_HEARTBEAT_S = 600
UNWITNESSED_MINUTES_MAX = 15
KILL_CHECK_BYTES = 1_048_576
GOES_ON_MS_MAX = 250  # how long a word that a use may go on holds, while the keyroom says nothing else


class StrangerLimits(NamedTuple):
    """What all who do not sign may take together; an operator sets it (`strangers_...` of the settings)."""

    per_s: int = 100  # requests for all of one customer's public buckets together, in each keyroom
    burst_s: int = 3  # as many as in so many seconds may come at once
    open_max: int = 200  # of one customer's long reads and writes by anyone, at one time
    plane_per_s: int = 300  # of one plane, for all customers' buckets together

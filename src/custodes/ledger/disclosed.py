"""Does an act that was withheld stand in the veil of its day? Checked by a customer when a silence has ended.

He holds the veil's leaf in his own log since that day. The opening of the veil shows where the act stands in
the house's withheld sub-log and its leaf; the act's own opening is proved against that leaf.
"""

from collections.abc import Mapping

from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import malformed

from . import entry, veil


def proven(
    of: tuple[str, str], place: tuple[str, int, bytes], opening: bytes, veiled: tuple[bytes, bytes]
) -> Mapping[str, Plain]:
    """The act fields of a withheld act. `of` is (customer, day), `place` is (log, index, leaf), `veiled` is
    (leaf of that day's veil, its opening); an empty leaf: not made yet, the act's opening alone is proved.

    `bad-opening`, `opening-differs` (malformed).
    """
    log, index, leaf = place
    fields = entry.check(leaf, opening).fields
    if fields.get("customer") != of[0]:
        raise malformed("opening-differs")
    veil_leaf, veil_opening = veiled
    if veil_leaf:
        lifted = veil.lift(veil_leaf, veil_opening)
        held = {(one.log, one.index, one.leaf) for one in lifted.withheld}
        if (lifted.customer, lifted.day) != of or (log, index, leaf) not in held:
            raise malformed("opening-differs")
    return fields

"""For programs of customers who let nobody on the way see their data: sealed here, before it is sent.

`sealing` is the format of one stored object, `house` asks an installation for a key use (each an entry),
`files` is an fsspec filesystem over any other one. Data and names of objects never reach the installation.

What it never does: keep a data key, read an object that lies under another name than it was written under,
or send anything to anybody but the store and the installation it was given.
Start reading: `files.py`, then `sealing.py`. Needs the extra `custodes[client]`.
"""

from custodes.kernel.refusal import Refusal

from .files import SealedFileSystem
from .house import HouseKeys

__all__ = ["HouseKeys", "Refusal", "SealedFileSystem"]

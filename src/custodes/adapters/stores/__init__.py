"""Object stores: where blobs lie, chosen by the scheme of a location's URI.

What it does: `file:` is a local folder that syncs before it answers; `s3:`, `az:` and `gs:` go through
obstore. Each fulfils `acts.streams.ports.BlobStore` and passes the one suite in tests/ports/stores.
What it never does: hold a name, a key or a plain byte; credentials come from the process's environment, never
from a URI.
Start reading: `folder.py`; `reach.py` finds the store a URI names.
"""

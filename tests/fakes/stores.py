"""Object stores in memory that note what is done to them, and fail when told to."""

from custodes.kernel.refusal import Kind, Refusal

BLOB = "blb-" + "0" * 26
BATCH = 1_048_576


class MemoryStores:
    def __init__(self):
        self.stores = {}

    def at(self, uri):
        return self.stores.setdefault(uri, MemoryStore())


class MemoryStore:
    def __init__(self):
        self.blobs = {}
        self.drafts = []
        self.deeds = []
        self.sizes = [0]
        self.expected = None
        self.fetched = []
        self.fails = {}
        self.breaks_after = None

    def note(self, deed, size=0):
        self.deeds.append(deed)
        self.sizes.append(size)
        if deed in self.fails:
            raise self.fails[deed]

    async def begin(self, blob, bytes_expected=0):
        self.note("begin")
        self.expected = bytes_expected
        return MemoryDraft(self, blob)

    async def put(self, blob, whole):
        self.note("put", len(whole))
        self.blobs[blob] = bytes(whole)

    async def read(self, blob, first, last):
        if blob not in self.blobs:
            raise Refusal("blob-absent", Kind.BROKEN)
        raw = self.blobs[blob][first : last + 1]
        self.fetched.append((first, last))
        for n, at in enumerate(range(0, len(raw), BATCH)):
            if self.breaks_after is not None and n >= self.breaks_after[0]:
                raise self.breaks_after[1]
            yield raw[at : at + BATCH]

    async def remove(self, blob):
        self.note("remove")
        self.blobs.pop(blob, None)


class MemoryDraft:
    def __init__(self, store, blob):
        self.store, self.blob, self.content = store, blob, b""
        store.drafts.append(self)

    async def write(self, piece):
        self.store.note("write", len(piece))
        self.content += bytes(piece)

    async def commit(self):
        self.store.note("commit")
        self.store.blobs[self.blob] = self.content
        self.store.drafts.remove(self)

    async def drop(self):
        if self in self.store.drafts:
            self.store.drafts.remove(self)


class Shelf:
    """The blobs of one store in a dict of (uri, blob), as `ObjectWorld.stored` is one."""

    def __init__(self, stored, uri):
        self.stored, self.uri = stored, uri

    def __contains__(self, blob):
        return (self.uri, blob) in self.stored

    def __getitem__(self, blob):
        return self.stored[self.uri, blob]

    def __setitem__(self, blob, whole):
        self.stored[self.uri, blob] = whole

    def pop(self, blob, default):
        return self.stored.pop((self.uri, blob), default)


class ShelfStores(MemoryStores):
    """Stores over such a dict."""

    def __init__(self, stored):
        super().__init__()
        self.stored = stored

    def at(self, uri):
        store = super().at(uri)
        store.blobs = Shelf(self.stored, uri)
        return store

"""VSX: indexes for vector search, as files that are mapped and not loaded.

    >>> import vsx
    >>> index = vsx.build([[0.0, 0.0], [3.0, 4.0]], path, "Flat")
    >>> D, I = index.search([[0.0, 1.0]], k=2)
    >>> D.tolist(), I.tolist()
    ([[1.0, 18.0]], [[0, 1]])
    >>> len(index), index.dim, index.metric
    (2, 2, 'l2')
    >>> index.close()

Arrays go in by the buffer protocol: numpy's, array.array, torch's as
numpy(). They come out as numpy arrays where numpy is installed, otherwise as
memoryviews. An index is immutable while it is open, and any number of threads
may search it; add(), upsert(), remove() and compact() write a new generation of
its file and open that.
"""

from ._vsx import (
    AccessError,
    BusyError,
    CorruptError,
    Error,
    ExistsError,
    FormatError,
    Index,
    InvalidError,
    NoFileError,
    NotFoundError,
    NumericError,
    OutOfMemoryError,
    Selection,
    StoppedError,
    SystemError,
    TruncatedError,
    VersionError,
    __version__,
    build,
    isa,
    open,
    restore,
)
from .collection import Collection

__all__ = [
    "AccessError", "BusyError", "Collection", "CorruptError", "Error",
    "ExistsError", "FormatError", "Index", "InvalidError", "NoFileError",
    "NotFoundError", "NumericError",
    "OutOfMemoryError", "Selection", "StoppedError", "SystemError", "TruncatedError",
    "VersionError", "build", "isa", "open", "restore",
]


def _open_again(path, options):
    """What an index that was pickled is read by."""
    return open(**{**(options or {}), "path": path})

"""A copy of an index, with what only a newer writer would put into it.
usage: newer.py IN OUT WHAT...   feature_write=BITS | NAME@SEGMENT | NAME@index
"""

import sys

from layout import WHOLE
from model import Model

if __name__ == "__main__":
    with open(sys.argv[1], "rb") as f:
        m = Model(f.read())
    for what in sys.argv[3:]:
        if what.startswith("feature_write="):
            m.fix["feature_write"] = int(what.split("=")[1], 0)
            continue
        name, segment = what.split("@")
        if segment == "index":
            m.add(name, WHOLE, b"of the whole index" * 400)
        else:
            last = [e for e in m.sections if e["segment"] == int(segment)][-1]
            at = m.sections.index(last) + 1
            before = m.sections[at] if at < len(m.sections) else None
            m.add(name, int(segment), b"of a segment", before=before)
    with open(sys.argv[2], "wb") as f:
        f.write(m.write())

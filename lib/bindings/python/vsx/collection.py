"""Documents with vectors in one file, as users of Chroma know them."""

import json
import math
import os
import re

from . import _vsx

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,62}\Z")
_WORDS = set("and or not in contains any all is null empty true false".split())

_COMPARE = {"$eq": "=", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


def _value(v):
    """A value as the language of filters writes it."""
    v = _plain(v)
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (int, float)):
        return repr(v)
    if hasattr(v, "isoformat"):
        v = v.isoformat()
    if not isinstance(v, str):
        raise TypeError(f"where: {v!r} is not a bool, number, str or datetime")
    if "\0" in v:
        raise ValueError(f"where: {v!r} has a NUL, which no field has")
    v = v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + v.replace("\r", "\\r").replace("\t", "\\t") + '"'


def _values(vs):
    if not isinstance(vs, (list, tuple)) or not vs:
        raise ValueError(f"where: {vs!r} is no list of one value or more")
    return "(" + ", ".join(map(_value, vs)) + ")"


def _plain(v):
    """The same without types of numpy."""
    if isinstance(v, (list, tuple)):
        return list(map(_plain, v))
    return v.tolist() if hasattr(v, "tolist") else v


def _count_of(vectors):
    """How many: an array of two dimensions, a list of vectors, or one vector."""
    shape = getattr(vectors, "shape", None)
    if shape is not None:
        return 1 if len(shape) == 1 else shape[0]
    return len(vectors) if len(vectors) and hasattr(vectors[0], "__len__") else 1


def _can_be_name(name):
    return (isinstance(name, str) and bool(_NAME.match(name)) and
            name.lower() not in _WORDS)


def _kind(v):
    """Of a value that can be a field's; None: no field can have it."""
    if isinstance(v, bool):
        return "bool"
    if isinstance(v, int):
        return "int" if -2**63 <= v < 2**63 else None
    if isinstance(v, float):
        return "float" if math.isfinite(v) else None
    if isinstance(v, str):
        return None if "\0" in v or len(v.encode()) > 65535 else "str"
    return "time" if hasattr(v, "isoformat") else None


def _field(v):
    """Whether a filter can see this value: one, or a list of one kind."""
    if isinstance(v, (list, tuple)):
        kinds = set(map(_kind, v))
        return None not in kinds and (len(kinds) < 2 or
                                      kinds == {"int", "float"})
    return v is None or _kind(v) is not None


def _test(name, how, v):
    if not _can_be_name(name):
        raise ValueError(f"where: {name!r} can be no field's name")
    if how in _COMPARE:
        return f"{name} {_COMPARE[how]} {_value(v)}"
    # As Chroma has it, what has no such field is not equal to anything.
    if how == "$ne":
        return f"({name} is null or {name} != {_value(v)})"
    if how == "$nin":
        return f"({name} is null or {name} not in {_values(v)})"
    if how == "$in":
        return f"{name} in {_values(v)}"
    if how == "$contains":
        return f"{name} contains {_value(v)}"
    if how == "$not_contains":
        return f"{name} not contains {_value(v)}"
    raise ValueError(f"where: {how!r} is no operator")


def where_filter(where):
    """The text of a filter that says what a `where` of Chroma's says.

    >>> where_filter({"lang": "en"})
    'lang = "en"'
    >>> where_filter({"$and": [{"year": {"$gte": 2024}}, {"kind": {"$ne": "x"}}]})
    '(year >= 2024 and (kind is null or kind != "x"))'
    """
    if isinstance(where, str):
        return where
    if not isinstance(where, dict) or not where:
        raise ValueError(f"where: {where!r} is no dict with a test, nor a str")
    tests = []
    for name, how in where.items():
        if name in ("$and", "$or"):
            if not isinstance(how, (list, tuple)) or not how:
                raise ValueError(f"where: {name} needs a list")
            parts = f" {name[1:]} ".join(map(where_filter, how))
            tests.append(f"({parts})")
        elif name == "$not":
            tests.append(f"not ({where_filter(how)})")
        elif isinstance(how, dict):
            if not how:
                raise ValueError(f"where: {name} has no operator")
            tests += [_test(name, op, v) for op, v in how.items()]
        else:
            tests.append(_test(name, "$eq", how))
    return " and ".join(tests)


class Collection:
    """Documents, each with an id (str), a vector, a text and a dict.

    path    of the file, which the first add() makes if it is not there
    metric  'cosine', 'l2' or 'ip', of a new one
    spec    of a new one, such as 'HNSW32'; None: what suits the rows
    wait    seconds to wait for another writer

    Metadata may be whatever JSON can say. Values that are a bool, a number, a
    str, a datetime or a list of one of these are fields, which `where` sees: of
    one type in all documents.

    What is written is seen by this object at once, and by others after
    refresh(). Any number of threads may query it; writers take turns.

    >>> c = vsx.Collection(path)
    >>> c.add(["a", "b"], [[1.0, 0.0], [0.0, 1.0]], ["one", "two"],
    ...       [{"year": 2023}, {"year": 2025}])
    >>> c.query([1.0, 0.1], 1)["ids"]
    [['a']]
    >>> c.query([1.0, 0.1], 1, where={"year": {"$gt": 2024}})["documents"]
    [['two']]
    >>> c.count()
    2
    >>> c.close()
    """

    def __init__(self, path, *, metric="cosine", spec=None, wait=60.0):
        self._path, self._metric, self._spec = os.fspath(path), metric, spec
        self._wait = wait
        self._index = None
        if os.path.exists(self._path):
            self._index = _vsx.open(self._path)

    def __repr__(self):
        return f"<vsx.Collection {self._path!r}: {self.count()}>"

    def __len__(self):
        return self.count()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Close the file; the next call opens it again."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def refresh(self):
        """See what others have written."""
        self._open()
        return self._index is not None and self._index.refresh()

    @property
    def index(self):
        """The vsx.Index below it; None before anything is added."""
        return self._open()

    def _open(self):
        if self._index is None and os.path.exists(self._path):
            self._index = _vsx.open(self._path)
        return self._index

    # ---- writing ---------------------------------------------------------

    @staticmethod
    def _given(ids, documents, metadatas):
        """Keys, payloads and fields of rows, all of the same length."""
        ids = [ids] if isinstance(ids, str) else list(ids)
        n = len(ids)
        for what, x in (("documents", documents), ("metadatas", metadatas)):
            if x is not None and len(x) != n:
                raise ValueError(f"there are {n} ids and {len(x)} {what}")
        for i in ids:
            if not isinstance(i, str) or not i:
                raise TypeError(f"an id is a str that is not empty: {i!r}")
        documents = [None] * n if documents is None else list(documents)
        metadatas = [None] * n if metadatas is None else list(metadatas)
        for document in documents:
            if document is not None and not isinstance(document, str):
                raise TypeError(f"a document is a str: {document!r}")
        for metadata in metadatas:
            if metadata is not None and not isinstance(metadata, dict):
                raise TypeError(f"metadata is a dict: {metadata!r}")
        metadatas = [{name: _plain(v) for name, v in m.items()} if m else None
                     for m in metadatas]
        # The others are kept and given back, and no filter sees them.
        fields = [m and {name: v for name, v in m.items()
                         if _can_be_name(name) and _field(v)}
                  for m in metadatas]
        payloads = []
        for document, metadata in zip(documents, metadatas):
            kept = {}
            if document is not None:
                kept["document"] = document
            if metadata:
                kept["metadata"] = metadata
            payloads.append(json.dumps(kept, ensure_ascii=False, default=_iso)
                            if kept else None)
        return ids, payloads, fields

    def _write(self, replace, ids, vectors, documents, metadatas):
        if isinstance(ids, str):
            vectors = [vectors]
            documents = None if documents is None else [documents]
            metadatas = None if metadatas is None else [metadatas]
        keys, payloads, fields = self._given(ids, documents, metadatas)
        if not keys:
            return
        if len(set(keys)) != len(keys):
            raise ValueError("an id occurs twice")
        rows = {"keys": keys, "payload": payloads, "fields": fields,
                "wait": self._wait}
        index = self._open()
        if index is None:
            try:
                self._index = _vsx.build(vectors, self._path, self._spec,
                                         metric=self._metric, **rows)
                return
            except _vsx.ExistsError:  # somebody else has made it meanwhile
                index = self._open()
                if index is None:
                    raise
        if replace:
            index.upsert(vectors, **rows)
        else:
            index.add(vectors, **rows)

    def add(self, ids, vectors, documents=None, metadatas=None):
        """Add documents; an id that is there is ExistsError."""
        self._write(False, ids, vectors, documents, metadatas)

    def upsert(self, ids, vectors, documents=None, metadatas=None):
        """The same, in place of documents that have these ids."""
        self._write(True, ids, vectors, documents, metadatas)

    def delete(self, ids=None, where=None):
        """Delete documents by ids, by what `where` says, or by both."""
        index = self._open()
        if ids is None and where is None:
            raise ValueError("delete() needs ids, where, or both")
        if index is None:
            return
        if where is None:
            ids = [ids] if isinstance(ids, str) else list(ids)
            if ids:
                index.remove(keys=ids, wait=self._wait)
            return
        rows = self._rows(index.view(), ids, where)
        if rows:
            index.remove(rows, wait=self._wait)

    # ---- reading ---------------------------------------------------------

    def count(self, where=None):
        """How many documents, or how many `where` is true of."""
        index = self._open()
        if index is None:
            return 0
        if where is None:
            return len(index)
        return len(index.select(where_filter(where)))

    def _view(self):
        """What all that one call does sees; None: there is no file yet."""
        index = self._open()
        return None if index is None else index.view()

    @staticmethod
    def _rows(index, ids, where):
        """The numbers of documents, in the order of ids or of the file."""
        if where is None:
            chosen = None if ids is not None else index.ids().tolist()
        else:
            chosen = index.select(where_filter(where)).ids().tolist()
        if ids is None:
            return chosen
        ids = [ids] if isinstance(ids, str) else ids
        allowed = None if chosen is None else set(chosen)
        rows = []
        for key in ids:
            try:
                row = index.find(key)
            except KeyError:
                continue
            if allowed is None or row in allowed:
                rows.append(row)
        return rows

    @staticmethod
    def _told(index, rows, vectors):
        kept = [json.loads(p) if p else {} for p in index.payloads(rows)]
        told = {
            "ids": index.keys(rows),
            "documents": [k.get("document") for k in kept],
            "metadatas": [k.get("metadata") for k in kept],
        }
        if vectors:
            told["vectors"] = index.reconstruct_batch(rows)
        return told

    def get(self, ids=None, where=None, limit=None, offset=0, vectors=False):
        """Documents by ids, by what `where` says, by both, or all.

        A dict of lists: ids, documents, metadatas, and with vectors=True an
        array of these. Ids that are not there are left out.
        """
        if offset < 0 or (limit is not None and limit < 0):
            raise ValueError(f"limit is {limit}, offset {offset}, expected 0 "
                             "or more")
        index = self._view()
        rows = [] if index is None else self._rows(index, ids, where)
        end = None if limit is None else offset + limit
        rows = rows[offset:end]
        if not rows:
            return {"ids": [], "documents": [], "metadatas": [],
                    **({"vectors": []} if vectors else {})}
        return self._told(index, rows, vectors)

    def peek(self, limit=10):
        """The first documents of the file."""
        return self.get(limit=limit)

    def query(self, vector, n=10, where=None, **effort):
        """The n nearest documents of one vector, or of each of several.

        where   a dict of Chroma's, or the text of a filter of vsx's
        effort  ef=, nprobe=, recall=, exact=, timeout=, group_by= of
                Index.search()

        A dict of lists, one for each vector: ids, distances (as the metric
        has them: similarities under cosine), documents, metadatas.
        """
        index = self._view()
        if index is None:
            return {name: [[] for _ in range(_count_of(vector))] for name in
                    ("ids", "distances", "documents", "metadatas")}
        if where is not None:
            effort["filter"] = index.select(where_filter(where))
        D, I = index.search(vector, n, **effort)
        D, I = D.tolist(), I.tolist()
        if not I or not isinstance(I[0], list):
            D, I = [D], [I]
        answers = {"ids": [], "distances": [], "documents": [],
                   "metadatas": []}
        for distances, rows in zip(D, I):
            found = [r for r in rows if r != -1]
            told = self._told(index, found, False)
            told["distances"] = distances[:len(found)]
            for name, lists in answers.items():
                lists.append(told[name])
        return answers


def _iso(x):
    """What JSON has no form for: times."""
    if hasattr(x, "isoformat"):
        return x.isoformat()
    raise TypeError(f"metadata: {x!r} cannot be kept")

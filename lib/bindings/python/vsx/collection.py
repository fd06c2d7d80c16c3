"""Documents with vectors in one file, as users of Chroma know them."""

import json
import math
import os
import re

from . import _vsx

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,62}\Z")
_WORDS = set("and or not in contains any all is null empty true false".split())

# As Chroma has it, what has no such field is not equal to anything.
_OF_NONE = ("$ne", "$nin", "$not_contains")
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
    return re.sub("[\x7f-\x9f]", lambda c: f"\\u{ord(c[0]):04x}",
                  json.dumps(v, ensure_ascii=False))


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
    if how == "$ne":
        return f"({name} is null or {name} != {_value(v)})"
    if how == "$nin":
        return f"({name} is null or {name} not in {_values(v)})"
    if how == "$in":
        return f"{name} in {_values(v)}"
    if how == "$contains":
        return f"{name} contains {_value(v)}"
    if how == "$not_contains":
        return f"({name} is null or {name} not contains {_value(v)})"
    raise ValueError(f"where: {how!r} is no operator")


def _join(word, parts):
    """With 'and' or 'or': a text, or what it is for every row."""
    decides = word == "or"
    texts = [p for p in parts if not isinstance(p, bool)]
    if decides in parts or not texts:
        return decides if decides in parts else not decides
    return f" {word} ".join(texts)


def _filter(where, fields):
    """The text of a filter; True or False where it is that for every row. A
    field that is not among `fields` no row has; None: they are not known."""
    if isinstance(where, str):
        return where
    if not isinstance(where, dict) or not where:
        raise ValueError(f"where: {where!r} is no dict with a test, nor a str")
    tests = []
    for name, how in where.items():
        if name in ("$and", "$or"):
            if not isinstance(how, (list, tuple)) or not how:
                raise ValueError(f"where: {name} needs a list")
            parts = _join(name[1:], [_filter(w, fields) for w in how])
            tests.append(f"({parts})" if isinstance(parts, str) else parts)
        elif name == "$not":
            part = _filter(how, fields)
            tests.append(f"not ({part})" if isinstance(part, str) else not part)
        else:
            if not isinstance(how, dict):
                how = {"$eq": how}
            if not how:
                raise ValueError(f"where: {name} has no operator")
            for op, v in how.items():
                text = _test(name, op, v)
                known = fields is None or name in fields
                tests.append(text if known else op in _OF_NONE)
    return _join("and", tests)


def where_filter(where):
    """The text of a filter that says what a `where` of Chroma's says.

    >>> where_filter({"lang": "en"})
    'lang = "en"'
    >>> where_filter({"$and": [{"year": {"$gte": 2024}}, {"kind": {"$ne": "x"}}]})
    '(year >= 2024 and (kind is null or kind != "x"))'
    """
    return _filter(where, None)


def _document_test(what):
    """What says of a document whether a `where_document` of Chroma's is true of
    it."""
    if not isinstance(what, dict) or len(what) != 1:
        raise ValueError(f"where_document: {what!r} is no dict with one test")
    (how, x), = what.items()
    if how in ("$and", "$or"):
        if not isinstance(x, (list, tuple)) or not x:
            raise ValueError(f"where_document: {how} needs a list")
        tests = list(map(_document_test, x))
        each = all if how == "$and" else any
        return lambda document: each(test(document) for test in tests)
    if not isinstance(x, str) or not x:
        raise ValueError(f"where_document: {x!r} is no str with a letter")
    if how in ("$contains", "$not_contains"):
        return lambda document: (x in document) == (how == "$contains")
    if how in ("$regex", "$not_regex"):
        search = re.compile(x).search
        return lambda document: bool(search(document)) == (how == "$regex")
    raise ValueError(f"where_document: {how!r} is no operator")


def _can_be_key(i):
    try:
        return 0 < len(i.encode()) <= 1024
    except UnicodeEncodeError:
        return False


def _keys(ids):
    """Of one id or some."""
    ids = [ids] if isinstance(ids, str) else list(ids)
    for i in ids:
        if not isinstance(i, str):
            raise TypeError(f"an id is a str: {i!r}")
    return ids


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
        ids = _keys(ids)
        n = len(ids)
        if isinstance(documents, str):
            raise TypeError("documents must be a list, as ids are")
        documents = [None] * n if documents is None else list(documents)
        metadatas = [None] * n if metadatas is None else list(metadatas)
        for what, x in (("documents", documents), ("metadatas", metadatas)):
            if len(x) != n:
                raise ValueError(f"there are {n} ids and {len(x)} {what}")
        for i in ids:
            if not i:
                raise ValueError("an id is empty")
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

    def delete(self, ids=None, where=None, where_document=None):
        """Delete documents by ids, by what they say, or by both."""
        chosen = where is not None or where_document is not None
        if ids is None and not chosen:
            raise ValueError("delete() needs ids, where, or both")
        ids = None if ids is None else _keys(ids)
        index = self._view(where, where_document)
        if index is None:
            return
        if chosen:
            rows = self._rows(index, ids, where, where_document)
            if rows:
                self._open().remove(rows, wait=self._wait)
        else:
            ids = list(filter(_can_be_key, ids))
            if ids:
                self._open().remove(keys=ids, wait=self._wait)

    # ---- reading ---------------------------------------------------------

    def count(self, where=None):
        """How many documents, or how many `where` is true of."""
        index = self._view(where, None)
        if index is None:
            return 0
        chosen = self._chosen(index, where, None)
        return len(index if chosen is None else chosen)

    def _view(self, where, where_document):
        """What all that one call does sees; None: there is no file yet. What
        is wrong with a test is said in either case."""
        if where is not None:
            where_filter(where)
        if where_document is not None:
            _document_test(where_document)
        index = self._open()
        return None if index is None else index.view()

    @staticmethod
    def _chosen(index, where, where_document):
        """The Selection of what both say; None: all."""
        text = True if where is None else _filter(where, index.fields)
        if text is False:
            return index.select(ids=[])
        chosen = None if text is True else index.select(text)
        if where_document is None:
            return chosen
        test = _document_test(where_document)
        rows = (index if chosen is None else chosen).ids().tolist()
        passed = []
        for i in range(0, len(rows), 1000):
            some = rows[i:i + 1000]
            passed += [row for row, p in zip(some, index.payloads(some))
                       if test(p and json.loads(p).get("document") or "")]
        return index.select(ids=passed)

    @classmethod
    def _rows(cls, index, ids, where, where_document):
        """The numbers of documents, in the order of ids or of the file."""
        chosen = cls._chosen(index, where, where_document)
        if ids is None:
            return (index if chosen is None else chosen).ids().tolist()
        allowed = None if chosen is None else set(chosen.ids().tolist())
        rows = []
        for key in ids:
            if key in index:
                row = index.find(key)
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

    def get(self, ids=None, where=None, limit=None, offset=0, vectors=False,
            where_document=None):
        """Documents by ids, by what they say, by both, or all.

        where           of metadata: a dict of Chroma's, or the text of a filter
                        of vsx's
        where_document  of the text: {"$contains": "word"}, $not_contains,
                        $regex, $not_regex, $and, $or. All texts are read

        A dict of lists: ids, documents, metadatas, and with vectors=True an
        array of these. Ids that are not there are left out.
        """
        if offset < 0 or (limit is not None and limit < 0):
            raise ValueError(f"limit is {limit}, offset {offset}, expected 0 "
                             "or more")
        ids = None if ids is None else _keys(ids)
        index = self._view(where, where_document)
        rows = [] if index is None else self._rows(index, ids, where,
                                                   where_document)
        end = None if limit is None else offset + limit
        rows = rows[offset:end]
        if not rows:
            return {"ids": [], "documents": [], "metadatas": [],
                    **({"vectors": []} if vectors else {})}
        return self._told(index, rows, vectors)

    def peek(self, limit=10):
        """The first documents of the file."""
        return self.get(limit=limit)

    def query(self, vector, n=10, where=None, where_document=None,
              vectors=False, **effort):
        """The n nearest documents of one vector, or of each of several.

        where, where_document  as of get(): the n are of those that pass
        effort  ef=, nprobe=, recall=, exact=, timeout=, group_by= of
                Index.search()

        A dict of lists, one for each vector: ids, distances (as the metric
        has them: similarities under cosine), documents, metadatas, and with
        vectors=True arrays of these.
        """
        answers = {"ids": [], "distances": [], "documents": [],
                   "metadatas": [], **({"vectors": []} if vectors else {})}
        index = self._view(where, where_document)
        if index is None:
            return {name: [[] for _ in range(_count_of(vector))]
                    for name in answers}
        D, I = index.search(vector, n, **effort, filter=self._chosen(
            index, where, where_document))
        D, I = D.tolist(), I.tolist()
        if I and not isinstance(I[0], list):
            D, I = [D], [I]
        for distances, rows in zip(D, I):
            found = [r for r in rows if r != -1]
            told = self._told(index, found, vectors)
            told["distances"] = distances[:len(found)]
            for name, lists in answers.items():
                lists.append(told[name])
        return answers


def _iso(x):
    """What JSON has no form for: times."""
    if hasattr(x, "isoformat"):
        return x.isoformat()
    raise TypeError(f"metadata: {x!r} cannot be kept")

"""Places in C sources where a test should notice a change, and the changes."""
import bisect
import re

TOKEN = re.compile(
    r"""(?P<skip>\s+|/\*.*?\*/|//[^\n]*)
    |(?P<directive>^\#(?:/\*.*?\*/|\\\n|[^\n])*)
    |(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\d(?:[eEpP][+-]|[\w.])*)
    |(?P<mark><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
    """, re.S | re.M | re.X)
DEFINE = re.compile(r"#define[ \t]+\w+[ \t]+(\S[^\n/]*)")

SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
         "&&": "||", "||": "&&"}
COMPARES = {"<", "<=", ">", ">=", "==", "!="}
ASSIGNS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
BEGINS = ASSIGNS | {"(", "[", "{", "}", ";", ",", "return", "else", "do"}
ENDS = {")", "]", "}", "{", ";", ","}


class Place:
    """Between lo and hi stands an expression; `changed` is put in its stead."""

    def __init__(self, path, text, at, lo, hi, changed, kind):
        self.path, self.lo, self.hi = path, lo, hi
        self.changed, self.kind = changed, kind
        begin = text.rfind("\n", 0, at) + 1
        self.line, self.column = text.count("\n", 0, at) + 1, at - begin + 1
        self.source = " ".join(text[begin:text.find("\n", at)].split())


class Source:
    def __init__(self, path, text):
        self.path, self.text = path, text
        found = [m for m in TOKEN.finditer(text) if m.lastgroup != "skip"]
        self.defines = [m for m in found if m.lastgroup == "directive"]
        self.tokens = [m for m in found if m.lastgroup != "directive"]
        self.words = [m.group() for m in self.tokens]
        self.pairs = self._pairs()
        self.bodies = self._bodies()

    def _pairs(self):
        pairs, opened = {}, []
        for i, word in enumerate(self.words):
            if word in "([{":
                opened.append(i)
            elif word in ")]}":
                pairs[i] = opened.pop()
                pairs[pairs[i]] = i
        return pairs

    def _bodies(self):
        """Of functions: first and last token."""
        bodies, i = [], 0
        while i < len(self.words):
            if self.words[i] == "{":
                if self.words[i - 1] == ")":
                    bodies.append((i, self.pairs[i]))
                i = self.pairs[i]
            i += 1
        return bodies

    def _region(self, i):
        """The whole expression around token i: its first and last token."""
        lo = hi = i
        while self.words[lo - 1] not in BEGINS:
            lo = self.pairs[lo - 1] if self.words[lo - 1] in ")]" else lo - 1
        while self.words[hi + 1] not in ENDS:
            hi = self.pairs[hi + 1] if self.words[hi + 1] in "([" else hi + 1
        return lo, hi

    def _change(self, i, new, kind):
        lo, hi = self._region(i)
        start, end = self.tokens[lo].start(), self.tokens[hi].end()
        at = self.tokens[i]
        changed = self.text[start:at.start()] + new + self.text[at.end():end]
        return Place(self.path, self.text, at.start(), start, end, changed,
                     kind)

    def _instead(self, i, lo, hi, new, kind):
        """Put `new` for tokens lo to hi, the place named by token i."""
        return Place(self.path, self.text, self.tokens[i].start(),
                     self.tokens[lo].start(), self.tokens[hi].end(), new, kind)

    def _is_bound(self, i):
        """Whether a number is compared, or added to something."""
        lo, hi = self._region(i)
        return (self.words[i - 1] in ("+", "-") or
                any(w in COMPARES for w in self.words[lo:hi + 1]))

    def _at(self, i):
        word = self.words[i]
        if word in SWAPS:
            yield self._change(i, SWAPS[word], f"{word} as {SWAPS[word]}")
        elif (self.tokens[i].lastgroup == "number" and
              word.rstrip("f") != "0.0" and self._is_bound(i)):
            yield number(word, lambda new, kind: self._change(i, new, kind))
        elif word == "if" and self.words[i + 1] == "(":
            end = self.pairs[i + 1]
            follows = self.words[end + 1:end + 3]
            if "return" in follows or follows[0] in ("continue", "break"):
                yield self._instead(i, i + 2, end - 1, "0", "if dropped")
        elif word == "VSX_TRY":
            yield self._instead(i, i + 2, self.pairs[i + 1] - 1, "VSX_OK",
                                "call dropped")

    def places(self):
        for first, last in self.bodies:
            for i in range(first, last):
                yield from self._at(i)
        for m in self.defines:
            body = DEFINE.match(m.group())
            value = body and body.group(1).strip()
            if value and re.fullmatch(r"\d(?:[eEpP][+-]|[\w.])*", value):
                start = m.start() + body.start(1)
                yield number(value, lambda new, kind: Place(
                    self.path, self.text, start, start, start + len(value),
                    new, kind))


def number(word, make):
    if "." in word or "p" in word or ("e" in word and "x" not in word):
        return make(f"({word} * 0.01)", f"{word} times 0.01")
    return make(f"({word} + 1)", f"{word} plus 1")


def places(path, text):
    return list(Source(path, text).places())


def woven(text, chosen):
    """The text with a switch at each of the chosen (number, place)."""
    regions = {}
    for n, place in chosen:
        regions.setdefault((place.lo, place.hi), []).append((n, place.changed))
    # Regions within others: the outer ones hold the text as it was.
    out, done = [], 0
    for (lo, hi), changes in sorted(regions.items(),
                                    key=lambda r: (r[0][0], -r[0][1])):
        if lo < done:
            raise ValueError("overlapping places")
        out.append(text[done:lo])
        out.append("(" + "".join(f"vsx_mutant({n}) ? ({new}) : "
                                 for n, new in changes) + f"({text[lo:hi]}))")
        done = hi
    return '#include "mutant.h"\n#line 1\n' + "".join(out) + text[done:]


def overlaps(place, others):
    return any(o.lo < place.hi and place.lo < o.hi and
               (o.lo, o.hi) != (place.lo, place.hi) for o in others)

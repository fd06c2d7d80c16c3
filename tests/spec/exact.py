"""Components, lengths, distances and their order: SPEC.md 5.1 and 5.8."""

import functools
import math
import operator
import struct


def f32(x):
    """Rounded to the nearest f32, as a float."""
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def f32s(x):
    """Each of a list."""
    try:
        form = "<%df" % len(x)
        return list(struct.unpack(form, struct.pack(form, *x)))
    except OverflowError:
        return [f32(v) for v in x]


def f32_above(x):
    """The next f32 above x, which is one and not below 0."""
    if math.isinf(x) or math.isnan(x):
        return x
    return struct.unpack("<f", struct.pack("<I", struct.unpack("<I", struct.pack("<f", x))[0] + 1))[0]


def components(raw, dim, elem):
    if elem == "f32":
        return struct.unpack("<%df" % dim, raw[: 4 * dim])
    if elem == "f16":
        return struct.unpack("<%de" % dim, raw[: 2 * dim])
    if elem == "bf16":
        wide = b"".join(b"\0\0" + raw[2 * i : 2 * i + 2] for i in range(dim))
        return struct.unpack("<%df" % dim, wide)
    return struct.unpack("<%d%s" % (dim, "b" if elem == "i8" else "B"), raw[:dim])


def lane_sum(terms):
    """In 8 lanes, by rising component."""
    terms = list(terms)
    lanes = [functools.reduce(operator.add, terms[i::8], 0.0) for i in range(8)]
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + (
        (lanes[1] + lanes[5]) + (lanes[3] + lanes[7])
    )


def square_sum(x):
    """S of SPEC.md 5.1."""
    return lane_sum(float(v) * float(v) for v in x)


def inverse_length(x):
    """1/sqrt(S), in f64; None when there is none."""
    s = square_sum(x)
    return 1.0 / math.sqrt(s) if s > 0.0 else None


def value(metric, q, x, scale):
    """q as prepared; scale is 1/sqrt(S) of the row under cosine."""
    if metric == "l2":
        return lane_sum((a - b) * (a - b) for a, b in zip(q, x))
    s = lane_sum(a * b for a, b in zip(q, x))
    return -(s * scale if metric == "cosine" else s)


def prepare(metric, query):
    if metric != "cosine":
        return query
    scale = inverse_length(query)
    return [v * scale for v in query]


def reported(metric, v):
    """As an f32: what rounding took a similarity beyond 1 is cut off."""
    if metric == "l2":
        return f32(v)
    return f32(-v + 0.0) if metric == "ip" else f32(max(-1.0, min(1.0, -v + 0.0)))


def nearest(metric, rows, query, k, without=None):
    """[(value, id)] of the k nearest of rows (id, components, scale), ties by id."""
    q = prepare(metric, query)
    found = [
        (value(metric, q, x, scale), number)
        for number, x, scale in rows
        if number != without
    ]
    found.sort()
    return found[:k]

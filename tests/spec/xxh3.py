"""XXH3 of 64 and 128 bits, seed 0, default secret (SPEC.md 6.1).

Written from the description of the algorithm, in whole numbers of Python. What
is long is taken by blocks of 1024 bytes, since sums need no mask until the
block ends.
"""

import operator
import struct

M32 = 0xFFFFFFFF
M64 = 0xFFFFFFFFFFFFFFFF

P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F
P64_3, P64_4 = 0x165667B19E3779F9, 0x85EBCA77C2B2AE63
P64_5 = 0x27D4EB2F165667C5
MIX_1, MIX_2 = 0x165667919E3779F9, 0x9FB21C651E98DF25

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)


def u32(b, at):
    return int.from_bytes(b[at : at + 4], "little")


def u64(b, at):
    return int.from_bytes(b[at : at + 8], "little")


def swap32(x):
    return int.from_bytes(x.to_bytes(4, "little"), "big")


def swap64(x):
    return int.from_bytes(x.to_bytes(8, "little"), "big")


def rotl64(x, n):
    return (x << n | x >> (64 - n)) & M64


def fold(a, b):
    p = a * b
    return (p & M64) ^ (p >> 64)


def avalanche(h):
    h ^= h >> 37
    h = h * MIX_1 & M64
    return h ^ h >> 32


def avalanche_xxh64(h):
    h ^= h >> 33
    h = h * P64_2 & M64
    h ^= h >> 29
    h = h * P64_3 & M64
    return h ^ h >> 32


def mix16(b, at, s):
    return fold(u64(b, at) ^ u64(SECRET, s), u64(b, at + 8) ^ u64(SECRET, s + 8))


# ---- long inputs ---------------------------------------------------------

BLOCK = 1024
SECRET_BLOCK = int.from_bytes(
    b"".join(SECRET[8 * i : 8 * i + 64] for i in range(16)), "little"
)
SCRAMBLE = struct.unpack("<8Q", SECRET[128:192])
LAST = int.from_bytes(SECRET[121:185], "little")


def add_stripes(acc, block, keyed, n):
    """n stripes of 64 bytes; keyed is the block with the secret in it."""
    words = struct.unpack("<%dQ" % (8 * n), block)
    halves = struct.unpack("<%dI" % (16 * n), keyed)
    for i in range(8):
        products = map(operator.mul, halves[2 * i :: 16], halves[2 * i + 1 :: 16])
        acc[i] = (acc[i] + sum(products) + sum(words[i ^ 1 :: 8])) & M64


def accumulate(b):
    acc = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    n = len(b)
    whole = (n - 1) // BLOCK
    for at in range(0, whole * BLOCK, BLOCK):
        block = b[at : at + BLOCK]
        keyed = int.from_bytes(block, "little") ^ SECRET_BLOCK
        add_stripes(acc, block, keyed.to_bytes(BLOCK, "little"), 16)
        for i in range(8):
            acc[i] = ((acc[i] ^ acc[i] >> 47 ^ SCRAMBLE[i]) * P32_1) & M64
    rest = (n - 1 - whole * BLOCK) // 64
    if rest:
        block = b[whole * BLOCK : whole * BLOCK + rest * 64]
        mask = (1 << 512 * rest) - 1
        keyed = int.from_bytes(block, "little") ^ SECRET_BLOCK & mask
        add_stripes(acc, block, keyed.to_bytes(rest * 64, "little"), rest)
    block = b[n - 64 :]
    keyed = int.from_bytes(block, "little") ^ LAST
    add_stripes(acc, block, keyed.to_bytes(64, "little"), 1)
    return acc


def merge(acc, s, start):
    h = start
    for i in range(4):
        h += fold(
            acc[2 * i] ^ u64(SECRET, s + 16 * i),
            acc[2 * i + 1] ^ u64(SECRET, s + 16 * i + 8),
        )
    return avalanche(h & M64)


# ---- 64 bits -------------------------------------------------------------


def xxh3_64(b):
    b = bytes(b)
    n = len(b)
    if n > 240:
        return merge(accumulate(b), 11, n * P64_1 & M64)
    if n > 128:
        h = n * P64_1
        for i in range(8):
            h += mix16(b, 16 * i, 16 * i)
        h = avalanche(h & M64) + mix16(b, n - 16, 119)
        for i in range(8, n // 16):
            h += mix16(b, 16 * i, 16 * (i - 8) + 3)
        return avalanche(h & M64)
    if n > 16:
        h = n * P64_1
        for i in range((n - 1) // 32 + 1):
            h += mix16(b, 16 * i, 32 * i) + mix16(b, n - 16 * i - 16, 32 * i + 16)
        return avalanche(h & M64)
    if n > 8:
        lo = u64(b, 0) ^ u64(SECRET, 24) ^ u64(SECRET, 32)
        hi = u64(b, n - 8) ^ u64(SECRET, 40) ^ u64(SECRET, 48)
        return avalanche((n + swap64(lo) + hi + fold(lo, hi)) & M64)
    if n > 3:
        h = u32(b, n - 4) | u32(b, 0) << 32
        h ^= u64(SECRET, 8) ^ u64(SECRET, 16)
        h ^= rotl64(h, 49) ^ rotl64(h, 24)
        h = h * MIX_2 & M64
        h ^= (h >> 35) + n
        h = h * MIX_2 & M64
        return h ^ h >> 28
    if n > 0:
        h = b[0] << 16 | b[n >> 1] << 24 | b[n - 1] | n << 8
        return avalanche_xxh64(h ^ u32(SECRET, 0) ^ u32(SECRET, 4))
    return avalanche_xxh64(u64(SECRET, 56) ^ u64(SECRET, 64))


# ---- 128 bits: the low half, then the high one --------------------------


def mix32(low, high, b, at, other, s):
    low = (low + mix16(b, at, s) & M64) ^ (u64(b, other) + u64(b, other + 8) & M64)
    high = (high + mix16(b, other, s + 16) & M64) ^ (u64(b, at) + u64(b, at + 8) & M64)
    return low, high


def finish_middle(low, high, n):
    h = low * P64_1 + high * P64_4 + n * P64_2
    return avalanche((low + high) & M64), -avalanche(h & M64) & M64


def short_128(b, n):
    if n > 8:
        lo, hi = u64(b, 0), u64(b, n - 8)
        m = (lo ^ hi ^ u64(SECRET, 32) ^ u64(SECRET, 40)) * P64_1
        low, high = (m + (n - 1 << 54)) & M64, m >> 64
        hi ^= u64(SECRET, 48) ^ u64(SECRET, 56)
        high = (high + hi + (hi & M32) * (P32_2 - 1)) & M64
        low ^= swap64(high)
        h = low * P64_2
        return avalanche(h & M64), avalanche((h >> 64) + high * P64_2 & M64)
    if n > 3:
        h = u32(b, 0) | u32(b, n - 4) << 32
        h ^= u64(SECRET, 16) ^ u64(SECRET, 24)
        m = h * (P64_1 + (n << 2))
        low = m & M64
        high = (m >> 64) + (low << 1) & M64
        low ^= high >> 3
        low ^= low >> 35
        low = low * MIX_2 & M64
        return low ^ low >> 28, avalanche(high)
    if n > 0:
        lo = b[0] << 16 | b[n >> 1] << 24 | b[n - 1] | n << 8
        hi = swap32(lo)
        hi = (hi << 13 | hi >> 19) & M32
        return (
            avalanche_xxh64(lo ^ u32(SECRET, 0) ^ u32(SECRET, 4)),
            avalanche_xxh64(hi ^ u32(SECRET, 8) ^ u32(SECRET, 12)),
        )
    return (
        avalanche_xxh64(u64(SECRET, 64) ^ u64(SECRET, 72)),
        avalanche_xxh64(u64(SECRET, 80) ^ u64(SECRET, 88)),
    )


def halves_128(b, n):
    if n > 240:
        acc = accumulate(b)
        return (
            merge(acc, 11, n * P64_1 & M64),
            merge(acc, 192 - 64 - 11, ~(n * P64_2) & M64),
        )
    low, high = n * P64_1 & M64, 0
    if n > 128:
        for i in range(0, 128, 32):
            low, high = mix32(low, high, b, i, i + 16, i)
        low, high = avalanche(low), avalanche(high)
        for i in range(160, n + 1, 32):
            low, high = mix32(low, high, b, i - 32, i - 16, 3 + i - 160)
        low, high = mix32(low, high, b, n - 16, n - 32, 136 - 17 - 16)
        return finish_middle(low, high, n)
    if n > 16:
        for i in range((n - 1) // 32, -1, -1):
            low, high = mix32(low, high, b, 16 * i, n - 16 * i - 16, 32 * i)
        return finish_middle(low, high, n)
    return short_128(b, n)


def xxh3_128(b):
    """The 16 bytes as SPEC.md 6.1 stores them: the low half first."""
    b = bytes(b)
    return struct.pack("<2Q", *halves_128(b, len(b)))

"""A decoder of the LZ4 block format, without frame and dictionary."""

# The last bytes of a block are literals, and no match begins close to its end.
LAST_LITERALS = 5
LAST_MATCH = 12


class Bad(Exception):
    pass


def length(b, at, nibble):
    if nibble == 15:
        while True:
            if at >= len(b):
                raise Bad("a length is cut off")
            nibble += b[at]
            at += 1
            if b[at - 1] != 255:
                break
    return at, nibble


def decode(b, raw_bytes):
    """The bytes; Bad unless the block decodes to exactly raw_bytes."""
    out = bytearray()
    at = 0
    while True:
        if at >= len(b):
            raise Bad("the block has no end")
        token = b[at]
        at, n = length(b, at + 1, token >> 4)
        if at + n > len(b) or len(out) + n > raw_bytes:
            raise Bad("literals do not fit")
        out += b[at : at + n]
        at += n
        if at == len(b):
            break
        if at + 2 > len(b) or len(out) > raw_bytes - LAST_MATCH:
            raise Bad("a match too close to the end")
        offset = b[at] | b[at + 1] << 8
        at, n = length(b, at + 2, token & 15)
        n += 4
        if not 0 < offset <= len(out):
            raise Bad("a match from before the start")
        if len(out) + n > raw_bytes - LAST_LITERALS:
            raise Bad("a match too close to the end")
        piece = out[-offset:]
        out += (piece * (n // offset + 1))[:n]
    if len(out) != raw_bytes:
        raise Bad("%d bytes, expected %d" % (len(out), raw_bytes))
    return bytes(out)

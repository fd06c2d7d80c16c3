"""Random changes of a model: bytes, fields, whole sections."""


def change(r, model):
    some = (a_byte, a_byte, a_byte, a_field, a_field, a_word, a_section)
    r.choice(some if model.sections else some[:5])(r, model)


def near(r, x):
    """A number that a check may be wrong about."""
    return r.choice(
        (0, 1, 2, 3, x - 1, x + 1, x + 4, x + 8, 2 * x, x // 2, x ^ 1, 2**31 - 1)
        + (2**31, 2**32 - 1, 2**32, 2**48, 2**63 - 1, 2**63, 2**64 - 1, 4096, 65536)
    )


def parts(model):
    return [model.header, *model.segments, *model.sections]


def a_byte(r, model):
    part = r.choice(parts(model))
    target = part.data if part in model.sections and r.randrange(4) else part.raw
    target[r.randrange(len(target))] = r.choice((0, 1, 255, r.randrange(256)))


def a_field(r, model):
    part = r.choice(parts(model))
    name = r.choice(part.table.fields)[0]
    part[name] = near(r, part[name])
    if part in model.segments and r.randrange(2):
        i = r.randrange(5)
        x = int.from_bytes(part.raw[24 + 4 * i : 28 + 4 * i], "little")
        part.param(i, near(r, x) & 2**32 - 1)


def a_word(r, model):
    """4 or 8 aligned bytes of a section."""
    data = r.choice(model.sections).data
    n = r.choice((4, 8))
    at = r.randrange(max(1, len(data) // n)) * n
    x = int.from_bytes(data[at : at + n], "little")
    data[at : at + n] = (near(r, x) & (1 << 8 * n) - 1).to_bytes(n, "little")


def a_section(r, model):
    """Lost, there twice, of another length or with the data of another one."""
    e = r.choice(model.sections)
    what = r.randrange(5)
    if what == 0 and len(model.sections) > 1:
        model.sections.remove(e)
    elif what == 1:
        model.add(e.name, e["segment"], bytes(e.data), before=r.choice(model.sections))
    elif what == 2:
        e.data += bytes(r.choice((1, 4, 8, 24, 4096)))
    elif what == 3 and len(e.data) > 8:
        del e.data[-r.choice((1, 4, 8)) :]
    else:
        e.data = bytearray(r.choice(model.sections).data)

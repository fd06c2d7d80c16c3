"""What a reader may type, out of the texts: every command of README.md, of the
man pages and of --help, one a line behind where it stands; and the inputs that
they name, made from the word vectors. Standard library only.

    shown.py commands README.md MAN_FOLDER HELP_FOLDER
    shown.py inputs VECTORS.npy
"""
import os
import re
import struct
import sys


def readme_blocks(text):
    """Indented blocks: lists of lines. Fenced ones are programs."""
    block, fenced, blocks = [], False, []
    for line in text.split("\n") + [""]:
        if line.startswith("```"):
            fenced = not fenced
        is_code = not fenced and re.match(r"    +\S", line)
        if is_code:
            block.append(line.strip())
        elif block:
            blocks.append(block)
            block = []
    return blocks


def man_blocks(text):
    for block in re.findall(r"^\.nf\n(.*?)^\.fi", text, re.S | re.M):
        lines = [l for l in block.split("\n") if l and not l.startswith(".")]
        yield [l.replace("\\-", "-").replace("\\e", "\\").replace("\\&", "").strip()
               for l in lines]


def help_block(text):
    part = text.partition("\nExamples\n")[2].partition("\n\n")[0]
    return [line.strip() for line in part.split("\n")]


def commands(lines):
    """Lines that go on are joined; of a session only what was typed is taken."""
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    whole = ""
    for line in lines:
        whole += line
        if whole.endswith("\\"):
            whole = whole[:-1]
        elif whole.endswith(("|", "&&")):
            whole += " "
        else:
            if not whole.startswith("{"):  # a line of a golden set
                yield re.sub(r"\s+", " ", whole)
            whole = ""


def show(where, lines):
    for number, command in enumerate(commands(lines)):
        # '=' begins a block: its inputs are made anew
        print("=" if number == 0 else "+", where, command, sep="\t")


def print_commands(readme, man, helps):
    for block in readme_blocks(open(readme, encoding="utf-8").read()):
        show("README.md", block)
    for page in sorted(os.listdir(man)):
        if not page.endswith(".1"):
            continue
        for block in man_blocks(open(os.path.join(man, page)).read()):
            show(page, block)
    for name in sorted(os.listdir(helps)):
        for line in help_block(open(os.path.join(helps, name)).read()):
            show(name + " --help", [line])


ROWS, DIM, QUERIES = 5000, 50, 20


def read_rows(path):
    with open(path, "rb") as f:
        f.seek(128)
        return [f.read(4 * DIM) for _ in range(ROWS)]


def npy(name, descr, shape, data):
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (-(10 + len(head) + 1) % 64) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)))
        f.write(head.encode() + data)


def vecs(name, rows):
    size = len(rows[0]) if name.endswith(".bvecs") else len(rows[0]) // 4
    with open(name, "wb") as f:
        for row in rows:
            f.write(struct.pack("<i", size) + row)


def lines(name, items):
    with open(name, "w") as f:
        f.writelines(f"{item}\n" for item in items)


def small(row):
    values = struct.unpack(f"<{DIM}f", row)
    return bytes(max(0, min(255, int(v * 32 + 128))) for v in values)


def make_inputs(vectors):
    rows = read_rows(vectors)
    asked = rows[::ROWS // QUERIES]
    for name in "vectors", "base":
        npy(name + ".npy", "<f4", (ROWS, DIM), b"".join(rows))
    for name in "query", "queries":
        npy(name + ".npy", "<f4", (QUERIES, DIM), b"".join(asked))
    # As many as a recall is told from.
    npy("sample.npy", "<f4", (100, DIM), b"".join(rows[::ROWS // 100]))
    for name in "new", "today":
        npy(name + ".npy", "<f4", (30, DIM), b"".join(rows[:30]))
    npy("first.npy", "<f4", (20, 512), struct.pack(
        f"<{20 * 512}f", *(i * i % 13 - 6 for i in range(20 * 512))))
    vecs("base.fvecs", rows[:1000])
    vecs("more.fvecs", rows[1000:1500])
    vecs("query.fvecs", asked)
    vecs("base.1.bvecs", [small(r) for r in rows[:300]])
    vecs("base.2.bvecs", [small(r) for r in rows[300:600]])
    vecs("query.bvecs", [small(r) for r in asked])
    vecs("truth.ivecs", [struct.pack("<100i", *range(i, i + 100))
                         for i in range(QUERIES)])
    with open("vectors.fbin", "wb") as f:
        f.write(struct.pack("<II", ROWS, DIM) + b"".join(rows))
    with open("queries.f32", "wb") as f:
        f.write(b"".join(asked))
    npy("ids.npy", "<u8", "(600,)", struct.pack("<600Q", *range(600)))
    lines("ids.txt", range(1500))
    lines("new-ids.txt", range(10 ** 6, 10 ** 6 + 30))
    lines("today.txt", range(4990, 5020))
    lines("gone.txt", range(17, 40))
    lines("words.txt", ("piano" if i == 7 else f"word{i}" for i in range(ROWS)))
    lines("texts", ["a text"])


if sys.argv[1] == "commands":
    print_commands(*sys.argv[2:])
else:
    make_inputs(sys.argv[2])

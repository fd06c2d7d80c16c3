"""The same 60 rows of 7 small whole numbers in every format that vsx-build
reads; numbers that f16, i8 and u8 hold exactly. Standard library only."""
import struct

N, D = 60, 7
rows = []
state = 1
for i in range(N):
    row = []
    for j in range(D):
        state = (state * 1103515245 + 12345) % 2**31
        row.append((state >> 16) % 100)
    rows.append(row)
flat = [x for row in rows for x in row]
columns = [rows[i][j] for j in range(D) for i in range(N)]


def npy(name, descr, letter, cells, fortran=False, shape=f"({N}, {D})", version=1):
    order = ">" if descr[0] == ">" else "<"
    head = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    frame = 10 if version == 1 else 12
    head += " " * (-(frame + len(head) + 1) % 64) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY" + bytes([version, 0]))
        f.write(struct.pack("<H" if version == 1 else "<I", len(head)))
        f.write(head.encode())
        f.write(struct.pack(f"{order}{len(cells)}{letter}", *cells))


for code, letter in [("f2", "e"), ("f4", "f"), ("f8", "d"), ("i2", "h"),
                     ("i4", "i"), ("i8", "q"), ("u2", "H"), ("u4", "I"), ("u8", "Q")]:
    npy(f"little-{code}.npy", "<" + code, letter, flat)
    npy(f"big-{code}.npy", ">" + code, letter, flat)
    npy(f"fortran-{code}.npy", "<" + code, letter, columns, True)
for code, letter in [("i1", "b"), ("u1", "B")]:
    npy(f"byte-{code}.npy", "|" + code, letter, flat)
    npy(f"fortran-{code}.npy", "|" + code, letter, columns, True)
npy("big-fortran-f4.npy", ">f4", "f", columns, True)
npy("version2.npy", "<f4", "f", flat, version=2)


def vecs(name, letter, rows):
    with open(name, "wb") as f:
        for row in rows:
            f.write(struct.pack(f"<i{len(row)}{letter}", len(row), *row))


vecs("v.fvecs", "f", rows)
vecs("v.bvecs", "B", rows)
vecs("v.ivecs", "i", rows)
vecs("first.fvecs", "f", rows[:23])
vecs("rest.fvecs", "f", rows[23:])


def fbin(name, letter):
    with open(name, "wb") as f:
        f.write(struct.pack(f"<II{N * D}{letter}", N, D, *flat))


for name, letter in [("b.fbin", "f"), ("b.f16bin", "e"), ("b.u8bin", "B"), ("b.i8bin", "b")]:
    fbin(name, letter)
with open("raw", "wb") as f:
    f.write(struct.pack(f"<{N * D}f", *flat))

# Ids: 1000 down, with one beyond 32 bits where the format holds it.
ids = [1000 - 7 * i for i in range(N)]
big = ids[:-1] + [2**40]
npy("ids-i8.npy", "<i8", "q", big, shape=f"({N},)")
npy("ids-u8.npy", "<u8", "Q", big, shape=f"({N},)")
npy("ids-be.npy", ">i8", "q", big, shape=f"({N}, 1)")
npy("ids-i4.npy", "<i4", "i", ids, shape=f"({N},)")
vecs("ids.ivecs", "i", [[x] for x in ids])
vecs("ids-row.ivecs", "i", [ids])
with open("ids.txt", "w") as f:
    f.write("".join(f"{x}\n" for x in ids))
with open("ids-big.txt", "w") as f:
    f.write("\r\n".join(str(x) for x in big))

"""Run a command on a terminal of its own and hold what it draws to the rules.

usage: terminal.py COLUMNS OUT COMMAND...
       OUT: what stood on the screen, a line each, control codes removed;
       OUT.raw: all of it. Exits as the command does; 99 if a rule is broken.
"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios
import unicodedata

CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def run(columns, command):
    pid, fd = pty.fork()
    if pid == 0:
        # Before the command looks.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execvp(command[0], command)
    out = b""
    while True:
        try:
            some = os.read(fd, 65536)
        except OSError:
            break
        if not some:
            break
        out += some
    return out.decode("utf-8"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def width(text):
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def main():
    columns, out, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    raw, code = run(columns, command)
    shown = [line for line in re.split(r"[\r\n]+", CODES.sub("", raw)) if line]
    with open(out, "w", encoding="utf-8") as to:
        to.write("\n".join(line.rstrip() for line in shown) + "\n")
    with open(out + ".raw", "w", encoding="utf-8", newline="") as to:
        to.write(raw)
    # A message is a line, however long, and so is one that ends in a path;
    # the terminal may wrap it.
    wide = [
        line
        for line in shown
        if width(line.rstrip()) > columns and not re.match("vsx-|would remove ", line)
    ]
    for line in wide:
        print("wider than %d columns: %s" % (columns, line))
    sys.exit(99 if wide else code)


main()

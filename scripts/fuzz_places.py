"""Tells the places of `src` that a fuzz target has reached, where a branch stands that it has taken.

An edge is of libFuzzer's table, as compiled. Of each address the debug information tells the functions that stand there, the
innermost first. Where that one is ours, the address is a place. Where it is of the standard library, which is compiled into each
function that calls it, a list that grows or a table in which two names meet is an edge as well: there the line of ours that has
called it is the place, however many edges it has. So it is where the compiler tells of no line: it has written that code itself.
An address of none of ours is no place.
"""

import itertools
import pathlib
import re
import struct
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src"
# libFuzzer's `PCTableEntry`: the address and flags.
ENTRY = struct.Struct("<QQ")
FRAME = re.compile(r"^(.*):([1-9]\d*)(?: \(discriminator \d+\))?$")


class Places:
    """The places of a program, which lies where it was linked to lie."""

    def __init__(self, program, control):
        """`control` is what libFuzzer wrote of its corpus (`-merge_control_file`)."""
        self.program = program
        addresses = self.table()
        told = pathlib.Path(control).read_text().splitlines()
        numbers = {int(word) for line in told if line.startswith("COV ") for word in line.split()[2:]}
        self.reached = set(self.at([addresses[number] for number in numbers])) - {None}
        self.by_corpus = len(self.reached)

    def table(self):
        with tempfile.NamedTemporaryFile() as section:
            subprocess.run(
                ["objcopy", "-O", "binary", "--only-section=__sancov_pcs", self.program, section.name], check=True
            )
            return [address for address, _ in ENTRY.iter_unpack(pathlib.Path(section.name).read_bytes())]

    def at(self, addresses):
        """Returns the place of each address, in their order; None for one that is not ours."""
        asked = "".join(f"{address:#x}\n" for address in addresses)
        command = ["addr2line", "--addresses", "--inlines", "--exe", self.program]
        told = subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout.splitlines()
        grouped = itertools.groupby(told, key=lambda line: line.startswith("0x"))
        frames = [list(lines) for is_address, lines in grouped if not is_address]
        assert len(frames) == len(addresses), "addr2line has not answered for each address"
        return [place(address, of_address) for address, of_address in zip(addresses, frames)]

    def reach(self, addresses):
        """Takes the places of addresses for reached, and returns whether one was not before."""
        new = set(self.at(addresses)) - {None} - self.reached
        self.reached |= new
        return bool(new)


def place(address, frames):
    innermost, *callers = map(ours, frames)
    if innermost:
        return f"{innermost}+{address:#x}"
    return next(filter(None, callers), None)


def ours(frame):
    """Returns the file and line of a frame, or nothing where it is not of `src` or of no line."""
    found = FRAME.match(frame)
    path = pathlib.Path(found[1]).resolve() if found else None
    return f"{path.relative_to(SOURCE)}:{found[2]}" if path and path.is_relative_to(SOURCE) else None

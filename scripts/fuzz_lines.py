"""Tells the lines of `src` that a fuzz target has reached: those in which a branch stands that it has taken.

An edge is of libFuzzer's table, as compiled: one branch of ours is several edges where its function is compiled into several
others, and a list that grows or a table that two names share is one as well. What is asked of a fuzzer is whether it still comes to
places of ours where it was never before. Of each address the debug information tells the functions that stand there, the innermost
first; the line is that of the first one which is ours, and an address of none of ours is no place.
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
PLACE = re.compile(r"^(.*):(\d+)(?: \(discriminator \d+\))?$")


class Lines:
    """The lines of a program, which lies where it was linked to lie."""

    def __init__(self, program, control):
        """`control` is what libFuzzer wrote of its corpus (`-merge_control_file`)."""
        self.program = program
        addresses = self.table()
        numbers = {int(word) for line in open(control) if line.startswith("COV ") for word in line.split()[2:]}
        self.reached = set(self.at([addresses[number] for number in numbers])) - {None}
        self.by_corpus = len(self.reached)

    def table(self):
        with tempfile.NamedTemporaryFile() as section:
            subprocess.run(
                ["objcopy", "-O", "binary", "--only-section=__sancov_pcs", self.program, section.name], check=True
            )
            return [address for address, _ in ENTRY.iter_unpack(pathlib.Path(section.name).read_bytes())]

    def at(self, addresses):
        """Returns the line of each address, in their order; None for one that is not ours."""
        asked = "".join(f"{address:#x}\n" for address in addresses)
        command = ["addr2line", "--addresses", "--inlines", "--exe", self.program]
        told = subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout.splitlines()
        lines = []
        for is_address, frames in itertools.groupby(told, key=lambda line: line.startswith("0x")):
            if not is_address:
                lines.append(next(filter(None, map(ours, frames)), None))
        assert len(lines) == len(addresses), "addr2line has not answered for each address"
        return lines

    def is_new(self, address):
        """Returns whether an address is in a line that was not reached before, and takes it for reached."""
        line = self.at([address])[0]
        if line is None or line in self.reached:
            return False
        self.reached.add(line)
        return True


def ours(frame):
    found = PLACE.match(frame)
    if not found:
        return None
    path = pathlib.Path(found[1]).resolve()
    return f"{path.relative_to(SOURCE)}:{found[2]}" if path.is_relative_to(SOURCE) else None

"""Runs a program in a pseudo-terminal and answers its questions, as a person at a keyboard would.

The first argument is JSON: {"program": [...], "environment": {...}, "answers": [[QUESTION, ANSWER], ...]}. Each answer is
sent once its question is seen. Everything that was shown goes to standard output; the exit code is the program's.
"""

import json
import os
import pty
import select
import sys
import time

PATIENCE = 60


def main():
    script = json.loads(sys.argv[1])
    child, terminal = pty.fork()
    if child == 0:
        os.execve(script["program"][0], script["program"], script["environment"])
    answers, shown, seen = list(script["answers"]), b"", 0
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if not ready:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        while answers and answers[0][0].encode() in shown[seen:]:
            seen = shown.index(answers[0][0].encode(), seen) + len(answers[0][0])
            os.write(terminal, answers.pop(0)[1].encode())
    sys.stdout.buffer.write(shown)
    sys.stdout.flush()
    _, status = os.waitpid(child, os.WNOHANG if time.monotonic() >= ends else 0)
    if answers:
        sys.exit(f"never asked: {answers[0][0]}")
    sys.exit(os.waitstatus_to_exitcode(status))


main()

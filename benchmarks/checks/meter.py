"""Runs a command and prints what it cost, as JSON: `python -I -S meter.py COMMAND [ARGUMENT ...]`.

A small process of its own, because Linux counts into the peak memory of a command the peak of the process
that started it, up to then: a parent that has loaded numpy would hide what it measures.
The command's standard output is thrown away; its standard error goes to this process's.
"""

import json
import os
import sys
import time


def main(command: "list[str]") -> int:
    silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    started = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=silence)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    peak = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
    cost = {"seconds": seconds, "peak_memory_bytes": peak}
    print(json.dumps({"exit_status": os.waitstatus_to_exitcode(status), "cost": cost}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

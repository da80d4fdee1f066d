"""Run a command from a small process and write what the kernel counted for it: `launch.py FIGURES COMMAND...`.

The kernel counts into a process' peak memory what the process that started it held. This one holds some 10 MB,
so that the peak of the command is its own, however short it lives. It imports nothing of this package.
"""

import json
import resource
import subprocess
import sys
import time

began = time.monotonic()
returncode = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
figures = {
    "wall_seconds": time.monotonic() - began,
    "cpu_seconds": used.ru_utime + used.ru_stime,
    "peak_memory_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
}
with open(sys.argv[1], "w", encoding="utf-8") as handle:
    json.dump(figures, handle)
sys.exit(returncode if returncode >= 0 else 128 - returncode)

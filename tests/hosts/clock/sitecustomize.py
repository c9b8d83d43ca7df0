"""Sets the clock of a Python process that has this folder on its path: HOST_CLOCK_AHEAD_S seconds ahead of the host's.

Only the time of day: a machine whose clock is wrong counts seconds as any other. (libfaketime shifts the monotonic
clock as well, by which Python's locks wait.)
"""

import os
import time

_ahead_s = float(os.environ.get("HOST_CLOCK_AHEAD_S", "0"))
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + _ahead_s
time.time_ns = lambda: _time_ns() + int(_ahead_s * 1e9)

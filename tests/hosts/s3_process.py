"""moto's S3 server as a process: ``HOST PORT``. SIGUSR1 closes its door, SIGUSR2 opens it; the objects stay."""

from __future__ import annotations

import signal
import sys

from moto.server import ThreadedMotoServer


def main() -> None:
    signals = {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before any thread is made
    server = ThreadedMotoServer(ip_address=sys.argv[1], port=int(sys.argv[2]), verbose=False)
    server.start()
    is_open = True
    while (number := signal.sigwait(signals)) != signal.SIGTERM:
        if number == signal.SIGUSR1 and is_open:
            server.stop()
        elif number == signal.SIGUSR2 and not is_open:
            server.start()
        is_open = number == signal.SIGUSR2


if __name__ == "__main__":
    main()

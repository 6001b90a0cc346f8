"""Ports for servers that must be told theirs, or must have it again after a restart."""
import pathlib
import random
import socket

LOWEST = 10_000


def free_port():
    """One of 127.0.0.1 that nobody has, and that nobody is given by chance: the kernel takes those of clients, and of servers that ask for any,
    from a range of its own."""
    first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    lowest, beyond = (LOWEST, first) if first > 2 * LOWEST else (last + 1, 1 << 16)
    while True:
        port = random.SystemRandom().randrange(lowest, beyond)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def nobody(test):
    """A port at which nobody answers until the test has ended: it is taken, and not listened at."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    test.addCleanup(taken.close)
    return taken.getsockname()[1]

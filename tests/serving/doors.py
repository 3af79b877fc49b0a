"""The doors of a process tree: every socket at which something may be heard from outside it."""

import socket
from collections.abc import Iterable

import psutil


def tree(process_id: int) -> list[psutil.Process]:
    """Return a process and all that descend from it."""
    root = psutil.Process(process_id)
    return [root, *root.children(recursive=True)]


def workers(process_id: int) -> list[psutil.Process]:
    """Return the workers of a supervisor: what it spawned, without what keeps its books."""
    return [
        p for p in psutil.Process(process_id).children() if "spawn_main" in " ".join(p.cmdline())
    ]


def doors(processes: Iterable[psutil.Process]) -> set[tuple[str, str]]:
    """Return the kind and address of every open door.

    A TCP socket that listens, a UDP socket that is bound, and a socket of this machine that
    has a name: without one nobody can call it, and it can only be one end of a pair.
    """
    opened: set[tuple[str, str]] = set()
    for process in processes:
        for one in process.net_connections(kind="all"):
            if one.family == socket.AF_UNIX:
                if one.laddr:
                    opened.add(("unix", str(one.laddr)))
            elif one.type == socket.SOCK_DGRAM or one.status == psutil.CONN_LISTEN:
                kind = "udp" if one.type == socket.SOCK_DGRAM else "tcp"
                opened.add((kind, f"{one.laddr.ip} {one.laddr.port}"))
    return opened

"""A process that has loaded every command, and forks for each that is typed: to start Python takes a third of a second.

It is a program, with one end of a socket as its input; `typed.py` asks it.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
from importlib import import_module
from typing import TextIO

from astrolabe.cli.main import MODULES, main
from astrolabe.store.heap import freeze_heap

LONGEST = 1 << 16
"""Bytes of a request: words and environment of a command."""


def serve(requests: socket.socket) -> None:
    """Fork for each request, until whoever asks is gone; a fork leaves this by the exit of its command."""
    own = {name: value for name, value in os.environ.items() if name not in {"PATH", "HOME"}}  # what Python adds itself
    gc.disable()
    while True:
        request, files, _, _ = socket.recv_fds(requests, LONGEST, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            asked = json.loads(request)
            keep(files, asked["words"], own | asked["environment"], asked["folder"])
            main()
        for file in files:
            os.close(file)


def keep(files: list[int], words: list[str], environment: dict[str, str], folder: str | None) -> None:
    """Say the number of the command's process and, in the end, its code; return in that process alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        become(files, words, environment, folder)
        return
    for file in files[:3]:
        os.close(file)
    with socket.socket(fileno=files[3]) as answers:
        answers.sendall(pid.to_bytes(4))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answers.sendall(code.to_bytes(4, signed=True))
    os._exit(0)


def become(files: list[int], words: list[str], environment: dict[str, str], folder: str | None) -> None:
    """Be as a process is that has just been started for these words."""
    os.setsid()
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = opened(0, sys.stdin), opened(1, sys.stdout), opened(2, sys.stderr)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    if folder:
        os.chdir(folder)
    sys.argv[1:] = words
    gc.enable()


def opened(number: int, before: TextIO) -> TextIO:
    """Open a standard stream as Python does when it starts."""
    lines = number == 2 or (number == 1 and os.isatty(1))
    return open(number, "w" if number else "r", 1 if lines else -1, before.encoding, before.errors, closefd=False)


def begin() -> None:
    """Load all that is typed, and serve."""
    for module in MODULES:
        if not module.startswith("serving.") and module != "up":
            import_module(f"astrolabe.cli.commands.{module}")
    requests = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    freeze_heap()
    serve(requests)


if __name__ == "__main__":
    begin()

"""How a command ends when it is told to, or when nobody reads what it prints."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

WRONG_USE = 2
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_in_order() -> None:
    """From now on a signal ends the program as an exception does: what it made is cleared away.

    The exit status is 128 and the signal's number. What is ignored (nohup) stays ignored.
    """
    for sign in _SIGNALS:
        if signal.getsignal(sign) is not signal.SIG_IGN:
            signal.signal(sign, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    for sign in _SIGNALS:  # clearing away is short, and must not be cut
        signal.signal(sign, signal.SIG_IGN)
    raise SystemExit(128 + number)


def printed(act: Callable[[], int]) -> int:
    """The exit status of what prints, or of what kept it from that."""
    try:
        status = act()
        print(end="", flush=True)  # noqa: T201 - where stdout is closed there is nothing to flush
    except BrokenPipeError:  # as after SIGPIPE
        _drop()
        return 128 + signal.SIGPIPE
    except OSError as error:
        _drop()
        words = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        sys.stderr.write(f"redline: {words or error}\n")
        return WRONG_USE
    return status


def _drop() -> None:
    """Write nothing more to stdout: what could not be written is tried once more at the exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

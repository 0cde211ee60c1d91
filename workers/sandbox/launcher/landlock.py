"""Confine this process to some files: Landlock by itself, without a process that watches."""

import ctypes
import os
import stat
import struct
from collections.abc import Sequence
from contextlib import suppress

SCOPED = 6  # the version from which signals and abstract sockets stay inside
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_VERSION, _BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _READ_DIR, _TRUNCATE, _IOCTL = (1 << n for n in (0, 1, 2, 3, 14, 15))
_BITS = {1: 13, 2: 14, 3: 15, 4: 15}  # access rights that a version knows; 16 from 5 on
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL


def version() -> int:
    """The kernel's version of Landlock; 0 without."""
    known: int = _libc().syscall(_CREATE, None, 0, _VERSION)
    return max(0, known)


def confine(readable: Sequence[str], writable: Sequence[str], version: int) -> None:
    """Leave this process, for good, these files and folders and no TCP. Raises OSError."""
    every = (1 << _BITS.get(version, 16)) - 1
    size = 8 if version < 4 else 16 if version < SCOPED else 24
    handled = struct.pack("QQQ", every, 0b11, 0b11)[:size]
    ruleset = _checked(_libc().syscall(_CREATE, handled, size, 0))
    for paths, rights in ((readable, _EXECUTE | _READ | _READ_DIR), (writable, every)):
        for path in paths:
            _allow(ruleset, path, rights & every & ~_EXECUTE if paths is writable else rights)
    _checked(_libc().prctl(38, 1, 0, 0, 0))  # no new privileges
    _checked(_libc().syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    with suppress(FileNotFoundError):
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= _ON_FILES
        _checked(_libc().syscall(_ADD, ruleset, _BENEATH, struct.pack("=Qi", rights, beneath), 0))
        os.close(beneath)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "Landlock")
    return answer

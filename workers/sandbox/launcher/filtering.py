"""Take system calls from this process and all that it will start: a seccomp filter of our own."""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NEW_NAMESPACE = 0x7E020000  # any of clone's flags that make one
_X32 = 0x40000000  # another numbering of the same calls
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Name: number on x86_64, on aarch64 (0: not there); one number: the same on both.
_NUMBERS: dict[str, int | tuple[int, int]] = {
    "socket": (41, 198), "clone": (56, 220), "clone3": 435, "prlimit64": (302, 261),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": 424, "truncate": (76, 45),
    "chmod": (90, 0), "fchmodat": (268, 53), "fchmodat2": 452, "chown": (92, 0), "lchown": (94, 0),
    "fchownat": (260, 54), "file_setattr": 469, "setxattr": (188, 5), "lsetxattr": (189, 6),
    "setxattrat": 463, "removexattr": (197, 14), "lremovexattr": (198, 15), "removexattrat": 466,
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": 440, "process_mrelease": 448, "pidfd_getfd": 438, "kcmp": (312, 272),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_by_handle_at": (304, 265), "personality": (135, 92),
    "msgget": (68, 186), "semget": (64, 190), "shmget": (29, 194), "mq_open": (240, 180),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setaffinity": (203, 122),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
}  # fmt: skip

# Landlock knows nothing of these, and files of ours may have the same owner as the program.
METADATA = ("chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "file_setattr",
            "setxattr", "lsetxattr", "setxattrat", "removexattr", "lremovexattr",
            "removexattrat")  # fmt: skip
# Nor of these, by which processes of the same user can be slowed down.
OTHERS = ("setpriority", "ioprio_set", "sched_setaffinity", "sched_setparam",
          "sched_setscheduler", "sched_setattr")  # fmt: skip
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
           "pidfd_send_signal")  # fmt: skip
# What no tool needs, or what leads out of any sandbox.
DANGEROUS = ("socket", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
             "process_mrelease", "pidfd_getfd", "kcmp", "migrate_pages", "move_pages", "mount",
             "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount",
             "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "bpf",
             "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl",
             "io_uring_setup", "io_uring_enter", "io_uring_register", "open_by_handle_at",
             "personality", "msgget", "semget", "shmget", "mq_open")  # fmt: skip

_Instruction = tuple[int, int, int, int]


def refuse(names: Iterable[str], *, namespaces: bool = True) -> None:
    """Refuse the calls, and limits set on other processes; for good.

    ``namespaces``: whether clone may still make them. Raises OSError where seccomp is refused.
    """
    code = b"".join(struct.pack("HBBI", *one) for one in _program(names, namespaces=namespaces))
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_PR_SET_SECCOMP, _FILTER, header):
        raise OSError(ctypes.get_errno(), "seccomp is not allowed here")


def _program(names: Iterable[str], *, namespaces: bool) -> list[_Instruction]:
    machine = os.uname().machine
    column = list(_ARCHITECTURES).index(machine)
    program = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        _answer(errno.ENOSYS),
        (_LOAD, 0, 0, 0),
        *_if(_AT_LEAST, _X32, [_answer(errno.ENOSYS)]),
        *_if(_EQUAL, _number("prlimit64", column), _of_others()),
    ]
    if not namespaces:
        program += _if(_EQUAL, _number("clone", column), _making())
        program += _if(_EQUAL, _number("clone3", column), [_answer(errno.ENOSYS)])
    for number in filter(None, (_number(name, column) for name in names)):
        program += _if(_EQUAL, number, [_answer(errno.EPERM)])
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _number(name: str, column: int) -> int:
    numbers = _NUMBERS[name]
    return numbers if isinstance(numbers, int) else numbers[column]


def _answer(code: int) -> _Instruction:
    return (_RETURN, 0, 0, _REFUSE | code)


def _if(test: int, value: int, then: list[_Instruction]) -> list[_Instruction]:
    return [(test, 0, len(then), value), *then]


def _of_others() -> list[_Instruction]:
    """On its first argument, a process: allowed on this one (0) alone."""
    first = (_LOAD, 0, 0, 16)
    return [first, (_EQUAL, 1, 0, 0), _answer(errno.EPERM), (_RETURN, 0, 0, _ALLOW)]


def _making() -> list[_Instruction]:
    """On its first argument, flags: allowed without those that make namespaces."""
    first = (_LOAD, 0, 0, 16)
    return [first, *_if(_ANY_BIT, _NEW_NAMESPACE, [_answer(errno.EPERM)]), (_RETURN, 0, 0, _ALLOW)]

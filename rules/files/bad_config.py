"""Redline's own finding on a fault in the repository's ``.redline.yaml``."""

from rules.config import NAME as FILE
from rules.fault import Fault
from rules.finding import Blocks, Finding, Location, Severity

NAME = "bad-config"
_FIX = "Correct it at this line; docs/configuration.md lists the keys."


def bad(fault: Fault) -> Finding:
    """The finding at the fault's line: on the main branch it would be passed over in silence."""
    return Finding(
        rule=NAME,
        severity=Severity.BLOCKING,
        location=Location(FILE, fault.line, block=(fault.line, fault.line)),
        message=fault.message,
        detail=fault.detail,
        address=FILE,
        project="",
        blocks=Blocks.NEW,
        fix=_FIX,
    )

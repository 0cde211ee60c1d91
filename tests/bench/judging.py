"""The rules alone, as a program: ``python -m tests.bench.judging FOLDER``."""

import sys
from pathlib import Path

from tests.corpus import findings_of


def main() -> None:
    """Print the number of findings in the files KIND/NUMBER/NAME of a folder."""
    root = Path(sys.argv[1])
    found = (path for path in root.glob("[!.]*/*/*") if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    print(len(findings_of(files)))


if __name__ == "__main__":
    main()

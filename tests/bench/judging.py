"""The rules that checkov has an answer to, as a program: ``-m tests.bench.judging FOLDER``."""

import sys
from pathlib import Path

from rules.images import Images
from rules.release import Release
from rules.rule import judge
from tests.corpus import RULES, subjects_of

ANSWERED = {
    "CKV_K8S_14": "floating-image",
    "CKV_K8S_16": "privileged-container",
    "CKV_K8S_20": "privilege-escalation",
    "CKV_K8S_23": "root-container",
    "CKV_DOCKER_3": "unprovable-user",
    "CKV_DOCKER_7": "floating-base",
    "CKV_DOCKER_8": "named-user",
}


def main() -> None:
    """Print the number of findings in the files KIND/NUMBER/NAME of a folder."""
    root = Path(sys.argv[1])
    found = (path for path in root.glob("[!.]*/*/*") if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    images = Images(lambda: files, lambda paths: {p: files[p] for p in paths if p in files})
    subjects = [each for path, data in files.items() for each in subjects_of(path, data)]
    rules = [rule for rule in RULES if rule.name in ANSWERED.values()]
    print(len(judge(rules, subjects, Release("", images.dockerfile_of))))


if __name__ == "__main__":
    main()

"""Whose files are judged in full."""

import pytest

from workers.owned import owned


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("Dockerfile", True),
        ("apps/web/pod.yaml", True),
        ("vendor/x/pod.yaml", False),
        ("a/third_party/pod.yaml", False),
        ("a/node_modules/b/Dockerfile", False),
        (".terraform/modules/x/pod.yaml", False),
        ("vendor", True),
        ("vendors/pod.yaml", True),
        ("vendor.yaml", True),
    ],
)
def test_vendored_folders(path: str, own: bool) -> None:
    assert owned(path) is own

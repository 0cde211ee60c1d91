"""Figures of a measurement: kept in build/figures, and printed at the end of the tests."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "build/figures"
_written: dict[str, dict[str, Any]] = {}


def write(name: str, figures: dict[str, Any]) -> None:
    """Keep what was measured, and have it printed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")
    _written[name] = figures


def lines() -> list[str]:
    """One line for each measurement of this run; long lists are in the files only."""
    return [
        f"{name}: " + ", ".join(f"{key} {_said(value)}" for key, value in figures.items())
        for name, figures in _written.items()
    ]


def _said(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"
    return f"({len(value)})" if isinstance(value, list) else str(value)

"""``python -m tests.examples`` writes the examples anew; ``--check`` says which are stale."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from inspect import cleandoc
from pathlib import Path

from tests.examples.stories import PLANNED, STORIES, Telling
from tests.examples.text import masked
from tests.examples.world import FORGES, world

FOLDER = Path(__file__).parents[2] / "docs/examples"


def main() -> None:
    """Tell all stories on each forge."""
    parser = argparse.ArgumentParser(prog="python -m tests.examples", description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    pages = {path: text for forge in FORGES for path, text in pages_of(forge).items()}
    stale = [path.name for path, text in pages.items() if not _is(path, text)]
    if check and stale:
        sys.exit(f"stale, `make examples` writes them anew: {', '.join(stale)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages.items():
        path.write_text(text, "utf-8")
    print(f"{len(pages)} examples in {FOLDER.relative_to(Path.cwd())}, {len(stale)} of them new")


def pages_of(forge: str) -> dict[Path, str]:
    """File and text of each story on a forge."""
    with tempfile.TemporaryDirectory(prefix="redline-examples-") as folder:
        Path(folder).chmod(0o711)  # tools run as nobody
        with world(forge, Path(folder)) as there:
            pages = {}
            for number, story in enumerate(STORIES, 1):
                there.stage.results = ()
                telling = Telling(there)
                story(telling)
                assert not there.forge.violations, there.forge.violations
                pages[FOLDER / f"{forge}-{number}.md"] = _page(forge, story, telling)
            return pages


def _page(forge: str, story: Callable[[Telling], None], telling: Telling) -> str:
    title, _, about = cleandoc(story.__doc__ or "").partition("\n\n")
    words = about.replace("{PLANNED}", PLANNED)
    text = "\n\n".join([f"# {title}", words, *telling.parts])
    return masked(text, forge) + "\n"


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


if __name__ == "__main__":
    main()

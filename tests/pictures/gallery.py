"""Makes the pictures of the documentation: runs the commands of its page, and keeps their files."""

import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import ROOT

PAGE, FOLDER = ROOT / "docs" / "pictures.md", ROOT / "docs" / "pictures"


def scenes() -> list[tuple[list[str], list[str]]]:
    """Return the commands of each block, and the files that are shown after it."""
    text = PAGE.read_text(encoding="utf-8")
    block = r"^```console\n((?:[^`\n].*\n)+)```\n\n((?:!\[.*\]\(pictures/.*\)\n)+)"
    found = re.findall(block, text, re.MULTILINE)
    return [
        (re.findall(r"^\$ (.*)", code, re.MULTILINE), re.findall(r"\(pictures/(.*?)\)", shown))
        for code, shown in found
    ]


def main() -> None:
    """Make all pictures anew."""
    from tests.test_docs import run_in_shell

    for commands, names in scenes():
        with TemporaryDirectory() as folder:
            printed = run_in_shell(commands, Path(folder))
            if printed:
                sys.exit(printed)
            for name in names:
                shutil.copy(Path(folder) / name, FOLDER / name)
                print(FOLDER.relative_to(ROOT) / name)


if __name__ == "__main__":
    main()

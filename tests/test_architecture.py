"""The shape of the source: inner folders never import outer ones, and heavy imports wait."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "adamcli"

LAYERS = [
    {
        *(
            "arrays",
            "cores",
            "counted",
            "errors",
            "diagnostics",
            "files",
            "names",
            "paths",
            "pipes",
        ),
        *("processes", "signals", "thinned", "version", "widths"),
    },
    {"objective"},
    {"optimizer"},
    {"search"},
    {"fit"},
    {"listed"},
    {"examples"},
    {"fields"},
    {"config"},
    {"pictures"},
    {"evaluation"},
    {"results"},
    {"experiment", "article"},
    {"inspection", "proposal"},
    {"solution"},
    {"solving"},
    {"scipy_door"},
    {"sweeps"},
    {"plotting"},
    {"report"},
    {"api"},
    {"cli"},
    {"__main__"},
]
"""From the inside out. A part may import itself and what stands before it."""

OPTIONAL_HOME = {
    "typer": {"cli"},
    "rich": {"report"},
    "yaml": {"config"},
    "scipy": {"scipy_door"},
    "matplotlib": {"pictures"},
    "PIL": {"pictures"},
}
"""The one part that may import each of these."""

FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def part_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Return every module a file imports at run time, each with whether it is at the top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, node in tree.body) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.module or "", node in tree.body))
    return found


def test_every_part_has_its_layer() -> None:
    assert {part_of(path) for path in FILES} == set().union(*LAYERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_inner_parts_never_import_outer_ones(path) -> None:
    part = part_of(path)
    level = next(i for i, layer in enumerate(LAYERS) if part in layer)
    allowed = set().union(*LAYERS[: level + 1])
    for module, _ in imports_of(path):
        if module.startswith("adamcli."):
            assert module.split(".")[1] in allowed, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_each_library_has_one_home(path) -> None:
    for module, at_top in imports_of(path):
        name = module.split(".")[0]
        if name in OPTIONAL_HOME:
            assert part_of(path) in OPTIONAL_HOME[name]
            assert not at_top or name == "typer", f"{path.name} imports {name} too early"


def test_nothing_evaluates_text_as_python() -> None:
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"eval", "exec", "compile", "__import__"}, path


def test_files_stay_small() -> None:
    for path in FILES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_the_top_level_holds_what_the_design_names() -> None:
    allowed = {
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "docs",
        "adamcli",
        "configs",
        "tests",
        "Makefile",
    }
    tracked = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert tracked - {"build", "dist", "adamcli.egg-info"} <= allowed

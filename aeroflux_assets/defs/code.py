"""What code a table is made by, as one short hash, so that changed code can be told from changed input.

Read from the source without running it: from the `make_...` functions of a table's room that name its contract,
along every name that they use, through the functions, classes and constants of the whole package. Comments,
docstrings and blank lines do not count; where tables are kept and how errors are worded does not either.
"""

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aeroflux_assets.contracts.base import Contract

PACKAGE = "aeroflux_assets"
# Their code does not decide what a table holds.
WITHOUT_SAY = frozenset(
    f"{PACKAGE}.{name}"
    for name in (
        "lake",
        "commits",
        "store",
        "bucket",
        "memory",
        "model.files",
        "errors",
        "settings",
        "contracts.base",
        "evaluation.effort",
    )
)
Named = tuple[str, str]


@dataclass(frozen=True)
class _Module:
    """The source of a module: its lines, its own definitions, and what each imported name stands for."""

    lines: tuple[str, ...]
    own: dict[str, ast.stmt]
    imported: dict[str, Named]


def code_version(contract: Contract) -> str:
    """The hash of everything that makes the table of `contract`; ValueError where no function makes it."""
    constant = _constant(contract)
    makers = [maker for maker in _makers(contract.room) if constant in _reached(maker)]
    if not makers:
        raise ValueError(f"no make_... function of {contract.room} names the contract of {contract.name}")
    reached = sorted(set().union(*(_reached(maker) for maker in makers)))
    text = "\n".join(f"{module}.{name}\n{_text(module, name)}" for module, name in reached)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _constant(contract: Contract) -> Named:
    """Module and name under which a contract is known: where it was assigned, not where it is imported."""
    for module in (f"{PACKAGE}.contracts", f"{PACKAGE}.{contract.room}"):
        for name, loaded in list(sys.modules.items()):
            if not name.startswith(module + "."):
                continue
            for variable, value in vars(loaded).items():
                if value is contract and variable in _module(name).own:
                    return name, variable
    raise ValueError(f"the contract of {contract.name} has no name of its own in {contract.room}")


def _makers(room: str) -> Iterator[Named]:
    for path in sorted((Path(__file__).parents[1] / room).glob("*.py")):
        module = f"{PACKAGE}.{room}.{path.stem}"
        yield from ((module, name) for name in _module(module).own if name.startswith("make_"))


@cache
def _module(name: str) -> _Module:
    file = _file(name)
    if file is None:
        raise ValueError(f"{name} is no module of {PACKAGE}")
    own: dict[str, ast.stmt] = {}
    imported: dict[str, Named] = {}
    source = file.read_text("utf-8")
    for node in ast.parse(source).body:
        own |= dict.fromkeys(_defined(node), node)
        imported |= _imports([node])
    return _Module(tuple(source.splitlines()), own, imported)


@cache
def _file(name: str) -> Path | None:
    """The source of a module of the package; None where there is no such module."""
    path = Path(__file__).parents[1].joinpath(*name.split(".")[1:])
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file if file.is_file() else None


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [
        name.id for target in targets if target for name in ast.walk(target) if isinstance(name, ast.Name)
    ]


def _imports(nodes: Iterable[ast.AST]) -> dict[str, Named]:
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE
        for alias in node.names
    }


@cache
def _uses(module: str, name: str) -> frozenset[Named]:
    """The package's definitions that one definition names itself."""
    within = _module(module)
    nodes = list(ast.walk(within.own[name]))
    known = {**within.imported, **_imports(nodes)}
    found = {known.get(node.id, (module, node.id)) for node in nodes if isinstance(node, ast.Name)}
    # `questions.hops`, where `questions` is a module that was imported by name.
    found |= {
        (".".join(known[node.value.id]), node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known
    }
    return frozenset(
        (home, each)
        for home, each in found
        if home not in WITHOUT_SAY and _file(home) and each in _module(home).own
    )


@cache
def _reached(start: Named) -> frozenset[Named]:
    seen, ahead = {start}, [start]
    while ahead:
        new = _uses(*ahead.pop()) - seen
        seen |= new
        ahead += new
    return frozenset(seen)


@cache
def _text(module: str, name: str) -> str:
    """A definition's source without comments on lines of their own, docstrings and blank lines."""
    within = _module(module)
    node = within.own[name]
    quiet: set[int] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part, clean=False):
            said = part.body[0]
            quiet |= set(range(said.lineno, (said.end_lineno or said.lineno) + 1))
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    lines = (
        within.lines[number - 1].rstrip()
        for number in range(first, (node.end_lineno or first) + 1)
        if number not in quiet
    )
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))

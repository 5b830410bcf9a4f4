"""Imports point one way, those within functions included: from what is above to what is below, and in no circle."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import aurita

ROOT = Path(aurita.__file__).parent

LAYERS = (
    ("_words",),
    ("errors", "_typing", "_lazy", "_kinds", "blas", "notebook_face", "progress"),
    ("_former", "fields", "forking", "rounding"),
    ("_jax", "_registry", "closeness"),
    ("_keys", "_tree"),
    ("data", "io"),
    ("units", "readout", "experts", "tasks", "worlds"),
    ("reservoir",),
    ("native",),
    ("engine", "shapes"),
    ("learning",),
    ("society",),
    ("saving",),
    ("estimators",),
    ("studies", "export", "agents"),
    ("evolution",),
    ("pictures",),
    ("adapters", "demo"),
    ("cli",),
    ("command",),
    ("__main__",),
)
"""From the bottom to the top; layers in one line share nothing."""

LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = {
    ".".join(("aurita", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}
TEXTS = {name: path.read_text() for name, path in MODULES.items()}


def imports(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports at any time; not those that only types need."""
    nodes = [ast.parse(path.read_text())]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            nodes += node.orelse
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "aurita":
            inside = [f"{node.module}.{one.name}" for one in node.names]
            yield from (name if name in MODULES else str(node.module) for name in inside)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.split(".")[0] == "aurita")


GRAPH = {name: set(imports(path)) - {"aurita", name} for name, path in MODULES.items() if name != "aurita"}


def top(module: str) -> str:
    return module.split(".")[1]


def layer(module: str) -> int:
    return LEVEL.get(top(module), -1)


def test_every_module_has_a_layer():
    assert not [name for name in GRAPH if layer(name) < 0]


def test_imports_point_down():
    upwards = [
        f"{one} imports {other}" for one, others in GRAPH.items() for other in others if layer(other) > layer(one)
    ]
    assert not upwards


def test_layers_side_by_side_share_nothing():
    crossing = [
        f"{one} imports {other}"
        for one, others in GRAPH.items()
        for other in others
        if layer(one) == layer(other) and top(one) != top(other)
    ]
    assert not crossing


def test_no_module_imports_itself_by_a_detour():
    TopologicalSorter(GRAPH).prepare()


def test_no_package_imports_itself_by_a_detour():
    packages: dict[str, set[str]] = {}
    for one, others in GRAPH.items():
        packages.setdefault(top(one), set()).update({top(other) for other in others} - {top(one)})
    TopologicalSorter(packages).prepare()


FACES = ("adapters", "cli", "demo", "tasks", "worlds", "studies.models", "studies.reproduce")
"""Folders whose files are found by name: a command, a task, a model each."""


def folder(module: str) -> str:
    return module.rsplit(".", 1)[0]


def is_private(module: str) -> bool:
    return module.rsplit(".", 1)[1].startswith("_")


def users(module: str) -> list[str]:
    """Modules outside of a module's folder that import it or name it, and the face of the folder if it does."""
    named = re.compile(rf"\b{re.escape(module)}\b")
    lazily = f'"{module.rsplit(".", 1)[1]}": ['
    return [
        one
        for one, text in TEXTS.items()
        if one == folder(module) or not one.startswith(f"{folder(module)}.")
        if module in GRAPH.get(one, ())
        or (module in text and named.search(text))
        or (one == folder(module) and lazily in text)
    ]


def test_private_modules_are_used_in_their_folder_alone():
    assert not [
        f"{one} imports {other}"
        for one, others in GRAPH.items()
        for other in others
        if is_private(other) and folder(other) not in ("aurita", folder(one), one)
        if not one.startswith(f"{folder(other)}.")
    ]


def test_modules_used_in_their_folder_alone_are_private():
    inside = [
        one
        for one in GRAPH
        if folder(one) != "aurita" and not is_private(one) and MODULES[one].name != "__init__.py"
        if not folder(one).removeprefix("aurita.").startswith(FACES)
    ]
    assert not [one for one in inside if not users(one)]

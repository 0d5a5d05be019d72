"""Which module may import what: arrows point down only."""

import ast
import sys
from pathlib import Path

import pytest

import sk_rnn

PACKAGE = Path(sk_rnn.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
}
# From the bottom up: a module imports only from lower layers at its top level.
LAYERS = [
    {"_rows", "_window_scaling", "_saving", "_series"},
    {
        "_scaling",
        "_settling",
        "_windows",
        "_persistence",
        "_recurrence",
        "_optimizers",
        "_runtime",
    },
    {"_network", "_callbacks"},
    {"_programs"},
    {"_training"},
    {"_base"},
    {"_forecaster", "_recursion"},
    {"__init__"},
    {"sktime._horizon", "sktime._exogenous"},
    {"sktime._base"},
    {"sktime._forecaster"},
    {"sktime.__init__"},
    {"metrics", "plotting._drawing", "datasets._mastercard", "datasets._sp500"},
    {"plotting._forecast", "plotting._loss_curve", "datasets.__init__"},
    {"plotting.__init__"},
]
ON_TENSORFLOW = {
    "_recurrence",
    "_optimizers",
    "_runtime",
    "_network",
    "_callbacks",
    "_programs",
    "_training",
    "_recursion",
}
EDGES = {"plotting", "datasets", "metrics", "sktime"}


def imports(path, *, top_level):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_module_has_a_layer():
    assert set().union(*LAYERS) == MODULES.keys()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name):
    layer = next(i for i, modules in enumerate(LAYERS) if name in modules)
    lower = set().union(*LAYERS[:layer])
    for imported in imports(MODULES[name], top_level=True):
        module = imported.removeprefix("sk_rnn.")
        if module != imported and module in MODULES:
            assert module in lower, f"{name} imports {module}"


@pytest.mark.parametrize("name", sorted(MODULES.keys() - ON_TENSORFLOW))
def test_only_the_engine_imports_tensorflow(name):
    found = {i.split(".")[0] for i in imports(MODULES[name], top_level=True)}
    allowed = {"sktime"} if name.startswith("sktime.") else set()
    heavy = {"tensorflow", "keras", "matplotlib", "sktime", "arch"}
    assert not found & (heavy - allowed)
    engine = {f"sk_rnn.{module}" for module in ON_TENSORFLOW}
    assert not engine & set(imports(MODULES[name], top_level=True))


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nothing_imports_the_edges(name):
    if name.split(".")[0] not in EDGES:
        for imported in imports(MODULES[name], top_level=False):
            module = imported.removeprefix("sk_rnn.").split(".")[0]
            assert imported.split(".")[0] != "sk_rnn" or module not in EDGES


@pytest.mark.parametrize("name", sorted(MODULES))
def test_modules_are_rooms_not_warehouses(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 500


def test_the_python_of_the_project_is_supported():
    assert (3, 11) <= sys.version_info[:2] <= (3, 13)

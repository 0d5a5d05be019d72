"""Which module may import what, and what the folder shows."""

import ast
import doctest
import inspect
import sys
from pathlib import Path

import pytest

import sk_rnn
import sk_rnn.datasets
import sk_rnn.metrics
import sk_rnn.plotting
import sk_rnn.sktime

PACKAGE = Path(sk_rnn.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
}
ENGINE = {
    f"sk_rnn.{name}"
    for name in (
        "_recurrence",
        "_optimizers",
        "_runtime",
        "_network",
        "_callbacks",
        "_programs",
        "_training",
    )
}
EDGES = {"plotting", "datasets", "metrics", "sktime"}
PUBLIC = [
    getattr(module, name)
    for module in (
        sk_rnn,
        sk_rnn.datasets,
        sk_rnn.metrics,
        sk_rnn.plotting,
        sk_rnn.sktime,
    )
    for name in module.__all__
    if callable(getattr(module, name))
]


def imports(path, *, top_level):
    """List the names a module imports; at the top level, when it is loaded itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_imports_itself_in_a_circle():
    waiting = {
        name: {
            imported
            for imported in imports(path, top_level=True)
            if imported in MODULES and imported != name
        }
        for name, path in MODULES.items()
    }
    while waiting:
        loaded = {name for name, others in waiting.items() if not others & set(waiting)}
        assert loaded, f"a circle among {sorted(waiting)}"
        waiting = {name: waiting[name] for name in waiting.keys() - loaded}


@pytest.mark.parametrize("name", sorted(MODULES.keys() - ENGINE))
def test_only_the_engine_imports_tensorflow(name):
    found = set(imports(MODULES[name], top_level=True))
    heavy = {"tensorflow", "keras", "matplotlib", "sktime", "arch"}
    allowed = {"sktime"} if name.startswith("sk_rnn.sktime") else set()
    assert not {each.split(".")[0] for each in found} & (heavy - allowed)
    assert not found & ENGINE


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nothing_imports_the_edges(name):
    if name.split(".")[1] not in EDGES:
        for imported in imports(MODULES[name], top_level=False):
            package, _, module = imported.partition(".")
            assert package != "sk_rnn" or module.split(".")[0] not in EDGES


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__name__)
def test_what_is_public_lives_in_a_public_module(thing):
    """Stored models name no private module, and the source is where it says."""
    assert not any(part.startswith("_") for part in thing.__module__.split("."))
    thing = inspect.unwrap(thing)
    assert Path(inspect.getsourcefile(thing)) == MODULES[thing.__module__]
    assert thing.__name__ in inspect.getsource(thing)


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__name__)
def test_what_is_public_has_an_example_that_runs(thing):
    module = sys.modules[thing.__module__]
    found = doctest.DocTestFinder().find(module, module.__name__)
    names = {test.name for test in found if test.examples}
    assert f"{thing.__module__}.{thing.__name__}" in names


def test_the_python_of_the_project_is_supported():
    assert (3, 11) <= sys.version_info[:2] <= (3, 13)

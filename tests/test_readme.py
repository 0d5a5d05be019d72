"""Every code block of the README and of the documentation runs."""

import doctest
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BUILT = "_build", "auto_examples", "generated"
PAGES = sorted(
    page
    for page in (ROOT / "docs").rglob("*.rst")
    if not {*page.relative_to(ROOT).parts} & {*BUILT, "_templates"}
)


class Checker(doctest.OutputChecker):
    """Compare texts exactly, and numbers to 5%: types of CPU round differently."""

    _number = re.compile(r"\d+(?:\.\d*)?")

    def check_output(self, want, got, optionflags):
        numbers, expected = (
            [float(number) for number in self._number.findall(text)]
            for text in (got, want)
        )
        return numbers == pytest.approx(expected, rel=0.05) and super().check_output(
            self._number.sub("0", want), self._number.sub("0", got), optionflags
        )


def blocks_of(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page, flags=re.M | re.S)


@pytest.fixture
def in_clone(tmp_path, monkeypatch):
    """Be where files can be written, beside the data that the pages read."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)


@pytest.mark.docs
def test_readme_prints_what_its_comments_say(capsys, in_clone):
    """The blocks share one namespace; a line of comment is a line of output."""
    namespace = {}
    blocks = blocks_of(README, "python")
    assert len(blocks) == README.count("```python") == 4
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
        want = "".join(re.findall(r"^# (.*\n)", block, flags=re.M))
        got = capsys.readouterr().out
        assert Checker().check_output(want, got, 0), f"{want!r} is now {got!r}"


def test_first_example_is_short():
    lines = blocks_of(README, "python")[0].splitlines()
    code = [line for line in lines if line and not line.startswith("#")]
    assert len(code) <= 15


@pytest.mark.docs
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_documentation_shows_real_outputs(page, in_clone):
    text = page.read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    flags = doctest.NORMALIZE_WHITESPACE
    assert doctest.DocTestRunner(Checker(), optionflags=flags).run(examples).failed == 0
    assert "code-block:: python" not in text  # it would not run


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_make_targets_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make (\w+)", page, flags=re.M))
    assert named >= {"study", "test", "docs"}
    assert named <= set(re.findall(r"^(\w+):", makefile, flags=re.M))


def anchors_of(page):
    """Return the anchors of the headings, spelt as GitHub does."""
    headings = re.findall(r"^#+ (.*)$", page, flags=re.M)
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_linked_files_exist(page):
    for link in re.findall(r"\]\(([^)]+)\)", page):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        assert (ROOT / path).exists(), link
        if anchor:
            linked = (ROOT / path).read_text(encoding="utf-8") if path else page
            assert anchor in anchors_of(linked), link

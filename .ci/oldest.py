"""Print the lower bounds of what pyproject.toml names, as constraints of pip."""

import re
import sys
import tomllib
from pathlib import Path

# Of that time, too: what came later does not work with the oldest of the others.
ALSO = ["pyparsing<3.3", "pytest<9", "pyarrow<20"]

assert sys.version_info < (3, 13), "TensorFlow 2.18 has no wheels for Python 3.13"
project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
for requirement in project["dependencies"]:
    bare, _, marker = requirement.partition(";")
    name, bound = re.match(r"([\w-]+)>=([\d.]+)", bare).groups()
    print(f"{name}=={bound}; {marker}" if marker else f"{name}=={bound}")
print(*ALSO, sep="\n")

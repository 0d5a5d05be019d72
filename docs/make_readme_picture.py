"""Draw docs/images/daily_sales.png with the first lines of code of the README.

``python docs/make_readme_picture.py``, from the root of the repository.
"""

import re
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
mpl.rcParams.update({"figure.figsize": (8, 3.6), "savefig.dpi": 120})
mpl.rcParams["figure.constrained_layout.use"] = True
code = re.search(r"^```python\n(.*?)^```$", Path("README.md").read_text(), re.M | re.S)
exec(code[1])
Path("daily_sales.png").replace("docs/images/daily_sales.png")

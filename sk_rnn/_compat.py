"""What the supported versions of other packages call differently."""

from __future__ import annotations

from typing import Any


def visual_block() -> Any:
    """Return scikit-learn's class of a block in a diagram."""
    try:
        from sklearn.utils._repr_html.estimator import _VisualBlock
    except ImportError:  # scikit-learn 1.6
        from sklearn.utils._estimator_html_repr import _VisualBlock
    return _VisualBlock

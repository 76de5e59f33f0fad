"""scipy without what it imports and never uses."""

import sys

_TOOLS = ("f2py", "testing")
"""Parts of NumPy that load when they are asked for: for Fortran and for tests."""


def load_special() -> None:
    """Import `scipy.special`, which nearly every scenario and every interval needs.

    It copies each public name of NumPy, and asking for these two imports a hundred modules, a
    tenth of a second. Meanwhile they are None; whoever imports them later gets them.
    """
    if "scipy.special" in sys.modules:
        return
    import numpy as np  # noqa: PLC0415 - help must be quick

    left_out = [name for name in _TOOLS if name not in vars(np)]
    for name in left_out:
        setattr(np, name, None)
    try:
        import scipy.special  # noqa: F401, PLC0415
    finally:
        for name in left_out:
            if vars(np)[name] is None:
                delattr(np, name)

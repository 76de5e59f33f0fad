"""Settings of the whole suite."""

import os

from hypothesis import settings

# A change is judged by the same examples wherever it is judged; new ones are searched for at home.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

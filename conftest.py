"""Tests are of the sources; tests/test_compiled.py is of what is made of them."""

import os

os.environ.setdefault("IMGPRINT_COMPILED", "0")

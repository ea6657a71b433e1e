"""Scrapy's commands of this project: a module for each."""

import atexit
import gc

# Or Python looks for garbage once more when a command is over: 0.1 s for nothing.
atexit.register(gc.freeze)

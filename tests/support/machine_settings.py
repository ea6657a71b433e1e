"""imgprint's settings, with a user agent that says which process asks."""

import os

from imgprint.settings import *  # noqa: F403

USER_AGENT = str(os.getpid())

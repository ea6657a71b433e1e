"""Asks pyproject.toml: scrapyd-deploy builds its egg by a setup.py, or makes one."""

from setuptools import setup

setup()

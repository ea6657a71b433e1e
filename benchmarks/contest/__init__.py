"""The contest that ``python benchmarks/speed.py`` holds: see there."""

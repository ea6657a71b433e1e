"""Scrapy's own loops around a request and an item, without what they do for nothing.

Scrapy awaits every method of every middleware and pipeline, and every receiver of
a signal, by a coroutine or a future of its own, whether or not it has anything to
wait for, and works out anew what was the same for the image before. An image
takes some two thousand calls of that kind: more than half the CPU time that is
not the network's. Here what returns a value is taken as it is.

All of this leans on private names of Scrapy; tests/middlewares/test_lean.py says what
each has to do, and that it does what Scrapy does.
"""

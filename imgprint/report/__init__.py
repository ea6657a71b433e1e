"""One HTML file that says what crawls found: from feeds, without any I/O."""

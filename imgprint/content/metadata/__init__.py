"""Metadata blocks: their main fields, from bytes."""

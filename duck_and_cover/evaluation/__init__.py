"""Seeing honestly how good a generator is."""

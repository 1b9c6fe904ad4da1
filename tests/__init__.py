"""Tests, and the benchmarks that print the figures of the README."""

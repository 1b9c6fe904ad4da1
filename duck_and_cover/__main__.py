"""`python -m duck_and_cover` is the `duck-and-cover` command."""

from duck_and_cover.cli import main

main()

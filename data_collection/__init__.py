"""Gathering album covers from the music services into a dataset."""

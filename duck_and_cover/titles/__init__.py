"""Track titles: a small language model that writes a record's track list, in any script."""

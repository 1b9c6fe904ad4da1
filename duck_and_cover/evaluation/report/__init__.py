"""What an evaluation found, as people read it: a file of figures, and pages that open from disk."""

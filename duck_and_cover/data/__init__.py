"""Covers on their way to the networks: schema, loading, drawing, pyramid, batches."""

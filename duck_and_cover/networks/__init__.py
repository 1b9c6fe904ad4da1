"""Networks: torch alone, one file a paper."""

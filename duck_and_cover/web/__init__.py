"""The studio on a page: an HTTP API that draws for many people at once, and the page over it."""

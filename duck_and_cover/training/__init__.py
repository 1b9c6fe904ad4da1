"""Training: one LightningModule a loss family, and what a run needs around it."""

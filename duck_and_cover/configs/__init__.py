"""The presets: one complete, commented YAML file a recipe."""

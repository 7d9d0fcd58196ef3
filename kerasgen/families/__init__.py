"""Base classes of models by their contract."""

"""Losses as pure functions: adversarial halves, penalties, divergences, likelihoods."""

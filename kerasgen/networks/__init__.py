"""Generators and discriminators that several papers share."""

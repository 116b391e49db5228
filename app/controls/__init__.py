"""Painted controls that Qt's style sheets cannot express."""

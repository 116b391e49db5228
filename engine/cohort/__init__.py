"""Folders of people, and people made by the program."""

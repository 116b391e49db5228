"""The document, without Qt: scans and visits, edits, the timeline, how it is looked at; save and restore."""

"""What stands around the stage: title bar, scans, window, attributes, measures, read-out, status."""

"""Offices that check each other: witnesses, anchors, monitors, and a log that stops."""

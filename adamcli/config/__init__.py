"""From a YAML text to a checked, frozen `Config`, with errors that point into the text."""

"""One guest on its way: pure decisions from what both hosts say."""

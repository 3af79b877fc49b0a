"""Files that appear whole or not at all, and tables written as their name ends."""

"""Letters: one family's decision in plain words, as a page and as a document to print."""

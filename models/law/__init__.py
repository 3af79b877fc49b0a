"""The law as dated, cited data: values, cards and acts of a day, and what a reform changes."""

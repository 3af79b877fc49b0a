"""The pool that inspections are drawn from, and the files of a drawn list."""

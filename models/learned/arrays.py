"""What the arrays hold that are handed from one function to the next, and in how many dimensions.

Each name is used for what it says; a test fits and predicts and looks at every array that
passes. Rows are always families, or inspections of families, in the order of the others.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
"""One dimension of float64: a number for each family, such as a margin or a weight."""

Matrix: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]
"""Two dimensions of float64: a row for each family, a column for each input or step."""

Mask: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
"""One dimension of bool: which families are meant."""

Codes: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
"""One dimension of int64: what stands for something else, such as a category, a fold, a
household or the place of a row."""

Counts: TypeAlias = npt.NDArray[np.int64]
"""How many families, int64: a list of cells, or a table of them with two dimensions."""

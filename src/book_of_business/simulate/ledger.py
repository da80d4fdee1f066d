"""A growing table of NumPy columns whose rows can still be changed, for what is not streamed."""

import numpy as np
import numpy.typing as npt


class Ledger:
    """Columns that grow together. `append` returns the numbers of the new rows."""

    def __init__(self, **dtypes: npt.DTypeLike) -> None:
        self.count = 0
        self._columns = {name: np.empty(64, dtype=dtype) for name, dtype in dtypes.items()}

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        """A live view of the filled part of a column."""
        return self._columns[name][: self.count]

    def append(self, **values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Add rows; scalars are repeated. Raises KeyError when a column is missing or unknown."""
        if values.keys() != self._columns.keys():
            raise KeyError(f"ledger columns are {sorted(self._columns)}, got {sorted(values)}")
        arrays = np.broadcast_arrays(*(np.atleast_1d(value) for value in values.values()))
        added = len(arrays[0])
        needed = self.count + added
        for name, array in zip(values, arrays, strict=True):
            column = self._columns[name]
            if needed > len(column):
                larger = np.empty(max(needed, 2 * len(column)), dtype=column.dtype)
                larger[: self.count] = column[: self.count]
                self._columns[name] = column = larger
            column[self.count : needed] = array
        rows = np.arange(self.count, needed)
        self.count = needed
        return rows

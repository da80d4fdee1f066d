"""Calendar arithmetic on whole arrays of days since 1970-01-01 (int32)."""

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]
NEVER = np.int32(2**31 - 1)  # a date that is null in the output


def add_months(days: npt.NDArray[np.integer], months: npt.ArrayLike) -> Days:
    """The same day of the month, `months` later; the last of the month where it is shorter."""
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    offset = (dates - month.astype("datetime64[D]")).astype(np.int64)
    target = month + np.asarray(months).astype("timedelta64[M]")
    first = target.astype("datetime64[D]")
    length = ((target + np.timedelta64(1, "M")).astype("datetime64[D]") - first).astype(np.int64)
    return (first.astype(np.int64) + np.minimum(offset, length - 1)).astype(np.int32)


def quarter_start(day: int, quarters: int = 0) -> int:
    """First day of the calendar quarter that holds `day`, moved by `quarters`."""
    month = int(np.datetime64(int(day), "D").astype("datetime64[M]").astype(int))
    return int(np.datetime64(month - month % 3 + 3 * quarters, "M").astype("datetime64[D]").astype(int))

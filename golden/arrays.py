"""Arrays of other libraries as NumPy's: by DLPack or the buffer protocol, without their library."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError


def numbers_of(array: Any, name: str, *shape: int | None) -> NDArray[np.float64]:
    """Values of an array as float64.

    Parameters
    ----------
    array : NumPy's, a torch tensor or any array of the host with DLPack, or nested lists.
    name : of it, for messages.
    shape : wanted; None for any length.

    Raises InputError where it lies on a device, asks for gradients, holds no numbers, or has
    another shape.
    """
    try:
        if hasattr(array, "__dlpack__") and not isinstance(array, np.ndarray):
            values = np.from_dlpack(array)
        else:
            values = np.asarray(array)
        wide = values.astype(np.float64)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(
            f"{name} cannot be read as an array ({error}): give NumPy's, or a tensor of the host "
            "without gradients, as tensor.detach().cpu() is."
        ) from error
    fits = wide.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, wide.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise InputError(f"{name} has the shape {wide.shape} where ({wanted}) is needed.")
    return wide

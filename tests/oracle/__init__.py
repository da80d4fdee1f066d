"""A second, independent and plain computation of the marts, written from the contract's words."""

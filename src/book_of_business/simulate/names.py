"""Invented names of companies and people, built from parts."""

import numpy as np
import numpy.typing as npt
import polars as pl

_FIRST_PARTS = (
    "Alder", "Amber", "Arden", "Aster", "Bell", "Birch", "Black", "Bram", "Bright", "Brook", "Calder",
    "Cedar", "Clear", "Cobble", "Cor", "Crest", "Dal", "Dawn", "Drift", "Dun", "East", "Elm", "Ember",
    "Fair", "Fen", "Fern", "Gale", "Glen", "Gold", "Gran", "Green", "Hal", "Harrow", "Haven", "Hazel",
    "Heron", "Hollow", "Iron", "Juniper", "Kel", "Kestrel", "Lark", "Linden", "Lock", "Maple", "Marl",
    "Meadow", "Mor", "North", "Oak", "Orchard", "Osprey", "Pine", "Quarry", "Raven", "Ridge", "River",
    "Rowan", "Sable", "Silver", "Stone", "Tamar", "Thorn", "Vale", "Wester", "Wil", "Winter", "Wren",
)  # fmt: skip
_SECOND_PARTS = (
    "bank", "beck", "bourne", "bridge", "brook", "by", "combe", "cote", "crest", "dale", "den", "fall",
    "field", "ford", "gate", "grove", "ham", "haven", "hill", "holt", "hurst", "keld", "lea", "march",
    "mere", "mont", "moor", "more", "port", "ridge", "shaw", "stead", "thwaite", "ton", "vale", "water",
    "well", "wick", "wold", "worth",
)  # fmt: skip
_LINES = (
    "Analytics", "Aviation", "Biologics", "Capital", "Clinics", "Components", "Credit", "Dairy",
    "Diagnostics", "Energy", "Engineering", "Foods", "Freight", "Furnishings", "Garden", "Glass",
    "Health", "Hospitality", "Insurance", "Interiors", "Labs", "Learning", "Logistics", "Marine",
    "Materials", "Media", "Mobility", "Outfitters", "Packaging", "Paper", "Payments", "Pharma",
    "Power", "Press", "Publishing", "Rail", "Robotics", "Schools", "Security", "Software", "Steel",
    "Studios", "Systems", "Textiles", "Tools", "Travel", "Utilities", "Water",
)  # fmt: skip
_FORMS = ("", " Group", " Partners", " Holdings", " International", " Works", " Collective", " & Co",
          " Union", " Alliance")  # fmt: skip
_GIVEN = (
    "Aiko", "Amara", "Ana", "Arjun", "Beatriz", "Caleb", "Chidi", "Dalia", "Dmitri", "Elif", "Emeka",
    "Esther", "Farah", "Felix", "Giulia", "Hana", "Hugo", "Imani", "Ines", "Jamal", "Jana", "Joao",
    "Kaveh", "Keiko", "Lars", "Leila", "Linh", "Lucia", "Mads", "Marta", "Mei", "Miguel", "Nadia",
    "Noor", "Oksana", "Omar", "Paulo", "Priya", "Quinn", "Rafael", "Renee", "Ronan", "Sanjay", "Sofia",
    "Tariq", "Thandi", "Tomas", "Uma", "Viktor", "Wen", "Yara", "Yusuf", "Zoe",
)  # fmt: skip
_FAMILY = (
    "Abara", "Adeyemi", "Almeida", "Andersen", "Banerjee", "Bauer", "Castillo", "Chua", "Costa",
    "Dlamini", "Dubois", "Ekwueme", "Eriksen", "Farouk", "Ferrari", "Fischer", "Garcia", "Haddad",
    "Hashimoto", "Herrera", "Ibrahim", "Iyer", "Jansen", "Kamau", "Kaya", "Kowalski", "Laurent", "Lim",
    "Lindqvist", "Maldonado", "Mbeki", "Mehta", "Moreau", "Nakamura", "Nguyen", "Novak", "Obi",
    "Okafor", "Oyelaran", "Park", "Petrov", "Quispe", "Rahman", "Reyes", "Rossi", "Saito", "Santos",
    "Silva", "Tanaka", "Torres", "Usman", "Vargas", "Weber", "Yilmaz", "Zhang",
)  # fmt: skip


def _spread(rng: np.random.Generator, total: int, count: int) -> npt.NDArray[np.int64]:
    """`count` codes below `total`, no two alike while there are enough (an affine permutation)."""
    step = int(rng.integers(total // 3, total // 2))
    while np.gcd(step, total) != 1:
        step += 1
    return (int(rng.integers(total)) + step * np.arange(count, dtype=np.int64)) % total


def company_names(rng: np.random.Generator, count: int) -> pl.Series:
    """Company names, unique up to about 1.3 million; beyond that a number follows."""
    sizes = (len(_FIRST_PARTS), len(_SECOND_PARTS), len(_LINES), len(_FORMS))
    total = int(np.prod(sizes))
    code = _spread(rng, total, count)
    first, code = code % sizes[0], code // sizes[0]
    second, code = code % sizes[1], code // sizes[1]
    line, form = code % sizes[2], code // sizes[2]
    parts = pl.DataFrame(
        {
            "first": pl.Series(_FIRST_PARTS).gather(first),
            "second": pl.Series(_SECOND_PARTS).gather(second),
            "line": pl.Series(_LINES).gather(line),
            "form": pl.Series(_FORMS).gather(form),
            "number": pl.Series(np.arange(count) // total),
        }
    )
    number = pl.when(pl.col("number") > 0).then(pl.format(" {}", pl.col("number") + 1)).otherwise(pl.lit(""))
    return parts.select(pl.concat_str("first", "second", pl.lit(" "), "line", "form", number).alias("name")).to_series()


def person_names(rng: np.random.Generator, count: int) -> list[str]:
    """Names of people from many places; a roman-style number tells repeats apart."""
    total = len(_GIVEN) * len(_FAMILY)
    codes = _spread(rng, total, count)
    names = []
    for place, code in enumerate(codes.tolist()):
        name = f"{_GIVEN[code % len(_GIVEN)]} {_FAMILY[code // len(_GIVEN)]}"
        names.append(name if place < total else f"{name} {place // total + 1}")
    return names

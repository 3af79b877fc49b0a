"""The regions of the country, by the codes that every register writes."""

from typing import Final

REGIONS: Final[dict[str, str]] = {
    "10": "Abai",
    "11": "Akmola",
    "15": "Aktobe",
    "19": "Almaty region",
    "23": "Atyrau",
    "27": "West Kazakhstan",
    "31": "Zhambyl",
    "33": "Zhetisu",
    "35": "Karaganda",
    "39": "Kostanay",
    "43": "Kyzylorda",
    "47": "Mangystau",
    "55": "Pavlodar",
    "59": "North Kazakhstan",
    "61": "Turkistan",
    "62": "Ulytau",
    "63": "East Kazakhstan",
    "71": "Astana",
    "75": "Almaty",
    "79": "Shymkent",
}
"""KATO codes of the first level (national classifier of territories), two digits."""
REPUBLICAN_CITIES: Final = ("71", "75", "79")
"""Astana, Almaty and Shymkent: the cities that are regions of their own."""

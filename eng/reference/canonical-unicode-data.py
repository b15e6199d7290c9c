#!/usr/bin/env python3
"""Writes src/QuantSuite.Models/Tokenization/Stages/CanonicalUnicodeData.txt from Python's unicodedata (canonical composition, UAX #15).

Run:  python3 eng/reference/canonical-unicode-data.py > src/QuantSuite.Models/Tokenization/Stages/CanonicalUnicodeData.txt
Two sections. "class" lines: a canonical combining class and the code point ranges that have it.
Then one decomposition per line, "C0=41 300"; "~" in place of "=" marks one that does not compose back (composition exclusions, singletons).
Hangul is arithmetic and not listed.
"""
import itertools
import sys
import unicodedata as u

points = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
print(f"# Unicode {u.unidata_version}: canonical combining classes and decompositions; made by eng/reference/canonical-unicode-data.py")

by_class = {}
for c in points:
    if u.combining(chr(c)):
        by_class.setdefault(u.combining(chr(c)), []).append(c)
for ccc, members in sorted(by_class.items()):
    ranges = []
    for _, run in itertools.groupby(enumerate(members), lambda item: item[1] - item[0]):
        run = [c for _, c in run]
        ranges.append(f"{run[0]:X}" if len(run) == 1 else f"{run[0]:X}-{run[-1]:X}")
    print(f"class {ccc} {' '.join(ranges)}")

for c in points:
    d = u.decomposition(chr(c))
    if d and not d.startswith("<") and not 0xAC00 <= c <= 0xD7A3:
        sign = "=" if u.normalize("NFC", chr(c)) == chr(c) else "~"
        print(f"{c:X}{sign}{' '.join(f'{int(p, 16):X}' for p in d.split())}")

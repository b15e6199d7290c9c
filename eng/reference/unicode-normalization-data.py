#!/usr/bin/env python3
"""Writes src/QuantSuite.Models/Tokenization/Stages/UnicodeNormalizationData.txt from Python's unicodedata (UAX #15).

Run:  python3 eng/reference/unicode-normalization-data.py > src/QuantSuite.Models/Tokenization/Stages/UnicodeNormalizationData.txt
Two sections. "class" lines: a canonical combining class and the code point ranges that have it.
Then one decomposition per line: "C0=41 300" composes back; "~" does not (composition exclusions, singletons); "^" is a compatibility one.
Hangul is arithmetic and not listed.

The version is 12.1, that of Hugging Face tokenizers' unicode-normalization-alignments. Python 3.10 to 3.11 have 14.0; a normalization never changes
for a character that was there before (Unicode's stability policy), so leaving out the newer ones is enough.
"""
import itertools
import sys
import unicodedata as u

# Characters of 13.0 and 14.0 with a class or a decomposition.
NEWER = ("898-89F 8CA-8D2 C3C 1715 1ABF-1ACE 1DFA A7F2-A7F4 A82C AB69 10781-107BA 10EAB-10EAC 10F82-10F85 11070 11938 1193D-1193E 11943 "
         "16FF0-16FF1 1E2AE 1FBF0-1FBF9")
newer = {c for ends in (r.split("-") for r in NEWER.split()) for c in range(int(ends[0], 16), int(ends[-1], 16) + 1)}

points = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000 and c not in newer]
print("# Unicode 12.1: combining classes and decompositions; made by eng/reference/unicode-normalization-data.py")

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
    if not d or 0xAC00 <= c <= 0xD7A3:
        continue
    compatibility = d.startswith("<")
    sign = "^" if compatibility else "=" if u.normalize("NFC", chr(c)) == chr(c) else "~"
    print(f"{c:X}{sign}{' '.join(f'{int(p, 16):X}' for p in d.split()[compatibility:])}")

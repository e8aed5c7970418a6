"""Records the Unicode tables that Hugging Face tokenizers works with, as UnicodeTables+*.swift.

The library mixes crates of different ages: categories from Unicode 8, decompositions from Unicode 9,
lower case and word characters from its compiler. No language runtime has that mixture, so the tables are
read off the library's behaviour, one code point at a time.

    python record_tables.py        (needs: pip install tokenizers==0.23.3)
"""

import unicodedata
from pathlib import Path

from tokenizers import __version__, normalizers, pre_tokenizers

HERE = Path(__file__).parent
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def bert(**chosen):
    options = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(options | chosen)).normalize_str


def number(value):
    """Base64 variable-length quantity: five bits a digit, least first, the sixth says that more follow."""
    digits = ""
    while True:
        value, low = value >> 5, value & 31
        digits += DIGITS[low | (32 if value else 0)]
        if not value:
            return digits


def signed(value):
    return number(value * 2 if value >= 0 else -value * 2 - 1)


def ranges(scalars):
    """Gap since the last range, length of this one."""
    spans = []
    for c in sorted(scalars):
        if spans and spans[-1][1] == c:
            spans[-1][1] = c + 1
        else:
            spans.append([c, c + 1])
    text, last = "", 0
    for start, end in spans:
        text += number(start - last) + number(end - start)
        last = end
    return text


def runs(mapping, allowed_strides):
    """Gap, length, stride and offset of runs of scalars that share one offset (or value)."""
    items, text, last = sorted(mapping.items()), "", 0
    while items:
        start, value = items[0]
        best = items[:1]
        for stride in allowed_strides:
            run, table = [], dict(items[: 2000])
            while table.get(start + stride * len(run)) == value:
                run.append((start + stride * len(run), value))
            if len(run) > len(best):
                best, best_stride = run, stride
        stride = best_stride if len(best) > 1 else 1
        text += number(start - last) + number(len(best)) + number(stride) + signed(value)
        taken = {c for c, _ in best}
        items = [item for item in items if item[0] not in taken]
        last = start
    return text


def record():
    clean, strip = bert(clean_text=True), bert(strip_accents=True)
    lower = normalizers.Lowercase().normalize_str
    decompose = normalizers.NFD().normalize_str
    strip_marks = normalizers.StripAccents().normalize_str
    words = lambda kind, c: [word for word, _ in kind.pre_tokenize_str("a" + chr(c) + "a")]
    bert_words, regex_words = pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Whitespace()

    nfd = {c: decompose(chr(c)) for c in SCALARS if decompose(chr(c)) != chr(c)}
    lowered = {c: lower(chr(c)) for c in SCALARS if lower(chr(c)) != chr(c)}
    assert {c: l for c, l in lowered.items() if len(l) > 1} == {0x130: "i\u0307"}
    sets = {
        "removed": [c for c in SCALARS if clean(chr(c)) == ""],
        "whitespace": [c for c in SCALARS if words(bert_words, c) == ["a", "a"]],
        "punctuation": [c for c in SCALARS if words(bert_words, c) == ["a", chr(c), "a"]],
        "word": [c for c in SCALARS if len(words(regex_words, c)) == 1],
        "nonspacingMark": [c for c in SCALARS if c not in nfd and strip(chr(c)) == ""],
        "combiningMark": [c for c in SCALARS if strip_marks(chr(c)) == ""],
    }
    lowercase = {c: ord(l) - c for c, l in lowered.items() if len(l) == 1}
    return nfd, sets, lowercase, combining_classes(nfd, decompose)


def combining_classes(nfd, decompose):
    """Finds each scalar's class by whether NFD swaps it with marks whose class has never changed."""
    marks = {}
    for c in SCALARS:
        marks.setdefault(unicodedata.ucd_3_2_0.combining(chr(c)), chr(c))
    del marks[0]
    classes = {}
    for c in SCALARS:
        s = chr(c)
        if c in nfd:
            continue
        below = [k for k, m in marks.items() if m != s and decompose(s + m) == m + s]
        above = [k for k, m in marks.items() if m != s and decompose(m + s) == s + m]
        if below or above:
            equal = [k for k in marks if k not in below and k not in above]
            classes[c] = equal[0] if equal else unicodedata.combining(s)
            assert len(equal) == 1 or max(below) < classes[c] < min(above), hex(c)
    return classes


def literal(name, about, text):
    lines = [text[i : i + 110] for i in range(0, len(text), 110)]
    body = " \\\n".join("        " + line for line in lines).replace(" \\\n", "\\\n")
    return f'    /// {about}\n    static let {name} = """\n{body}\n        """\n'


def write(name, literals):
    head = f"// Written by record_tables.py from the behaviour of tokenizers {__version__}. Do not edit.\n\n"
    body = "\n".join(literal(*each) for each in literals)
    (HERE / f"UnicodeTables+{name}.swift").write_text(head + "extension UnicodeTables {\n" + body + "}\n")


def main():
    nfd, sets, lowercase, classes = record()
    about = {
        "removed": "Scalars that BERT's text cleaning removes: NUL, U+FFFD, control, format and private use.",
        "whitespace": "White space.",
        "punctuation": "Punctuation, ASCII symbols included.",
        "word": "Word characters: letters, marks, digits, connectors, joiners (Unicode TR 18, `\\\\w`).",
        "nonspacingMark": "General category Mn.",
        "combiningMark": "General categories Mn, Mc and Me.",
    }
    literals = [(f"{name}Ranges", about[name].replace("\\\\", "\\"), ranges(sets[name])) for name in about]
    literals.append(("lowercaseRuns", "Lower case, as runs of one offset. U+0130 is left out.", runs(lowercase, (1, 2))))
    literals.append(("combiningClassRuns", "Canonical combining classes above 0, as runs of one class.", runs(classes, (1,))))
    write("Categories", literals)

    text, last, target = "", 0, 0
    for c, decomposition in sorted(nfd.items()):
        if 0xAC00 <= c < 0xD7A4:  # Hangul syllables, by arithmetic
            continue
        text += number(c - last) + number(len(decomposition)) + signed(ord(decomposition[0]) - target)
        text += "".join(signed(ord(mark) - 0x300) for mark in decomposition[1:])
        last, target = c, ord(decomposition[0])
    write("Decompositions", [("decompositions", "Full canonical decompositions, Hangul syllables left out.", text)])


if __name__ == "__main__":
    main()

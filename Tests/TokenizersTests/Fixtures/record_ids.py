"""Records the ids that Hugging Face tokenizers gives difficult texts, as {"text", "ids"} lines.

    python record_ids.py MODEL_DIR        (needs: pip install tokenizers==0.23.3)

MODEL_DIR holds the tokenizer.json of all-MiniLM-L6-v2. small-tokenizer.json stands beside this script.
"""

import json
import random
import sys
import unicodedata
from pathlib import Path

from tokenizers import Tokenizer

HERE = Path(__file__).parent
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]

CHOSEN = [
    "", " ", "\n\t ", "The café's naïve résumé — déjà vu!", "ÅNGSTRÖM ﬁne ǅ İstanbul ISTANBUL ẞ ß",
    "e\u0323\u0301 e\u0301\u0323 \u1e69 s\u0307\u0323", "한국어 텍스트 각 \u1100\u1161\u11a8", "東京都に住む人々", "Привет, Ёлка!",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \u2764\ufe0f", "zero\u200bwidth soft\u00adhyphen \ufeffbom",
    "nul\x00 bell\x07 del\x7f nel\x85 vt\x0b", "private \ue000\U000f0000 unassigned \u0378\U000e0fff \ufffd",
    "[CLS] in the text [SEP] and [MASK][MASK] [mask] [[UNK]]", "a" * 100, "b" * 101, "é" * 100, "é" * 101,
    "un" * 60 + " able", "3.14159 1,000,000 $5 ¥5 ½ x²", "snake_case and-hyphens/paths\\back`tick`", "ΑΒΓΣ ΌΣΟΣ",
    "नमस्ते दुनिया", "สวัสดีชาวโลก", "مرحبا بالعالم", "שָׁלוֹם", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠀀𪜀 \U0002b820\U0002f800", "﷽ ㍿ ①",
]


def drawn(count):
    """Random mixtures of every general category, syllables, special tokens and words."""
    generator = random.Random(20240501)
    categories = {}
    for c in SCALARS:
        categories.setdefault(unicodedata.category(chr(c)), []).append(chr(c))
    pieces = ["[MASK]", "[SEP]", "ing", "The ", "un", "<tag>", "Ünder", "don't ", "foo bar", "\u0301", " ", "\u3000"]
    for _ in range(count):
        text = ""
        for _ in range(generator.randint(1, 24)):
            kind = generator.random()
            if kind < 0.5:
                text += generator.choice(categories[generator.choice(sorted(categories))])
            elif kind < 0.8:
                text += generator.choice(pieces)
            else:
                text += chr(generator.randrange(0x20, 0x250))
        yield text


def record(tokenizer_file, name, texts):
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = [json.dumps({"text": text, "ids": tokenizer.encode(text).ids}) for text in texts]
    (HERE / name).write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    texts = CHOSEN + list(drawn(200))
    record(Path(sys.argv[1]) / "tokenizer.json", "minilm-ids.jsonl", texts)
    record(HERE / "small-tokenizer.json", "small-ids.jsonl", texts)

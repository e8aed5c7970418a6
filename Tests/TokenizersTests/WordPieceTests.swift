import Testing
import Tokenizers

@Suite("WordPiece")
struct WordPieceTests {
    @Test(
        "Ids are those worked out by hand",
        arguments: [
            ("", [2, 3]),
            ("the cats", [2, 4, 5, 9, 3]),
            ("Unaffable!", [2, 6, 7, 8, 10, 3]),
            ("the dog", [2, 4, 1, 3]),
            ("catsz", [2, 1, 3]),
            ("the漢cat", [2, 4, 11, 5, 3]),
            ("Café", [2, 14, 3]),
            ("the\u{0}\t\u{200B}cat\u{AD}", [2, 4, 5, 3]),
            ("xxxxxxxxxxxx", [2, 16, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 3]),
            ("xxxxxxxxxxxxx", [2, 1, 3]),
        ] as [(String, [Int32])])
    func idsByHand(text: String, ids: [Int32]) throws {
        let tokenizer = try Tokenizer(json: SampleTokenizer.json())
        #expect(tokenizer.encode(text) == ids)
        #expect(tokenizer.encode(utf8: Array(text.utf8)) == ids)
    }

    @Test("Tokens that differ only by canonical equivalence keep their own ids")
    func canonicallyEquivalentTokens() throws {
        let tokenizer = try Tokenizer(json: SampleTokenizer.json(normalizer: "null", postProcessor: "null"))
        #expect(tokenizer.encode("caf\u{E9} cafe\u{301}") == [12, 13])
        #expect(tokenizer.specialTokenCount == 0)
    }

    @Test(
        "Truncation cuts the text and keeps the special tokens",
        arguments: [
            (7, [2, 4, 6, 7, 8, 10, 3]), (6, [2, 4, 6, 7, 8, 3]), (4, [2, 4, 6, 3]), (3, [2, 4, 3]), (2, [2, 3]),
            (0, [2, 3]), (-1, [2, 3]), (.min, [2, 3]), (.max, [2, 4, 6, 7, 8, 10, 3]),
        ] as [(Int, [Int32])])
    func truncation(maximumLength: Int, ids: [Int32]) throws {
        let tokenizer = try Tokenizer(json: SampleTokenizer.json())
        #expect(tokenizer.encode("the unaffable!", maximumLength: maximumLength) == ids)
    }

    @Test("A tokenizer's own greatest length holds whatever is asked for")
    func greatestLength() throws {
        var tokenizer = try Tokenizer(json: SampleTokenizer.json())
        tokenizer.maximumLength = 4
        #expect(tokenizer.encode("the unaffable!") == [2, 4, 6, 3])
        #expect(tokenizer.encode("the unaffable!", maximumLength: 7) == [2, 4, 6, 3])
        #expect(tokenizer.encode("the unaffable!", maximumLength: 3) == [2, 4, 3])
    }

    @Test("Truncation is a prefix of the whole encoding at every length")
    func truncationIsPrefix() throws {
        let tokenizer = try Tokenizer(json: SampleTokenizer.json())
        let whole = tokenizer.encode("the cats unaffable 漢 dog catsz !!! Café the")
        for length in 2...whole.count {
            let truncated = tokenizer.encode("the cats unaffable 漢 dog catsz !!! Café the", maximumLength: length)
            #expect(truncated == whole.prefix(length - 1) + [3])
        }
    }

    @Test("Ill-formed UTF-8 counts as U+FFFD, which cleaning removes")
    func illFormedBytes() throws {
        let tokenizer = try Tokenizer(json: SampleTokenizer.json())
        #expect(tokenizer.encode(utf8: Array("ca".utf8) + [0xFF] + Array("t".utf8)) == [2, 5, 3])
        #expect(tokenizer.encode(utf8: [0xE6, 0xBC]) == [2, 3])
    }

    @Test("The vocabulary's size counts added tokens")
    func vocabularySize() throws {
        let plain = try Tokenizer(json: SampleTokenizer.json())
        #expect(plain.vocabularySize == 18)
        let added = try Tokenizer(json: SampleTokenizer.json(addedTokens: #"[{"id": 30, "content": "<x>"}]"#))
        #expect(added.vocabularySize == 31)
    }

    @Test(
        "The vocabulary's size counts special tokens",
        arguments: [
            (SampleTokenizer.template.replacing("[3]", with: "[3, 40]"), 41),
            (#"{"type": "BertProcessing", "cls": ["[CLS]", 2100], "sep": ["[SEP]", 3]}"#, 2101),
        ])
    func specialTokenIDs(postProcessor: String, size: Int) throws {
        #expect(try Tokenizer(json: SampleTokenizer.json(postProcessor: postProcessor)).vocabularySize == size)
    }

    @Test("Many threads get the same ids from one tokenizer")
    func concurrentUse() async throws {
        let tokenizer = try Tokenizer(json: SampleTokenizer.json())
        await withTaskGroup(of: [Int32].self) { group in
            for _ in 0..<64 { group.addTask { tokenizer.encode("the unaffable cats 漢 Café!") } }
            for await ids in group { #expect(ids == [2, 4, 6, 7, 8, 5, 9, 11, 14, 10, 3]) }
        }
    }
}

import Testing
import Tokenizers

@Suite("Added tokens")
struct AddedTokenTests {
    private func ids(_ text: String, _ addedTokens: String) throws -> [Int32] {
        let json = SampleTokenizer.json(postProcessor: "null", addedTokens: addedTokens)
        return try Tokenizer(json: json).encode(text)
    }

    @Test("A token is found as written, before the text is normalised")
    func verbatim() throws {
        let tokens = #"[{"id": 20, "content": "[CAT]", "normalized": false}]"#
        #expect(try ids("the[CAT]the [cat]", tokens) == [4, 20, 4, 1, 5, 1])
    }

    @Test("A normalised token is found in any spelling that normalises to it")
    func normalized() throws {
        let tokens = #"[{"id": 20, "content": "Dög", "normalized": true}]"#
        #expect(try ids("the dog DÖG thedogs", tokens) == [4, 20, 20, 4, 20, 1])
    }

    @Test("A single-word token counts only where no word character touches it")
    func singleWord() throws {
        let tokens = #"[{"id": 20, "content": "dog", "single_word": true, "normalized": false}]"#
        #expect(try ids("dog (dog) dogs", tokens) == [20, 1, 20, 1, 1])
    }

    @Test("The longest of the tokens that start together wins")
    func longest() throws {
        let tokens =
            #"[{"id": 20, "content": "<a", "normalized": false}, {"id": 21, "content": "<a>", "normalized": false}]"#
        #expect(try ids("<a><a<a>", tokens) == [21, 20, 21])
    }

    @Test("Stripping tokens take the white space beside them")
    func stripping() throws {
        let tokens = """
            [{"id": 20, "content": "<l>", "lstrip": true, "normalized": false},
             {"id": 21, "content": "<r>", "rstrip": true, "normalized": false}]
            """
        let json = SampleTokenizer.json(
            normalizer: "null", preTokenizer: "null", postProcessor: "null", addedTokens: tokens)
        let tokenizer = try Tokenizer(json: json)
        #expect(tokenizer.encode("the \u{3000}<l>cat") == [4, 20, 5])
        #expect(tokenizer.encode("the<r> \n cat") == [4, 21, 5])
        #expect(tokenizer.encode("the<r> <l>cat") == [4, 21, 20, 5])
    }
}

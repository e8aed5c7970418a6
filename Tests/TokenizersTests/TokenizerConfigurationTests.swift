import Foundation
import Testing
import Tokenizers

@Suite("tokenizer.json")
struct TokenizerConfigurationTests {
    private func failure(_ json: [UInt8]) -> TokenizerError? {
        #expect(throws: TokenizerError.self) { try Tokenizer(json: json) }
    }

    @Test(
        "A component that is not implemented is named with those that are",
        arguments: [
            ("normalizer", #"{"type": "Precompiled"}"#, "normalizer", "Precompiled"),
            (
                "normalizer", #"{"type": "Sequence", "normalizers": [{"type": "NFKC"}]}"#, "normalizer.normalizers[0]",
                "NFKC"
            ),
            ("pre_tokenizer", #"{"type": "ByteLevel"}"#, "pre_tokenizer", "ByteLevel"),
            ("pre_tokenizer", #"{"type": "Punctuation", "behavior": "Removed"}"#, "pre_tokenizer.behavior", "Removed"),
            ("post_processor", #"{"type": "ByteLevel"}"#, "post_processor", "ByteLevel"),
            ("model", #"{"type": "BPE", "vocab": {}}"#, "model", "BPE"),
        ])
    func unsupportedComponent(part: String, value: String, component: String, found: String) throws {
        let json = SampleTokenizer.json(replacing: part, with: value)
        let error = try #require(failure(json))
        guard case .unsupported(component, found, let supported) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(!supported.isEmpty)
        #expect(error.description.contains(supported[0]))
    }

    @Test("A field of the wrong kind is named with what it should be")
    func wrongKind() {
        let model = SampleTokenizer.model.replacingOccurrences(of: "\"the\": 4", with: "\"the\": -4")
        #expect(
            failure(SampleTokenizer.json(model: model))
                == .invalidField(
                    path: "model.vocab.the", expected: "a whole number from 0 to 2147483647", found: "a number"))
        #expect(
            failure(Array("{}".utf8)) == .invalidField(path: "model.type", expected: "a string", found: "null"))
    }

    @Test("A vocabulary without the unknown token is refused")
    func missingUnknownToken() {
        let model = SampleTokenizer.model.replacingOccurrences(of: "\"[UNK]\": 1", with: "\"[U]\": 1")
        #expect(
            failure(SampleTokenizer.json(model: model)) == .missingToken("[UNK]", neededBy: "model.unk_token"))
    }

    @Test("A template must hold the text once")
    func templateWithoutText() {
        let template = #"{"type": "TemplateProcessing", "single": [], "special_tokens": {}}"#
        guard case .invalidField("post_processor.single", _, _) = failure(SampleTokenizer.json(postProcessor: template))
        else {
            Issue.record("no error for a template without the text")
            return
        }
    }

    @Test("A file cut anywhere is refused, never crashed on")
    func cutFile() {
        let json = SampleTokenizer.json()
        for length in json.indices {
            #expect(throws: TokenizerError.self) { try Tokenizer(json: Array(json[..<length])) }
        }
    }

    @Test(
        "Malformed JSON is reported at its byte",
        arguments: [
            ("{\"a\" 1}", 5), ("[1, 2", 5), ("\"\\ud800x\"", 7), ("\"\\q\"", 3), ("nul", 3), ("{} x", 3), ("[1x]", 2),
            (String(repeating: "[", count: 200), 128),
        ])
    func malformedJSON(text: String, offset: Int) throws {
        guard case .malformedJSON(let found, _) = try #require(failure(Array(text.utf8))) else {
            Issue.record("not reported as malformed")
            return
        }
        #expect(found == offset)
    }

    @Test("A missing file is reported with its path")
    func missingFile() throws {
        let directory = URL(filePath: "/nonexistent/model", directoryHint: .isDirectory)
        let error = #expect(throws: TokenizerError.self) { try Tokenizer.load(from: directory) }
        guard case .unreadable("/nonexistent/model/tokenizer.json", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("Pre-tokenisers cut where their kind says")
    func preTokenizers() throws {
        let whitespace = try Tokenizer(json: SampleTokenizer.json(preTokenizer: #"{"type": "Whitespace"}"#))
        #expect(whitespace.encode("the!! cat") == [2, 4, 1, 5, 3])
        let split = try Tokenizer(json: SampleTokenizer.json(preTokenizer: #"{"type": "WhitespaceSplit"}"#))
        #expect(split.encode("the! cat ##able") == [2, 1, 5, 8, 3])
        let none = try Tokenizer(json: SampleTokenizer.json(preTokenizer: "null"))
        #expect(none.encode("the cat") == [2, 1, 3])
        #expect(none.encode("unaffable") == [2, 6, 7, 8, 3])
    }
}

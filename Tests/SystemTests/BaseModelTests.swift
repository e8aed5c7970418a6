import Foundation
import Testing

/// Whether the tokenizer of a base model fits its encoder, on a tiny one of 50 embeddings and 24 positions.
@Suite("Base models")
struct BaseModelTests {
    private static let model = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../TransformersTests/Fixtures/tiny-bert").standardized

    private static func tokenizer(added: Int = 4, special: String = "[2]", postProcessor: String? = nil) -> String {
        """
        {"normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "added_tokens": [{"id": \(added), "content": "<order>"}],
         "post_processor": \(postProcessor ?? template(special)),
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
           "max_input_chars_per_word": 12, "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}}}
        """
    }

    private static func template(_ special: String) -> String {
        """
        {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": {"id": "A"}}],
         "special_tokens": {"[CLS]": {"ids": \(special)}}}
        """
    }

    /// What `embed` makes of a text that is longer than the model has positions, and of the lines that follow.
    private func embed(_ tokenizer: String, then lines: String = "") async throws -> (status: Int32, output: String, errors: String) {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.copyItem(at: Self.model, to: directory)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data(tokenizer.utf8).write(to: directory.appending(path: "tokenizer.json"))
        let text = String(repeating: "<order> ", count: 100)
        return try await Program.run(
            ["embed", "--model", directory.path], input: Data("{\"text\": \"\(text)\"}\n\(lines)".utf8))
    }

    @Test("A tokenizer that fits embeds texts of any length")
    func fitting() async throws {
        let result = try await embed(Self.tokenizer(added: 49))
        #expect(result.status == 0 && result.output.contains("embedding"), "\(result)")
    }

    @Test("What came before a bad line is embedded")
    func badLine() async throws {
        let result = try await embed(Self.tokenizer(added: 49), then: "nonsense\n{\"text\": \"<order>\"}\n")
        #expect(result.status == 65 && result.errors.contains("line 2 is not an object"), "\(result)")
        #expect(result.output.split(separator: "\n").count == 1 && result.output.contains("embedding"), "\(result)")
    }

    @Test(
        "A tokenizer with ids beyond the embeddings is refused with both numbers",
        arguments: [(added: 50, special: 2, size: 51), (added: 4, special: 7_000, size: 7_001)])
    func tooManyIDs(added: Int, special: Int, size: Int) async throws {
        let result = try await embed(Self.tokenizer(added: added, special: "[\(special)]"))
        #expect(result.status == 65, "\(result)")
        #expect(result.errors.contains("\(size) embeddings") && result.errors.contains("has 50"), "\(result)")
    }

    @Test(
        "Special tokens that are none, or leave no position for a text, are refused with their number",
        arguments: [0, 1_000])
    func specialTokens(count: Int) async throws {
        let template = Self.template("\([Int](repeating: 2, count: count))")
        let result = try await embed(Self.tokenizer(postProcessor: count == 0 ? "null" : template))
        #expect(result.status == 65, "\(result)")
        #expect(result.errors.contains("\(count) special tokens"), "\(result)")
    }

    @Test("Kernels that there are none of are refused with those that there are", arguments: ["fast", "AVX2"])
    func kernels(name: String) async throws {
        let result = try await Program.run(["doctor"], environment: ["PERENNIAL_KERNELS": name])
        #expect(result.status == 78, "\(result)")
        #expect(result.errors.contains("\"\(name)\"") && result.errors.contains("portable"), "\(result)")
    }
}

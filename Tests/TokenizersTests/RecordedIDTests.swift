import Foundation
import Testing
import Tokenizers

/// Ids recorded from Hugging Face tokenizers by `Fixtures/record_ids.py`.
@Suite("Recorded ids")
struct RecordedIDTests {
    private struct Row: Decodable {
        let text: String
        let ids: [Int32]
    }

    private func expectRecorded(_ name: String, from tokenizer: Tokenizer) throws {
        let lines = try Data(contentsOf: Self.fixture(name)).split(separator: UInt8(ascii: "\n"))
        #expect(lines.count > 200)
        for line in lines {
            let row = try JSONDecoder().decode(Row.self, from: line)
            #expect(tokenizer.encode(row.text) == row.ids)
            #expect(tokenizer.encode(row.text, maximumLength: 5).dropLast() == row.ids.dropLast().prefix(4))
        }
    }

    @Test("A small vocabulary with every kind of added token agrees on difficult texts")
    func smallVocabulary() throws {
        let tokenizer = try Tokenizer.load(from: Self.fixture("small-tokenizer.json"))
        try expectRecorded("small-ids.jsonl", from: tokenizer)
    }

    @Test("The base encoder's tokenizer agrees on difficult texts", .enabled(if: Self.hasModel))
    func baseEncoder() throws {
        let tokenizer = try Tokenizer.load(from: Self.model)
        #expect(tokenizer.vocabularySize == 30522)
        try expectRecorded("minilm-ids.jsonl", from: tokenizer)
    }

    private static func fixture(_ name: String) -> URL {
        Bundle.module.bundleURL.appending(path: "Fixtures/\(name)")
    }

    private static let model: URL = {
        if let path = ProcessInfo.processInfo.environment["PERENNIAL_TEST_MODEL"] {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        return URL.homeDirectory.appending(path: ".local/share/perennial/models/all-MiniLM-L6-v2/")
    }()

    private static let hasModel = FileManager.default.fileExists(
        atPath: model.appending(path: "tokenizer.json").path)
}

import ArgumentParser
import Foundation
import Tokenizers

struct TokenizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize", abstract: #"JSON lines {"text"} on standard input → {"ids"}, special tokens included."#
    )
    @OptionGroup var options: GlobalOptions
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Truncate to this many tokens.") var maxLength = 256

    func validate() throws { try TextLines.check(maximumLength: maxLength) }

    func run() async throws {
        let tokenizer = try Tokenizer.load(from: ModelLocation(options).directory(of: model))
        try TextLines.forEach { text in
            try JSON.printLine(["ids": tokenizer.encode(text, maximumLength: maxLength)])
        }
    }
}

/// JSON lines `{"text": …}` on standard input.
enum TextLines {
    private struct Row: Decodable { var text: String }

    static func check(maximumLength: Int) throws {
        guard maximumLength >= 2 else {
            throw ValidationError("--max-length must be at least 2, for the special tokens, not \(maximumLength)")
        }
    }

    static func forEach(_ body: (String) throws -> Void) throws {
        let decoder = JSONDecoder()
        var lines = InputLines()
        while let line = try lines.next() {
            if line.allSatisfy(\.isWhitespace) { continue }
            let row: Row
            do {
                row = try decoder.decode(Row.self, from: Data(line.utf8))
            } catch {
                throw CommandFailure(
                    #"line \#(lines.number) is not an object with a string "text", such as {"text": "hello"}"#, .badData
                )
            }
            try body(row.text)
        }
    }
}

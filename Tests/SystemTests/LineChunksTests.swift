import Foundation
import Intake
import Perennial
import Schema
import Testing

/// Chunks are read as the stream would be that they are cut from.
@Suite("Chunks of a stream")
struct LineChunksTests {
    /// - Parameter step: bytes that come at once.
    private func cut(
        _ stream: [UInt8], _ format: LineChunks.Format = .csv, limit: Int, step: Int = 1 << 12
    ) -> [LineChunks.Chunk] {
        var chunks = LineChunks(format: format, limit: limit)
        var cut: [LineChunks.Chunk] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            cut += chunks.append(Data(stream[start..<min(start + step, stream.count)]))
        }
        return cut + chunks.finish()
    }

    private struct Outcome: Equatable {
        var examples: [NumberedExample] = []
        var refused = IngestReport()
    }

    /// What a service makes of one chunk after the other, with lines of the stream.
    private func outcome(of chunks: [LineChunks.Chunk]) throws -> Outcome {
        var outcome = Outcome()
        for chunk in chunks {
            let batch = try ExampleParser.parse([UInt8](chunk.body), format: .csv)
            outcome.examples += batch.examples.map {
                NumberedExample(line: $0.line + chunk.lineOffset, example: $0.example)
            }
            var refused = batch.refused
            for index in refused.errors.indices { refused.errors[index].line += chunk.lineOffset }
            outcome.refused.merge(refused)
        }
        return outcome
    }

    /// What a service makes of the stream at once.
    private func outcome(of stream: [UInt8]) throws -> Outcome {
        let batch = try ExampleParser.parse(stream, format: .csv)
        return Outcome(examples: batch.examples, refused: batch.refused)
    }

    @Test("Behind a row with a stray quote the stream is cut as before, and every good row is accepted")
    func strayQuote() throws {
        let rows = (0..<1_000).map { "message \($0),parcel\n" }
        let stream = Array(("text,label\na 5\" pipe,parcel\n" + rows.joined()).utf8)
        let chunks = cut(stream, limit: 500)
        #expect(chunks.count > 30 && chunks.allSatisfy { $0.body.count < 550 })
        let found = try outcome(of: chunks)
        #expect(found.examples.map(\.line) == Array(3...1_002))
        #expect(found.refused.rejected == 1 && found.refused.errors.map(\.line) == [2])
        #expect(found.refused.errors.map(\.code) == ["invalid_quote"])
    }

    @Test("A quote that is never closed costs its row, wherever the stream is cut behind it")
    func unclosedQuote() throws {
        let rows = String(repeating: "word word,parcel\n", count: 30_000)
        let stream = Array("text,label\nfine,parcel\n\"never closed,parcel\n\(rows)".utf8)
        let whole = try outcome(of: stream)
        #expect(whole.examples.count == 30_001 && whole.refused.errors.map(\.line) == [3])
        for step in [1 << 10, 1 << 18, stream.count] {
            let chunks = cut(stream, limit: 10_000, step: step)
            #expect(chunks.count > 40)
            #expect(try outcome(of: chunks) == whole)
        }
    }

    @Test("Rows with quoted commas, quotes and line breaks stay whole", arguments: [1, 7, 4_096])
    func quotedRows(step: Int) throws {
        let rows = (0..<200).map { "\"message \($0), \"\"quoted\"\",\r\nand another line\n\",parcel\r\n" }
        let stream = Array(("text,label\r\n" + rows.joined()).utf8)
        let chunks = cut(stream, limit: 1, step: step)
        #expect(chunks.map { String(decoding: $0.body, as: UTF8.self) } == rows.map { "text,label\r\n" + $0 })
        #expect(chunks.map(\.firstLine) == (0..<200).map { 2 + 3 * $0 })
    }

    @Test("The header is what names the columns, behind a byte order mark and empty lines too; alone it is a chunk")
    func header() {
        let header = "\u{FEFF}\n\r\ntext,label\n"
        let chunks = cut(Array((header + "a,b\nc,d\n").utf8), limit: 1, step: 1)
        #expect(chunks.map { String(decoding: $0.body, as: UTF8.self) } == [header + "a,b\n", header + "c,d\n"])
        #expect(chunks.map(\.firstLine) == [4, 5])
        for header in ["text,label\n", "text,label"] {
            #expect(cut(Array(header.utf8), limit: 1).map(\.body) == [Data(header.utf8)])
        }
        #expect(cut([], limit: 1).isEmpty)
    }

    @Test("Chunks, and their parts, are read as the whole is, wherever quotes stand", arguments: UInt64(0)..<8)
    func likeTheWhole(seed: UInt64) throws {
        var random = SystemTest.Generator(state: seed)
        let headers = ["text,label\n", "\u{FEFF}text,label\r\n", "\n\r\ntext,label\n", "\"text\",label\n"]
        let pieces = [
            "a", "\"", "\"\"", "\"\"\"", ",", "\n", "\r\n", "\r", "é", "word", "\"q,\n\"", "a,b\n", "a,b\n",
            "\"x\ny\",z\n",
        ]
        for _ in 0..<300 {
            let count = Int.random(in: 0...60, using: &random)
            let rows = (0..<count).map { _ in pieces.randomElement(using: &random)! }
            let text = headers.randomElement(using: &random)! + rows.joined()
            let stream = Array(text.utf8)
            let whole = try outcome(of: stream)
            let limit = [1, 5, 20, 50, 1_000].randomElement(using: &random)!
            let step = [1, 3, 10, 64, 4_096].randomElement(using: &random)!
            let chunks = cut(stream, limit: limit, step: step)
            #expect(try outcome(of: chunks) == whole, "limit \(limit), step \(step): \(text)")
            #expect(try outcome(of: chunks.flatMap { $0.parts(.csv) }) == whole, "limit \(limit): \(text)")
        }
    }

    @Test(
        "A stream without line breaks is looked through once",
        .timeLimit(.minutes(1)), arguments: [LineChunks.Format.lines, .csv])
    func withoutLineBreaks(format: LineChunks.Format) {
        let stream = [UInt8](repeating: UInt8(ascii: "x"), count: 32 << 20)
        let chunks = cut(stream, format, limit: 1 << 10)
        #expect(chunks.map(\.body.count) == [stream.count])
    }
}

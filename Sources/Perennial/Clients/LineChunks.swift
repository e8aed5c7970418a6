import Foundation

/// Cuts a stream of lines or CSV records into bodies of whole records, remembering where each begins.
struct LineChunks {
    struct Chunk {
        var body: Data
        /// Added to a line number within `body` to get the line of the stream.
        var lineOffset: Int
        /// Lines of the header row before its records.
        var headerLines = 0

        /// Where its first record begins in the stream.
        var firstLine: Int { lineOffset + headerLines + 1 }
    }

    enum Format {
        case lines
        /// The header row is put before each chunk; a line break within quotes does not end a record.
        case csv
    }

    private let format: Format
    /// A chunk is cut at the first record end beyond this many bytes.
    var limit: Int
    private var header = Data()
    private var pending = Data()
    private var line = 0

    init(format: Format, limit: Int = 1 << 20) {
        self.format = format
        self.limit = limit
    }

    /// Takes the next bytes; returns the chunks that are complete.
    mutating func append(_ data: Data) -> [Chunk] {
        pending.append(data)
        guard pending.count >= limit else { return [] }
        return cut(all: false)
    }

    /// The rest of the stream, which need not end in a line break.
    mutating func finish() -> [Chunk] { cut(all: true) }

    private mutating func cut(all: Bool) -> [Chunk] {
        var chunks: [Chunk] = []
        var start = pending.startIndex
        var lines = 0
        var quoted = false
        for index in pending.indices {
            let byte = pending[index]
            if format == .csv && byte == UInt8(ascii: "\"") { quoted.toggle() }
            guard byte == UInt8(ascii: "\n") else { continue }
            lines += 1
            let end = pending.index(after: index)
            if quoted { continue }
            if format == .csv && header.isEmpty {
                header = pending[start..<end]
                line += lines
                (start, lines) = (end, 0)
            } else if end - start >= limit {
                chunks.append(chunk(pending[start..<end]))
                line += lines
                (start, lines) = (end, 0)
            }
        }
        if all, start < pending.endIndex {
            chunks.append(chunk(pending[start...]))
            start = pending.endIndex
        }
        pending = Data(pending[start...])
        return chunks
    }

    private func chunk(_ records: Data) -> Chunk {
        let headerLines = header.count { $0 == UInt8(ascii: "\n") }
        return Chunk(body: header + records, lineOffset: line - headerLines, headerLines: headerLines)
    }
}

extension LineChunks.Chunk {
    /// The same records in smaller bodies; one where it holds but one record.
    func parts(_ format: LineChunks.Format) -> [Self] {
        // Halves, unless the last record outweighs the others: each record by itself then.
        for limit in [max(body.count / 2, 1), 1] {
            var chunks = LineChunks(format: format, limit: limit)
            var parts = chunks.append(body) + chunks.finish()
            guard parts.count > 1 else { continue }
            for index in parts.indices { parts[index].lineOffset += lineOffset }
            return parts
        }
        return [self]
    }
}

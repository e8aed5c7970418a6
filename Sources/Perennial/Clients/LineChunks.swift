import Foundation
import Intake

/// Cuts a stream of lines or CSV records into bodies of whole records, remembering where each begins.
///
/// The bodies together are read as the stream would be. The time is linear.
package struct LineChunks: Sendable {
    package struct Chunk: Sendable {
        package var body: Data
        /// Added to a line number within `body` to get the line of the stream.
        package var lineOffset: Int
        /// Lines of the header row before its records.
        package var headerLines = 0

        /// Where its first record begins in the stream.
        package var firstLine: Int { lineOffset + headerLines + 1 }
    }

    package enum Format: Sendable {
        case lines
        /// The header row is put before each chunk; a line break within quotes does not end a record.
        case csv
    }

    private let format: Format
    /// A chunk is cut at the first record end beyond this many bytes.
    package var limit: Int
    /// The header row, with what stands before it.
    private var header: [UInt8] = []
    private var pending: [UInt8] = []
    /// How far ends of records were looked for in `pending`.
    private var position = 0
    private var rows = CSVRows()
    /// Lines before `pending`.
    private var line = 0
    private var hasCut = false

    package init(format: Format, limit: Int = 1 << 20) {
        self.format = format
        self.limit = limit
    }

    /// Takes the next bytes; returns the chunks that are complete.
    package mutating func append(_ data: Data) -> [Chunk] {
        pending.append(contentsOf: data)
        guard pending.count >= limit else { return [] }
        return cut(all: false)
    }

    /// The rest of the stream, which need not end in a line break; the header, where no record follows it.
    package mutating func finish() -> [Chunk] { cut(all: true) }

    private mutating func cut(all: Bool) -> [Chunk] {
        var chunks: [Chunk] = []
        var start = 0
        while let end = nextEnd(isLast: all) {
            if format == .csv && header.isEmpty {
                guard end != .emptyRow else { continue }
                header = Array(pending[start..<position])
                line += Self.lineBreaks(pending[start..<position])
                start = position
            } else if position - start >= limit {
                chunks.append(chunk(start..<position))
                start = position
            }
        }
        if all, start < pending.count || (!hasCut && !header.isEmpty) {
            chunks.append(chunk(start..<pending.count))
            start = pending.count
        }
        if start > 0 {
            pending.removeSubrange(..<start)
            position -= start
        }
        return chunks
    }

    /// Moves the position behind the next record; `nil` where its end has not come yet.
    private mutating func nextEnd(isLast: Bool) -> CSVRows.End? {
        switch format {
        case .csv: return rows.nextEnd(in: pending, at: &position, isLast: isLast)
        case .lines:
            guard let end = pending[position...].firstIndex(of: UInt8(ascii: "\n")) else {
                position = pending.count
                return nil
            }
            position = end + 1
            return .row
        }
    }

    private mutating func chunk(_ range: Range<Int>) -> Chunk {
        let headerLines = Self.lineBreaks(header[...])
        var body = Data(header)
        body.append(contentsOf: pending[range])
        let chunk = Chunk(body: body, lineOffset: line - headerLines, headerLines: headerLines)
        line += Self.lineBreaks(pending[range])
        hasCut = true
        return chunk
    }

    private static func lineBreaks(_ bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 == UInt8(ascii: "\n") } }
}

extension LineChunks.Chunk {
    /// The same records in smaller bodies; one where it holds but one record.
    package func parts(_ format: LineChunks.Format) -> [Self] {
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

/// One JSON object a line, line by line as the bytes come.
struct NDJSONParser: Sendable {
    /// Longest line that is looked at: the longest example with every character escaped, and room for white space.
    static let maximumLineBytes = 262_144

    private var line = 0
    /// The beginning of a line whose end has not come yet.
    private var rest: [UInt8] = []
    /// The line has outgrown the limit, was refused, and is being skipped.
    private var isSkipping = false

    mutating func parse(_ chunk: [UInt8], into batch: inout ExampleBatch) {
        var first = 0
        while let end = chunk[first...].firstIndex(of: UInt8(ascii: "\n")) {
            if isSkipping {
                isSkipping = false
            } else if rest.isEmpty {
                take(chunk, in: first..<end, into: &batch)
            } else {
                var joined = rest
                joined.append(contentsOf: chunk[first..<end])
                rest.removeAll(keepingCapacity: true)
                take(joined, in: 0..<joined.count, into: &batch)
            }
            first = end + 1
        }
        guard !isSkipping else { return }
        rest.append(contentsOf: chunk[first...])
        if rest.count > Self.maximumLineBytes {
            line += 1
            batch.reject(.lineTooLong(limit: Self.maximumLineBytes), line: line)
            rest = []
            isSkipping = true
        }
    }

    /// The last line needs no line break.
    mutating func finish(into batch: inout ExampleBatch) {
        if !rest.isEmpty { take(rest, in: 0..<rest.count, into: &batch) }
        rest = []
    }

    private mutating func take(_ bytes: [UInt8], in range: Range<Int>, into batch: inout ExampleBatch) {
        line += 1
        guard range.count <= Self.maximumLineBytes else {
            return batch.reject(.lineTooLong(limit: Self.maximumLineBytes), line: line)
        }
        var scanner = JSONScanner(bytes, in: range)
        if line == 1 { scanner.skipByteOrderMark() }
        scanner.skipWhitespace()
        if scanner.isAtEnd { return }
        do {
            let result = try scanner.example()
            try scanner.expectEnd()
            batch.accept(try result.get(), line: line)
        } catch {
            batch.reject(error, line: line)
        }
    }
}

extension JSONScanner {
    /// Some editors begin a file with U+FEFF; it is no part of its content.
    mutating func skipByteOrderMark() {
        if position + 3 <= end, bytes[position] == 0xEF, bytes[position + 1] == 0xBB, bytes[position + 2] == 0xBF {
            position += 3
        }
    }
}

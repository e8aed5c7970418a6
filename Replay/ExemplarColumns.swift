/// What a block stores of its exemplars besides their texts, one column after the other.
///
/// Sequences ascend within a label, so the differences are small; experiences and sources come in runs.
struct ExemplarColumns: Equatable {
    struct Row: Equatable {
        var sequence: Int64
        var experience: Int
        /// Position in the memory's table of sources; `nil` for none.
        var source: Int?
        var payload: [UInt8] = []
    }

    /// The exemplars of one label in this block, labels in the order of the memory's table.
    var runs: [[Row]]

    func encode(into writer: inout ByteWriter) {
        for run in runs {
            var previous: UInt64 = 0
            for row in run {
                let sequence = UInt64(bitPattern: row.sequence)
                writer.append(varint: sequence &- previous)
                previous = sequence
            }
        }
        let rows = runs.joined()
        Self.encodeRuns(of: rows.map { UInt64(bitPattern: Int64($0.experience)) }, into: &writer)
        Self.encodeRuns(of: rows.map { UInt64(($0.source ?? -1) + 1) }, into: &writer)
        // A block without payloads ends here.
        guard rows.contains(where: { !$0.payload.isEmpty }) else { return }
        for row in rows {
            writer.append(count: row.payload.count)
            writer.append(row.payload)
        }
    }

    /// - Parameters:
    ///   - lengths: exemplars of each label in this block.
    ///   - sources: how many sources the memory's table holds.
    init(decoding bytes: ArraySlice<UInt8>, lengths: [Int], sources: Int) throws(ReplayError) {
        var reader = ByteReader(bytes)
        var runs: [[Row]] = []
        for length in lengths {
            var run: [Row] = []
            var sequence: UInt64 = 0
            for _ in 0..<length {
                sequence &+= try reader.varint()
                run.append(Row(sequence: Int64(bitPattern: sequence), experience: 0, source: nil))
            }
            runs.append(run)
        }
        let count = lengths.reduce(0, +)
        let experiences = try Self.decodeRuns(count: count, from: &reader)
        let sourceNumbers = try Self.decodeRuns(count: count, from: &reader)
        var payloads: [[UInt8]] = []
        if reader.remaining > 0 {
            for _ in 0..<count { payloads.append(Array(try reader.read(reader.count(upTo: reader.remaining)))) }
        }
        guard reader.remaining == 0 else {
            throw .unreadable(reason: "\(reader.remaining) bytes too many stand in a block's columns")
        }
        var position = 0
        for run in runs.indices {
            for row in runs[run].indices {
                guard sourceNumbers[position] <= UInt64(sources) else {
                    throw .unreadable(reason: "source \(sourceNumbers[position]) of \(sources) is named in a block")
                }
                runs[run][row].experience = Int(Int64(bitPattern: experiences[position]))
                runs[run][row].source = sourceNumbers[position] == 0 ? nil : Int(sourceNumbers[position]) - 1
                if !payloads.isEmpty { runs[run][row].payload = payloads[position] }
                position += 1
            }
        }
        self.runs = runs
    }

    init(runs: [[Row]]) { self.runs = runs }

    private static func encodeRuns(of values: [UInt64], into writer: inout ByteWriter) {
        var start = 0
        while start < values.count {
            var end = start + 1
            while end < values.count, values[end] == values[start] { end += 1 }
            writer.append(varint: values[start])
            writer.append(count: end - start)
            start = end
        }
    }

    private static func decodeRuns(count: Int, from reader: inout ByteReader) throws(ReplayError) -> [UInt64] {
        var values: [UInt64] = []
        while values.count < count {
            let value = try reader.varint()
            let length = try reader.count(upTo: count - values.count)
            guard length > 0 else { throw .unreadable(reason: "an empty run stands in a block's columns") }
            values.append(contentsOf: repeatElement(value, count: length))
        }
        return values
    }
}

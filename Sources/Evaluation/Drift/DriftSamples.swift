import Foundation

/// The latest values of a stream, at most so many.
package struct LatestValues<Value: Sendable & Codable>: Sendable, Codable {
    package private(set) var capacity: Int
    private var values: [Value] = []
    private var next = 0
    /// Values ever taken.
    package private(set) var total = 0

    package init(capacity: Int) {
        precondition(capacity > 0, "a window holds at least one value")
        self.capacity = capacity
    }

    package var count: Int { values.count }

    package mutating func append(_ value: Value) {
        total += 1
        guard values.count == capacity else { return values.append(value) }
        values[next] = value
        next = (next + 1) % capacity
    }

    /// The last `count` values, or all there are; oldest first.
    package func latest(_ count: Int) -> ArraySlice<Value> {
        (Array(values[next...]) + values[..<next]).suffix(count)
    }

    package mutating func removeAll() {
        values.removeAll()
        next = 0
    }

    /// Keeps what fits.
    package mutating func resize(to capacity: Int) {
        guard capacity != self.capacity else { return }
        values = Array(latest(capacity))
        next = 0
        self.capacity = capacity
    }
}

/// A feature vector in a byte a number: its largest magnitude, then each number's share of it in 127 steps.
///
/// Inner products of unit vectors of 384 numbers keep two decimals and more, which is far below what samples of a few
/// hundred vary by.
package struct PackedFeatures: Sendable, Hashable, Codable {
    private let data: Data

    package init(_ values: [Float]) {
        let largest = values.reduce(0) { max($0, abs($1)) }
        var data = withUnsafeBytes(of: largest.bitPattern.littleEndian) { Data($0) }
        let scale = largest > 0 ? 127 / largest : 0
        for value in values { data.append(UInt8(bitPattern: Int8((value * scale).rounded()))) }
        self.data = data
    }

    package var values: [Float] {
        guard data.count >= 4 else { return [] }
        let bits = data.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let step = Float(bitPattern: bits) / 127
        return data.dropFirst(4).map { Float(Int8(bitPattern: $0)) * step }
    }

    package init(from decoder: any Decoder) throws {
        data = try decoder.singleValueContainer().decode(Data.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(data)
    }
}

/// Bins of a text's length and of its share of unknown tokens.
enum TextBins {
    private static let lengths = [4, 6, 8, 10, 12, 16, 20, 28, 40, 64, 128]
    private static let shares = [0, 0.02, 0.05, 0.1, 0.2, 0.5]

    static func lengths(_ values: some Sequence<Int>) -> [Int] {
        values.reduce(into: Array(repeating: 0, count: lengths.count + 1)) { counts, value in
            counts[lengths.firstIndex { value <= $0 } ?? lengths.count] += 1
        }
    }

    static func unknown(_ values: some Sequence<(unknown: Int, length: Int)>) -> [Int] {
        values.reduce(into: Array(repeating: 0, count: shares.count + 1)) { counts, value in
            let share = Double(value.unknown) / Double(max(value.length, 1))
            counts[shares.firstIndex { share <= $0 } ?? shares.count] += 1
        }
    }
}

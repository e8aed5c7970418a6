/// Logits as bytes beside an exemplar: the smallest, the step between two levels, then one of 256 levels a label.
///
/// Decoded logits are within half a step, 1/510 of the range, of what was encoded.
public enum StoredLogits {
    private static let headerBytes = 8

    /// - Parameter logits: finite; none give no bytes.
    public static func encode(_ logits: [Float]) -> [UInt8] {
        guard let low = logits.min(), let high = logits.max() else { return [] }
        let step = (high - low) / 255
        var bytes: [UInt8] = []
        for value in [low, step] {
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
            }
        }
        return bytes + logits.map { step > 0 ? UInt8(min(max((($0 - low) / step).rounded(), 0), 255)) : 0 }
    }

    /// Empty for bytes that no logits give.
    public static func decode(_ bytes: [UInt8]) -> [Float] {
        guard bytes.count > headerBytes else { return [] }
        func number(at start: Int) -> Float {
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
        }
        let (low, step) = (number(at: 0), number(at: 4))
        guard low.isFinite, step.isFinite else { return [] }
        return bytes[headerBytes...].map { low + step * Float($0) }
    }
}

import CKernels
import Testing

@Suite("Row and element kernels")
struct RowKernelTests {
    static let lengths = [1, 7, 8, 15, 16, 17, 33, 384, 1_001]

    /// Ordinary and extreme magnitudes, zeros of both signs and the borders of the fast exponential.
    static func values(_ count: Int, seed: UInt64) -> [Float] {
        var random = RandomValues(seed: seed)
        var values = random.floats(count, in: -6...6)
        let extremes: [Float] = [
            0, -0.0, 1e-30, -1e-30, 13, -13, 87.2, -87.4, 1e4, -1e4, Float.leastNormalMagnitude / 8, 3e38, -3e38,
        ]
        for (index, value) in extremes.enumerated() where index * 3 < count { values[index * 3] = value }
        return values
    }

    @Test("compute GELU and its derivative", arguments: vectorKernels, lengths)
    func gelu(name: String, count: Int) throws {
        let kernels = try #require(ck_named(name)).pointee
        let x = Self.values(count, seed: 1)
        let empty = [Float](repeating: .nan, count: count)
        var (found, slope, expected, expectedSlope) = (empty, empty, empty, empty)
        kernels.gelu(count, x, &found, &slope)
        ck_portable.gelu(count, x, &expected, &expectedSlope)
        #expect(largestError(found, expected) < 5e-7)
        #expect(largestError(slope, expectedSlope) < 1e-6)
        var inPlace = x
        withUnsafeMutablePointer(to: &inPlace[0]) { kernels.gelu(count, $0, $0, nil) }
        #expect(inPlace == found)
    }

    @Test("compute GELU as known to the relative accuracy of float32", arguments: ["portable"] + vectorKernels)
    func knownGELU(name: String) throws {
        let kernels = try #require(ck_named(name)).pointee
        // x·Φ(x) from tables of the normal distribution.
        let x: [Float] = [0, 1, -1, 2, -3, -6]
        let expected: [Double] = [0, 0.841344746, -0.158655254, 1.954499736, -4.04969409e-3, -5.91952699e-9]
        var found = [Float](repeating: .nan, count: x.count)
        kernels.gelu(x.count, x, &found, nil)
        for (value, known) in zip(found, expected) { #expect(abs(Double(value) - known) <= abs(known) * 2e-6) }
    }

    @Test("keep NaN and infinity visible", arguments: ["portable"] + vectorKernels)
    func nothingHidden(name: String) throws {
        let kernels = try #require(ck_named(name)).pointee
        var found: [Float] = [0, 0, 0]
        kernels.gelu(3, [.nan, .infinity, 1], &found, nil)
        #expect(found[0].isNaN && found[1] == .infinity && found[2].isFinite)
        for poison in [Float.nan, .infinity] {
            var scores: [Float] = [0, poison, 1, 2]
            kernels.softmax(1, 4, 4, 1, &scores)
            #expect(scores.contains { $0.isNaN })
            var normed: [Float] = [0, 0, 0, 0]
            let ones: [Float] = [1, 1, 1, 1]
            kernels.layer_norm(1, 4, [0, poison, 1, 2], nil, ones, ones, 1e-5, &normed, nil, nil)
            #expect(normed.contains { $0.isNaN })
        }
    }

    @Test("normalise layers, with and without a residual", arguments: vectorKernels, lengths)
    func layerNorm(name: String, columns: Int) throws {
        let kernels = try #require(ck_named(name)).pointee
        var random = RandomValues(seed: UInt64(columns))
        let rows = 3
        let x = random.floats(rows * columns, in: -100...300)
        let residual = random.floats(rows * columns)
        let (gain, bias) = (random.floats(columns), random.floats(columns))
        let empty = [Float](repeating: .nan, count: rows * columns)
        for added in [nil, residual] {
            var (y, normalized, inverse) = (empty, empty, [Float](repeating: .nan, count: rows))
            var (expected, expectedNormalized, expectedInverse) = (y, normalized, inverse)
            kernels.layer_norm(rows, columns, x, added, gain, bias, 1e-5, &y, &normalized, &inverse)
            ck_portable.layer_norm(
                rows, columns, x, added, gain, bias, 1e-5, &expected, &expectedNormalized, &expectedInverse)
            #expect(largestError(y, expected) < 1e-5)
            #expect(largestError(normalized, expectedNormalized) < 1e-5)
            #expect(largestError(inverse, expectedInverse) < 1e-5)

            let dy = random.floats(rows * columns)
            for accumulate in [false, true] {
                var (dx, expectedDX) = (residual, residual)
                kernels.layer_norm_gradient(
                    rows, columns, dy, gain, expectedNormalized, expectedInverse, &dx, accumulate)
                ck_portable.layer_norm_gradient(
                    rows, columns, dy, gain, expectedNormalized, expectedInverse, &expectedDX, accumulate)
                #expect(largestError(dx, expectedDX) < 1e-5)
            }
        }
    }

    @Test("take softmax and its gradient", arguments: vectorKernels, lengths)
    func softmax(name: String, columns: Int) throws {
        let kernels = try #require(ck_named(name)).pointee
        var random = RandomValues(seed: UInt64(columns))
        let (rows, stride) = (3, columns + 2)
        for range: ClosedRange<Float> in [-3...3, -1e4...1e4, 500...501] {
            let scores = random.floats(rows * stride, in: range)
            var (found, expected) = (scores, scores)
            kernels.softmax(rows, columns, stride, 0.5, &found)
            ck_portable.softmax(rows, columns, stride, 0.5, &expected)
            #expect(largestError(found, expected) < 1e-5)
            for row in 0..<rows {
                let sum = found[row * stride..<row * stride + columns].reduce(0, +)
                #expect(abs(sum - 1) < 1e-5)
            }
            let start = random.floats(rows * stride)
            var (gradient, expectedGradient) = (start, start)
            kernels.softmax_gradient(rows, columns, stride, 0.5, expected, &gradient)
            ck_portable.softmax_gradient(rows, columns, stride, 0.5, expected, &expectedGradient)
            #expect(largestError(gradient, expectedGradient) < 1e-6)
        }
    }

    @Test("combine vectors", arguments: vectorKernels, lengths)
    func vectors(name: String, count: Int) throws {
        let kernels = try #require(ck_named(name)).pointee
        var random = RandomValues(seed: UInt64(count))
        let (x, y) = (random.floats(count), random.floats(count))
        #expect(largestError([kernels.dot(count, x, y)], [ck_portable.dot(count, x, y)]) < 1e-5)
        var (found, expected) = (y, y)
        kernels.add_scaled(count, -2, x, &found)
        ck_portable.add_scaled(count, -2, x, &expected)
        #expect(largestError(found, expected) < 1e-6)
        for accumulate in [false, true] {
            kernels.multiply(count, x, y, &found, accumulate)
            ck_portable.multiply(count, x, y, &expected, accumulate)
            #expect(largestError(found, expected) < 1e-6)
        }
    }

    @Test("take an AdamW step", arguments: vectorKernels, lengths)
    func adamW(name: String, count: Int) throws {
        let kernels = try #require(ck_named(name)).pointee
        var random = RandomValues(seed: UInt64(count))
        let gradients = random.floats(count)
        let state = (random.floats(count), random.floats(count), random.floats(count, in: 0...1))
        var (found, expected) = (state, state)
        kernels.adamw(count, &found.0, gradients, &found.1, &found.2, 0.5, 0.9, 0.99, 0.1, 1.2, 1e-8, 0.01)
        ck_portable.adamw(
            count, &expected.0, gradients, &expected.1, &expected.2, 0.5, 0.9, 0.99, 0.1, 1.2, 1e-8, 0.01)
        #expect(largestError(found.0, expected.0) < 1e-5)
        #expect(largestError(found.1, expected.1) < 1e-6)
        #expect(largestError(found.2, expected.2) < 1e-6)
    }

    @Test("widen every 16-bit pattern", arguments: ["portable"] + vectorKernels)
    func widening(name: String) throws {
        let kernels = try #require(ck_named(name)).pointee
        // One more than a multiple of any vector's lanes, so that the tail is used too.
        let patterns = (0...UInt16.max).map { $0 } + [0x3c00]
        var found = [Float](repeating: 0, count: patterns.count)
        kernels.widen_bf16(patterns.count, patterns, &found)
        for (pattern, value) in zip(patterns, found) { #expect(value.bitPattern == UInt32(pattern) << 16) }
        kernels.widen_f16(patterns.count, patterns, &found)
        for (pattern, value) in zip(patterns, found) {
            let expected = Float(Float16(bitPattern: pattern))
            #expect(value == expected || value.isNaN && expected.isNaN)
        }
    }

    @Test("transpose", arguments: ["portable"] + vectorKernels, [(1, 1), (3, 9), (4, 4), (15, 32), (33, 7), (8, 0)])
    func transposing(name: String, size: (rows: Int, columns: Int)) throws {
        let kernels = try #require(ck_named(name)).pointee
        let (rows, columns) = size
        let from = (0..<rows * (columns + 2)).map { Float($0) }
        var found = [Float](repeating: -1, count: columns * (rows + 1))
        kernels.transpose(rows, columns, from, columns + 2, &found, rows + 1)
        let expected = (0..<columns).flatMap { column -> [Float] in
            (0..<rows).map { from[$0 * (columns + 2) + column] } + [-1]
        }
        #expect(found == expected)
    }
}

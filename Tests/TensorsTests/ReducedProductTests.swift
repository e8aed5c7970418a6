import CKernels
import Testing

/// Plain loops, and the dot-product instructions where this processor has them.
private let bf16Kernels = [ck_bf16_portable] + [ck_bf16_best()?.pointee].compactMap(\.self)
private let int8Kernels = [ck_int8_portable] + [ck_int8_best()?.pointee].compactMap(\.self)

@Suite("Products in bfloat16")
struct BFloat16ProductTests {
    @Test("are those of operands rounded to the nearest, ties to even", arguments: ProductKernelTests.sizes)
    func linear(size: [Int]) {
        let (m, n, k) = (size[0], size[1], size[2])
        var random = RandomValues(seed: UInt64(m * n + k))
        let (x, weight, bias) = (random.floats(m * k + 1), random.floats(n * k + 1), random.floats(n))
        let start = random.floats(m * n)
        var expected = (0..<m).flatMap { _ in bias }
        ck_portable.gemm_transposed(
            m, n, k, 1, x.map(rounded), k, weight.map(rounded), k, &expected, n, true)
        var (activated, slope) = (start, start)
        ck_portable.gelu(m * n, expected, &activated, &slope)
        for kernels in bf16Kernels {
            let panels = packed(n, k, weight, k, 1)
            let words = narrowed(kernels, m, k, x)
            var found = start
            kernels.linear(m, n, k, words, panels, bias, &found, n, CK_STORE, nil)
            #expect(largestError(found, expected) < 3e-5)
            var (foundActivated, foundSlope) = (start, start)
            kernels.linear(m, n, k, words, panels, bias, &foundActivated, n, CK_GELU, &foundSlope)
            #expect(largestError(foundActivated, activated) < 5e-5)
            #expect(largestError(foundSlope, slope) < 5e-5)
            var added = start
            kernels.linear(m, n, k, words, panels, bias, &added, n, CK_ACCUMULATE, nil)
            #expect(largestError(added, zip(start, expected).map { $0 + $1 }) < 3e-5)
            // The transpose, packed by exchanging the strides.
            let transposed = (0..<k * n).map { weight[$0 % n * k + $0 / n] }
            #expect(packed(n, k, transposed, 1, n) == panels)
        }
    }

    @Test("keep what cannot be rounded", arguments: 1...35)
    func narrow(count: Int) {
        let extremes: [Float] = [
            0, -0, 1, -1, 1.00390625, 1.01171875, 3.4e38, -3.4e38, .infinity, -.infinity, 1.2e-38, 65_504, 1e-30,
        ]
        let x = (0..<count).map { extremes[$0 % extremes.count] }
        for kernels in bf16Kernels {
            let words = narrowed(kernels, 1, count, x)
            let found = halves(words).prefix(count).map { Float(bitPattern: UInt32($0) << 16) }
            #expect(found == x.map(rounded))
            #expect(halves(words).dropFirst(count).allSatisfy { $0 == 0 })
            let flawed = narrowed(kernels, 1, 1, [.nan])
            #expect(Float(bitPattern: UInt32(halves(flawed)[0]) << 16).isNaN)
        }
    }

    @Test("give a row the same bits however many rows come with it, and a column however many columns")
    func rowsAndColumnsAreIndependent() {
        let (m, n, k) = (29, 150, 401)
        var random = RandomValues(seed: 6)
        let (x, weight) = (random.floats(m * k), random.floats(n * k))
        let panels = packed(n, k, weight, k, 1)
        for kernels in bf16Kernels {
            let words = narrowed(kernels, m, k, x)
            var (together, alone) = ([Float](repeating: 0, count: m * n), [Float](repeating: 0, count: n))
            kernels.linear(m, n, k, words, panels, nil, &together, n, CK_STORE, nil)
            for row in 0..<m {
                let own = narrowed(kernels, 1, k, Array(x[row * k..<(row + 1) * k]))
                kernels.linear(1, n, k, own, panels, nil, &alone, n, CK_STORE, nil)
                #expect(alone == Array(together[row * n..<(row + 1) * n]))
            }
            let half = Int(CK_WORD_PANEL)
            var parts = [Float](repeating: 0, count: m * n)
            kernels.linear(m, half, k, words, panels, nil, &parts, n, CK_STORE, nil)
            parts.withUnsafeMutableBufferPointer { to in
                guard let start = to.baseAddress else { return }
                let rest = Array(panels[(half * ck_bf16_words(k))...])
                kernels.linear(m, n - half, k, words, rest, nil, start + half, n, CK_STORE, nil)
            }
            #expect(parts == together)
        }
    }

    private func rounded(_ value: Float) -> Float {
        let bits = value.bitPattern
        return value.isNaN ? value : Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    private func narrowed(_ kernels: ck_bf16_kernels, _ rows: Int, _ columns: Int, _ x: [Float]) -> [UInt32] {
        var words = [UInt32](repeating: .max, count: rows * ck_bf16_words(columns))
        kernels.narrow(rows, columns, x, &words)
        return words
    }

    private func halves(_ words: [UInt32]) -> [UInt16] {
        words.flatMap { [UInt16(truncatingIfNeeded: $0), UInt16($0 >> 16)] }
    }

    private func packed(_ n: Int, _ k: Int, _ weight: [Float], _ row: Int, _ column: Int) -> [UInt32] {
        var panels = [UInt32](repeating: .max, count: ck_packed_count(Int(CK_WORD_PANEL), n, ck_bf16_words(k)))
        ck_pack_bf16(n, k, weight, row, column, &panels)
        return panels
    }
}

@Suite("Products of bytes")
struct Int8ProductTests {
    private struct Levels: Equatable {
        var words: [UInt32]
        var scales: [Float]
        var offsets: [Float]
    }

    private struct Packed {
        var panels: [UInt32]
        var scales: [Float]
        var sums: [Float]
    }

    @Test("come as near to float32 as the levels of their operands allow", arguments: ProductKernelTests.sizes)
    func linear(size: [Int]) {
        let (m, n, k) = (size[0], size[1], size[2])
        var random = RandomValues(seed: UInt64(m + n * k))
        let (x, weight, bias) = (random.floats(m * k + 1), random.floats(n * k + 1), random.floats(n))
        var exact = (0..<m).flatMap { _ in bias }
        ck_portable.gemm_transposed(m, n, k, 1, x, k, weight, k, &exact, n, true)
        let packed = packed(n, k, weight)
        var plain: [Float] = []
        for kernels in int8Kernels {
            let levels = quantized(kernels, m, k, x)
            var found = [Float](repeating: .nan, count: m * n)
            kernels.linear(
                m, n, k, levels.words, levels.scales, levels.offsets, packed.panels, packed.scales, packed.sums, bias,
                &found, n, CK_STORE)
            // Half a level of x for every weight, half a level of the weight for every x.
            for (index, value) in found.enumerated() {
                let (row, column) = (index / n, index % n)
                let weights = weight[column * k..<(column + 1) * k].reduce(0) { $0 + abs($1) }
                let inputs = x[row * k..<(row + 1) * k].reduce(0) { $0 + abs($1) + levels.scales[row] }
                let bound = 0.5 * (levels.scales[row] * weights + packed.scales[column] * inputs) * 1.01 + 1e-5
                #expect(abs(value - exact[index]) <= bound)
            }
            if plain.isEmpty { plain = found }
            #expect(largestError(found, plain) < 1e-5)
            var (activated, expected) = (found, found)
            kernels.linear(
                m, n, k, levels.words, levels.scales, levels.offsets, packed.panels, packed.scales, packed.sums, bias,
                &activated, n, CK_GELU)
            ck_portable.gelu(m * n, found, &expected, nil)
            #expect(largestError(activated, expected) < 2.5e-4)
            var apart = [Float](repeating: .nan, count: m * n)
            kernels.gelu(m * n, found, &apart)
            #expect(apart == activated)
        }
    }

    @Test("quantise a row between its own extremes", arguments: [1, 3, 4, 15, 16, 17, 63, 64, 65, 384])
    func quantize(count: Int) {
        var random = RandomValues(seed: UInt64(count))
        let rows = [
            random.floats(count), random.floats(count, in: -0.17...9), random.floats(count, in: 5...6),
            [Float](repeating: -3, count: count), [Float](repeating: 0, count: count),
            random.floats(count, in: -1e30...1e30), random.floats(count, in: 0...Float.leastNormalMagnitude / 1_000),
            (0..<count).map { $0 == 0 ? -3.4e38 : 3.4e38 },
        ]
        let plain = quantized(ck_int8_portable, rows.count, count, rows.flatMap(\.self))
        for kernels in int8Kernels {
            let levels = quantized(kernels, rows.count, count, rows.flatMap(\.self))
            #expect(levels == plain)
            for (row, values) in rows.enumerated() {
                let (scale, offset) = (levels.scales[row], levels.offsets[row])
                #expect(offset == values.min())
                let bytes = self.bytes(levels.words).dropFirst(row * 4 * ck_int8_words(count))
                for (value, level) in zip(values, bytes) {
                    let found = Double(offset) + Double(scale) * Double(level)
                    #expect(abs(found - Double(value)) <= 0.5001 * Double(scale) + 1e-38 + abs(Double(value)) * 1e-6)
                }
                #expect(bytes.prefix(4 * ck_int8_words(count)).dropFirst(count).allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("are not numbers in a row that holds one that is not finite, and in no other")
    func notFinite() {
        let (n, k) = (50, 70)
        var random = RandomValues(seed: 2)
        let packed = packed(n, k, random.floats(n * k))
        for kernels in int8Kernels {
            for flaw in [Float.nan, .infinity, -.infinity] {
                for place in [0, 15, 16, 69] {
                    var x = random.floats(3 * k)
                    x[k + place] = flaw
                    let levels = quantized(kernels, 3, k, x)
                    var found = [Float](repeating: 0, count: 3 * n)
                    kernels.linear(
                        3, n, k, levels.words, levels.scales, levels.offsets, packed.panels, packed.scales,
                        packed.sums, nil, &found, n, CK_STORE)
                    for (index, value) in found.enumerated() { #expect(value.isNaN == (index / n == 1)) }
                }
            }
        }
    }

    @Test("activate any number, and keep what is not a number")
    func gelu() {
        let extremes: [Float] = [-1e30, -50, -3.9, -0.75, -0.0, 0, 1e-30, 0.75, 3.9, 50, 1e30]
        let x = extremes + (-600...600).map { Float($0) / 100 }
        for kernels in int8Kernels {
            var (found, expected) = (x, x)
            kernels.gelu(x.count, x, &found)
            ck_portable.gelu(x.count, x, &expected, nil)
            #expect(largestError(found, expected) < 2.5e-4)
            var flawed: Float = 0
            kernels.gelu(1, [.nan], &flawed)
            #expect(flawed.isNaN)
        }
    }

    @Test("are exact in their sums up to 65,536 inputs")
    func largeSums() {
        let k = 65_536
        let x = [Float(0)] + [Float](repeating: 1, count: k - 1)
        let packed = packed(1, k, [Float](repeating: 1, count: k))
        for kernels in int8Kernels {
            let levels = quantized(kernels, 1, k, x)
            var found: Float = 0
            kernels.linear(
                1, 1, k, levels.words, levels.scales, levels.offsets, packed.panels, packed.scales, packed.sums, nil,
                &found, 1, CK_STORE)
            #expect(abs(found / Float(k - 1) - 1) < 1e-6)
        }
    }

    @Test("give a row the same bits however many rows come with it")
    func rowsAreIndependent() {
        let (m, n, k) = (29, 100, 403)
        var random = RandomValues(seed: 7)
        let x = random.floats(m * k)
        let packed = packed(n, k, random.floats(n * k))
        for kernels in int8Kernels {
            func multiply(_ rows: Int, _ x: [Float]) -> [Float] {
                let levels = quantized(kernels, rows, k, x)
                var y = [Float](repeating: 0, count: rows * n)
                kernels.linear(
                    rows, n, k, levels.words, levels.scales, levels.offsets, packed.panels, packed.scales, packed.sums,
                    nil, &y, n, CK_GELU)
                return y
            }
            let alone = (0..<m).flatMap { multiply(1, Array(x[$0 * k..<($0 + 1) * k])) }
            #expect(multiply(m, x) == alone)
        }
    }

    private func quantized(_ kernels: ck_int8_kernels, _ rows: Int, _ columns: Int, _ x: [Float]) -> Levels {
        var levels = Levels(
            words: [UInt32](repeating: .max, count: rows * ck_int8_words(columns)),
            scales: [Float](repeating: .nan, count: rows), offsets: [Float](repeating: .nan, count: rows))
        kernels.quantize(rows, columns, x, &levels.words, &levels.scales, &levels.offsets)
        return levels
    }

    private func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    private func packed(_ n: Int, _ k: Int, _ weight: [Float]) -> Packed {
        var packed = Packed(
            panels: [UInt32](repeating: .max, count: ck_packed_count(Int(CK_WORD_PANEL), n, ck_int8_words(k))),
            scales: [Float](repeating: .nan, count: n), sums: [Float](repeating: .nan, count: n))
        ck_pack_int8(n, k, weight, k, 1, &packed.panels, &packed.scales, &packed.sums)
        return packed
    }
}

import CKernels
import Testing

/// Sets of kernels other than the plain loops, as far as this processor can run them.
let vectorKernels: [String] = ["avx2", "avx512"].filter { ck_named($0) != nil }

@Suite("Product kernels")
struct ProductKernelTests {
    /// Sizes around tiles, panels and inner blocks: tails, single elements, empty sums.
    static let sizes: [[Int]] = [
        [1, 1, 1], [1, 48, 7], [2, 3, 0], [3, 5, 2], [4, 16, 32], [5, 17, 33], [7, 47, 191], [8, 48, 192],
        [9, 49, 193],
        [13, 96, 385], [16, 100, 64], [33, 31, 400], [2, 77, 384], [7, 49, 769],
    ]

    @Test("multiply as the plain loops do", arguments: vectorKernels, sizes)
    func gemm(name: String, size: [Int]) throws {
        let kernels = try #require(ck_named(name)).pointee
        let (m, n, k) = (size[0], size[1], size[2])
        var random = RandomValues(seed: UInt64(m + n + k))
        // Rows a little longer than their content, and A both as it is and transposed.
        let (aRow, bRow, cRow) = (max(m, k) + 3, n + 1, n + 5)
        let a = random.floats(max(m, k) * aRow)
        let b = random.floats(max(k, 1) * bRow)
        let start = random.floats(m * cRow)
        for (rowStride, columnStride) in [(aRow, 1), (1, aRow)] {
            for accumulate in [false, true] {
                var (found, expected) = (start, start)
                kernels.gemm(m, n, k, 0.75, a, rowStride, columnStride, b, bRow, &found, cRow, accumulate)
                ck_portable.gemm(m, n, k, 0.75, a, rowStride, columnStride, b, bRow, &expected, cRow, accumulate)
                #expect(largestError(found, expected) < 3e-5)
            }
        }
    }

    @Test("multiply by a transposed matrix as the plain loops do", arguments: vectorKernels, sizes)
    func gemmTransposed(name: String, size: [Int]) throws {
        let kernels = try #require(ck_named(name)).pointee
        let (m, n, k) = (size[0], size[1], size[2])
        var random = RandomValues(seed: UInt64(m * n + k))
        let (aRow, bRow, cRow) = (k + 1, k + 2, n + 3)
        let a = random.floats(m * aRow)
        let b = random.floats(n * bRow)
        let start = random.floats(m * cRow)
        for accumulate in [false, true] {
            var (found, expected) = (start, start)
            kernels.gemm_transposed(m, n, k, -1.25, a, aRow, b, bRow, &found, cRow, accumulate)
            ck_portable.gemm_transposed(m, n, k, -1.25, a, aRow, b, bRow, &expected, cRow, accumulate)
            #expect(largestError(found, expected) < 3e-5)
        }
    }

    @Test("multiply by packed weights as unpacked products do", arguments: ["portable"] + vectorKernels, sizes)
    func linear(name: String, size: [Int]) throws {
        let kernels = try #require(ck_named(name)).pointee
        let (m, n, k) = (size[0], size[1], size[2])
        var random = RandomValues(seed: UInt64(m + n * k))
        let x = random.floats(m * k + 1)
        let weight = random.floats(n * k + 1)
        let bias = random.floats(n)
        let start = random.floats(m * n)
        var panels = [Float](repeating: .nan, count: ck_packed_count(kernels.panel, n, k))
        ck_pack(kernels.panel, n, k, weight, k, &panels)

        var expected = (0..<m).flatMap { _ in bias }
        ck_portable.gemm_transposed(m, n, k, 1, x, k, weight, k, &expected, n, true)
        var found = start
        kernels.linear(m, n, k, x, k, panels, bias, &found, n, CK_STORE, nil)
        #expect(largestError(found, expected) < 3e-5)

        var (activated, slope) = (start, start)
        var (expectedActivated, expectedSlope) = (start, start)
        kernels.linear(m, n, k, x, k, panels, bias, &activated, n, CK_GELU, &slope)
        ck_portable.gelu(m * n, expected, &expectedActivated, &expectedSlope)
        #expect(largestError(activated, expectedActivated) < 5e-5)
        #expect(largestError(slope, expectedSlope) < 5e-5)

        var added = start
        kernels.linear(m, n, k, x, k, panels, nil, &added, n, CK_ACCUMULATE, nil)
        var expectedAdded = start
        ck_portable.gemm_transposed(m, n, k, 1, x, k, weight, k, &expectedAdded, n, true)
        #expect(largestError(added, expectedAdded) < 3e-5)
    }

    @Test("multiply by weights packed for the other direction", arguments: ["portable"] + vectorKernels, sizes)
    func linearTransposed(name: String, size: [Int]) throws {
        let kernels = try #require(ck_named(name)).pointee
        let (m, n, k) = (size[0], size[1], size[2])
        var random = RandomValues(seed: UInt64(m * k + n))
        let x = random.floats(m * k + 1)
        let weight = random.floats(n * k + 1)
        var panels = [Float](repeating: .nan, count: ck_packed_count(kernels.panel, n, k))
        ck_pack_transposed(kernels.panel, n, k, weight, n, &panels)
        var found = [Float](repeating: .nan, count: m * n)
        var expected = found
        kernels.linear(m, n, k, x, k, panels, nil, &found, n, CK_STORE, nil)
        ck_portable.gemm(m, n, k, 1, x, k, 1, weight, n, &expected, n, false)
        #expect(largestError(found, expected) < 3e-5)
    }

    @Test("give a row the same bits however many rows come with it", arguments: ["portable"] + vectorKernels)
    func rowsAreIndependent(name: String) throws {
        let kernels = try #require(ck_named(name)).pointee
        let (m, n, k) = (29, 100, 400)
        var random = RandomValues(seed: 5)
        let x = random.floats(m * k)
        let weight = random.floats(n * k)
        var panels = [Float](repeating: 0, count: ck_packed_count(kernels.panel, n, k))
        ck_pack(kernels.panel, n, k, weight, k, &panels)
        var (together, alone) = ([Float](repeating: 0, count: m * n), [Float](repeating: 0, count: n))
        var (transposed, transposedAlone) = (together, alone)
        kernels.linear(m, n, k, x, k, panels, nil, &together, n, CK_GELU, nil)
        kernels.gemm_transposed(m, n, k, 1, x, k, weight, k, &transposed, n, false)
        for row in 0..<m {
            let own = Array(x[row * k..<(row + 1) * k])
            kernels.linear(1, n, k, own, k, panels, nil, &alone, n, CK_GELU, nil)
            kernels.gemm_transposed(1, n, k, 1, own, k, weight, k, &transposedAlone, n, false)
            #expect(alone == Array(together[row * n..<(row + 1) * n]))
            #expect(transposedAlone == Array(transposed[row * n..<(row + 1) * n]))
        }
    }
}

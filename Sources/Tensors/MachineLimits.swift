import CKernels

/// What the processor reaches at best, measured: the two lines of a roofline.
///
/// - SeeAlso: Williams, Waterman & Patterson 2009, Roofline.
public struct MachineLimits: Sendable {
    /// Billions of arithmetic operations a second in registers alone, all threads together.
    public let multiplyAddGOPS: Double
    /// Billions of bytes a second that a thread reads and writes in its second-level cache, all threads together.
    public let cacheGBPS: Double

    /// Measures for about half a second, on all threads of the pool at once.
    public static func measure(_ precision: Precision, pool: WorkerPool) -> Self {
        Self(
            multiplyAddGOPS: best(pool) { _ in Double(multiplyAdds(precision)) },
            cacheGBPS: best(pool) { vectors in
                for _ in 0..<64 { vectors.y.add(vectors.x, scale: 0.5) }
                return Double(64 * 3 * vectors.x.count * MemoryLayout<Float>.stride)
            })
    }

    /// Best of a few rounds, in billions a second, of what every thread counts.
    private static func best(
        _ pool: WorkerPool, _ count: @Sendable ((x: FloatStorage, y: FloatStorage)) -> Double
    ) -> Double {
        let vectors = (0..<pool.count).map { _ in (x: FloatStorage(count: 32_768), y: FloatStorage(count: 32_768)) }
        let clock = ContinuousClock()
        return (0..<20).map { _ in
            let start = clock.now
            let counts = pool.map { count(vectors[$0.index]) }
            return counts.reduce(0, +) / ((clock.now - start) / .seconds(1)) / 1e9
        }.max() ?? 0
    }

    private static func multiplyAdds(_ precision: Precision) -> Int {
        let rounds = 1_000_000
        switch precision {
        case .float32: return KernelSet.best.table.multiply_add(rounds)
        case .bfloat16: return ck_bf16_best()?.pointee.multiply_add(rounds) ?? 0
        case .int8: return ck_int8_best()?.pointee.multiply_add(rounds) ?? 0
        }
    }
}

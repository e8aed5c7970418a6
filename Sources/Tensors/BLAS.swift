import COpenBLAS

/// OpenBLAS, loaded when first asked for; it multiplies by weights that were not packed.
public enum BLAS {
    public struct Information: Sendable, Hashable {
        /// Kernel set in use, such as `SkylakeX`.
        public let coreName: String
        /// Version and build options.
        public let configuration: String
        /// Whether the core type was chosen here, from the processor's features, and not by OpenBLAS or the user.
        public let coreTypeWasChosen: Bool
    }

    /// - Throws: ``TensorError/missingBLAS(reason:)``.
    public static func information() throws -> Information {
        let library = cblas_library_load().pointee
        if let error = library.error { throw TensorError.missingBLAS(reason: String(cString: error)) }
        return Information(
            coreName: String(cString: library.core_name), configuration: String(cString: library.configuration),
            coreTypeWasChosen: library.core_type_was_set)
    }

    /// Gives back the memory that products of so many threads copied their operands into; the next one has it again.
    public static func releaseMemory(threads: Int) {
        if (try? information()) != nil { cblas_library_release_memory(Int32(threads)) }
    }

    /// Billions of float32 operations a second in a 1,024³ product on one thread, the best of a few rounds.
    ///
    /// - Throws: ``TensorError/missingBLAS(reason:)``.
    public static func measuredGFLOPS() throws -> Double {
        _ = try information()
        let size = 1_024
        let a = FloatStorage(count: size * size)
        let b = FloatStorage(count: size * size)
        let c = FloatStorage(count: size * size)
        let clock = ContinuousClock()
        let best = (0..<5).map { _ in
            clock.measure {
                multiply(
                    rows: size, columns: size, inner: size, a.base, strideA: size, b.base, transposingB: true,
                    into: c.base, strideC: size, accumulate: false)
            }
        }.min()
        let seconds = (best ?? .zero) / .seconds(1)
        return 2 * Double(size * size * size) / seconds / 1e9
    }

    /// C `[rows, columns]` = A·B or A·Bᵀ, or added to C. Needs a library that `information()` has found.
    static func multiply(
        rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, strideA: Int, _ b: UnsafePointer<Float>,
        transposingB: Bool, into c: UnsafeMutablePointer<Float>, strideC: Int, accumulate: Bool
    ) {
        cblas_library_sgemm(
            transposingB, Int32(rows), Int32(columns), Int32(inner), a, Int32(strideA), b,
            Int32(transposingB ? inner : columns), c, Int32(strideC), accumulate)
    }
}

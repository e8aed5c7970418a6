import CKernels

/// What this processor can do, as far as the kernels care.
public struct ProcessorFeatures: Sendable, Hashable {
    /// Instruction sets by their usual names, such as `avx512f`.
    public let names: [String]

    public static let current = ProcessorFeatures()

    private init() {
        let features = ck_processor_features()
        let all = [
            ("avx2", features.avx2), ("fma", features.fma), ("avx512f", features.avx512f),
            ("avx512bw", features.avx512bw), ("avx512dq", features.avx512dq), ("avx512vl", features.avx512vl),
            ("avx512_bf16", features.avx512_bf16), ("avx512_vnni", features.avx512_vnni),
        ]
        names = all.filter(\.1).map(\.0)
    }
}

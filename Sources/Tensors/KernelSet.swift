import CKernels
import Glibc

/// The kernels of one instruction set.
public struct KernelSet: Sendable {
    let table: ck_kernels

    /// The fastest set this processor can run; `PERENNIAL_KERNELS` asks for another.
    public static let best = KernelSet(table: ck_best().pointee)
    /// - Throws: ``TensorError/unknownKernels(_:available:)`` where the variable asks for what ``best`` cannot be.
    public static func requireChoice() throws(TensorError) {
        guard let asked = getenv("PERENNIAL_KERNELS").map({ String(cString: $0) }), !asked.isEmpty else { return }
        let available = available.map(\.name)
        guard available.contains(asked) else { throw .unknownKernels(asked, available: available) }
    }

    /// Plain loops: the reference of the others.
    public static let portable = KernelSet(table: ck_portable)

    /// Every set this processor can run.
    public static var available: [KernelSet] {
        let names = ["portable", "avx2", "avx512"]
        return names.compactMap { (name: String) in ck_named(name).map { KernelSet(table: $0.pointee) } }
    }

    public var name: String { String(cString: table.name) }
}

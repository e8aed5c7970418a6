import Foundation
import Tensors

/// Where the time of training went, each kind of operation against the lower of two limits of the machine: the
/// processor's multiply-adds, and the bytes its second-level caches move.
///
/// - SeeAlso: Williams, Waterman & Patterson 2009, Roofline.
struct Roofline: Encodable {
    struct Line: Encodable {
        var operation: String
        var calls: Int
        /// Summed over threads.
        var seconds: Double
        /// Of all threads' time.
        var time_share: Double
        var gigaoperations: Double
        var gigabytes: Double
        /// All threads together.
        var gigaoperations_per_second: Double
        /// Least time the limits allow, of the time taken.
        var limit_share: Double
    }

    var multiply_add_gops: Double
    /// In a product of large matrices by OpenBLAS, one thread.
    var sgemm_gflops: Double?
    var cache_gbps: Double
    var lines: [Line]
    /// Share of all threads' time outside operations: batches, gradients' sums, optimizer, waiting.
    var other_share: Double

    /// Measures the machine's limits, for about half a second each.
    init(_ profile: OperationProfile, seconds: Double, threads: Int, _ precision: Precision) {
        let pool = WorkerPool(count: threads)
        let plain = MachineLimits.measure(.float32, pool: pool)
        let limits = precision == .float32 ? plain : MachineLimits.measure(precision, pool: pool)
        multiply_add_gops = limits.multiplyAddGOPS
        sgemm_gflops = try? BLAS.measuredGFLOPS()
        cache_gbps = limits.cacheGBPS
        let total = seconds * Double(threads)
        lines = profile.entries.sorted { $0.key < $1.key }.map { key, entry in
            let isReduced = key.operation == .frozenLinear && !(key.isBackward && precision == .int8)
            let peak = (isReduced ? limits : plain).multiplyAddGOPS
            let limit = max(entry.operations / peak, entry.bytes / limits.cacheGBPS) / 1e9
            let wall = entry.seconds / Double(threads)
            return Line(
                operation: key.operation.rawValue + (key.isBackward ? ", gradient" : ""), calls: entry.calls,
                seconds: entry.seconds, time_share: entry.seconds / total, gigaoperations: entry.operations / 1e9,
                gigabytes: entry.bytes / 1e9, gigaoperations_per_second: entry.operations / wall / 1e9,
                limit_share: limit / wall)
        }
        other_share = 1 - lines.reduce(0) { $0 + $1.time_share }
    }

    var table: String {
        let head = String(
            format: "limits: %.0f GOP/s of multiply-adds, %@%.0f GB/s in second-level caches", multiply_add_gops,
            sgemm_gflops.map { String(format: "SGEMM %.0f GFLOP/s on one thread, ", $0) } ?? "", cache_gbps)
        func cell(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let rows = lines.map { line in
            line.operation.padding(toLength: 24, withPad: " ", startingAt: 0)
                + cell(String(format: "%.1f %%", line.time_share * 100), 8)
                + cell(String(format: "%.1f", line.gigaoperations), 11)
                + cell(String(format: "%.1f", line.gigabytes), 9)
                + cell(String(format: "%.0f", line.gigaoperations_per_second), 8)
                + cell(String(format: "%.0f %%", line.limit_share * 100), 10)
        }
        let title =
            "operation".padding(toLength: 24, withPad: " ", startingAt: 0) + cell("time", 8)
            + cell("GOP", 11) + cell("GB", 9) + cell("GOP/s", 8) + cell("of limit", 10)
        let rest =
            "other".padding(toLength: 24, withPad: " ", startingAt: 0)
            + cell(String(format: "%.1f %%", other_share * 100), 8)
        return ([head, title] + rows + [rest]).joined(separator: "\n")
    }
}

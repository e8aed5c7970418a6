import CProcess
import Foundation
import Serving

/// A figure that is `null` where it was not measured, rather than left out.
struct Nullable<Value: Encodable>: Encodable {
    let value: Value?
    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

/// Figures a benchmark prints beside its own.
enum Measurement {
    /// Highest resident memory of this process so far, in bytes.
    static var peakResidentBytes: Int { process_peak_resident_bytes() }

    /// Resident memory of this process now, in bytes; 0 where the kernel does not tell.
    static var residentBytes: Int { ProcessMemory.residentBytes ?? 0 }

    /// The value below which `share` of the sorted values lie; 0 when there are none.
    static func percentile(_ sorted: [Double], _ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.down)))]
    }

    static func seconds(since start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }
}

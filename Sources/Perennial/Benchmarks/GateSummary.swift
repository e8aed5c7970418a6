import Dashboards
import Foundation

/// What became of all trials, by kind.
struct GateSummary: Encodable {
    var tolerance: Double
    var championAccuracy: Double?
    var kinds: [Row]
    var harmful: Row
    var benign: Row

    struct Row: Encodable {
        var kind: String
        var updates = 0
        var served = 0
        var blocked = 0
        /// Training itself gave up, so that nothing was served.
        var failed = 0
        /// Served although the old slices together truly lost more than the tolerance.
        var servedBeyondTolerance = 0
        /// Served although one old slice lost more than the tolerance on its test rows …
        var servedSliceBeyondTolerance = 0
        /// … and beyond doubt: what chance makes of so few rows is taken off.
        var servedSliceCertainlyBeyond = 0
        /// The largest that was served, of all together and of one slice.
        var largestServedDrop: Double?
        var largestServedSliceDrop: Double?
        /// Of the blocked ones that were measured, those that truly lost more than the tolerance, together or in a slice.
        var blockedBeyondTolerance = 0
        var medianSeconds: Double

        init(_ kind: String, _ trials: [GateTrial], tolerance: Double) {
            self.kind = kind
            updates = trials.count
            let passed = trials.filter { $0.outcome == .served }
            served = passed.count
            blocked = trials.count { $0.outcome == .blocked }
            failed = trials.count { $0.outcome == .failed }
            servedBeyondTolerance = passed.count { ($0.drop ?? 0) > tolerance }
            servedSliceBeyondTolerance = passed.count { ($0.worstDrop ?? 0) > tolerance }
            servedSliceCertainlyBeyond = passed.count { $0.truth.contains { $0.certainlyExceeds(tolerance) } }
            largestServedDrop = passed.compactMap(\.drop).max()
            largestServedSliceDrop = passed.compactMap(\.worstDrop).max()
            blockedBeyondTolerance = trials.count { $0.outcome == .blocked && ($0.worstDrop ?? 0) > tolerance }
            medianSeconds = Measurement.percentile(trials.map(\.seconds).sorted(), 0.5)
        }

        enum CodingKeys: String, CodingKey {
            case kind, updates, served, blocked, failed
            case servedBeyondTolerance = "served_beyond_tolerance"
            case servedSliceBeyondTolerance = "served_slice_beyond_tolerance"
            case servedSliceCertainlyBeyond = "served_slice_certainly_beyond"
            case largestServedDrop = "largest_served_drop"
            case largestServedSliceDrop = "largest_served_slice_drop"
            case blockedBeyondTolerance = "blocked_beyond_tolerance"
            case medianSeconds = "median_seconds"
        }
    }

    enum CodingKeys: String, CodingKey {
        case tolerance
        case championAccuracy = "champion_accuracy"
        case kinds, harmful, benign
    }

    init(_ trials: [GateTrial], tolerance: Double, championAccuracy: Double?) {
        self.tolerance = tolerance
        self.championAccuracy = championAccuracy
        kinds = GateWorld.Kind.allCases.compactMap { kind in
            let trials = trials.filter { $0.kind == kind }
            return trials.isEmpty ? nil : Row(kind.rawValue, trials, tolerance: tolerance)
        }
        harmful = Row("harmful, all", trials.filter(\.kind.isHarmful), tolerance: tolerance)
        benign = Row("benign, all", trials.filter { !$0.kind.isHarmful }, tolerance: tolerance)
    }

    func text(width: Int) -> String {
        let numbers = [
            "updates", "served", "blocked", "failed", "served: > \(points(tolerance)) together", "in a slice",
            "beyond doubt", "largest together", "in a slice", "s",
        ]
        var table = TextTable(
            [TextTable.Column("update")] + numbers.map { TextTable.Column($0, alignsRight: true) })
        for row in kinds + [harmful, benign] {
            table.append([
                row.kind, "\(row.updates)", "\(row.served)", "\(row.blocked)", "\(row.failed)",
                "\(row.servedBeyondTolerance)", "\(row.servedSliceBeyondTolerance)",
                "\(row.servedSliceCertainlyBeyond)",
                row.largestServedDrop.map(points) ?? "–", row.largestServedSliceDrop.map(points) ?? "–",
                String(format: "%.1f", row.medianSeconds),
            ])
        }
        return table.text(width: width)
    }

    private func points(_ share: Double) -> String { String(format: "%.1f", share * 100) }
}

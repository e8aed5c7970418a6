import Dashboards
import Evaluation
import Schema

/// Fixed values that the snapshot tests draw.
enum Samples {
    static func report(updates: Int) throws -> ForgettingReport {
        let accuracy = (0..<updates).map { update in (0..<updates).map { value(update: update, slice: $0) } }
        let report = ForgettingReport(
            task: try TaskName("helpdesk"),
            slices: (1...max(1, updates)).map { .init(experience: $0, labels: ["a", "b"], holdout: 50 + 7 * $0) },
            versions: (0..<updates).map { "v\($0 + 1)" }, accuracy: accuracy)
        return report.withMetrics(
            beforeLearning: (0..<updates).map { $0 == 0 ? nil : 0.125 },
            untrained: (0..<updates).map { _ in 0.0625 })
    }

    private static func value(update: Int, slice: Int) -> Double? {
        guard slice <= update else { return nil }
        let lost = 0.03 * Double(update - slice) + 0.01 * Double(slice % 4)
        return max(0.31, 1 - lost)
    }

    static func snapshot() throws -> DashboardSnapshot {
        let training = Update(
            id: "u5", task: try TaskName("helpdesk"), status: .training, trigger: .count, experience: 5,
            examples: .init(new: 180, replayed: 540), progress: 0.45, createdAt: at(990), startedAt: at(992))
        let promoted = Update(
            id: "u4", task: try TaskName("urgency"), status: .promoted, trigger: .age, experience: 2,
            examples: .init(new: 42, replayed: 126), progress: 1,
            verdict: Verdict(
                decision: .promote, reason: "promoted: 91.7 % of 12 new held-out examples", slices: [],
                tolerance: 0.02, confidence: 0.95), createdAt: at(900), startedAt: at(901), finishedAt: at(904.25))
        let failed = Update(
            id: "u3", task: try TaskName("a-task-with-quite-a-long-name"), status: .failed, trigger: .request,
            experience: 1, examples: .init(new: 1_200), createdAt: at(800), startedAt: at(800), finishedAt: at(875),
            error: "the loss exploded at step 12")
        return DashboardSnapshot(
            service: .init(
                address: "http://127.0.0.1:8088", base: "all-MiniLM-L6-v2", uptimeSeconds: 7_503,
                queriesPerSecond: 412.4, medianLatencySeconds: 0.0019, examplesPerSecond: 9_812,
                residentBytes: 312_400_000),
            tasks: [
                .init(
                    name: "helpdesk", champion: "v4", labels: 24, waiting: 180, replayExemplars: 510,
                    replayBytes: 25_216, accuracy: [1, 0.985, 0.96, 0.938], forgetting: 0.032, update: training),
                .init(
                    name: "urgency", champion: "v2", labels: 3, waiting: 0, replayExemplars: 90, replayBytes: 4_011,
                    accuracy: [0.88, 0.917], forgetting: 0, update: promoted),
                .init(name: "a-task-with-quite-a-long-name", labels: 77, waiting: 1_200, update: failed),
            ],
            updates: [training, promoted, failed], forgetting: try report(updates: 4), time: at(1_000))
    }

    private static func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: seconds) }
}

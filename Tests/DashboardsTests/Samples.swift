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

    static func overview() -> ServiceOverview {
        ServiceOverview(
            time: at(0), base: "all-MiniLM-L6-v2", uptimeSeconds: 7_503,
            predictions: LatencyHistogram(bounds: [0.001, 0.0025, 0.005], counts: [10, 80, 9, 1]), queue: 3,
            updatesToday: 12, replayBytes: 29_227, residentBytes: 312_400_000,
            tasks: [
                TaskSummary(
                    name: "a-task-with-quite-a-long-name", labels: 77, waiting: 1_200, parked: 40,
                    update: .init(id: "u3", status: .failed, progress: 0.3, time: at(-7_200))),
                TaskSummary(
                    name: "helpdesk", champion: "v4", labels: 24, waiting: 180, replayExemplars: 510,
                    replayBytes: 25_216, accuracy: [1, 0.985, 0.96, 0.938], forgetting: 0.062,
                    drift: .init(level: .drift, kind: .label, since: at(-8_000)),
                    update: .init(id: "u5", status: .training, progress: 0.45, time: at(-10))),
                TaskSummary(
                    name: "urgency", champion: "v2", labels: 3, waiting: 0, replayExemplars: 90, replayBytes: 4_011,
                    accuracy: [0.88, 0.917], forgetting: 0, drift: .init(level: .ok),
                    update: .init(id: "u4", status: .promoted, progress: 1, time: at(-96))),
            ])
    }

    static func task() throws -> TaskReport {
        let name = try TaskName("helpdesk")
        let training = Update(
            id: "u5", task: name, status: .training, trigger: .count, experience: 5,
            examples: .init(new: 180, replayed: 540), progress: 0.45, createdAt: at(-10), startedAt: at(-8))
        let rejected = Update(
            id: "u4", task: name, status: .rejected, trigger: .age, experience: 5,
            examples: .init(new: 42, replayed: 126), progress: 1,
            verdict: Verdict(
                decision: .reject,
                reason: "rejected: slice 2 fell 3.1 points, 95 % interval 1.2 to 5.0, of 412 examples", slices: [],
                tolerance: 0.02, confidence: 0.95), adapter: .init(version: "v5", digest: digest(5)),
            createdAt: at(-900), startedAt: at(-899), finishedAt: at(-895.75))
        let accuracies = [1, 0.985, 0.96, 0.938]
        let versions = (1...4).map { (number: Int) in
            AdapterVersion(
                version: "v\(number)", digest: digest(number), state: number == 4 ? .champion : .retired,
                parent: number > 1 ? "v\(number - 1)" : nil, update: "u\(number - 1)",
                metrics: .init(accuracy: accuracies[number - 1], examples: 57 * number),
                createdAt: at(-10_000 + 2_000 * Double(number)))
        }
        return TaskReport(
            time: at(0),
            task: LearningTask(
                name: name, description: "What a customer of the shop wants", labels: ["refund", "delay", "size"]),
            versions: versions, waiting: 180, forgetting: try report(updates: 4), updates: [training, rejected],
            curve: TrainingCurve(
                epoch: 1, epochs: 2, step: 40, steps: 90, examplesPerSecond: 412, replayShare: 0.75, points: losses),
            timeline: timeline,
            evaluation: EvaluationReport(version: "v4", answers: answers),
            replay: ReplayComposition(items: exemplars, offered: 480, storedBytes: 1_020), drift: try drift(name))
    }

    private static var losses: [TrainingCurve.Point] {
        (1...40).map { (step: Int) in TrainingCurve.Point(step: step, loss: 2.4 / Double(step).squareRoot()) }
    }

    private static var timeline: [TimelineEvent] {
        let promoted = (1...4).map { number in
            TimelineEvent(time: at(-10_000 + 2_000 * Double(number)), version: "v\(number)", cause: .update)
        }
        return promoted + [
            TimelineEvent(time: at(-1_500), version: "v3", cause: .rollback),
            TimelineEvent(time: at(-1_200), version: "v4", cause: .promote),
        ]
    }

    private static var exemplars: [ReplayComposition.Item] {
        let labels = ["refund", "delay", "size"]
        return (0..<60).map { (index: Int) -> ReplayComposition.Item in
            ReplayComposition.Item(
                label: labels[index % 7 % 3], textBytes: 40 + index, experience: 1 + index / 15, rehearsals: index % 9)
        }
    }

    private static var answers: [EvaluationReport.Answer] {
        let labels = ["refund", "delay", "size"]
        return (0..<60).map { (index: Int) -> EvaluationReport.Answer in
            let isWrong = index % 9 == 4
            return EvaluationReport.Answer(
                expected: labels[index % 3], predicted: labels[isWrong ? (index + 1) % 3 : index % 3],
                score: isWrong ? 0.55 : 0.8 + Double(index % 20) / 100)
        }
    }

    static func drift(_ task: TaskName) throws -> DriftReport {
        let samples = DriftVerdict.Samples(reference: 1_200, current: 412, minimum: 100)
        return DriftReport(
            task: task, time: at(0), adapter: "v4",
            verdicts: [
                DriftVerdict(
                    kind: .input, statistic: "mmd", value: 0.0012, threshold: 0.05, pValue: 0.41, samples: samples,
                    level: .ok, advice: "Inputs look as they did."),
                DriftVerdict(
                    kind: .label, statistic: "psi", value: 0.31, threshold: 0.25, samples: samples,
                    window: .init(from: at(-8_000), to: at(0)), level: .drift, since: at(-8_000),
                    advice: "Other labels arrive than the adapter was judged on; let it learn them."),
                DriftVerdict(
                    kind: .performance, statistic: "adwin", samples: .init(reference: 30, current: 12, minimum: 100),
                    level: .insufficient, advice: "Too few labelled examples."),
            ],
            series: [
                DriftSeries(
                    kind: .label, statistic: "psi", threshold: 0.25,
                    points: (0..<12).map { (index: Int) in
                        DriftSeries.Point(time: at(-8_000 + 700 * Double(index)), value: 0.02 * Double(index + 3))
                    })
            ],
            events: [
                DriftEvent(
                    time: at(-7_000), kind: .label, level: .drift, message: "labels drifted: PSI 0.31",
                    action: "update",
                    update: "u5")
            ])
    }

    static func snapshot(task: Bool = false) throws -> DashboardSnapshot {
        DashboardSnapshot(
            address: "http://127.0.0.1:8088", overview: overview(),
            rates: .init(requestsPerSecond: 412.4, median: 0.0019, percentile99: 0.0084),
            report: task ? try Samples.task() : nil)
    }

    /// What stands above every frame of 80 columns.
    static let header = """
        perennial  http://127.0.0.1:8088  all-MiniLM-L6-v2  up 2 h 05 min
        412 requests/s · p50 1.90 ms · p99 8.40 ms · queue 3 · 12 updates today
        replay 29.2 kB · memory 312 MB
        """

    /// ``report(updates:)`` of four as a terminal shows it.
    static let heatmap = """
        helpdesk: accuracy in percent on the held-out examples of each experience
         version    1    2    3    4
              v1  100    ·    ·    ·
              v2   97   99    ·    ·
              v3   94   96   98    ·
              v4   91   93   95   97
        held out   57   64   71   78

        average accuracy    94.0  last row, mean over experiences
        forgetting           6.0  best ever minus last, mean over old ones
        backward transfer   -6.0  last minus when learned, mean over old ones
        forward transfer     6.2  before learning minus untrained, mean from 2nd on
        plasticity          98.5  when learned, mean over experiences
        minimum accuracy    93.0  min-ACC: lowest ever since, mean over old ones
        anytime accuracy    97.1  AAA: all seen so far, mean over versions
        """

    static func digest(_ number: Int) -> String { "sha256:" + String(repeating: "\(number)a", count: 32) }

    /// Seconds from noon of a day in 2026.
    static func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: 1_790_000_000 + seconds) }
}

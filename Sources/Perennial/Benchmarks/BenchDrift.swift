import Adapters
import ArgumentParser
import Evaluation
import Foundation
import Schema
import Tensors

/// Whether drift is told when there is some, soon enough, and not told when there is none.
struct BenchDrift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "False alarms and detection of drift, on real texts of a stream file.",
        discussion: """
            Each text is embedded once and answered by a linear head on the frozen features, trained on half of the rows; the
            rest are held out as reference and drawn from as traffic. By the service's own code, without a service.
            A run is made of its seed alone, so many can be asked in parts: --only KIND and --first-seed N.
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "Stream file whose last experience is the unseen domain.") var stream: String
    @Option(help: "Folder of the data set (train.jsonl).") var data: String
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Kinds of traffic to run: still, \(DriftWorld.Scenario.names); all when none is named.")
    var only: [String] = []
    @Option(help: "Seed of the first task and of the first run; the next have the next.") var firstSeed = 0
    @Option(help: "Runs of each kind of drift.") var seeds = 200
    @Option(help: "Tasks that stand still, each for 30 days.") var tasks = 10
    @Option(help: "Queries and labelled examples a day, of the tasks that stand still.") var daily = 500
    @Option(help: "Share of the traffic that moves.") var share = 0.2
    @Option(help: "Examples within which a drift must be told.") var within = 500
    @Option(help: "Rows of the data set to use, from its beginning.") var rows = 6_000
    @Option(help: "Threads.") var threads = 2

    func validate() throws {
        for (option, value) in [("--seeds", seeds), ("--tasks", tasks), ("--daily", daily), ("--within", within)] {
            try OptionRange.require(option, value, OptionRange.counts)
        }
        try OptionRange.require("--first-seed", firstSeed, 0...1_000_000_000)
        try OptionRange.require("--rows", rows, 1_000...10_000_000)
        try OptionRange.require("--threads", threads, OptionRange.threads)
        guard share > 0, share <= 1 else {
            throw ValidationError("--share must be above 0 and at most 1, not \(share)")
        }
        for name in only where name != Self.still && DriftWorld.Scenario(rawValue: name) == nil {
            throw ValidationError("--only \(name) is unknown; use \(Self.still), \(DriftWorld.Scenario.names)")
        }
    }

    func run() async throws {
        let stream = try StreamFile.load(from: URL(filePath: stream))
        guard let unseen = stream.experiences?.last, let experiences = stream.experiences, experiences.count > 1 else {
            throw CommandFailure("the stream must have at least two experiences of labels", .badData)
        }
        let file = URL(filePath: data).appending(path: "train.jsonl")
        let examples = Array(try LabelledFile.load(file).prefix(rows))
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let progress = ProgressLine("drift", quiet: options.hidesProgress || options.json)
        progress.update(0, "embedding")
        let world = try DriftWorld(examples, unseen: Set(unseen), base: base, threads: threads)
        var result = Result(daily: daily, share: share, within: within, firstSeed: firstSeed)
        let start = ContinuousClock.now
        if isAsked(Self.still) {
            progress.update(0.2, Self.still)
            result.falseAlarms = await runs(tasks) { world.falseAlarms(seed: $0, days: 30, daily: daily) }
        }
        for (index, scenario) in DriftWorld.Scenario.allCases.enumerated() where isAsked(scenario.rawValue) {
            progress.update(0.4 + 0.2 * Double(index), scenario.rawValue)
            let found = await runs(seeds) {
                world.detection(of: scenario, share: share, seed: $0, limit: within)
            }
            result.detections[scenario.rawValue] = Detection(found)
        }
        result.seconds = Measurement.seconds(since: start)
        progress.finish("done")
        if options.json { return try JSON.print(result) }
        if let alarms = result.falseAlarms {
            Console.line(
                "30 still days of \(daily) queries and as many labels, \(tasks) tasks: "
                    + "\(alarms.map(\.count).reduce(0, +)) false alarms, at most \(alarms.map(\.count).max() ?? 0) a task")
            for alarm in alarms.joined() { Console.line("  " + alarm) }
        }
        for (name, detection) in result.detections.sorted(by: { $0.key < $1.key }) {
            Console.line(
                "\(name): told within \(within) examples in \(detection.told) of \(detection.runs) runs, median after "
                    + "\(detection.median.map(String.init) ?? "–"), by "
                    + detection.kinds.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
        }
        Console.line(String(format: "%.0f s", result.seconds))
    }

    private static let still = "still"

    private func isAsked(_ name: String) -> Bool { only.isEmpty || only.contains(name) }

    /// One result for each seed, on as many threads as asked for.
    private func runs<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (UInt64) -> Value) async -> [Value] {
        let seeds = firstSeed..<firstSeed + count
        return await withTaskGroup(of: [(Int, Value)].self) { group in
            for thread in 0..<threads {
                group.addTask {
                    stride(from: seeds.lowerBound + thread, to: seeds.upperBound, by: threads).map { ($0, body(UInt64($0))) }
                }
            }
            var results: [(Int, Value)] = []
            for await part in group { results += part }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private struct Result: Encodable {
        var daily: Int
        var share: Double
        var within: Int
        var firstSeed: Int
        /// For each task, what was told of the traffic that stood still.
        var falseAlarms: [[String]]?
        var detections: [String: Detection] = [:]
        var seconds = 0.0

        enum CodingKeys: String, CodingKey {
            case daily, share, within
            case firstSeed = "first_seed"
            case falseAlarms = "false_alarms"
            case detections, seconds
        }
    }

    private struct Detection: Encodable {
        var runs: Int
        /// Runs in which it was told in time.
        var told: Int
        /// Examples until told; of those runs.
        var median: Int?
        var slowest: Int?
        /// The kinds of drift that were told first, and in how many runs.
        var kinds: [String: Int]

        init(_ found: [DriftWorld.Told?]) {
            let after = found.compactMap { $0?.after }.sorted()
            runs = found.count
            told = after.count
            median = after.isEmpty ? nil : after[after.count / 2]
            slowest = after.last
            kinds = found.compactMap { $0 }.flatMap(\.kinds).reduce(into: [:]) { $0[$1.rawValue, default: 0] += 1 }
        }
    }
}

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
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "Stream file whose last experience is the unseen domain.") var stream: String
    @Option(help: "Folder of the data set (train.jsonl).") var data: String
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Runs of each kind of drift.") var seeds = 200
    @Option(help: "Tasks that stand still, each for 30 days.") var tasks = 10
    @Option(help: "Queries and labelled examples a day, of the tasks that stand still.") var daily = 500
    @Option(help: "Share of the traffic that moves.") var share = 0.2
    @Option(help: "Examples within which a drift must be told.") var within = 500
    @Option(help: "Rows of the data set to use, from its beginning.") var rows = 6_000
    @Option(help: "Threads.") var threads = 2

    func validate() throws {
        guard seeds >= 0, tasks >= 0, daily > 0, within > 0, rows >= 1_000, threads > 0, share > 0, share <= 1 else {
            throw ValidationError(
                "--share must be above 0 and at most 1, --rows at least 1000, --daily, --within and --threads positive")
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
        var result = Result(daily: daily, share: share, within: within, seeds: seeds)
        let start = ContinuousClock.now
        let still = await runs(0..<tasks) { world.falseAlarms(seed: UInt64($0), days: 30, daily: daily) }
        result.falseAlarms = still
        for (index, scenario) in DriftWorld.Scenario.allCases.enumerated() {
            progress.update(0.3 + 0.23 * Double(index), scenario.rawValue)
            let found = await runs(0..<seeds) {
                world.detection(of: scenario, share: share, seed: UInt64(1_000 + $0), limit: within)
            }
            result.detections[scenario.rawValue] = Detection(found, limit: within)
        }
        result.seconds = Measurement.seconds(since: start)
        progress.finish("done")
        if options.json { return try JSON.print(result) }
        Console.line(
            "30 still days of \(daily) queries and as many labels: false alarms by task \(still.map(\.count)), "
                + "\(still.map { $0.joined(separator: "; ") }.filter { !$0.isEmpty }.joined(separator: " | "))")
        for (name, detection) in result.detections.sorted(by: { $0.key < $1.key }) {
            Console.line(
                String(
                    format: "%@: told within %d examples in %.1f %% of %d runs, median after %d", name, within,
                    detection.share * 100, seeds, detection.median ?? -1))
        }
        Console.line(String(format: "%.0f s", result.seconds))
    }

    /// One result for each seed, on as many threads as asked for.
    private func runs<Value: Sendable>(
        _ seeds: Range<Int>, _ body: @escaping @Sendable (Int) -> Value
    ) async -> [Value] {
        await withTaskGroup(of: [(Int, Value)].self) { group in
            for thread in 0..<threads {
                group.addTask {
                    stride(from: seeds.lowerBound + thread, to: seeds.upperBound, by: threads).map { ($0, body($0)) }
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
        var seeds: Int
        /// For each task, what was told of the traffic that stood still.
        var falseAlarms: [[String]] = []
        var detections: [String: Detection] = [:]
        var seconds = 0.0

        enum CodingKeys: String, CodingKey {
            case daily, share, within, seeds
            case falseAlarms = "false_alarms"
            case detections, seconds
        }
    }

    private struct Detection: Encodable {
        var share: Double
        /// Examples until told; of the runs in which it was.
        var median: Int?
        var slowest: Int?

        init(_ found: [Int?], limit: Int) {
            let told = found.compactMap { $0 }.sorted()
            share = found.isEmpty ? 0 : Double(told.count) / Double(found.count)
            median = told.isEmpty ? nil : told[told.count / 2]
            slowest = told.last
        }
    }
}

import ArgumentParser
import Dashboards
import Foundation
import Pipeline
import Schema

struct BenchGate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate", abstract: "Whether the gate keeps harmful updates out, and lets the others through.",
        discussion: """
            A champion learns all experiences of a stream but the last. Then harmful and benign updates are tried on it, each \
            as if it were the only one, by the service's own code. What they truly did to the old slices is measured on test \
            rows that no gate sees. Without --stream and --data it is the demo's stream, whose few rows tell little.

            With --results FILE a run that was interrupted, or a later one with a larger --count, goes on where the file ends.
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "Stream file.") var stream: String?
    @Option(help: "Folder of the data set (train.jsonl, test.jsonl).") var data: String?
    @Option(help: "Recipe, by name or file.") var recipe = "default"
    @Option(help: "Updates of either sort.") var count = 200
    @Option(help: "Examples in an update.") var examples = 100
    @Option(help: "Experiences that the champion learns, the latest ones; all by default.") var experiences: Int?
    @Option(help: "Accuracy that an old slice may truly lose.") var tolerance = 0.02
    @Option(help: "File of JSON lines, one an update: read first, and added to.") var results: String?
    @Option(help: "Stop after this many seconds, at the end of an update.") var seconds: Double?
    @Flag(help: "Also measure what blocked harmful and served benign updates do; takes longer.") var all = false
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Share held out for the gate, never trained on.") var holdout = 0.15

    func validate() throws {
        try OptionRange.require("--count", count, OptionRange.counts)
        try OptionRange.require("--examples", examples, 10...1_000_000)
        try OptionRange.require("--experiences", experiences, 2...1_000_000)
        try OptionRange.require("--tolerance", tolerance, 0...1)
        try OptionRange.require("--seconds", seconds, 0...1e9)
        try OptionRange.require("--holdout", holdout, OptionRange.holdouts)
        guard (stream == nil) == (data == nil) else {
            throw ValidationError("--stream and --data belong together; without both it is the demo's stream")
        }
    }

    func run() async throws {
        let start = ContinuousClock.now
        var recipe = try RecipeLibrary(home: options.homeDirectory).recipe(namedOrIn: recipe)
        // The gate alone: nothing is kept from it.
        recipe.quarantine.falseAlarms = 0
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let place = try StreamFile.place(stream: stream, data: data, seed: recipe.seed)
        let world = try GateWorld(
            StreamFile.load(from: place.stream), folder: place.data, maximum: experiences, seed: recipe.seed)
        let progress = ProgressLine("gate", quiet: options.hidesProgress)
        var log = try GateLog(results.map { URL(filePath: $0) })
        let waiting = schedule.filter { number, kind in
            !log.trials.contains { $0.number == number && $0.kind.isHarmful == kind.isHarmful }
        }
        var accuracy: Double?
        if !waiting.isEmpty {
            let experiment = try GateExperiment(
                world: world, learner: base.learner(threads: recipe.threads), recipe: recipe, examples: examples,
                holdout: holdout
            ) { progress.update($0 * 0.1, $1) }
            accuracy = experiment.accuracy
            for (done, (number, kind)) in waiting.enumerated() {
                if let seconds, Measurement.seconds(since: start) > seconds { break }
                let trial = try experiment.trial(number, kind, measuresAll: all)
                try log.add(trial)
                progress.update(
                    0.1 + 0.9 * Double(done + 1) / Double(waiting.count), "\(kind.rawValue) \(trial.outcome.rawValue)")
            }
        }
        progress.finish("done")
        let summary = GateSummary(log.trials, tolerance: tolerance, championAccuracy: accuracy)
        if options.json { return try JSON.print(summary) }
        Console.output(summary.text(width: max(Console.size.columns, 120)))
        Console.line(String(format: "%.0f s", Measurement.seconds(since: start)))
    }

    /// Harmful and benign in turn, so that a run that is cut short has some of each.
    private var schedule: [(Int, GateWorld.Kind)] {
        (0..<count).flatMap { number in
            [GateWorld.Kind.harmful, GateWorld.Kind.benign].map { kinds in (number, kinds[number % kinds.count]) }
        }
    }
}

/// Trials on disk, one JSON object a line; only in memory without a file.
struct GateLog {
    private(set) var trials: [GateTrial] = []
    private let file: FileHandle?

    init(_ url: URL?) throws {
        guard let url else {
            file = nil
            return
        }
        if FileManager.default.fileExists(atPath: url.path) {
            let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
            trials = try lines.enumerated().map { index, line in
                do {
                    return try JSONDecoder().decode(GateTrial.self, from: Data(line.utf8))
                } catch {
                    throw CommandFailure("\(url.path), line \(index + 1): is no trial; delete it or the file", .badData)
                }
            }
        } else {
            guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
                throw CommandFailure("\(url.path) cannot be written; name another file", .cannotWrite)
            }
        }
        file = try FileHandle(forWritingTo: url)
        _ = try file?.seekToEnd()
    }

    mutating func add(_ trial: GateTrial) throws {
        trials.append(trial)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try file?.write(contentsOf: encoder.encode(trial) + Data("\n".utf8))
    }
}

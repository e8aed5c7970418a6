import ArgumentParser
import Foundation
import Logging
import Pipeline
import Schema
import Store

struct BenchUpdates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "updates", abstract: "Time and memory of every update of a long stream of small ones.",
        discussion: """
            A ledger and the service's own trainer on a temporary home: examples are appended, claimed, learned with
            replay, judged on every held-out slice, registered and forgotten again, update after update. Labels return.
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "JSONL with text and label; repeated with a number in each text until there are enough.") var data:
        String
    @Option(help: "Updates.") var updates = 100
    @Option(help: "New examples in each.") var examples = 100
    @Option(help: "Recipe name.") var recipe = "default"
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Threads.") var threads = 2

    func validate() throws {
        guard updates >= 10, examples >= 10, threads > 0 else {
            throw ValidationError("--updates and --examples must be at least 10, --threads positive")
        }
    }

    func run() async throws {
        let rows = try LabelledFile.load(URL(filePath: data))
        guard !rows.isEmpty else { throw CommandFailure("\(data) holds no example", .badData) }
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let recipes = RecipeLibrary(home: options.homeDirectory)
        _ = try recipes.recipe(named: recipe)
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        defer { try? store.close() }
        var logger = options.logger("trainer")
        if !options.verbose { logger.logLevel = .error }
        let worker = UpdateWorker(
            store: store, learner: try base.learner(threads: threads), recipe: { try recipes.recipe(named: $0) },
            logger: logger)
        let task = try TaskName("stream")
        var policy = UpdatePolicy()
        policy.minimumExamples = 1_000_000
        policy.recipe = recipe
        _ = try await store.putTask(task, update: policy)

        let progress = ProgressLine("updates", quiet: options.hidesProgress || options.json)
        var measured: [Step] = []
        for number in 1...updates {
            let batch = (0..<examples).map { offset in
                let index = (number - 1) * examples + offset
                var example = rows[index % rows.count]
                if index >= rows.count { example.text += " (\(index / rows.count))" }
                return LedgerEntry(line: offset + 1, example: example)
            }
            _ = try await store.append(LedgerBatch(entries: batch), to: task)
            let requested = try await store.requestUpdate(task, trigger: .request)
            let start = ContinuousClock.now
            _ = try await worker.runNextUpdate()
            let seconds = Measurement.seconds(since: start)
            let update = try await store.update(requested.id)
            if update.status == .failed { throw CommandFailure("update \(number) failed: \(update.error ?? "")") }
            measured.append(
                Step(
                    update: number, status: update.status, seconds: seconds, new: update.examples.new,
                    replayed: update.examples.replayed, resident_bytes: Measurement.residentBytes,
                    judged: update.verdict?.slices.reduce(0) { $0 + $1.examples } ?? 0,
                    accuracy: try await store.champion(task)?.version.metrics.accuracy))
            progress.update(Double(number) / Double(updates), String(format: "%.2f s", seconds))
        }
        progress.finish("done")
        let result = Result(steps: measured)
        if options.json { return try JSON.print(result) }
        Console.line(
            String(
                format: "updates 3 to 7: %.2f s, %.0f MB; the last five: %.2f s, %.0f MB; %.2f times the time, %.2f the memory",
                result.early_seconds, result.early_resident_bytes / 1e6, result.late_seconds,
                result.late_resident_bytes / 1e6, result.time_ratio, result.memory_ratio))
        Console.line(
            String(
                format: "held-out examples judged by: %.0f, at the end %.0f; accuracy on them %.1f and %.1f %%; %d of %d promoted",
                result.early_judged, result.late_judged, result.early_accuracy * 100, result.late_accuracy * 100,
                result.promoted, updates))
    }

    private struct Step: Encodable {
        var update: Int
        var status: UpdateStatus
        var seconds: Double
        var new: Int
        var replayed: Int
        /// After it.
        var resident_bytes: Int
        /// Held-out examples that candidate and champion were compared on.
        var judged: Int
        /// Of the version then serving, when it was judged.
        var accuracy: Double?
    }

    /// Medians of five updates: around the fifth, and at the end.
    private struct Result: Encodable {
        var early_seconds: Double
        var late_seconds: Double
        var time_ratio: Double
        var early_resident_bytes: Double
        var late_resident_bytes: Double
        var memory_ratio: Double
        var early_judged: Double
        var late_judged: Double
        var early_accuracy: Double
        var late_accuracy: Double
        var promoted: Int
        var updates: [Step]

        init(steps: [Step]) {
            func median(_ steps: some Sequence<Step>, _ value: (Step) -> Double) -> Double {
                Measurement.percentile(steps.map(value).sorted(), 0.5)
            }
            let (early, late) = (steps[2..<7], steps.suffix(5))
            early_seconds = median(early, \.seconds)
            late_seconds = median(late, \.seconds)
            time_ratio = late_seconds / early_seconds
            early_resident_bytes = median(early) { Double($0.resident_bytes) }
            late_resident_bytes = median(late) { Double($0.resident_bytes) }
            memory_ratio = late_resident_bytes / early_resident_bytes
            early_judged = median(early) { Double($0.judged) }
            late_judged = median(late) { Double($0.judged) }
            early_accuracy = median(early) { $0.accuracy ?? 0 }
            late_accuracy = median(late) { $0.accuracy ?? 0 }
            promoted = steps.count { $0.status == .promoted }
            updates = steps
        }
    }
}

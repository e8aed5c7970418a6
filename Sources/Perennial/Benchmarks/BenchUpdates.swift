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
            replay, judged on every held-out slice, registered and forgotten again, update after update. A quarter of the
            labels is active at a time; each comes for some updates, stays away for about fifteen, and returns. Wording
            drifts: none of the texts is reworded in the first update, all are in the last.
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "JSONL with text and label; a label's rows are used again once it has no more.") var data: String
    @Option(help: "Updates.") var updates = 100
    @Option(help: "New examples in each.") var examples = 100
    @Option(help: "Seed of the rewording.") var seed: UInt64 = 0
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
        let stream = ReturningStream(rows, updates: updates, examples: examples, seed: seed)
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let recipes = RecipeLibrary(home: options.homeDirectory)
        _ = try recipes.recipe(named: recipe)
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        defer { try? store.close() }
        var logger = options.logger("trainer")
        if !options.verbose { logger.logLevel = .error }
        let learner = try base.learner(threads: threads)
        let worker = UpdateWorker(
            store: store, learner: learner, recipe: { try recipes.recipe(named: $0) }, logger: logger)
        let task = try TaskName("stream")
        var policy = UpdatePolicy()
        policy.minimumExamples = 1_000_000
        policy.recipe = recipe
        _ = try await store.putTask(task, update: policy)

        let progress = ProgressLine("updates", quiet: options.hidesProgress || options.json)
        var measured: [Step] = []
        for (number, experience) in zip(1..., stream.experiences) {
            let batch = zip(1..., experience.examples).map { LedgerEntry(line: $0, example: $1) }
            _ = try await store.append(LedgerBatch(entries: batch), to: task)
            let requested = try await store.requestUpdate(task, trigger: .request)
            let (start, judgingBefore) = (ContinuousClock.now, learner.judgingSeconds)
            _ = try await worker.runNextUpdate()
            let seconds = Measurement.seconds(since: start)
            let update = try await store.update(requested.id)
            if update.status == .failed { throw CommandFailure("update \(number) failed: \(update.error ?? "")") }
            measured.append(
                Step(
                    update: number, status: update.status, seconds: seconds,
                    judging_seconds: learner.judgingSeconds - judgingBefore, new: update.examples.new,
                    reworded: Double(experience.reworded) / Double(experience.examples.count),
                    replayed: update.examples.replayed, resident_bytes: Measurement.residentBytes,
                    judged: update.verdict?.slices.reduce(0) { $0 + $1.examples } ?? 0,
                    accuracy: try await store.champion(task)?.version.metrics.accuracy))
            progress.update(Double(number) / Double(updates), String(format: "%.2f s", seconds))
        }
        progress.finish("done")
        let result = Result(steps: measured, of: stream)
        if options.json { return try JSON.print(result) }
        Console.line(
            String(
                format: "updates 3 to 7: %.2f s, %.0f MB; the last five: %.2f s, %.0f MB; ",
                result.early_seconds, result.early_resident_bytes / 1e6, result.late_seconds,
                result.late_resident_bytes / 1e6)
                + String(format: "%.2f times the time, %.2f the memory", result.time_ratio, result.memory_ratio))
        Console.line(
            String(
                format: "judging: %.2f s by %.0f held-out examples, at the end %.2f s by %.0f; ",
                result.early_judging_seconds, result.early_judged, result.late_judging_seconds, result.late_judged)
                + String(
                    format: "accuracy on them %.1f and %.1f %%; ", result.early_accuracy * 100,
                    result.late_accuracy * 100) + "\(result.promoted) of \(updates) promoted")
        let absence = result.mean_absence.map { String(format: "returned after %.1f updates, on average", $0) }
        Console.line(
            "labels \(absence ?? "never went away"); "
                + String(
                    format: "texts reworded: %.0f %%, of the first update's %.0f %%, of the last one's %.0f %%",
                    result.reworded_share * 100, (measured.first?.reworded ?? 0) * 100,
                    (measured.last?.reworded ?? 0) * 100))
    }

    private struct Step: Encodable {
        var update: Int
        var status: UpdateStatus
        var seconds: Double
        /// Of these, for answering what is held out, solving what answers included.
        var judging_seconds: Double
        var new: Int
        /// Share of its examples, held out or not, that are in other words than their rows.
        var reworded: Double
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
        var early_judging_seconds: Double
        var late_judging_seconds: Double
        var early_judged: Double
        var late_judged: Double
        var early_accuracy: Double
        var late_accuracy: Double
        var promoted: Int
        /// Updates without a label before it returned; `nil` when none was away.
        var mean_absence: Double?
        /// Of all texts.
        var reworded_share: Double
        var updates: [Step]

        init(steps: [Step], of stream: ReturningStream) {
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
            early_judging_seconds = median(early, \.judging_seconds)
            late_judging_seconds = median(late, \.judging_seconds)
            early_judged = median(early) { Double($0.judged) }
            late_judged = median(late) { Double($0.judged) }
            early_accuracy = median(early) { $0.accuracy ?? 0 }
            late_accuracy = median(late) { $0.accuracy ?? 0 }
            promoted = steps.count { $0.status == .promoted }
            mean_absence = stream.meanAbsence
            reworded_share = stream.rewordedShare
            updates = steps
        }
    }
}

import Adapters
import ArgumentParser
import Dashboards
import Evaluation
import Foundation
import Pipeline
import Schema

struct BenchStream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "A whole stream of experiences, learned offline by the service's own code.",
        discussion: "Judged after every experience on the test rows of all labels seen so far, which nothing else sees."
    )
    @OptionGroup var options: GlobalOptions
    @Option(help: "Stream file: the order in which labels or tasks arrive.") var stream: String
    @Option(help: "Folder of the data set (train.jsonl, test.jsonl), or of the tasks' paths.") var data: String
    @Option(help: "Recipe file.") var recipe: String?
    @Option(
        help: "A second recipe file, run on the same stream and printed beside, such as Configs/recipes/naive.yaml.")
    var beside: String?
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Share held out for the gate, never trained on.") var holdout = 0.15
    @Option(help: "Seed instead of the recipe's.") var seed: UInt64?

    func validate() throws {
        guard (0...0.5).contains(holdout) else { throw ValidationError("--holdout must be 0 to 0.5") }
    }

    func run() async throws {
        let stream = try StreamFile.load(from: URL(filePath: stream))
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        var result = try measure(stream, recipe: recipe, base: base)
        if let beside { result.beside = [try measure(stream, recipe: beside, base: base)] }
        if options.json { return try JSON.print(result) }
        for result in [result] + result.beside { show(result) }
    }

    private func measure(_ stream: StreamFile, recipe file: String?, base: BaseModel) throws -> StreamResult {
        var recipe = try file.map { try RecipeLibrary.load(from: URL(filePath: $0)) } ?? Recipe()
        if let seed { recipe.seed = seed }
        let run = StreamMeasurement(
            learner: try base.learner(threads: recipe.threads), recipe: recipe, holdout: holdout,
            progress: ProgressLine(recipe.name, quiet: options.hidesProgress))
        let folder = URL(filePath: data)
        guard let experiences = stream.experiences else {
            return try run.taskIncremental(stream.tasks ?? [], folder: folder)
        }
        return try run.classIncremental(experiences, names: stream.names, folder: folder)
    }

    private func show(_ result: StreamResult) {
        Console.output(ForgettingHeatmap.text(result.report, width: Console.size.columns, color: Console.wantsColor))
        Console.line(
            String(
                format:
                    "recipe %@: final accuracy %.1f %% on all test rows; %.0f s, %.0f examples/s in training; %d exemplars in %d bytes\n",
                result.recipe, result.finalAccuracy * 100, result.seconds, result.examplesPerSecond,
                result.replayExamples, result.replayBytes))
        for (index, verdict) in result.verdicts.enumerated() where verdict.decision != .promote {
            Console.line("experience \(index + 1) was not promoted: \(verdict.reason)")
        }
    }
}

/// Runs a stream and judges it on test rows after every experience.
struct StreamMeasurement {
    let learner: Learner
    let recipe: Recipe
    let holdout: Double
    let progress: ProgressLine

    func classIncremental(_ experiences: [[String]], names: [String]?, folder: URL) throws -> StreamResult {
        let train = Dictionary(grouping: try LabelledFile.load(folder.appending(path: "train.jsonl")), by: \.label)
        let test = Dictionary(grouping: try LabelledFile.load(folder.appending(path: "test.jsonl")), by: \.label)
        for label in experiences.joined() where train[label] == nil || test[label] == nil {
            throw CommandFailure("label \"\(label)\" of the stream has no rows in \(folder.path)", .badData)
        }
        let order = Dictionary(uniqueKeysWithValues: experiences.joined().enumerated().map { ($1, $0) })
        let rows = try LabelledFile.load(folder.appending(path: "train.jsonl")).filter { order[$0.label] != nil }
        var measured = try StreamResult(recipe: recipe.name)
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: holdout)
        for (index, labels) in experiences.enumerated() {
            let title = names?[index] ?? "experience \(index + 1)"
            progress.update(Double(index) / Double(experiences.count), title)
            let wanted = Set(labels)
            let result = try run.learn(rows.filter { wanted.contains($0.label) })
            measured.add(result, memoryBytes: try run.storedBytes(), exemplars: run.memory.count)
            let tests = experiences[...index].map { $0.flatMap { test[$0] ?? [] } }
            measured.add(
                slice: ForgettingReport.Slice(
                    experience: index + 1, labels: labels, holdout: tests[index].count),
                correct: try run.correct(tests))
        }
        measured.finish()
        progress.finish("done")
        return measured
    }

    /// A task of its own for each data set: nothing is shared, so nothing is forgotten.
    func taskIncremental(_ tasks: [StreamFile.TaskEntry], folder: URL) throws -> StreamResult {
        var measured = try StreamResult(recipe: recipe.name)
        var correct: [[Bool]] = []
        for (index, task) in tasks.enumerated() {
            progress.update(Double(index) / Double(tasks.count), task.name)
            let directory = folder.appending(path: task.path)
            let test = try LabelledFile.load(directory.appending(path: "test.jsonl"))
            var run = try StreamRun(learner: learner, recipe: recipe, holdout: holdout)
            let result = try run.learn(try LabelledFile.load(directory.appending(path: "train.jsonl")))
            measured.add(result, memoryBytes: try run.storedBytes(), exemplars: run.memory.count)
            correct += try run.correct([test])
            measured.add(
                slice: ForgettingReport.Slice(
                    experience: index + 1, labels: Set(test.map(\.label)).sorted(), holdout: test.count),
                correct: correct)
        }
        measured.finish()
        progress.finish("done")
        return measured
    }
}

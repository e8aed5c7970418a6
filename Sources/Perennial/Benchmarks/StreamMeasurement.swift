import Evaluation
import Foundation
import Pipeline
import Schema

/// Runs a stream by one recipe and judges it on test rows after every experience.
struct StreamMeasurement {
    let learner: Learner
    let recipe: Recipe
    let holdout: Double
    /// Whether the tasks of a task-incremental stream share one adapter.
    var sharing = false
    let progress: ProgressLine

    func run(_ stream: StreamFile, folder: URL) throws -> StreamResult {
        if let experiences = stream.experiences {
            return try classIncremental(experiences, names: stream.names, folder: folder)
        }
        return try taskIncremental(stream.tasks ?? [], folder: folder)
    }

    private func classIncremental(_ experiences: [[String]], names: [String]?, folder: URL) throws -> StreamResult {
        let data = try StreamData(experiences, folder: folder)
        var measured = try StreamResult(recipe)
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: holdout)
        // The upper bound learns everything at once.
        let updates = recipe.method == .joint ? [0..<experiences.count] : experiences.indices.map { $0..<$0 + 1 }
        for update in updates {
            progress.update(
                Double(update.lowerBound) / Double(experiences.count),
                names?[update.lowerBound] ?? "experience \(update.lowerBound + 1)")
            for index in update where update.count == 1 {
                // Of labels that it does not know, a version gets nothing right.
                let knows = run.adapter.map { !Set($0.labels).isDisjoint(with: experiences[index]) } ?? false
                let unknown = [Bool](repeating: false, count: run.adapter == nil ? 0 : data.tests[index].count)
                measured.addBeforeLearning(
                    knows ? try run.correct([data.tests[index]])[0] : unknown,
                    untrained: data.tests[index].map { $0.label == experiences[0][0] })
            }
            let result = try run.learn(data.training(of: experiences[update].joined()))
            measured.add(result, memoryBytes: try run.storedBytes(), exemplars: run.memory.count)
            measured.add(
                slices: update.map { index in
                    ForgettingReport.Slice(
                        experience: index + 1, labels: experiences[index], holdout: data.tests[index].count)
                },
                correct: try run.correct(Array(data.tests[..<update.upperBound])))
        }
        measured.finish()
        progress.finish("done")
        return measured
    }

    /// A task for each data set. With an adapter of its own each, nothing is forgotten and each is judged once; where they
    /// share one, all are updated and judged whenever one of them is learned.
    private func taskIncremental(_ tasks: [StreamFile.TaskEntry], folder: URL) throws -> StreamResult {
        var measured = try StreamResult(recipe)
        var runs: [StreamRun] = []
        var tests: [[Example]] = []
        var correct: [[Bool]] = []
        for (index, task) in tasks.enumerated() {
            progress.update(Double(index) / Double(tasks.count), task.name)
            let directory = folder.appending(path: task.path)
            let train = try LabelledFile.load(directory.appending(path: "train.jsonl"))
            let test = try LabelledFile.load(directory.appending(path: "test.jsonl"))
            tests.append(test)
            let run = try StreamRun(task: task.name, learner: learner, recipe: recipe, holdout: holdout)
            runs = sharing ? runs + [run] : [run]
            let results = try StreamRun.learn(&runs, runs.indices.map { $0 == runs.count - 1 ? train : [] })
            if let result = results.last {
                measured.add(
                    result, memoryBytes: try runs.reduce(0) { try $0 + $1.storedBytes() },
                    exemplars: runs.reduce(0) { $0 + $1.memory.count })
            }
            let answered = try zip(runs, tests.suffix(runs.count)).flatMap { try $0.correct([$1]) }
            correct = sharing ? answered : correct + answered
            measured.add(
                slices: [
                    ForgettingReport.Slice(
                        experience: index + 1, labels: Set(test.map(\.label)).sorted(), holdout: test.count)
                ], correct: correct)
        }
        measured.finish()
        progress.finish("done")
        return measured
    }
}

/// Rows of a class-incremental stream.
private struct StreamData {
    /// In the order of the file.
    private let rows: [Example]
    /// Of each experience.
    let tests: [[Example]]

    init(_ experiences: [[String]], folder: URL) throws {
        rows = try LabelledFile.load(folder.appending(path: "train.jsonl"))
        let test = Dictionary(grouping: try LabelledFile.load(folder.appending(path: "test.jsonl")), by: \.label)
        let trained = Set(rows.map(\.label))
        for label in experiences.joined() where !trained.contains(label) || test[label] == nil {
            throw CommandFailure("label \"\(label)\" of the stream has no rows in \(folder.path)", .badData)
        }
        tests = experiences.map { $0.flatMap { test[$0] ?? [] } }
    }

    func training(of labels: some Sequence<String>) -> [Example] {
        let wanted = Set(labels)
        return rows.filter { wanted.contains($0.label) }
    }
}

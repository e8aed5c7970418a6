import Adapters
import ArgumentParser
import Foundation
import Schema
import Store
import Tensors

struct BenchInstant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instant", abstract: "What the analytic head knows of labels after 1, 5 and 10 examples each.",
        discussion: """
            All other labels are learned first, without the held-out share. Then the new labels' examples arrive one by \
            one, without a gradient step. Judged on test rows, among all labels; means over several draws of new labels.
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "JSONL with text and label, learned.") var data: String
    @Option(help: "JSONL with text and label, judged by.") var test: String
    @Option(help: "Labels that arrive late.") var newLabels = 11
    @Option(help: "Draws of late labels and of their examples.") var draws = 5
    @Option(help: "Recipe, by name or file.") var recipe = "default"
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Share of the learned rows left out, by hash of the text.") var holdout = 0.15

    func validate() throws {
        try OptionRange.require("--new-labels", newLabels, OptionRange.counts)
        try OptionRange.require("--draws", draws, OptionRange.counts)
        try OptionRange.require("--holdout", holdout, OptionRange.holdouts)
    }

    func run() async throws {
        let recipe = try RecipeLibrary(home: options.homeDirectory).recipe(namedOrIn: recipe)
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let learned = try LabelledFile.load(URL(filePath: data)).filter { ContentHash.place(of: $0.text) >= holdout }
        let labels = Set(learned.map(\.label)).count
        guard labels > 1 else { throw CommandFailure("\(data) must hold at least two labels to learn", .badData) }
        guard newLabels < labels else {
            throw CommandFailure("--new-labels must be 1 to \(labels - 1): the data has \(labels) labels", .usage)
        }
        let benchmark = try InstantBenchmark(
            learned: embedded(learned, base, recipe),
            judged: embedded(LabelledFile.load(URL(filePath: test)), base, recipe),
            options: recipe.analytic, seed: recipe.seed)
        let result = try benchmark.run(newLabels: newLabels, draws: draws)
        if options.json { return try JSON.print(result) }
        Console.line("examples each   new labels   old labels   old labels before")
        for stage in result.stages {
            Console.line(
                String(
                    format: "%13d   %9.1f %%   %9.1f %%   %16.1f %%", stage.examples, stage.newAccuracy * 100,
                    stage.oldAccuracy * 100, result.oldAccuracy * 100))
        }
        Console.line(String(format: "%.1f ms to learn one example, median", result.milliseconds))
    }

    private func embedded(
        _ examples: [Example], _ base: BaseModel, _ recipe: Recipe
    ) throws -> [AnalyticSums.Row] {
        let tokens = examples.map { base.tokenizer.encode($0.text, maximumLength: recipe.maximumLength) }
        let features = Classifier(encoder: base.encoder).features(tokens, pool: WorkerPool(count: recipe.threads))
        return zip(examples, features).map { AnalyticSums.Row(features: $1, label: $0.label) }
    }
}

/// Late labels learned example by example on top of sums of all the others.
struct InstantBenchmark {
    struct Stage: Encodable {
        /// Of each late label.
        var examples: Int
        var newAccuracy = 0.0
        var oldAccuracy = 0.0

        enum CodingKeys: String, CodingKey {
            case examples
            case newAccuracy = "new_accuracy"
            case oldAccuracy = "old_accuracy"
        }
    }

    struct Result: Encodable {
        /// On the old labels' test rows, before any late label.
        var oldAccuracy = 0.0
        var stages = [Stage(examples: 1), Stage(examples: 5), Stage(examples: 10)]
        /// Median time until one example counts, its features given.
        var milliseconds = 0.0

        enum CodingKeys: String, CodingKey {
            case oldAccuracy = "old_accuracy_before"
            case stages
            case milliseconds = "milliseconds_per_example"
        }
    }

    let learned: [AnalyticSums.Row]
    let judged: [AnalyticSums.Row]
    let options: Recipe.AnalyticOptions
    let seed: UInt64

    func run(newLabels: Int, draws: Int) throws -> Result {
        var result = Result()
        var times: [Double] = []
        let labels = Set(learned.map(\.label)).sorted()
        for draw in 0..<draws {
            var generator = SeededGenerator(seed: seed, stream: UInt64(draw) + 100)
            let late = labels.shuffled(using: &generator).prefix(newLabels)
            let old = learned.filter { !late.contains($0.label) }
            let (newTest, oldTest) = (
                judged.filter { late.contains($0.label) }, judged.filter { !late.contains($0.label) }
            )
            let sums = try AnalyticSums(
                width: options.widths(labels: labels.count).last ?? 0, features: learned[0].features.count
            ).adding(old).favouring(Newcomers([], advantage: Float(options.recency)))
            let solver = try sums.solver(options.fit)
            result.oldAccuracy += accuracy(solver.head, oldTest) / Double(draws)
            var waiting = Dictionary(
                uniqueKeysWithValues: late.map { label in
                    (label, learned.filter { $0.label == label }.shuffled(using: &generator))
                })
            var given = 0
            for index in result.stages.indices {
                for _ in given..<result.stages[index].examples {
                    for label in late {
                        guard let row = waiting[label]?.popLast() else { continue }
                        let start = ContinuousClock.now
                        try solver.add([row])
                        times.append(Measurement.seconds(since: start) * 1_000)
                        solver.settle()
                    }
                }
                given = result.stages[index].examples
                let head = solver.head
                result.stages[index].newAccuracy += accuracy(head, newTest) / Double(draws)
                result.stages[index].oldAccuracy += accuracy(head, oldTest) / Double(draws)
            }
        }
        result.milliseconds = Measurement.percentile(times.sorted(), 0.5)
        return result
    }

    private func accuracy(_ head: AnalyticHead, _ rows: [AnalyticSums.Row]) -> Double {
        let scores = head.scores(rows.map(\.features))
        let correct = zip(scores, rows).count { scores, row in
            topLabels(scores, count: 1).first.map { head.labels[$0.index] } == row.label
        }
        return Double(correct) / Double(max(rows.count, 1))
    }
}

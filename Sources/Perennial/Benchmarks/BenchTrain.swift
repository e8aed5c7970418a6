import Adapters
import ArgumentParser
import Foundation
import Schema
import Tensors
import Training

struct BenchTrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Examples a second of plain LoRA training on one file.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "JSONL with text and label to train on.") var data: String
    @Option(help: "JSONL to judge the result on.") var test: String?
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Rank of the adapter.") var rank = 8
    @Option(help: "Alpha of the adapter; default twice the rank.") var alpha: Double?
    @Option(help: "Projections, separated by commas: query,key,value,attention_output,intermediate,output.")
    var targets = "query,value"
    @Option(help: "How many of the uppermost layers are adapted; 0 is all.") var layers = 0
    @Option(help: "Examples in a batch.") var batchSize = 32
    @Option(help: "Truncate to this many tokens.") var maxLength = 64
    @Option(help: "Epochs.") var epochs = 1
    @Option(help: "Peak learning rate.") var learningRate = 2e-3
    @Option(help: "Seed.") var seed: UInt64 = 0
    @Option(help: "Threads.") var threads = 2
    @Option(help: "Products with the frozen weights: float32, bfloat16 or int8. The test is judged in float32.")
    var precision = Precision.float32
    @Option(help: "Directory to write the adapter to, as `bench serve --adapter` and Hugging Face PEFT read it.")
    var save: String?
    @Flag(help: "Show where the time goes, by operation, against what the processor reaches at best.")
    var profile = false

    func run() async throws {
        let recipe = try recipe()
        if let save { try CommandFailure.requireNew(save) }
        let directory = try ModelLocation(options).directory(of: model)
        let base = try BaseModel(directory, precision: precision)
        let examples = try LabelledFile.load(URL(filePath: data))
        guard !examples.isEmpty else { throw CommandFailure("\(data) holds no example", .badData) }
        let labels = Set(examples.map(\.label)).sorted()
        let positions = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
        func tokenized(_ examples: [Example]) throws -> [TokenizedExample] {
            try examples.map { example in
                guard let label = positions[example.label] else {
                    throw CommandFailure("label \"\(example.label)\" of the test file is not in \(data)", .badData)
                }
                return TokenizedExample(
                    ids: base.tokenizer.encode(example.text, maximumLength: maxLength), label: label)
            }
        }
        let tests = try test.map { try tokenized(try LabelledFile.load(URL(filePath: $0))) }
        let trainer = try Trainer(encoder: base.encoder, recipe: recipe, profiling: profile)
        let progress = ProgressLine("train", quiet: options.hidesProgress)
        let outcome = try trainer.run(
            Trainer.Input(parent: nil, labels: labels, newExamples: try tokenized(examples))
        ) { state in
            progress.update(
                state.fraction, String(format: "loss %.3f, %.0f examples/s", state.loss, state.examplesPerSecond))
            return true
        }
        progress.finish("done")
        let roofline =
            profile ? Roofline(trainer.profile, seconds: outcome.trainingSeconds, threads: threads, precision) : nil
        let judge = precision == .float32 ? trainer : try Trainer(encoder: BaseModel(directory).encoder, recipe: recipe)
        if let save {
            try AdapterFiles(outcome.adapter, lineage: AdapterLineage(base: base.lineage(), recipe: recipe))
                .write(to: URL(filePath: save))
        }
        let result = Result(
            examples_per_second: outcome.examplesPerSecond,
            tokens_per_second: Double(outcome.tokens) / outcome.trainingSeconds, seconds: outcome.trainingSeconds,
            loss: Double(outcome.losses.last ?? 0),
            accuracy: Nullable(tests.map { judge.score(outcome.adapter, on: $0).accuracy }),
            peak_rss_bytes: Measurement.peakResidentBytes, threads: threads,
            precision: precision, blas: try BLAS.information().coreName, roofline: roofline)
        if options.json { return try JSON.print(result) }
        if let roofline { Console.line(roofline.table) }
        Console.line(
            String(
                format: "%.0f examples/s, %.0f tokens/s, %.1f s, loss %.3f%@", result.examples_per_second,
                result.tokens_per_second, result.seconds, result.loss,
                result.accuracy.value.map { String(format: ", test accuracy %.2f %%", $0 * 100) } ?? ""))
    }

    private func recipe() throws -> Recipe {
        var recipe = Recipe()
        recipe.name = "bench-train"
        recipe.adapter.rank = rank
        recipe.adapter.alpha = alpha ?? 2 * Double(rank)
        recipe.adapter.layers = layers
        recipe.adapter.targets = try targets.split(separator: ",").map { name in
            guard let target = TargetModule(rawValue: String(name)) else {
                let known = TargetModule.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure("\"\(name)\" is no target module; known: \(known)", .usage)
            }
            return target
        }
        // Plain training, as elsewhere: a first pass for the new rows would be outside the time that is measured.
        recipe.optimization.imprint = false
        recipe.optimization.batchSize = batchSize
        recipe.optimization.epochs = epochs
        recipe.optimization.learningRate = learningRate
        recipe.maximumLength = maxLength
        recipe.seed = seed
        recipe.threads = threads
        if let problem = recipe.problem { throw CommandFailure(problem, .usage) }
        return recipe
    }

    private struct Result: Encodable {
        var examples_per_second: Double
        var tokens_per_second: Double
        var seconds: Double
        var loss: Double
        var accuracy: Nullable<Double>
        var peak_rss_bytes: Int
        var threads: Int
        var precision: Precision
        var blas: String
        var roofline: Roofline?
    }
}

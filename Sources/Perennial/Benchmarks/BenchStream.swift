import ArgumentParser
import Dashboards
import Foundation
import Pipeline
import Schema
import Tensors

struct BenchStream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "Whole streams of experiences, learned offline by the service's own code.",
        discussion: """
            Judged after every experience on the test rows of all labels seen so far, which nothing else sees. Without \
            --stream and --data it is the demo's stream. Recipes are compared on the same streams and seeds:

            perennial bench stream --compare naive,replay,default --seeds 0,1,2
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "Stream file: the order in which labels or tasks arrive. \"{seed}\" in it stands for each seed.")
    var stream: String?
    @Option(help: "Folder of the data set (train.jsonl, test.jsonl), or of the tasks' paths.") var data: String?
    @Option(help: "Recipe, by name or file.") var recipe = "default"
    @Option(help: "Recipes to compare, by name or file, separated by commas.") var compare: String?
    @Option(help: "Seeds instead of the recipes' own, separated by commas.") var seeds: String?
    @Flag(help: "Print one line of comma-separated values a run.") var csv = false
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Products with the frozen weights: float32, bfloat16 or int8.") var precision = Precision.float32
    @Option(help: "Share held out for the gate, never trained on.") var holdout = 0.15
    @Flag(help: "Let the tasks of a task-incremental stream share one adapter.") var share = false

    private var recipeNames: [String] { (compare ?? recipe).split(separator: ",").map(String.init) }

    /// `nil` for the recipe's own seed.
    private var seedList: [UInt64?]? {
        guard let seeds else { return [nil] }
        let fields = seeds.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = fields.compactMap { UInt64($0) }
        return numbers.count == fields.count ? numbers : nil
    }

    func validate() throws {
        guard (0...0.5).contains(holdout) else { throw ValidationError("--holdout must be 0 to 0.5") }
        guard seedList != nil else {
            throw ValidationError(
                "--seeds must be whole numbers separated by commas, such as 0,1,2; not \(seeds ?? "")")
        }
        guard !recipeNames.isEmpty else { throw ValidationError("--compare must name at least one recipe") }
        guard (stream == nil) == (data == nil) else {
            throw ValidationError("--stream and --data belong together; without both it is the demo's stream")
        }
        guard !(csv && options.json) else { throw ValidationError("--csv and --json cannot both be printed") }
    }

    func run() async throws {
        let library = RecipeLibrary(home: options.homeDirectory)
        let recipes = try recipeNames.map { try library.recipe(namedOrIn: $0) }
        let base = try BaseModel(ModelLocation(options).directory(of: model), precision: precision)
        if csv { Console.line(StreamComparison.csvHeading) }
        let entries = try recipes.map { recipe in
            // What the base model makes of a text is the same for every seed: one learner remembers it.
            let learner = try base.learner(threads: recipe.threads)
            let runs = try (seedList ?? []).map { seed in
                let run = try measure(recipe, seed: seed, learner: learner)
                // As it ends: hours of runs may be ahead.
                if csv { Console.line(StreamComparison.csvLine(recipe.name, run)) }
                return run
            }
            return StreamComparison.Entry(recipe.name, runs)
        }
        let comparison = StreamComparison(recipes: entries)
        if csv { return }
        if compare == nil, let only = entries.first?.runs, only.count == 1 {
            return options.json ? try JSON.print(only[0]) : show(only[0])
        }
        if options.json { return try JSON.print(comparison) }
        for entry in entries { show(entry) }
        Console.output(comparison.text(width: max(Console.size.columns, 140)))
    }

    private func measure(_ recipe: Recipe, seed: UInt64?, learner: Learner) throws -> StreamResult {
        var recipe = recipe
        if let seed { recipe.seed = seed }
        let (file, folder) = try StreamFile.place(stream: stream, data: data, seed: recipe.seed)
        let measurement = StreamMeasurement(
            learner: learner, recipe: recipe, holdout: holdout, sharing: share,
            progress: ProgressLine("\(recipe.name), seed \(recipe.seed)", quiet: options.hidesProgress))
        let stream = try StreamFile.load(from: file)
        if share {
            guard stream.tasks != nil else {
                throw CommandFailure("--share needs a stream of tasks; \(file.path) is one of labels", .usage)
            }
            if let problem = recipe.sharingProblem { throw CommandFailure("--share: \(problem)", .badConfiguration) }
        }
        return try measurement.run(stream, folder: folder)
    }

    private func show(_ entry: StreamComparison.Entry) {
        guard let report = entry.report else { return }
        Console.line("recipe \(entry.recipe), mean of \(entry.runs.count) runs")
        show(report)
        Console.line("")
    }

    private func show(_ report: ForgettingReport) {
        let width = Console.size.columns
        Console.output(ForgettingHeatmap.text(report, on: .test, width: width, color: Console.wantsColor))
    }

    private func show(_ result: StreamResult) {
        show(result.report)
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

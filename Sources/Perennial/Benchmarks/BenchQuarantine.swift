import ArgumentParser
import Foundation
import Pipeline
import Schema

struct BenchQuarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "How many wrong labels are set aside for review, and how many right ones.",
        discussion: """
            A champion learns all experiences of a stream but the last, and of these three quarters of each label. From the \
            rest updates are drawn, some with labels flipped at random and some without, and screened by the service's own \
            code. Without --stream and --data it is the demo's stream, whose few rows tell little.
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "Stream file.") var stream: String?
    @Option(help: "Folder of the data set (train.jsonl, test.jsonl).") var data: String?
    @Option(help: "Recipe, by name or file.") var recipe = "default"
    @Option(help: "Share of good examples that may be set aside, instead of the recipe's.") var falseAlarms: Double?
    @Option(help: "Updates drawn, with and without flipped labels each.") var draws = 10
    @Option(help: "Examples in an update.") var examples = 500
    @Option(help: "Share of the labels flipped.") var flipped = 0.3
    @Option(help: "Experiences that the champion learns, the latest ones; all by default.") var experiences: Int?
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Share held out for the gate, never trained on.") var holdout = 0.15

    func validate() throws {
        try OptionRange.require("--draws", draws, OptionRange.counts)
        try OptionRange.require("--examples", examples, OptionRange.counts)
        try OptionRange.require("--experiences", experiences, 2...1_000_000)
        try OptionRange.require("--holdout", holdout, OptionRange.holdouts)
        try OptionRange.require("--false-alarms", falseAlarms, 0...0.1)
        guard (0..<1).contains(flipped) else { throw ValidationError("--flipped must be 0 up to 1, not \(flipped)") }
        guard (stream == nil) == (data == nil) else {
            throw ValidationError("--stream and --data belong together; without both it is the demo's stream")
        }
    }

    func run() async throws {
        var recipe = try RecipeLibrary(home: options.homeDirectory).recipe(namedOrIn: recipe)
        recipe.quarantine.falseAlarms = falseAlarms ?? recipe.quarantine.falseAlarms
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let place = try StreamFile.place(stream: stream, data: data, seed: recipe.seed)
        let world = try GateWorld(
            StreamFile.load(from: place.stream), folder: place.data, maximum: experiences, seed: recipe.seed)
        let progress = ProgressLine("quarantine", quiet: options.hidesProgress)
        let champion = try GateExperiment(
            world: world, learner: base.learner(threads: recipe.threads), recipe: recipe, examples: examples,
            holdout: holdout
        ) { progress.update($0 * 0.5, $1) }.champion
        var result = Result(allowed: recipe.quarantine.falseAlarms)
        for draw in 0..<draws {
            for share in [0, flipped] {
                let (wrong, right) = world.poisoned(examples, share: share, seed: UInt64(draw))
                let doubted = Set(try champion.doubted(wrong + right).map(\.example))
                result.add(wrong: wrong, right: right, doubted: doubted, isClean: share == 0)
            }
            progress.update(0.5 + 0.5 * Double(draw + 1) / Double(draws), "update \(draw + 1)")
        }
        progress.finish("done")
        if options.json { return try JSON.print(result) }
        Console.line(
            String(
                format: "clean updates: %d of %d good examples set aside (%.2f %%; %.2f %% allowed)",
                result.clean.rightSetAside, result.clean.right, result.clean.falseAlarms * 100, result.allowed * 100))
        Console.line(
            String(
                format: "with flipped labels: %d of %d wrong ones set aside (%.1f %%), %d of %d good ones (%.2f %%)",
                result.poisoned.wrongSetAside, result.poisoned.wrong, result.poisoned.found * 100,
                result.poisoned.rightSetAside, result.poisoned.right, result.poisoned.falseAlarms * 100))
    }

    private struct Result: Encodable {
        /// The recipe's.
        var allowed: Double
        var clean = Counts()
        var poisoned = Counts()

        mutating func add(wrong: [Example], right: [Example], doubted: Set<Example>, isClean: Bool) {
            let counts = Counts(
                wrong: wrong.count, wrongSetAside: wrong.count { doubted.contains($0) }, right: right.count,
                rightSetAside: right.count { doubted.contains($0) })
            if isClean { clean += counts } else { poisoned += counts }
        }
    }

    private struct Counts: Encodable {
        var wrong = 0
        var wrongSetAside = 0
        var right = 0
        var rightSetAside = 0

        var found: Double { Double(wrongSetAside) / Double(max(wrong, 1)) }
        var falseAlarms: Double { Double(rightSetAside) / Double(max(right, 1)) }

        static func += (left: inout Self, right: Self) {
            left.wrong += right.wrong
            left.wrongSetAside += right.wrongSetAside
            left.right += right.right
            left.rightSetAside += right.rightSetAside
        }

        enum CodingKeys: String, CodingKey {
            case wrong, right
            case wrongSetAside = "wrong_set_aside"
            case rightSetAside = "right_set_aside"
        }
    }
}

import Adapters
import Foundation
import Replay
import Schema
import Store

/// A stream of experiences learned in memory by the same ``Learner`` as the service: same held-out share, replay,
/// gate and retries, without a ledger.
public struct StreamRun {
    public private(set) var adapter: ClassifierAdapter?
    public private(set) var sums: AnalyticSums?
    public private(set) var analytic: AnalyticHead?
    private var fit: AnalyticFit?
    public private(set) var blend = Blend.adapterAlone
    private var schedule = TrainingSchedule()
    public private(set) var memory: ReplayMemory
    public private(set) var results: [Learner.Result] = []
    /// Its name among tasks that share an adapter.
    private let task: String
    private let learner: Learner
    /// How the next update learns.
    public var recipe: Recipe
    private let holdout: Double
    private var labels: [String] = []
    private var slices: [HeldOutSlice] = []
    private var experiences = 0
    private var parentAnswers: [Int64: HeldOutAnswer] = [:]
    /// Of rejected updates: they join the next one.
    private var waiting: (training: [LedgerExample], heldOut: [LedgerExample]) = ([], [])
    private var sequence: Int64 = 0
    /// Text and label of what has come: again it is a duplicate, as it is to the ledger.
    private var seen: Set<[String]> = []
    /// Labels that examples have come of.
    private var begun: Set<String> = []
    /// Texts that are learned whatever their hash.
    private var firstTexts: Set<String> = []
    /// Examples of the last update that were set aside; they stay out of the stream.
    public private(set) var setAside: [LedgerExample] = []

    /// - Parameters:
    ///   - holdout: share of each label held out for the gate, by hash of the text, never trained on; a label's first
    ///     example is not.
    ///   - declared: labels that are known before their first example.
    public init(
        task: String = "", learner: Learner, recipe: Recipe, holdout: Double, declared: [String] = []
    ) throws {
        self.task = task
        self.learner = learner
        self.recipe = recipe
        self.holdout = holdout
        labels = declared
        memory = try ReplayFiles.emptyMemory(recipe: recipe)
    }

    /// Learns one experience to its verdict.
    public mutating func learn(_ examples: [Example], monitor: UpdateMonitor = UpdateMonitor()) throws -> Learner.Result
    {
        var runs = [self]
        let results = try Self.learn(&runs, [examples], monitor: monitor)
        self = runs[0]
        return results[0]
    }

    /// Learns one experience of several tasks that share an adapter, to one decision on all.
    ///
    /// - Parameter examples: of each task; may be empty for some.
    public static func learn(
        _ runs: inout [StreamRun], _ examples: [[Example]], monitor: UpdateMonitor = UpdateMonitor()
    ) throws -> [Learner.Result] {
        precondition(!runs.isEmpty && runs.count == examples.count, "every task needs its examples")
        var inputs: [Learner.Input] = []
        for index in runs.indices { inputs.append(runs[index].arrive(examples[index])) }
        let learner = try runs[0].learner.remembering(inputs)
        for index in runs.indices { try runs[index].screen(&inputs[index], by: learner) }
        let results = try learner.learn(inputs, monitor: monitor)
        for index in runs.indices { runs[index].settle(results[index]) }
        return results
    }

    private mutating func arrive(_ examples: [Example]) -> Learner.Input {
        var known = Set(labels)
        for example in examples where seen.insert([example.text, example.label]).inserted {
            sequence += 1
            if known.insert(example.label).inserted { labels.append(example.label) }
            if begun.insert(example.label).inserted { firstTexts.insert(example.text) }
            let row = LedgerExample(sequence: sequence, text: example.text, label: example.label)
            if !firstTexts.contains(example.text), ContentHash.place(of: example.text) < holdout {
                waiting.heldOut.append(row)
            } else {
                waiting.training.append(row)
            }
        }
        return Learner.Input(
            task: task, recipe: recipe, experience: experiences + 1, labels: labels, parent: adapter, blend: blend,
            sums: sums, analytic: analytic, parentFit: fit, schedule: schedule, memory: memory,
            training: waiting.training, newSlice: waiting.heldOut, oldSlices: slices,
            parentAnswers: parentAnswers)
    }

    private mutating func screen(_ input: inout Learner.Input, by learner: Learner) throws {
        setAside = []
        guard let doubted = try Screening(learner: learner, input: input).doubted() else { return }
        setAside = (waiting.training + waiting.heldOut).filter { doubted[$0.sequence] != nil }
        input = input.without(doubted)
        waiting = (input.training, input.newSlice)
    }

    private mutating func settle(_ result: Learner.Result) {
        results.append(result)
        if result.verdict.decision == .promote {
            adapter = result.adapter
            blend = result.blend
            sums = result.sums
            analytic = result.analytic
            fit = result.analytic.map { _ in result.fit }
            schedule = result.schedule
            memory = result.memory
            experiences += 1
            slices.append(HeldOutSlice(experience: experiences, examples: waiting.heldOut))
            slices = HeldOutLimits(recipe.gate).cut(slices)
            parentAnswers = Dictionary(
                result.answers.map { ($0.example, $0) }, uniquingKeysWith: { first, _ in first })
            waiting = ([], [])
        }
    }

    /// Of examples as they would arrive now, those whose labels the version now served doubts; nothing is learned.
    public func doubted(_ examples: [Example]) throws -> [(example: Example, suspicion: Suspicion)] {
        let rows = examples.enumerated().map { offset, example in
            LedgerExample(sequence: sequence + Int64(offset) + 1, text: example.text, label: example.label)
        }
        let input = Learner.Input(
            recipe: recipe, experience: experiences + 1, labels: labels, parent: adapter, blend: blend, sums: sums,
            analytic: analytic, parentFit: fit, memory: memory, training: rows, newSlice: [], oldSlices: slices,
            parentAnswers: parentAnswers)
        let doubted = try Screening(learner: learner, input: input).doubted() ?? [:]
        return zip(rows, examples).compactMap { row, example in doubted[row.sequence].map { (example, $0) } }
    }

    /// Whether the version now served answers each example with its label.
    public func correct(_ examples: [[Example]]) throws -> [[Bool]] {
        try examples.map {
            try learner.correct(
                adapter, analytic: analytic, blend: blend, $0, maximumLength: recipe.maximumLength)
        }
    }

    /// Bytes of the encoded memory.
    public func storedBytes() throws -> Int {
        var memory = memory
        return memory.configuration.maximumExemplars > 0 ? try memory.encode().count : 0
    }
}

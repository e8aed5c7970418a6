import Adapters
import Schema
import Tensors
import Transformers

/// How an update learns: a value made for one recipe, without state of its own.
///
/// An update maps an input to an adapter. A method may change what is learned (``prepare(_:_:)``), says what each
/// step minimises (``terms(_:)``), may change the step's gradients (``correct(_:for:in:)``), and may hand something
/// to the next update (``carried(by:after:_:)``), which becomes a file of the adapter.
public protocol LearningMethod: Sendable {
    /// The input as the method learns from it; unchanged by default.
    func prepare(_ input: Trainer.Input, _ context: MethodContext) throws -> Trainer.Input

    /// The loss of one batch.
    func terms(_ batch: ReplayMixer.Batch) -> [LossTerm]

    /// Whether ``correct(_:for:in:)`` does anything.
    var correctsGradients: Bool { get }

    /// Changes a batch's gradients, laid out by ``AdapterLayout``, before they are clipped and applied.
    func correct(_ gradients: inout [Float], for batch: ReplayMixer.Batch, in step: TrainingStep)

    /// Tensors for the next update, each laid out like the adapter's parameters; none by default.
    ///
    /// - Parameter input: as it was prepared.
    func carried(
        by adapter: ClassifierAdapter, after input: Trainer.Input, _ context: MethodContext
    ) throws -> [String: [Float]]
}

extension LearningMethod {
    public func prepare(_ input: Trainer.Input, _ context: MethodContext) throws -> Trainer.Input { input }
    public var correctsGradients: Bool { false }
    public func correct(_ gradients: inout [Float], for batch: ReplayMixer.Batch, in step: TrainingStep) {}
    public func carried(
        by adapter: ClassifierAdapter, after input: Trainer.Input, _ context: MethodContext
    ) -> [String: [Float]] { [:] }
}

/// What a method may compute with.
public struct MethodContext: Sendable {
    public let recipe: Recipe
    public let encoder: any TextEncoder
    public let pool: WorkerPool

    package init(recipe: Recipe, encoder: any TextEncoder, pool: WorkerPool) {
        self.recipe = recipe
        self.encoder = encoder
        self.pool = pool
    }

    /// The examples with an adapter's answers kept beside them.
    func answered(_ examples: [TokenizedExample], by adapter: ClassifierAdapter) -> [TokenizedExample] {
        let logits = Classifier(encoder: encoder).logits(examples.map { ($0.ids, adapter) }, pool: pool)
        return zip(examples, logits).map { TokenizedExample(ids: $0.ids, label: $0.label, logits: $1) }
    }
}

extension Recipe {
    /// The method of this recipe, for one update's input.
    package func learningMethod(_ input: Trainer.Input) -> any LearningMethod {
        switch method {
        case .naive, .replay, .greedyMemory, .joint: ExperienceReplay(self, input)
        case .asymmetricReplay:
            AsymmetricReplay(
                labelCount: input.labels.count, hasMemory: replay.ratio > 0 && !input.exemplars.isEmpty)
        case .darkReplay: DarkReplay(methodOptions)
        case .withoutForgetting: LearningWithoutForgetting(methodOptions)
        case .averagedGradientMemory: AveragedGradientMemory()
        case .elasticWeights: ElasticWeightConsolidation(options: methodOptions)
        case .orthogonalLowRank:
            OrthogonalLowRank(
                options: methodOptions, rank: adapter.rank, knownLabels: input.parent?.labels.count ?? 0)
        }
    }
}

/// What can end a training run before its time, or keep it from starting.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    case noExamples
    case unknownLabel(index: Int, labels: Int)
    case emptyText(position: Int)
    case textTooLong(position: Int, tokens: Int, maximum: Int)
    /// What in the recipe is out of range or does not go together, with the remedy.
    case invalidRecipe(String)
    /// The loss is not a number or exploded at a step (1-based).
    case diverged(step: Int, loss: Float, reason: String)
    case cancelled(step: Int)

    public var description: String {
        switch self {
        case .noExamples:
            "there are no new examples to learn; add examples first"
        case .unknownLabel(let index, let labels):
            "an example has label number \(index), but there are \(labels) labels; list every label before training"
        case .emptyText(let position):
            "example \(position) has no tokens; tokenize with the special tokens included"
        case .textTooLong(let position, let tokens, let maximum):
            "example \(position) has \(tokens) tokens; the base model reads at most \(maximum), truncate it"
        case .invalidRecipe(let problem):
            problem
        case .diverged(let step, let loss, let reason):
            "training diverged at step \(step) with loss \(loss): \(reason); lower the learning rate or check the labels"
        case .cancelled(let step):
            "training was cancelled at step \(step)"
        }
    }
}

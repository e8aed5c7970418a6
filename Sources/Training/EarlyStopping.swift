/// Remembers the best epoch on held-out examples and says when waiting for a better one is over.
public struct EarlyStopping: Sendable {
    /// Accuracy and mean loss over held-out examples. Higher accuracy is better, then lower loss.
    public struct Score: Sendable, Hashable, Comparable {
        public var accuracy: Double
        public var loss: Double
        public init(accuracy: Double, loss: Double) {
            self.accuracy = accuracy
            self.loss = loss
        }
        public static func < (left: Self, right: Self) -> Bool {
            (left.accuracy, right.loss) < (right.accuracy, left.loss)
        }
    }

    /// Epochs without improvement that are waited for; 0 never stops.
    public let patience: Int
    public private(set) var best: Score?
    private var epochsSinceBest = 0

    public init(patience: Int) { self.patience = patience }

    public enum Decision: Sendable, Hashable {
        /// The best epoch so far: keep its weights.
        case improved
        case wait
        case stop
    }

    public mutating func observe(_ score: Score) -> Decision {
        if best.map({ $0 < score }) ?? true {
            best = score
            epochsSinceBest = 0
            return .improved
        }
        epochsSinceBest += 1
        return patience > 0 && epochsSinceBest >= patience ? .stop : .wait
    }
}

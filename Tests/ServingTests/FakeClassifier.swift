import Dispatch
import Serving
import Synchronization

/// Answers by arithmetic on the digest and the text, so that every answer tells which adapter gave it.
///
/// Token ids are the bytes of the text. A digest's first two hexadecimal digits after `sha256:` select the label.
final class FakeClassifier: TextClassifier {
    struct Adapter: ServableAdapter {
        var labels: [String]
        var digest: String
    }

    struct Broken: Error, CustomStringConvertible {
        var description: String { "broken on purpose" }
    }

    let name = "fake-base"
    let baseDigest = "sha256:fake"
    let featureWidth = 32
    /// Held closed, it keeps a batch from ending; `nil` lets all through.
    let gate: Gate?
    private let batches = Mutex<[[Int]]>([])
    private let besideTraining = Mutex(false)
    private let broken: Set<String>
    private let failures = Mutex(0)

    init(gate: Gate? = nil, broken: Set<String> = []) {
        self.gate = gate
        self.broken = broken
    }

    /// Token counts of the inputs of each batch so far.
    var batchesSeen: [[Int]] { batches.withLock { $0 } }

    /// Whether the last batch was to leave a trainer a processor.
    var wasBesideTraining: Bool { besideTraining.withLock { $0 } }

    func tokens(of text: String, for adapter: any ServableAdapter) -> [Int32] { text.utf8.map(Int32.init) }

    func tokens(of text: String, maximumLength: Int) -> [Int32] {
        text.utf8.prefix(maximumLength).map(Int32.init)
    }

    /// How often each letter stands in the text, as a vector of length 1; adapters turn it round.
    static func features(_ tokens: [Int32], isAdapted: Bool = false) -> [Float] {
        var counts = [Float](repeating: 0, count: 32)
        for token in tokens { counts[Int(token) & 31] += 1 }
        let length = counts.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let features = counts.map { $0 / max(length, 1) }
        return isAdapted ? features.reversed() : features
    }

    func adapter(digest: String) throws -> any ServableAdapter {
        if broken.contains(digest) { throw Broken() }
        return Adapter(labels: ["a", "b", "c"], digest: digest)
    }

    func probabilities(_ batch: [ClassifierInput], besideTraining: Bool) throws -> [[Float]] {
        batches.withLock { $0.append(batch.map(\.tokens.count)) }
        self.besideTraining.withLock { $0 = besideTraining }
        gate?.pass()
        return try batch.map { input in
            let features = Self.features(input.tokens, isAdapted: input.adapter != nil)
            guard let heads = input.heads else { return features }
            if let analytic = heads.analytic, input.adapter == nil || analytic.isAdapted {
                return heads.probabilities(adapter: [], analytic: analytic.scores([features])[0])
            }
            guard let adapter = input.adapter as? Adapter else { throw Broken() }
            if input.tokens == Array("fail".utf8.map(Int32.init)) { throw Broken() }
            return Self.scores(digest: adapter.digest, tokens: input.tokens)
        }
    }

    let unknownToken: Int32? = 0x7F

    /// A corner of the unit square by the first byte: texts that begin alike lie together.
    func frozenFeatures(_ tokens: [[Int32]]) throws -> [[Float]] {
        tokens.map { ids in
            var features = [Float](repeating: 0, count: 8)
            features[Int(ids.first ?? 0) % 8] = 0.8
            features[Int(ids.last ?? 0) % 8] += 0.6
            let length = features.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return features.map { $0 / length }
        }
    }

    /// Makes the next features fail, so many times.
    func fail(times: Int) { failures.withLock { $0 = times } }

    func features(_ inputs: [ClassifierInput]) throws -> [[Float]] {
        let fails = failures.withLock { count in
            defer { count = max(0, count - 1) }
            return count > 0
        }
        if fails { throw Broken() }
        return try probabilities(inputs, besideTraining: false)
    }

    func probabilitiesAtIdle(_ batch: [ClassifierInput]) throws -> [[Float]] {
        try batch.map { input in
            guard let adapter = input.adapter as? Adapter else { throw Broken() }
            return Self.scores(digest: adapter.digest, tokens: input.tokens)
        }
    }

    static func scores(digest: String, tokens: [Int32]) -> [Float] {
        let seed = digest.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF } + tokens.reduce(0) { $0 + Int($1) }
        let weights = (0..<3).map { Float((seed >> $0) & 0x3F) + 1 }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// Digest number `number`, in the form of a real one.
    static func digest(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "sha256:" + String(repeating: "0", count: 64 - digits.count) + digits
    }
}

/// Lets batches through one by one, so that a test decides what queues meanwhile.
final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    func pass() {
        arrived.signal()
        opened.wait()
    }

    /// Waits until a batch stands at the gate.
    func waitForBatch() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [arrived] in
                arrived.wait()
                continuation.resume()
            }
        }
    }

    func open(times: Int = 1) {
        for _ in 0..<times { opened.signal() }
    }
}

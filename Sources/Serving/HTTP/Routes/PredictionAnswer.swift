import Adapters
import Schema

/// Labels and scores of one request, and the adapter version they came from.
struct PredictionAnswer: Encodable {
    struct Item: Encodable {
        var index: Int
        var label: String
        var score: Float
        /// Best first.
        var top: [Choice]
    }

    struct Choice: Encodable {
        var label: String
        var score: Float
    }

    struct Usage: Encodable {
        var tokens: Int
    }

    var id: String
    var object = "prediction"
    var task: TaskName
    var adapter: AdapterReference
    var data: [Item]
    var usage: Usage

    /// - Parameter scores: `[inputs][labels]`.
    init(id: String, task: TaskName, version: ServedVersion, scores: [[Float]], topK: Int, tokens: Int) {
        self.id = id
        self.task = task
        adapter = version.reference
        usage = Usage(tokens: tokens)
        data = scores.enumerated().map { index, scores in
            let top = Self.top(topK, of: scores, labels: version.adapter.labels)
            return Item(index: index, label: top.first?.label ?? "", score: top.first?.score ?? 0, top: top)
        }
    }

    /// The `count` most probable labels, best first; equals in the order of the labels.
    private static func top(_ count: Int, of scores: [Float], labels: [String]) -> [Choice] {
        topLabels(scores, count: count).map { Choice(label: labels[$0.index], score: $0.score) }
    }
}

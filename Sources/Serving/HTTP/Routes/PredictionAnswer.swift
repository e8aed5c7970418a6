import Adapters
import Schema

/// Labels and scores of one request, and the adapter version they came from.
struct PredictionAnswer: Encodable {
    struct Item: Encodable {
        var index: Int
        var label: String
        var score: Float
        /// Which head decided.
        var head: DecidingHead
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
    /// What the analytic head had learned; absent where it has no part in the answer.
    var analytic: AnalyticReference?
    var data: [Item]
    var usage: Usage

    /// - Parameter scores: `[inputs][labels]`.
    init(id: String, task: TaskName, version: ServedVersion, scores: [[Float]], topK: Int, tokens: Int) {
        self.id = id
        self.task = task
        adapter = version.reference
        analytic = version.heads.needsAnalytic ? version.analytic : nil
        usage = Usage(tokens: tokens)
        data = scores.enumerated().map { index, scores in
            // The most probable labels, best first; equals in the order of the labels.
            let top = topLabels(scores, count: topK)
            let choices = top.map { Choice(label: version.heads.labels[$0.index], score: $0.score) }
            return Item(
                index: index, label: choices.first?.label ?? "", score: choices.first?.score ?? 0,
                head: version.heads.head(of: top.first?.index ?? 0), top: choices)
        }
    }
}

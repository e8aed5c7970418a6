/// How alike the texts of all tasks are, two by two. Body of `GET /v1/similarity`.
public struct SimilarityReport: Sendable, Hashable, Codable {
    /// By name.
    public var tasks: [Entry]
    /// `similarity[i][j]` of `tasks[i]` and `tasks[j]`, symmetric; 1 with itself, `null` where one has too few texts.
    public var similarity: [[Double?]]

    public struct Entry: Sendable, Hashable, Codable {
        public var task: TaskName
        /// Texts that were compared, at most ``SimilarityReport/textsPerTask``.
        public var texts: Int
        public init(task: TaskName, texts: Int) {
            self.task = task
            self.texts = texts
        }
    }

    /// Two tasks and how alike they are.
    public struct Pair: Sendable, Hashable {
        public var first: TaskName
        public var second: TaskName
        public var similarity: Double?
    }

    /// A mean cosine of so many texts is known to about a hundredth.
    public static let textsPerTask = 256

    public init(tasks: [Entry], similarity: [[Double?]]) {
        precondition(
            similarity.count == tasks.count && similarity.allSatisfy { $0.count == tasks.count },
            "\(tasks.count) tasks need as many rows and columns")
        self.tasks = tasks
        self.similarity = similarity
    }

    /// Every two tasks, or those with one of them; the most alike first, those that cannot be compared last.
    public func pairs(with task: TaskName? = nil) -> [Pair] {
        var pairs: [Pair] = []
        for first in tasks.indices {
            for second in tasks.indices.dropFirst(first + 1) {
                let names = [tasks[first].task, tasks[second].task]
                guard let other = task ?? names.first, let place = names.firstIndex(of: other) else { continue }
                pairs.append(Pair(first: other, second: names[1 - place], similarity: similarity[first][second]))
            }
        }
        return pairs.sorted {
            ($1.similarity ?? -2, $0.first.rawValue, $0.second.rawValue)
                < ($0.similarity ?? -2, $1.first.rawValue, $1.second.rawValue)
        }
    }
}

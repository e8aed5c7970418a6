/// What a service answers to texts, all of it. Those of several requests can be joined to one.
package struct PredictionDocument: Codable, Sendable {
    package var id: String
    package var object: String
    package var task: String
    package var adapter: Adapter
    package var analytic: Analytic?
    package var data: [Item]
    package var usage: Usage
    /// Of one that was joined: the requests it is made of; the fields above are those of the first.
    package var requests: [Request]?

    package struct Adapter: Codable, Sendable, Equatable {
        package var version: String
        package var digest: String
    }
    package struct Analytic: Codable, Sendable, Equatable {
        package var digest: String
        package var examples: Int
    }
    package struct Item: Codable, Sendable, Equatable {
        package var index: Int
        package var label: String
        package var score: Double
        package var head: String?
        package var top: [Choice]
    }
    package struct Choice: Codable, Sendable, Equatable {
        package var label: String
        package var score: Double
    }
    package struct Usage: Codable, Sendable, Equatable {
        package var tokens: Int
    }

    /// Feedback is given by the id of a request and the index within it; and in between a version may be promoted.
    package struct Request: Codable, Sendable, Equatable {
        package var id: String
        /// Of its first text in the whole.
        package var firstIndex: Int
        package var adapter: Adapter
        package var analytic: Analytic?

        enum CodingKeys: String, CodingKey {
            case id, adapter, analytic
            case firstIndex = "first_index"
        }
    }

    /// Adds the answer to the texts that follow.
    package mutating func append(_ next: Self) {
        let start = data.count
        if requests == nil { requests = [request(firstIndex: 0)] }
        requests?.append(next.request(firstIndex: start))
        for var item in next.data {
            item.index += start
            data.append(item)
        }
        usage.tokens += next.usage.tokens
    }

    private func request(firstIndex: Int) -> Request {
        Request(id: id, firstIndex: firstIndex, adapter: adapter, analytic: analytic)
    }
}

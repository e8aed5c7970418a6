import Foundation
import Schema
import Synchronization
import Testing

/// Requests of the tests, each checked for its status.
extension SystemTest {
    static let labels = ["refund", "parcel", "password", "invoice"]

    static func example(_ number: Int) -> String {
        let label = labels[number % labels.count]
        return #"{"text": "message \#(number) about my \#(label)", "label": "\#(label)"}"#
    }

    static func examples(_ range: Range<Int>) -> String { range.map { example($0) + "\n" }.joined() }

    static func put(_ url: String, _ body: String) async throws {
        let answer = try await HTTP.send("PUT", url, body: Data(body.utf8))
        try #require((200..<300).contains(answer.status), "\(String(decoding: answer.body, as: UTF8.self))")
    }

    @discardableResult
    static func post(_ url: String, _ body: String) async throws -> Data {
        let answer = try await HTTP.send("POST", url, type: "application/x-ndjson", body: Data(body.utf8))
        try #require((200..<300).contains(answer.status), "\(String(decoding: answer.body, as: UTF8.self))")
        return answer.body
    }

    static func requestUpdate(_ task: String) async throws -> String {
        try JSONDecoder().decode(Update.self, from: try await post(task + "/updates", "")).id
    }

    /// Asks for an update and waits until it is promoted.
    static func learn(_ task: String) async throws {
        let id = try await requestUpdate(task)
        let base = task.components(separatedBy: "/v1/")[0]
        let update = try await wait(base, id) { $0.status.isFinal }
        try #require(update.status == .promoted, "\(update.error ?? update.verdict?.reason ?? "")")
    }

    /// An update once `condition` holds.
    @discardableResult
    static func wait(_ base: String, _ id: String, until condition: (Update) -> Bool) async throws -> Update {
        try await poll("update \(id) to get on") {
            let answer = try await HTTP.send("GET", "\(base)/v1/updates/\(id)")
            let update = try JSONDecoder().decode(Update.self, from: answer.body)
            return condition(update) ? update : nil
        }
    }

    /// What `look` finds, asked again and again until it finds something, at most two minutes: an error then, not a pass.
    static func poll<Value>(_ wanted: String, _ look: () async throws -> Value?) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            if let found = try await look() { return found }
            try #require(ContinuousClock.now < deadline, "waited in vain for \(wanted)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The version that answered, and its labels with their scores as text.
    static func answer(
        _ task: String, _ text: String, adapter: String = "champion"
    ) async throws -> (version: String, answer: String) {
        struct Answer: Decodable {
            struct Adapter: Decodable { var version: String }
            struct Item: Decodable { var top: [Choice] }
            struct Choice: Decodable {
                var label: String
                var score: Double
            }
            var adapter: Adapter
            var data: [Item]
        }
        let body = #"{"input": "\#(text)", "top_k": 4, "adapter": "\#(adapter)"}"#
        let response = try await HTTP.send("POST", task + "/predict", body: Data(body.utf8))
        try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
        let answer = try JSONDecoder().decode(Answer.self, from: response.body)
        let choices = answer.data.flatMap(\.top).map { "\($0.label) \($0.score)" }
        return (answer.adapter.version, choices.joined(separator: ", "))
    }

    struct InboxReport: Decodable {
        var ingest: IngestReport
        var error: String?
    }

    /// A report, once it is there.
    static func report(_ file: URL) async throws -> InboxReport {
        try await poll(file.lastPathComponent) {
            try (try? Data(contentsOf: file)).map { try JSONDecoder().decode(InboxReport.self, from: $0) }
        }
    }

    /// Set once, read by many.
    final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }
}

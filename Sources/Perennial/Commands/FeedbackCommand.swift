import ArgumentParser
import Foundation
import Schema

struct FeedbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feedback", abstract: "Say whether an answer was right, or what would have been.",
        discussion: """
            Predictions are remembered by the service that made them: the one at --url, else the one running on the home.
            """)
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument var task: String
    @Argument(help: "Identifier of a prediction: pred-….") var prediction: String
    @Option(help: "Which of the prediction's inputs, from 0.") var index = 0
    @Option(help: "The right label; it becomes an example.") var label: String?
    @Flag(help: "The answer was right.") var right = false
    @Flag(help: "The answer was wrong.") var wrong = false
    @Option(help: "Anything else.") var comment: String?

    func validate() throws {
        guard [label != nil, right, wrong].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of --label, --right and --wrong")
        }
        guard index >= 0 else { throw ValidationError("--index counts from 0") }
    }

    func run() async throws {
        let task = try TaskName(task)
        let service = service.reached(options)
        guard service.url != nil else {
            throw CommandFailure(
                "no service runs on \(options.homeDirectory.path); start one with `perennial serve` or name another with "
                    + "--url", .unreachable)
        }
        let body = FeedbackBody(
            id: prediction, index: index, label: label, correct: label == nil ? right : nil, comment: comment)
        try await withClient(options, service) { client in
            let data = try await client.feedback(task, body, key: UUID().uuidString)
            if options.json { return JSON.printAnswer(data) }
            let answer = try client.decode(FeedbackAnswer.self, from: data)
            let verdict = answer.correct ? "right" : "wrong"
            guard let example = answer.example else {
                return Console.line(
                    answer.counted ? "\(answer.predicted) was \(verdict): counted" : "this answer was counted before")
            }
            Console.line(
                "\(answer.predicted) was \(verdict); the label is "
                    + (example.accepted > 0 ? "an example now" : "known already"))
        }
    }
}

/// Body of `POST /v1/tasks/{task}/feedback`.
struct FeedbackBody: Encodable, Sendable {
    var id: String
    var index: Int
    var label: String?
    var correct: Bool?
    var comment: String?
}

private struct FeedbackAnswer: Decodable {
    var predicted: String
    var correct: Bool
    var counted: Bool
    var example: IngestReport?
}

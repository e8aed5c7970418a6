import ArgumentParser
import Dashboards
import Foundation
import Schema

struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Answer texts with a task's adapter.",
        discussion: """
            Asked is the service at --url, else the one that runs on the home; where none does, this process answers, once \
            every waiting example counts.
            """)
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument(help: "Task.") var task: String
    @Argument(help: "Texts; without any, a text a line on standard input, blank lines left out.")
    var texts: [String] = []
    @Option(help: "How many labels to show for each text.") var topK = 1
    @Option(help: "champion, a version such as v3, or a digest.") var adapter = "champion"

    func validate() throws {
        try OptionRange.require("--top-k", topK, 1...1_000)
    }

    func run() async throws {
        let task = try TaskName(task)
        _ = try AdapterSelector(adapter)
        try await withClient(options, service.reached(options), needsModel: true) { client in
            var answers: [Data] = []
            // What came before a line that cannot be answered is printed.
            let result: Result<Void, any Error>
            do {
                if texts.isEmpty {
                    try await answerLines(task: task, client: client, to: &answers)
                } else {
                    answers.append(try await answer(texts, task: task, client: client))
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            if options.json { try Self.printDocument(answers, client) }
            try result.get()
        }
    }

    /// Answers standard input, a batch of lines at a time.
    ///
    /// - Parameter answers: what is to be printed as JSON.
    private func answerLines(task: TaskName, client: ServiceClient, to answers: inout [Data]) async throws {
        // A person typing wants each answer at once; a pipe, and who gets one document, wants full batches.
        let size = Console.isInputTerminal && !options.json ? 1 : 64
        var isEmpty = true
        var batch = LineBatch()
        var lines = InputLines()
        while let line = try lines.next() {
            if line.allSatisfy(\.isWhitespace) { continue }
            isEmpty = false
            batch.append(line, line: lines.number)
            guard batch.texts.count == size else { continue }
            try await answer(batch, task: task, client: client, to: &answers)
            batch = LineBatch()
        }
        if !batch.texts.isEmpty { try await answer(batch, task: task, client: client, to: &answers) }
        if isEmpty {
            throw CommandFailure(
                "there is no text to answer; give texts after the task's name, or one a line on standard input", .usage)
        }
    }

    /// Asks in parts what is more than the service takes at once.
    private func answer(
        _ batch: LineBatch, task: TaskName, client: ServiceClient, to answers: inout [Data]
    ) async throws {
        do {
            let data = try await answer(batch.texts, task: task, client: client)
            if options.json { answers.append(data) }
        } catch is BodyTooLarge where batch.texts.count > 1 {
            for half in batch.halves { try await answer(half, task: task, client: client, to: &answers) }
        } catch {
            let failure = CommandFailure(error)
            guard failure.exitCode == .badData else { throw error }
            throw CommandFailure(batch.naming(failure.message), .badData)
        }
    }

    private func answer(_ texts: [String], task: TaskName, client: ServiceClient) async throws -> Data {
        let data = try await client.predict(task, PredictionRequest(input: texts, topK: topK, adapter: adapter))
        if options.json { return data }
        let answer = try client.decode(PredictionAnswer.self, from: data)
        for (text, item) in zip(texts, answer.data) {
            let choices = item.top.map { String(format: "%@ %.3f", $0.label, $0.score) }.joined(separator: ", ")
            // No text from outside may steer the terminal.
            Console.line("\(choices.printable)\t\(text.printable)")
        }
        Console.errorOutput(options.quiet ? "" : "answered by \(answer.adapter.version) as \(answer.id)\n")
        return data
    }

    /// One document, however many requests it took.
    private static func printDocument(_ answers: [Data], _ client: ServiceClient) throws {
        if answers.count == 1 { return JSON.printAnswer(answers[0]) }
        var whole: PredictionDocument?
        for data in answers {
            let part = try client.decode(PredictionDocument.self, from: data)
            if whole == nil { whole = part } else { whole?.append(part) }
        }
        if let whole { try JSON.printLine(whole) }
    }
}

/// Texts that are asked together, and the lines of standard input that they stood on.
package struct LineBatch: Sendable {
    package private(set) var texts: [String] = []
    private var lines: [Int] = []

    package init() {}

    package mutating func append(_ text: String, line: Int) {
        texts.append(text)
        lines.append(line)
    }

    package var halves: [Self] {
        let middle = texts.count / 2
        return [0..<middle, middle..<texts.count].map { range in
            var half = Self()
            half.texts = Array(texts[range])
            half.lines = Array(lines[range])
            return half
        }
    }

    /// A message about the request as one about the lines it was made of.
    package func naming(_ message: String) -> String {
        if let match = message.prefixMatch(of: /"input\[(\d+)\]"/), let index = Int(match.1),
            lines.indices.contains(index)
        {
            return "line \(lines[index]): the text\(message[match.range.upperBound...])"
        }
        guard let first = lines.first, let last = lines.last else { return message }
        return "\(first == last ? "line \(first)" : "lines \(first) to \(last)"): \(message)"
    }
}

import ArgumentParser
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
    @Argument(help: "Texts; without any, a text a line on standard input.") var texts: [String] = []
    @Option(help: "How many labels to show for each text.") var topK = 1
    @Option(help: "champion, a version such as v3, or a digest.") var adapter = "champion"

    func validate() throws {
        try OptionRange.require("--top-k", topK, 1...1_000)
    }

    func run() async throws {
        let task = try TaskName(task)
        _ = try AdapterSelector(adapter)
        try await withClient(options, service.reached(options), needsModel: true) { client in
            if !texts.isEmpty { return try await answer(texts, task: task, client: client) }
            var batch: [String] = []
            var lines = InputLines()
            while let line = try lines.next() {
                if line.allSatisfy(\.isWhitespace) { continue }
                batch.append(line)
                // A person typing wants each answer at once; a pipe wants full batches.
                if Console.isInputTerminal || batch.count == 64 {
                    try await answer(batch, task: task, client: client)
                    batch.removeAll()
                }
            }
            if !batch.isEmpty { try await answer(batch, task: task, client: client) }
        }
    }

    private func answer(_ texts: [String], task: TaskName, client: ServiceClient) async throws {
        let data = try await client.predict(task, PredictionRequest(input: texts, topK: topK, adapter: adapter))
        if options.json { return JSON.printAnswer(data) }
        let answer = try client.decode(PredictionAnswer.self, from: data)
        for (text, item) in zip(texts, answer.data) {
            let choices = item.top.map { String(format: "%@ %.3f", $0.label, $0.score) }.joined(separator: ", ")
            Console.line("\(choices)\t\(text)")
        }
        Console.errorOutput(options.quiet ? "" : "answered by \(answer.adapter.version) as \(answer.id)\n")
    }
}

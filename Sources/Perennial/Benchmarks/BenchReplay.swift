import ArgumentParser
import Foundation
import Replay

struct BenchReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Bytes and reads of a replay memory that holds a whole file.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "JSONL with text and label.") var data: String

    func run() async throws {
        let file = URL(filePath: data)
        let examples = try LabelledFile.load(file)
        let rawBytes = try Data(contentsOf: file).count
        let result = try ReplayBenchmark.run(examples.map { ($0.text, $0.label) }, rawBytes: rawBytes)
        if options.json { return try JSON.print(result) }
        Console.line(
            "\(result.examples) examples, \(result.rawBytes) bytes of JSONL in \(result.storedBytes) bytes: \(String(format: "%.2f", result.ratio))×"
        )
        Console.line(String(format: "%.0f reads/s at random", result.readsPerSecond))
    }
}

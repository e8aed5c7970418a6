import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measurements of training, serving, replay, ingest, and whole streams.",
        subcommands: [
            BenchTrain.self, BenchServe.self, BenchReplay.self, BenchIngest.self, BenchStream.self,
        ])
}

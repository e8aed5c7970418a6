import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measurements of training, serving, load, replay, ingest, updates, whole streams, drift, the gate and quarantine.",
        subcommands: [
            BenchTrain.self, BenchServe.self, BenchLoad.self, BenchReplay.self, BenchIngest.self, BenchUpdates.self,
            BenchStream.self, BenchInstant.self, BenchDrift.self, BenchGate.self,
            BenchQuarantine.self,
        ])
}

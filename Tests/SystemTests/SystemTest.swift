import Adapters
import Foundation
import Schema

/// What the tests of the whole program share.
enum SystemTest {
    /// A home with a recipe that learns in a moment.
    static func temporaryHome() throws -> URL {
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        let recipes = home.appending(path: "recipes")
        try FileManager.default.createDirectory(at: recipes, withIntermediateDirectories: true)
        let quick = """
            analytic:
              projection: 256
            adapter: {rank: 2, targets: [query]}
            optimization: {epochs: 1, min_steps: 1, batch_size: 16, warmup_steps: 0}
            replay: {examples: 60}
            max_length: 32
            """
        try Data(quick.utf8).write(to: recipes.appending(path: "quick.yaml"))
        return home
    }

    static var hasModel: Bool {
        let environment = ProcessInfo.processInfo.environment
        let data =
            environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
            ?? (environment["HOME"].map { URL(filePath: $0) } ?? FileManager.default.homeDirectoryForCurrentUser)
            .appending(path: ".local/share")
        let home =
            environment["PERENNIAL_HOME"].flatMap { $0.isEmpty ? nil : URL(filePath: $0) }
            ?? data.appending(path: "perennial")
        let model = home.appending(path: "models/all-MiniLM-L6-v2/model.safetensors")
        return FileManager.default.fileExists(atPath: model.path)
    }

    /// Hashes every kept version against its name.
    static func verifyAdapters(home: URL, versions: [AdapterVersion]) throws {
        let adapters = AdapterStore(directory: home.appending(path: "adapters"))
        for version in versions where version.state != .rejected {
            let digest = try ContentDigest(version.digest)
            if version.state == .champion || adapters.contains(digest) { _ = try adapters.files(of: digest) }
        }
    }

    /// SplitMix64 (Steele, Lea & Flood 2014): the same delays on every run.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}

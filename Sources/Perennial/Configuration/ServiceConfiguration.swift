import Foundation
import Tensors

/// What `perennial serve` and `perennial work` need to know besides the home directory. `Configs/service.yaml`.
struct ServiceConfiguration: Codable, Equatable {
    /// Base model: a name under `<home>/models`, or a directory.
    var model = "all-MiniLM-L6-v2"
    var precision = Precisions()
    var server = Server()
    var limits = Limits()
    var inbox = Inbox()
    var adapters = Adapters()
    var feedback = Feedback()

    /// In what numbers the products with the base model's weights are computed.
    struct Precisions: Codable, Equatable {
        var serving = Precision.float32
        var training = Precision.float32
    }

    struct Server: Codable, Equatable {
        var host = "127.0.0.1"
        var port = 8088
    }

    struct Limits: Codable, Equatable {
        /// Largest body of an ingest request.
        var ingestBytes = 67_108_864
        /// Inputs that may wait for the model before other requests are answered 429.
        var queue = 1_024
        var inputsPerRequest = 256

        enum CodingKeys: String, CodingKey {
            case ingestBytes = "ingest_bytes"
            case queue
            case inputsPerRequest = "inputs_per_request"
        }
    }

    struct Inbox: Codable, Equatable {
        var enabled = true
        /// A file that was not renamed into place is taken once unchanged for this long.
        var settleSeconds = 1.0

        enum CodingKeys: String, CodingKey {
            case enabled
            case settleSeconds = "settle_seconds"
        }
    }

    struct Adapters: Codable, Equatable {
        /// Newest versions kept of each task; the champion always is.
        var keep = 10
    }

    struct Feedback: Codable, Equatable {
        /// How long feedback on a prediction is taken.
        var keepSeconds = 86_400.0
        /// Bytes of text together for which it is; the oldest predictions give way.
        var keepBytes = 67_108_864

        enum CodingKeys: String, CodingKey {
            case keepSeconds = "keep_seconds"
            case keepBytes = "keep_bytes"
        }
    }

    static let ports = 0...65_535

    /// - Throws: ``ConfigurationError`` that names the key.
    static func load(from file: URL) throws -> Self {
        let configuration = try StrictYAML.decode(readText(file), over: Self(), source: file.path)
        if let problem = configuration.problem { throw ConfigurationError(source: file.path, message: problem) }
        return configuration
    }

    /// What is out of range, with the remedy; `nil` when the service can run by it.
    private var problem: String? {
        guard Self.ports.contains(server.port) else {
            return "server.port must be 0 (the system chooses) to 65535, not \(server.port)"
        }
        let whole = [
            ("limits.ingest_bytes", limits.ingestBytes, 1...2_147_483_648),
            ("limits.queue", limits.queue, 0...1_000_000),
            ("limits.inputs_per_request", limits.inputsPerRequest, 1...65_536),
            ("adapters.keep", adapters.keep, 1...1_000_000),
            ("feedback.keep_bytes", feedback.keepBytes, 0...1_099_511_627_776),
        ]
        for (key, value, range) in whole where !range.contains(value) {
            return "\(key) must be \(range.lowerBound) to \(range.upperBound), not \(value)"
        }
        // A day, and a year.
        let seconds = [
            ("inbox.settle_seconds", inbox.settleSeconds, 86_400),
            ("feedback.keep_seconds", feedback.keepSeconds, 31_536_000),
        ]
        for (key, value, most) in seconds where value < 0 || value > Double(most) {
            return "\(key) must be 0 to \(most), not \(value)"
        }
        return nil
    }
}

/// The text of a configuration file.
func readText(_ file: URL) throws -> String {
    do {
        return try String(contentsOf: file, encoding: .utf8)
    } catch {
        throw ConfigurationError(source: file.path, message: "cannot be read: \(error.localizedDescription)")
    }
}

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
        /// Requests that may wait for the model before others are answered 429.
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
        let checks: [(Bool, String)] = [
            (
                Self.ports.contains(server.port),
                "server.port must be 0 (the system chooses) to 65535, not \(server.port)"
            ),
            (limits.ingestBytes >= 1, "limits.ingest_bytes must be at least 1, not \(limits.ingestBytes)"),
            (limits.queue >= 0, "limits.queue must be at least 0, not \(limits.queue)"),
            (
                limits.inputsPerRequest >= 1,
                "limits.inputs_per_request must be at least 1, not \(limits.inputsPerRequest)"
            ),
            (inbox.settleSeconds >= 0, "inbox.settle_seconds must be at least 0, not \(inbox.settleSeconds)"),
            (adapters.keep >= 1, "adapters.keep must be at least 1, not \(adapters.keep)"),
            (feedback.keepSeconds >= 0, "feedback.keep_seconds must be at least 0, not \(feedback.keepSeconds)"),
            (feedback.keepBytes >= 0, "feedback.keep_bytes must be at least 0, not \(feedback.keepBytes)"),
        ]
        return checks.first { !$0.0 }?.1
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

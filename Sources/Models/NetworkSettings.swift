import Foundation

/// Where models are fetched from and how those hosts are reached.
public struct NetworkSettings: Sendable {
    /// Root of the Python package index's simple API.
    public var packageIndex: URL
    /// Root of the Hugging Face Hub.
    public var hub: URL
    public var hubToken: String?
    /// Certificates to trust in place of the system's.
    public var certificateFile: String?
    /// Pause before the first retry; doubled for each further one.
    public var firstRetryDelay: Duration = .milliseconds(500)
    /// Attempts in a row that bring nothing before a transfer is given up.
    public var maximumAttempts = 5
    /// Called from any thread before each pause.
    public var onRetry: @Sendable (TransferRetry) -> Void = { _ in }

    private let environment: [String: String]

    /// Reads `PIP_INDEX_URL`, `HF_ENDPOINT`, `HF_TOKEN`, `SSL_CERT_FILE`, and the usual proxy variables.
    ///
    /// - Throws: ``ModelError/invalidAddress(variable:)``.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.environment = environment
        packageIndex = try Self.address("PIP_INDEX_URL", in: environment, standard: "https://pypi.org/simple")
        hub = try Self.address("HF_ENDPOINT", in: environment, standard: "https://huggingface.co")
        hubToken = environment["HF_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        certificateFile = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"].lazy.compactMap { environment[$0] }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The proxy through which an address is reached, or nil for the direct way.
    ///
    /// - Throws: ``ModelError/invalidAddress(variable:)``.
    package func proxy(for url: URL) throws -> URL? {
        guard let host = url.host(), !isExempt(host) else { return nil }
        for variable in [url.scheme == "https" ? "https_proxy" : "http_proxy", "all_proxy"] {
            for name in [variable, variable.uppercased()] {
                guard let value = environment[name], !value.isEmpty else { continue }
                let text = value.contains("://") ? value : "http://\(value)"
                guard let proxy = URL(string: text), proxy.host() != nil else {
                    throw ModelError.invalidAddress(variable: name)
                }
                return proxy
            }
        }
        return nil
    }

    /// Whether `no_proxy` lists the host or a domain it belongs to.
    private func isExempt(_ host: String) -> Bool {
        let list = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
        return list.split(separator: ",").contains { entry in
            var domain = entry.trimmingPrefix { $0 == " " || $0 == "." }
            while domain.last == " " { domain.removeLast() }
            return domain == "*" || host == domain || host.hasSuffix(".\(domain)")
        }
    }

    private static func address(
        _ variable: String, in environment: [String: String], standard: String
    ) throws -> URL {
        let value = environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? standard
        guard let url = URL(string: value), ["http", "https"].contains(url.scheme), url.host() != nil else {
            throw ModelError.invalidAddress(variable: variable)
        }
        return url
    }
}

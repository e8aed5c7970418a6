import ArgumentParser
import CProcess
import CoreMetrics
import Foundation
import Logging
import Models
import Pipeline
import ServiceLifecycle
import Serving
import Store
import Tensors

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "The service: takes examples, answers queries, and keeps learning.",
        discussion:
            "SIGTERM or ^C finishes what is under way and ends. Files dropped into <home>/inbox/<task>/ are taken.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "Address to listen on.") var host: String?
    @Option(help: "Port; 0 lets the system choose, see <home>/service.json.") var port: Int?
    @Flag(help: "Start no trainer.") var noWorker = false

    func validate() throws {
        if let port, !ServiceConfiguration.ports.contains(port) {
            throw ValidationError("--port must be 0 to 65535, not \(port)")
        }
    }

    func run() async throws {
        process_raise_descriptor_limit()
        var configuration = try options.serviceConfiguration()
        if let host { configuration.server.host = host }
        if let port { configuration.server.port = port }
        let model = options.serviceModel
        _ = try model.directory()
        if !noWorker { try configuration.precision.training.requireSupport() }
        let logger = options.logger("service")
        let home = Home(root: options.homeDirectory)
        try home.create()
        let lock = try ServiceLock(home: home)
        defer { withExtendedLifetime(lock) {} }
        let store = try Store(home: home)
        let record = ServiceRecord(home: store.home)
        let host = configuration.server.host
        let metrics = ServiceMetrics()
        MetricsSystem.bootstrap(metrics.registry)
        let service = try PerennialService(
            configuration, home: options.homeDirectory, store: store, metrics: metrics, logger: logger,
            observesDrift: true,
            onRunning: { port in
                record.write(host: host, port: port ?? 0, logger: logger)
                logger.info("listening on http://\(host):\(port ?? 0), home \(store.home.root.path)")
            },
            classifier: {
                let base = try model.load()
                let classifier = try base.classifier(adapters: store.home.adapters)
                Self.warn(of: base, digest: classifier.baseDigest, logger)
                return classifier
            })

        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: service)]
        if configuration.inbox.enabled {
            let watcher = InboxWatcher(
                store: store, settleSeconds: configuration.inbox.settleSeconds, logger: options.logger("inbox"))
            services.append(.init(service: watcher))
        }
        if !noWorker {
            services.append(
                .init(service: WorkerSupervisor(program: "/proc/self/exe", arguments: workerArguments, logger: logger)))
        }
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // A client that keeps its connection open must not keep the service up.
        group.maximumGracefulShutdownDuration = .seconds(4)
        defer { record.remove() }
        try await ServiceGroup(configuration: group).run()
        try store.close()
    }

    /// Says that the weights are not those that were fetched. They have been hashed by now, so this costs a small file.
    private static func warn(of base: BaseModel, digest: String, _ logger: Logger) {
        let directory = base.directory.deletingLastPathComponent()
        guard let settings = try? NetworkSettings(),
            let models = try? ModelStore(directory: directory, settings: settings).list(),
            let manifest = models.first(where: { $0.name == base.name })?.manifest,
            let fetched = manifest.files.first(where: { $0.name == "model.safetensors" })?.sha256,
            digest != "sha256:\(fetched)"
        else { return }
        logger.error(
            """
            base model \(base.directory.path) is damaged: model.safetensors is not the file that was fetched, and \
            adapters trained on that one do not load; fetch it anew with `perennial model pull`, then restart the service
            """, metadata: ["expected": "sha256:\(fetched)", "found": "\(digest)"])
    }

    private var workerArguments: [String] {
        var arguments = ["work", "--home", options.homeDirectory.path, "--supervisor", "\(getpid())"]
        if let config = options.config { arguments += ["--config", config] }
        if options.quiet { arguments.append("--quiet") }
        if options.verbose { arguments.append("--verbose") }
        return arguments
    }
}

extension AddressError: ExitStatusProviding {
    var exitStatus: ExitStatus {
        switch self {
        case .inUse: .failed
        case .unknownHost, .refused: .badConfiguration
        }
    }
}

/// `<home>/service.json`: where the running service is. Gone when it has ended well.
struct ServiceRecord {
    private let file: URL

    init(home: Home) { file = home.root.appending(path: "service.json") }

    struct Content: Codable {
        var url: String
        var pid: Int32
    }

    func write(host: String, port: Int, logger: Logger) {
        let name = host.contains(":") ? "[\(host)]" : host == "0.0.0.0" ? "127.0.0.1" : host
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let data = try encoder.encode(Content(url: "http://\(name):\(port)", pid: getpid()))
            try data.write(to: file, options: .atomic)
        } catch {
            logger.warning("\(file.path) could not be written: \(error)")
        }
    }

    /// Where the service that runs on a home answers; `nil` when none does.
    static func runningURL(home: URL) -> String? { running(home: home)?.url }

    /// What the service that runs on a home wrote; `nil` when none does.
    static func running(home: URL) -> Content? {
        let file = home.appending(path: "service.json")
        guard let data = try? Data(contentsOf: file), let content = try? JSONDecoder().decode(Content.self, from: data),
            // A service that was killed leaves its record behind, and its number may be another process's by now.
            content.pid != getpid(), kill(content.pid, 0) == 0 || errno == EPERM, ServiceLock.mayBeHeld(home: home)
        else { return nil }
        return content
    }

    /// Removes it, unless another service wrote it.
    func remove() {
        guard let data = try? Data(contentsOf: file), let content = try? JSONDecoder().decode(Content.self, from: data),
            content.pid == getpid()
        else { return }
        try? FileManager.default.removeItem(at: file)
    }
}

import Dashboards
import Evaluation
import Foundation
import Logging
import ServiceLifecycle
import Serving
import Store

/// Lends a client of the service at `--url`, or of the routes over the home directory.
///
/// - Parameters:
///   - needsModel: the body predicts; without a service, the base model is loaded for it.
///   - makesHome: without a service, a home that is not there yet is made.
func withClient<Result: Sendable>(
    _ options: GlobalOptions, _ service: ServiceOptions, needsModel: Bool = false, makesHome: Bool = false,
    _ body: @escaping @Sendable (ServiceClient) async throws -> Result
) async throws -> Result {
    guard let url = service.url else {
        if !makesHome { try options.requireHome() }
        return try await withLocalClient(options, home: options.homeDirectory, needsModel: needsModel, body)
    }
    let transport = try HTTPTransport(address: url)
    do {
        let result = try await body(ServiceClient(transport: transport))
        try await transport.shutdown()
        return result
    } catch {
        try? await transport.shutdown()
        throw error
    }
}

/// As ``withClient(_:_:needsModel:makesHome:_:)``, but a home that is thrown away where no service is named.
func withTemporaryClient<Result: Sendable>(
    _ options: GlobalOptions, _ service: ServiceOptions,
    _ body: @escaping @Sendable (ServiceClient) async throws -> Result
) async throws -> Result {
    guard service.url == nil else { return try await withClient(options, service, body) }
    let home = FileManager.default.temporaryDirectory.appending(path: "perennial-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: home) }
    return try await withLocalClient(options, home: home, needsModel: false, body)
}

private func withLocalClient<Result: Sendable>(
    _ options: GlobalOptions, home: URL, needsModel: Bool,
    _ body: @escaping @Sendable (ServiceClient) async throws -> Result
) async throws -> Result {
    let store = try Store(home: Home(root: home))
    defer { try? store.close() }
    var logger = options.logger("perennial")
    // Of a request that fails the command says why itself; what works beside it may have more to say.
    if !options.verbose { logger.logLevel = needsModel ? .error : .critical }
    let model = options.serviceModel
    // Said before anything starts, in words that name the remedy.
    if needsModel { _ = try model.directory() }
    // Of a process that is to answer but once, no later answer would know what this one does not.
    let service = try PerennialService(
        options.serviceConfiguration(), home: home, store: store, logger: logger, waitsForExamples: true
    ) {
        try model.load().classifier(adapters: store.home.adapters)
    }
    let client = ServiceClient(transport: InProcessTransport(service: service, home: home))
    guard needsModel else { return try await body(client) }

    return try await withThrowingTaskGroup(of: Result?.self) { group in
        let background = ServiceGroup(services: service.background, logger: logger)
        group.addTask {
            try await background.run()
            return nil
        }
        group.addTask {
            while try await service.respond(to: .init(method: "GET", path: "/readyz")).status != 200 {
                try await Task.sleep(for: .milliseconds(5))
            }
            return try await body(client)
        }
        // A base model that does not load ends the background first, with its error.
        while let ended = try await group.next() {
            guard let result = ended else { continue }
            await background.triggerGracefulShutdown()
            try await group.waitForAll()
            return result
        }
        throw CancellationError()
    }
}

extension PerennialService {
    /// The service as the configuration file describes it.
    ///
    /// - Parameter waitsForExamples: answers wait until every example that is there counts.
    init(
        _ configuration: ServiceConfiguration, home: URL, store: Store, metrics: ServiceMetrics = ServiceMetrics(),
        logger: Logger, observesDrift: Bool = false, waitsForExamples: Bool = false,
        onRunning: @escaping @Sendable (_ port: Int?) async -> Void = { _ in },
        classifier: @escaping @Sendable () throws -> any TextClassifier
    ) throws {
        var settings = Configuration()
        settings.host = configuration.server.host
        settings.port = configuration.server.port
        settings.ingestBytes = configuration.limits.ingestBytes
        settings.inputsPerRequest = configuration.limits.inputsPerRequest
        settings.engine.queue = configuration.limits.queue
        let library = RecipeLibrary(home: home)
        let recipes = RecipeCache(library)
        settings.recipeProblem = { library.problem(naming: $0) }
        settings.recipe = { recipes.recipe(named: $0) }
        settings.observesDrift = observesDrift
        settings.waitsForExamples = waitsForExamples
        settings.feedback = FeedbackLimits(
            seconds: configuration.feedback.keepSeconds, bytes: configuration.feedback.keepBytes)
        self.init(
            configuration: settings, store: store,
            forgetting: { $0.report.withMetrics(beforeLearning: $0.beforeLearning, untrained: $0.untrained) },
            page: { ReportPage(overview: $0, reports: $1, isLive: true).html() }, metrics: metrics, logger: logger,
            onRunning: onRunning, classifier: classifier)
    }
}

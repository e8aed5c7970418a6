import CProcess
import Hummingbird
import Logging
import Schema
import ServiceLifecycle
import Store

/// The serving half of Perennial: HTTP routes over a store and an inference engine.
///
///     let service = PerennialService(store: store, forgetting: …, logger: logger) { try loadClassifier() }
///     try await ServiceGroup(services: [service], gracefulShutdownSignals: [.sigterm], logger: logger).run()
///
/// On graceful shutdown it takes no more connections, answers what is in flight, and returns.
public struct PerennialService: Service, CustomStringConvertible {
    /// What the log calls it.
    public var description: String { "PerennialService" }

    public struct Configuration: Sendable {
        public var host = "127.0.0.1"
        /// 0 lets the system choose.
        public var port = 8088
        /// How long a connection may be silent: between requests, or within one that is half sent.
        public var idleTimeout = Duration.seconds(60)
        /// Connections at once; others wait to be accepted. What the system allows, but for the files of the home.
        public var connections = max(8, Int(process_descriptor_limit()) - 128)
        /// Largest body of an ingest request.
        public var ingestBytes = 67_108_864
        /// Texts in one prediction request.
        public var inputsPerRequest = 256
        /// How long the first answer of a task waits for its examples to be counted.
        public var patience = Duration.seconds(5)
        /// Whether answers wait instead, however long, until every example that is there counts.
        public var waitsForExamples = false
        public var engine = InferenceEngine.Limits()
        /// Why a task cannot name a recipe, as it goes on after `"update.recipe"`; `nil` where it can.
        public var recipeProblem: @Sendable (String) -> String? = { _ in nil }
        /// Whether predictions and arrivals are observed for drift; in one process of a home at most.
        public var observesDrift = false
        /// How long, and with how many bytes of text together, predictions are remembered for feedback.
        public var feedback = FeedbackLimits()
        /// The recipe of a name, as it is now: says how a task's analytic head learns. `nil` where there is no such recipe.
        public var recipe: @Sendable (String) -> Recipe? = { _ in nil }
        public init() {}
    }

    let configuration: Configuration
    let logger: Logger
    private let onRunning: @Sendable (_ port: Int?) async -> Void
    let responder: RouterResponder<ServiceContext>
    /// What the routes need running: the engine, and what keeps its snapshot fresh. ``run()`` runs them; who calls
    /// ``respond(to:)`` without it runs them in a service group of his own.
    public let background: [any Service]
    package let drift: DriftMonitor

    /// - Parameters:
    ///   - forgetting: fills in the metrics over an accuracy matrix.
    ///   - page: draws `GET /`, which is not there without it.
    ///   - metrics: for who else counts, such as a watcher of files.
    ///   - onRunning: called once connections are accepted, with the port.
    ///   - classifier: loads the base model; runs on the engine's own thread while the routes already answer.
    public init(
        configuration: Configuration = Configuration(), store: Store, forgetting: @escaping ForgettingMetrics,
        page: PageRenderer? = nil, metrics: ServiceMetrics = ServiceMetrics(),
        logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int?) async -> Void = { _ in },
        classifier: @escaping @Sendable () throws -> any TextClassifier
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onRunning = onRunning
        let cache = AdapterCache()
        let engine = InferenceEngine(limits: configuration.engine, metrics: metrics, logger: logger, load: classifier)
        let instant = InstantHeads(
            store: store, engine: engine, cache: cache, recipe: configuration.recipe, logger: logger)
        let refresher = SnapshotRefresher(
            store: store, engine: engine, cache: cache, instant: instant, metrics: metrics, logger: logger)
        drift = DriftMonitor(
            store: store, engine: engine, refresher: refresher, isEnabled: configuration.observesDrift, logger: logger)
        background = [engine, refresher, instant] + (configuration.observesDrift ? [drift] : [])

        let router = Router(context: ServiceContext.self)
        router.add(middleware: RequestIDMiddleware())
        router.add(middleware: RequestMetricsMiddleware(metrics: metrics))
        router.add(middleware: ErrorMiddleware())
        TaskRoutes(
            store: store, refresher: refresher, metrics: metrics, recipeProblem: configuration.recipeProblem,
            recipe: configuration.recipe
        ).add(to: router)
        ExampleRoutes(
            store: store, refresher: refresher, metrics: metrics, instant: instant,
            maximumBytes: configuration.ingestBytes
        ).add(to: router)
        QuarantineRoutes(store: store).add(to: router)
        let memory = PredictionMemory(limits: configuration.feedback)
        let predictions = PredictionRoutes(
            store: store, engine: engine, cache: cache, refresher: refresher, instant: instant,
            maximumInputs: configuration.inputsPerRequest, patience: configuration.patience,
            waitsForExamples: configuration.waitsForExamples, drift: drift, memory: memory)
        predictions.add(to: router)
        FeedbackRoutes(store: store, memory: memory, drift: drift, metrics: metrics).add(to: router)
        LabelStudioRoutes(store: store, predictions: predictions, metrics: metrics).add(to: router)
        UpdateRoutes(store: store).add(to: router)
        AdapterRoutes(store: store, engine: engine, cache: cache, refresher: refresher).add(to: router)
        ForgettingRoute(store: store, metrics: forgetting).add(to: router)
        DriftRoute(store: store).add(to: router)
        SimilarityRoute(store: store, engine: engine, instant: instant).add(to: router)
        let reporter = Reporter(store: store, engine: engine, metrics: metrics, forgetting: forgetting)
        ReportRoutes(store: store, reporter: reporter).add(to: router)
        if let page { PageRoute(reporter: reporter, render: page).add(to: router) }
        ModelRoutes(engine: engine, refresher: refresher).add(to: router)
        HealthRoutes(refresher: refresher).add(to: router)
        MetricsRoute(
            store: store, engine: engine, refresher: refresher, metrics: metrics, reporter: reporter, drift: drift
        ).add(to: router)
        responder = router.buildResponder()
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: what loading the base model throws; ``AddressError``.
    public func run() async throws {
        do {
            try await application.run()
        } catch {
            throw AddressError(error, host: configuration.host, port: configuration.port) ?? error
        }
    }

    /// The routes on a port, with what they need running beside them: engine and refresher end after the server.
    package var application: some ApplicationProtocol {
        Application(
            responder: responder,
            server: ServiceChannel.server(
                maximumBytes: configuration.ingestBytes, idleTimeout: configuration.idleTimeout),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "perennial",
                availableConnectionsDelegate: .maximum(configuration.connections, logger: logger)),
            services: background,
            onServerRunning: { [onRunning] channel in await onRunning(channel.localAddress?.port) },
            logger: logger)
    }
}

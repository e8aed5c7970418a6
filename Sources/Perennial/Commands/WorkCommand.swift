import Adapters
import ArgumentParser
import CProcess
import Foundation
import Logging
import Pipeline
import ServiceLifecycle
import Store
import Tensors
import Tokenizers
import Transformers

struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work", abstract: "The trainer on its own: learns what waits in the ledger.",
        discussion: "`perennial serve` starts one by itself; run it alone after `perennial serve --no-worker`.")
    @OptionGroup var options: GlobalOptions
    @Flag(help: "Learn what is due now, then end.") var once = false
    @Option(help: .hidden) var supervisor: Int32?

    /// On the main thread, before any other starts.
    func prepare() {
        if let supervisor { TrainingPriority.dieWith(parent: supervisor) }
        // Who learns once and waits for it wants it done.
        if !once { TrainingPriority.yieldToServing() }
    }

    func run() async throws {
        process_raise_descriptor_limit()
        let configuration = try options.serviceConfiguration()
        let logger = options.logger("trainer")
        let store = try Store(home: Home(root: options.homeDirectory))
        let lock = try WorkerLock(home: store.home)
        defer { withExtendedLifetime(lock) {} }
        // Said at once where it is missing, loaded only when there is something to learn.
        let model = try ModelLocation(options).directory(of: configuration.model)
        let recipes = RecipeLibrary(home: options.homeDirectory)
        let precision = configuration.precision.training
        let idleLimit = supervisor.map { _ in Self.idleLimit }
        let worker: @Sendable () throws -> UpdateWorker = {
            UpdateWorker(
                store: store,
                learner: try BaseModel(model, precision: precision).learner(threads: 2, features: store.home.features),
                recipe: { try recipes.recipe(named: $0) }, keptVersions: configuration.adapters.keep,
                idleLimit: idleLimit, logger: logger)
        }
        if once {
            let worker = try worker()
            for update in try await store.recoverUpdates() { logger.notice("update \(update.id) is taken up again") }
            try await worker.runDueUpdates()
        } else {
            logger.info("trainer ready")
            let trainer = ServiceGroupConfiguration.ServiceConfiguration(
                service: TrainerService(store: store, load: worker),
                successTerminationBehavior: .gracefullyShutdownGroup)
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [trainer], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
            try await group.run()
        }
        try store.close()
    }

    /// How long a supervised trainer that has learned keeps its memory; it then ends, and is started again small.
    private static let idleLimit = Duration.seconds(30)
}

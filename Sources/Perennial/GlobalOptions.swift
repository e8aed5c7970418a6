import ArgumentParser
import Foundation
import Logging
import Pipeline
import Store
import Tensors

/// Options every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .long,
        help:
            "Home directory: database, adapters, models, inbox. Default $PERENNIAL_HOME, else the user's data directory."
    )
    var home: String?

    @Option(name: .long, help: "Service configuration (YAML); Configs/service.yaml holds the defaults.")
    var config: String?

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Flag(name: .long, help: "Print no progress.")
    var quiet = false

    @Flag(name: .long, help: "Log what happens in between.")
    var verbose = false

    func validate() throws {
        if home == "" { throw ValidationError("--home is empty; name a directory, or leave it out") }
    }

    /// `--home`, else `$PERENNIAL_HOME`, else `$XDG_DATA_HOME/perennial`, else `~/.local/share/perennial`.
    var homeDirectory: URL {
        home.map { URL(filePath: $0).absoluteURL } ?? Self.defaultHome
    }

    static var defaultHome: URL {
        let environment = ProcessInfo.processInfo.environment
        if let home = environment["PERENNIAL_HOME"], !home.isEmpty { return URL(filePath: home).absoluteURL }
        // A relative path is to be ignored (XDG Base Directory Specification).
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
            return URL(filePath: data).appending(path: "perennial")
        }
        let user = environment["HOME"].flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
        return (user ?? FileManager.default.homeDirectoryForCurrentUser).appending(path: ".local/share/perennial")
    }

    /// For commands that make none.
    ///
    /// - Throws: ``CommandFailure`` where the home is not there yet.
    func requireHome() throws {
        let path = homeDirectory.path
        guard access(path, F_OK) != 0, errno == ENOENT else { return }
        throw CommandFailure(
            "there is no home at \(path) yet; `perennial serve` or `perennial task create` makes one, or name another "
                + "with --home")
    }

    func serviceConfiguration() throws -> ServiceConfiguration {
        guard let config else { return ServiceConfiguration() }
        return try ServiceConfiguration.load(from: URL(filePath: config))
    }

    /// The base model of the service configuration.
    var serviceModel: ServiceModel { ServiceModel(options: self) }

    /// - Throws: ``CommandFailure`` when nobody trains on the home.
    func requireTrainer() throws {
        guard WorkerLock.isHeld(home: Home(root: homeDirectory)) else {
            throw CommandFailure(
                "the update is queued, but no trainer works on \(homeDirectory.path); start `perennial serve` or `perennial work`",
                .unreachable)
        }
    }

    /// Progress and logs are for people; `--json` output stays clean because both go to standard error.
    var hidesProgress: Bool { quiet }

    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = verbose ? .debug : quiet ? .error : .info
        return logger
    }
}

/// Where a running service is, for commands that can ask one.
struct ServiceOptions: ParsableArguments {
    @Option(name: .long, help: "Ask the service at this address instead of working on the home directory.")
    var url: String?

    /// `--url`, else the service that runs on the home, if one does.
    func reached(_ options: GlobalOptions) -> Self {
        var service = self
        service.url = url ?? ServiceRecord.runningURL(home: options.homeDirectory)
        return service
    }
}

/// Finds the configured base model when it is needed.
struct ServiceModel: Sendable {
    private let location: ModelLocation
    private let configuration: Result<ServiceConfiguration, CommandFailure>

    init(options: GlobalOptions) {
        location = ModelLocation(options)
        configuration = Result { try options.serviceConfiguration() }.mapError { CommandFailure($0) }
    }

    /// - Throws: also for a precision that the processor does not offer, before anything starts.
    func directory() throws -> URL {
        let configuration = try configuration.get()
        try configuration.precision.serving.requireSupport()
        return try location.directory(of: configuration.model)
    }

    /// The model as answers are computed with it.
    func load() throws -> BaseModel {
        try BaseModel(directory(), precision: try configuration.get().precision.serving)
    }
}

import ArgumentParser
import Dashboards
import Foundation
import Schema

struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Live screen: tasks, adapters, forgetting, drift, updates, throughput.",
        discussion: "? shows the keys, q ends it. Without --url it asks the service that runs on the home directory, "
            + "or reads the home directory where none runs.")
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument(help: "Task to open.") var task: String?
    @Flag(help: "Print one frame and end.") var once = false
    @Flag(name: .customLong("readonly"), help: "Promote and roll back nothing.") var isReadOnly = false
    @Option(help: "Seconds between readings; longer where a reading costs much.") var interval = 1.0

    func validate() throws {
        guard (0.1...3_600).contains(interval) else { throw ValidationError("--interval must be 0.1 to 3600") }
    }

    func run() async throws {
        let task = try task.map { try TaskName($0).rawValue }
        let state = DashboardState(isReadOnly: isReadOnly, task: task)
        if once || options.json {
            return try await withClient(options, service.reached(options)) { client in try await show(state, client) }
        }
        guard Console.isScreen, Console.isInputTerminal else {
            throw CommandFailure("the live dashboard needs a terminal; use --once or --json", .usage)
        }
        let screen = try RawScreen()
        defer { screen.restore() }
        // Painted before anything is read: a slow service must not leave the screen black.
        let service = service.reached(options)
        let address = service.url ?? options.homeDirectory.path
        var dashboard = LiveDashboard(screen: screen, state: state, address: address, interval: interval)
        dashboard.paint()
        try await withClient(options, service) { [dashboard] client in
            var dashboard = dashboard
            try await dashboard.run(client)
        }
    }

    private func show(_ state: DashboardState, _ client: ServiceClient) async throws {
        if options.json {
            // The overview names no task: one that does not exist is said here, as `--once` says it.
            if let task = state.task { _ = try await client.task(try TaskName(task)) }
            return try JSON.print(try await client.overview())
        }
        let address = service.reached(options).url ?? options.homeDirectory.path
        var source = DashboardSource(client: client, address: address)
        await source.refresh(state)
        if let failure = source.failure { throw failure }
        let size = Console.size
        Console.line(
            DashboardFrame(source.snapshot, state: state).text(
                columns: size.columns, rows: Console.isOutputTerminal ? size.rows : .max, color: Console.wantsColor))
    }
}

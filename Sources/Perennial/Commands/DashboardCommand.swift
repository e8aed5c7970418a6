import ArgumentParser
import Dashboards
import Foundation
import Schema

struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Live screen: tasks, adapters, forgetting, updates, throughput.",
        discussion: "q ends it. Without --url it reads the home directory.")
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Flag(help: "Print one frame and end.") var once = false
    @Option(help: "Seconds between frames.") var interval = 1.0

    func validate() throws {
        guard interval >= 0.1 else { throw ValidationError("--interval must be at least 0.1") }
    }

    func run() async throws {
        let address = service.url ?? options.homeDirectory.path
        let model = try options.serviceConfiguration().model
        try await withClient(options, service) { client in
            var source = DashboardSource(client: client, address: address, base: model)
            if once || options.json {
                let snapshot = try await source.snapshot()
                if options.json { return try JSON.print(DashboardAnswer(snapshot)) }
                let size = Console.size
                let rows = Console.isOutputTerminal ? size.rows : .max
                return Console.line(
                    DashboardFrame(snapshot).text(columns: size.columns, rows: rows, color: Console.wantsColor))
            }
            guard Console.isOutputTerminal, Console.isInputTerminal else {
                throw CommandFailure("the live dashboard needs a terminal; use --once or --json", .usage)
            }
            let screen = try RawScreen()
            defer { screen.restore() }
            while true {
                let size = Console.size
                let frame = DashboardFrame(try await source.snapshot())
                screen.draw(frame.text(columns: size.columns, rows: size.rows, color: Console.wantsColor))
                let next = ContinuousClock.now + .seconds(interval)
                while ContinuousClock.now < next {
                    switch screen.key() {
                    case "q", "\u{3}": return
                    default: try await Task.sleep(for: .milliseconds(40))
                    }
                    if Console.size != size { break }
                }
            }
        }
    }
}

/// Gathers a snapshot through the HTTP contract; rates are differences between two of them.
struct DashboardSource {
    let client: ServiceClient
    let address: String
    let base: String
    private var last: (time: ContinuousClock.Instant, queries: Double, examples: Double)?

    init(client: ServiceClient, address: String, base: String) {
        self.client = client
        self.address = address
        self.base = base
    }

    mutating func snapshot() async throws -> DashboardSnapshot {
        let metrics = MetricSamples(text: try await client.metrics())
        let predict = ["route": "/v1/tasks/{task}/predict"]
        let queries = metrics.sum("perennial_request_duration_seconds_count", predict) ?? 0
        let examples = metrics.sum("perennial_examples_total", ["outcome": "accepted"]) ?? 0
        let now = ContinuousClock.now
        let elapsed = last.map { (now - $0.time) / .seconds(1) }
        let rates = elapsed.flatMap { seconds in
            last.map { ((queries - $0.queries) / seconds, (examples - $0.examples) / seconds) }
        }
        last = (now, queries, examples)

        var overviews: [DashboardSnapshot.TaskOverview] = []
        var updates: [Update] = []
        var forgetting: ForgettingReport?
        for task in try client.decode(ObjectList<LearningTask>.self, from: try await client.tasks()).data {
            let label = ["task": task.name.rawValue]
            let report = try await client.forgetting(task.name)
            let latest = try await client.updates(task.name)
            updates += latest.prefix(10)
            let versions = try await client.adapters(task.name)
            overviews.append(
                DashboardSnapshot.TaskOverview(
                    name: task.name.rawValue, champion: versions.first { $0.state == .champion }?.version,
                    labels: task.labels.count, waiting: Int(metrics.sum("perennial_examples_waiting", label) ?? 0),
                    replayExemplars: metrics.sum("perennial_replay_examples", label).map { Int($0) },
                    replayBytes: metrics.sum("perennial_replay_bytes", label).map { Int($0) },
                    accuracy: versions.filter { $0.state != .rejected }.map(\.metrics.accuracy),
                    forgetting: report.forgetting, update: latest.first { !$0.status.isFinal } ?? latest.first))
            // The task that forgets most is the one to look at.
            if (report.forgetting ?? -1) > (forgetting?.forgetting ?? -2) { forgetting = report }
        }
        return DashboardSnapshot(
            service: DashboardSnapshot.Service(
                address: address, base: base, queriesPerSecond: rates?.0,
                medianLatencySeconds: metrics.median("perennial_request_duration_seconds", predict),
                examplesPerSecond: rates?.1,
                residentBytes: metrics.sum("perennial_resident_memory_bytes").map { Int($0) }),
            tasks: overviews, updates: updates.sorted { $0.createdAt > $1.createdAt }, forgetting: forgetting)
    }
}

private struct DashboardAnswer: Encodable {
    var time: Timestamp
    var address: String
    var tasks: [Row]
    var updates: [Update]

    struct Row: Encodable {
        var name: String
        var champion: String?
        var labels: Int
        var waiting: Int
        var replay_examples: Int?
        var replay_bytes: Int?
        var accuracy: [Double?]
        var forgetting: Double?
    }

    init(_ snapshot: DashboardSnapshot) {
        time = snapshot.time
        address = snapshot.service.address
        updates = snapshot.updates
        tasks = snapshot.tasks.map {
            Row(
                name: $0.name, champion: $0.champion, labels: $0.labels, waiting: $0.waiting,
                replay_examples: $0.replayExemplars, replay_bytes: $0.replayBytes, accuracy: $0.accuracy,
                forgetting: $0.forgetting)
        }
    }
}

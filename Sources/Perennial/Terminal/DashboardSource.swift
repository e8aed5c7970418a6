import Dashboards
import Foundation
import Schema

/// Gathers what the dashboard shows through the HTTP contract; rates are differences between two readings.
struct DashboardSource: Sendable {
    let client: ServiceClient
    private(set) var snapshot: DashboardSnapshot
    /// Why the newest reading failed, with its exit code.
    private(set) var failure: CommandFailure?
    private var last: (time: ContinuousClock.Instant, predictions: LatencyHistogram)?

    init(client: ServiceClient, address: String) {
        self.client = client
        snapshot = DashboardSnapshot(address: address)
    }

    /// Reads what `state` shows. An error becomes the snapshot's, with what was known before.
    mutating func refresh(_ state: DashboardState) async {
        do {
            try await read(state)
            failure = nil
        } catch {
            failure = CommandFailure(error)
        }
        snapshot.failure = failure?.message
    }

    private mutating func read(_ state: DashboardState) async throws {
        // The open task comes first: it is what is looked at.
        if let name = state.task {
            let task = try TaskName(name)
            let report = try await client.report(task)
            snapshot.report = report
            if state.view == .adapters, let selected = state.selectedVersion(report) {
                snapshot.detail = try await client.adapter(selected, task: task)
                if let pair = state.comparison {
                    snapshot.comparison = try await client.comparison(task, from: pair.from, to: pair.to)
                }
            } else {
                snapshot.detail = nil
            }
        }
        let overview = try await client.overview()
        let now = ContinuousClock.now
        if let last {
            let since = overview.predictions.since(last.predictions)
            let seconds = (now - last.time) / .seconds(1)
            snapshot.rates = DashboardSnapshot.Rates(
                requestsPerSecond: Double(since.count) / max(seconds, 1e-3), median: since.quantile(0.5),
                percentile99: since.quantile(0.99))
        }
        last = (now, overview.predictions)
        snapshot.overview = overview
    }
}

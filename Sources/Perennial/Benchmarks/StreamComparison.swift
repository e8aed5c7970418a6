import Dashboards
import Foundation
import Schema

/// Recipes on the same streams: each run, and mean and deviation over the seeds.
struct StreamComparison: Encodable {
    let recipes: [Entry]

    struct Entry: Encodable {
        let recipe: String
        let runs: [StreamResult]
        /// By metric, over the runs that define it.
        let mean: [String: Double]
        /// Sample standard deviation; none with fewer than two runs.
        let deviation: [String: Double]

        init(_ recipe: String, _ runs: [StreamResult]) {
            self.recipe = recipe
            self.runs = runs
            var (mean, deviation): ([String: Double], [String: Double]) = ([:], [:])
            for metric in StreamMetric.all {
                let values = runs.compactMap(metric.value)
                guard !values.isEmpty else { continue }
                let average = values.reduce(0, +) / Double(values.count)
                mean[metric.name] = average
                guard values.count > 1 else { continue }
                let squares = values.reduce(0) { $0 + ($1 - average) * ($1 - average) }
                deviation[metric.name] = (squares / Double(values.count - 1)).squareRoot()
            }
            self.mean = mean
            self.deviation = deviation
        }

        /// The accuracy matrix and the metrics, mean over the runs.
        var report: ForgettingReport? {
            guard var report = runs.first?.report else { return nil }
            for row in report.accuracy.indices {
                for column in report.accuracy[row].indices {
                    let values = runs.compactMap { $0.report.accuracy[row][column] }
                    report.accuracy[row][column] =
                        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
                }
            }
            // Each the mean of the runs' own: the best ever of a mean is not the mean of the best ever.
            let averages = runs.compactMap(\.report.averageAccuracy)
            report.averageAccuracy = averages.isEmpty ? nil : averages.reduce(0, +) / Double(averages.count)
            report.forgetting = mean["forgetting"]
            report.backwardTransfer = mean["backward_transfer"]
            report.forwardTransfer = mean["forward_transfer"]
            report.plasticity = mean["plasticity"]
            report.minimumAccuracy = mean["min_accuracy"]
            report.averageAnytimeAccuracy = mean["average_anytime_accuracy"]
            return report
        }
    }

    func text(width: Int) -> String {
        var table = TextTable(
            [TextTable.Column("recipe")] + StreamMetric.all.map { TextTable.Column($0.title, alignsRight: true) })
        for entry in recipes {
            table.append(
                [entry.recipe]
                    + StreamMetric.all.map { metric in
                        entry.mean[metric.name].map { metric.text($0, entry.deviation[metric.name]) } ?? "–"
                    })
        }
        return table.text(width: width)
    }

    /// Titles of what ``csvLine(_:_:)`` prints.
    static var csvHeading: String { (["recipe", "seed"] + StreamMetric.all.map(\.name)).joined(separator: ",") }

    static func csvLine(_ recipe: String, _ run: StreamResult) -> String {
        ([quoted(recipe), "\(run.seed)"] + StreamMetric.all.map { $0.value(run).map { "\($0)" } ?? "" })
            .joined(separator: ",")
    }

    private static func quoted(_ field: String) -> String {
        field.contains { ",\"\n".contains($0) } ? "\"\(field.replacing("\"", with: "\"\""))\"" : field
    }
}

/// One column of a comparison.
struct StreamMetric {
    let name: String
    let title: String
    var factor = 100.0
    var digits = 1
    let value: @Sendable (StreamResult) -> Double?

    static var all: [StreamMetric] {
        [
            StreamMetric(name: "final_accuracy", title: "final") { $0.finalAccuracy },
            StreamMetric(name: "forgetting", title: "forgetting") { $0.report.forgetting },
            StreamMetric(name: "backward_transfer", title: "BWT") { $0.report.backwardTransfer },
            StreamMetric(name: "forward_transfer", title: "FWT") { $0.report.forwardTransfer },
            StreamMetric(name: "plasticity", title: "plasticity") { $0.report.plasticity },
            StreamMetric(name: "min_accuracy", title: "min-ACC") { $0.report.minimumAccuracy },
            StreamMetric(name: "average_anytime_accuracy", title: "AAA") { $0.report.averageAnytimeAccuracy },
            StreamMetric(name: "training_seconds", title: "training s", factor: 1, digits: 0) { $0.trainingSeconds },
            StreamMetric(name: "replay_bytes", title: "replay bytes", factor: 1, digits: 0) { Double($0.replayBytes) },
        ]
    }

    func text(_ mean: Double, _ deviation: Double?) -> String {
        let number = String(format: "%.\(digits)f", mean * factor)
        guard let deviation else { return number }
        return number + String(format: " ± %.\(digits)f", deviation * factor)
    }
}

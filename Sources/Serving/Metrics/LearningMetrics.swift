import Schema
import Store

/// What the store knows of learning, whichever process did it.
struct LearningMetrics {
    var tasks: [TaskOverview]
    /// Updates of each task by status, since it was created.
    var updates: [TaskName: [UpdateStatus: Int]]
    var forgetting: [TaskName: ForgettingReport] = [:]
    var quarantine: [TaskName: QuarantineCounts] = [:]

    func write(to text: inout PrometheusText) {
        family("perennial_adapter_version", "Number of the version each task serves.", in: &text) { task in
            task.champion.flatMap { Double($0.version.dropFirst()) }
        }
        family("perennial_replay_bytes", "Stored bytes of each task's replay memory.", in: &text) { task in
            Double(task.replay?.bytes ?? 0)
        }
        family("perennial_replay_examples", "Exemplars in each task's replay memory.", in: &text) { task in
            Double(task.replay?.examples ?? 0)
        }
        family("perennial_average_accuracy", "Accuracy after the last update, mean over slices.", in: &text) { task in
            forgetting[task.task.name]?.averageAccuracy
        }
        family("perennial_forgetting", "Best accuracy ever minus the last, mean over old slices.", in: &text) { task in
            forgetting[task.task.name]?.forgetting
        }
        writeWaiting(to: &text)
        writeUpdates(to: &text)
        writeQuarantine(to: &text)
    }

    /// A gauge with one sample for each task that has a value.
    private func family(
        _ name: String, _ help: String, in text: inout PrometheusText, value: (TaskOverview) -> Double?
    ) {
        text.family(name, .gauge, help)
        for task in tasks {
            if let value = value(task) { text.sample(name, [("task", task.task.name.rawValue)], value) }
        }
    }

    private func writeWaiting(to text: inout PrometheusText) {
        text.family("perennial_examples_waiting", .gauge, "Examples that wait for an update, by place.")
        for task in tasks {
            let places = [
                ("training", task.pending.training), ("held_out", task.pending.heldOut),
                ("parked", task.pending.parked), ("quarantined", task.pending.quarantined),
            ]
            for (place, count) in places {
                text.sample("perennial_examples_waiting", [("task", task.task.name.rawValue), ("place", place)], count)
            }
        }
    }

    private func writeQuarantine(to text: inout PrometheusText) {
        let name = "perennial_quarantine_examples_total"
        text.family(name, .counter, "Examples set aside for review, and what reviewers decided.")
        for task in tasks {
            let counts = quarantine[task.task.name] ?? QuarantineCounts()
            for (event, count) in [
                ("set_aside", counts.setAside), ("released", counts.released), ("dropped", counts.dropped),
            ] {
                text.sample(name, [("task", task.task.name.rawValue), ("event", event)], count)
            }
        }
    }

    private func writeUpdates(to text: inout PrometheusText) {
        text.family("perennial_updates_total", .counter, "Updates that ended, by how.")
        for task in tasks {
            for status in UpdateStatus.allCases where status.isFinal {
                text.sample(
                    "perennial_updates_total", [("task", task.task.name.rawValue), ("verdict", status.rawValue)],
                    updates[task.task.name]?[status] ?? 0)
            }
        }
        family("perennial_updates_unfinished", "Updates queued or running.", in: &text) { task in
            Double((updates[task.task.name] ?? [:]).filter { !$0.key.isFinal }.values.reduce(0, +))
        }
    }
}

import Schema

/// All tasks on a terminal, worst first.
enum OverviewText {
    /// - Parameter rows: lines there are room for; the selected task is always among them.
    static func lines(
        _ tasks: [TaskSummary], selected: Int, width: Int, rows: Int, at now: Timestamp
    ) -> [TextLine] {
        let room = max(1, rows - 1)
        let first = max(0, min(selected - room / 2, tasks.count - room))
        let shown = Array(tasks[first..<min(tasks.count, first + room)])
        let isWide = width >= 110
        var table = TextTable([
            .init(" "), .init("TASK", isFlexible: true), .init("VER"), .init("NEW", alignsRight: true),
            .init("REPLAY", alignsRight: true), .init("ACCURACY"), .init("LOST", alignsRight: true),
            .init("DRIFT", isFlexible: true), .init("UPDATE", alignsRight: true), .init("STATE"),
        ])
        if !isWide { table.gap = 1 }
        for (offset, task) in shown.enumerated() {
            table.append([
                first + offset == selected ? "▸" : " ", task.name, task.champion ?? "–",
                Formatting.count(task.waiting), replay(task, isWide), accuracy(task, width: isWide ? 16 : 4),
                Formatting.percent(task.forgetting), DriftWords.short(task.drift, at: isWide ? now : nil),
                task.update.map { Formatting.age(of: $0.time, at: now) } ?? "–", state(task, isWide),
            ])
        }
        return table.lines(width: width) { row, column in
            let task = shown[row]
            return switch column {
            case 1 where first + row == selected: .strong
            case 6 where (task.forgetting ?? 0) >= TaskSummary.notableForgetting: .bad
            case 7: task.drift?.level == .drift ? .bad : task.drift?.level == .watch ? .busy : .plain
            case 9: task.parked > 0 ? .bad : UpdateText.style(task.update?.status)
            default: .plain
            }
        }
    }

    private static func replay(_ task: TaskSummary, _ isWide: Bool) -> String {
        guard task.replayExemplars > 0 else { return "–" }
        let bytes = Formatting.bytes(task.replayBytes)
        return isWide ? "\(Formatting.count(task.replayExemplars)) in \(bytes)" : bytes
    }

    private static func accuracy(_ task: TaskSummary, width: Int) -> String {
        guard let last = task.accuracy.last ?? nil else { return "–" }
        // A fixed scale, so that two tasks, and two moments, compare.
        let line = Sparkline.text(task.accuracy, width: width, range: 0.5...1)
        return line.padded(to: min(width, max(4, task.accuracy.count))) + " " + Formatting.percent(last)
    }

    private static func state(_ task: TaskSummary, _ isWide: Bool) -> String {
        guard isWide, let update = task.update, update.status == .training || update.status == .evaluating else {
            return TaskWords.state(task)
        }
        return TaskWords.state(task) + " " + ProgressBar.text(update.progress, width: 8)
    }
}

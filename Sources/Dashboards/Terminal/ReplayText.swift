import Schema

/// What the replay memory of a task is made of, on a terminal.
enum ReplayText {
    static func lines(_ report: TaskReport, width: Int, labels limit: Int = 12) -> [TextLine] {
        guard let replay = report.replay else {
            return TextBlocks.heading("Replay memory") + [TextLine("Nothing is remembered yet.", .faint)]
        }
        let ratio = replay.compression.map { "  (\(Formatting.fixed($0, digits: 1)) to one)" } ?? ""
        var lines = TextBlocks.heading("Replay memory")
        lines += TextBlocks.pairs(
            [
                ("exemplars", "\(Formatting.count(replay.exemplars)) of \(Formatting.count(replay.offered)) offered"),
                (
                    "bytes",
                    "\(Formatting.bytes(replay.textBytes)) of text in \(Formatting.bytes(replay.storedBytes))\(ratio)"
                ),
            ], width: width)
        lines.append(TextLine())
        var table = TextTable([
            .init("LABEL", isFlexible: true), .init("EXEMPLARS", alignsRight: true), .init("TEXT", alignsRight: true),
            .init("REHEARSED", alignsRight: true),
        ])
        for label in replay.labels.prefix(limit) {
            table.append([
                label.label, Formatting.count(label.exemplars), Formatting.bytes(label.textBytes),
                Formatting.fixed(label.rehearsed, digits: 1) + "×",
            ])
        }
        lines += table.lines(width: width)
        let more = replay.labels.count - limit
        if more > 0 { lines.append(TextLine("… and \(Formatting.count(more, "more label"))", .faint)) }
        lines.append(TextLine())
        let half = width >= 76 ? (width - 2) / 2 : width
        let ages = replay.experiences.suffix(12).map {
            (name: "experience \($0.experience)", value: Double($0.exemplars), text: Formatting.count($0.exemplars))
        }
        let rehearsals = replay.rehearsals.map {
            (name: ReplayWords.group($0), value: Double($0.exemplars), text: Formatting.count($0.exemplars))
        }
        lines += TextBlocks.beside(
            [TextLine("age: exemplars by experience", .faint)] + TextBlocks.bars(ages, width: half),
            [TextLine("rehearsed: exemplars learned again", .faint)] + TextBlocks.bars(rehearsals, width: half),
            width: width)
        return lines
    }
}

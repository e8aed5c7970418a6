/// Ten steps from dark violet to yellow that brighten evenly, so that they also read in grey.
enum HeatmapScale {
    /// Five points a step; everything up to 50 % has the darkest.
    static func style(_ accuracy: Double) -> TextStyle {
        let index = step(accuracy)
        return .cell(background: palette[index], isDark: index < 6)
    }

    /// The same as a colour of a page, and whether its text is white.
    static func color(_ accuracy: Double) -> (fill: String, isDark: Bool) {
        let index = step(accuracy)
        // The 256 colours are a cube of six levels a side after sixteen that terminals choose themselves.
        let cube = palette[index] - 16
        let levels = [0, 95, 135, 175, 215, 255]
        return ("rgb(\(levels[cube / 36]),\(levels[cube / 6 % 6]),\(levels[cube % 6]))", index < 5)
    }

    private static func step(_ accuracy: Double) -> Int {
        min(max(Int(((accuracy - 0.5) * 20).rounded(.down)), 0), palette.count - 1)
    }

    private static let palette = [53, 54, 60, 24, 30, 29, 71, 113, 185, 228]
}

/// Which of many to show where only some fit: the first, a gap, the last.
enum Elision {
    /// `limit` entries at most, the gap (`nil`) included. `limit` must be at least 3.
    static func indices(_ count: Int, limit: Int) -> [Int?] {
        guard count > limit else { return Array(0..<count) }
        let first = (limit - 1) / 3
        let last = limit - 1 - first
        return Array(0..<first) + [nil] + Array(count - last..<count)
    }
}

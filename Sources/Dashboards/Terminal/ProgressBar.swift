/// A share as a bar: `█████▌░░░░`, in eighths of a column.
public enum ProgressBar {
    /// - Parameter fraction: 0 to 1; what lies outside is drawn as the nearest of the two.
    public static func text(_ fraction: Double, width: Int) -> String {
        guard width > 0 else { return "" }
        let share = fraction.isFinite ? min(max(fraction, 0), 1) : 0
        let eighths = Int((share * Double(width * 8)).rounded(.down))
        let whole = eighths / 8
        let part = partial[eighths % 8]
        let rest = width - whole - part.count
        return String(repeating: "█", count: whole) + part + String(repeating: "░", count: rest)
    }

    private static let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}

/// A row of numbers as a row of bars: `▁▃▇█`.
public enum Sparkline {
    /// The last `width` values. `nil` leaves a gap.
    ///
    /// - Parameter range: values drawn as the lowest and the highest bar. Without one, the lowest and highest value;
    ///   equal values are drawn half high.
    public static func text(_ values: [Double?], width: Int, range: ClosedRange<Double>? = nil) -> String {
        let shown = values.suffix(max(0, width))
        let known = shown.compactMap { $0 }.filter(\.isFinite)
        let low = range?.lowerBound ?? known.min() ?? 0
        let high = range?.upperBound ?? known.max() ?? 0
        return String(
            shown.map { value in
                guard let value, value.isFinite else { return " " }
                guard high > low else { return bars[bars.count / 2] }
                let position = (value - low) / (high - low) * Double(bars.count)
                return bars[min(max(Int(position), 0), bars.count - 1)]
            })
    }

    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
}

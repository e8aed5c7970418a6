import Schema

extension Formatting {
    /// `2026-01-31 09:30`, UTC.
    static func moment(_ time: Timestamp) -> String {
        String(time.description.prefix(16).replacing("T", with: " "))
    }

    /// One unit: "12 s", "3 min", "2 h", "5 d". What lies ahead, by a clock that is off, is now.
    static func age(of time: Timestamp, at now: Timestamp) -> String {
        let seconds = max(0, now.seconds - time.seconds)
        switch seconds {
        case ..<60: return "\(Int(seconds)) s"
        case ..<3_600: return "\(Int(seconds / 60)) min"
        case ..<172_800: return "\(Int(seconds / 3_600)) h"
        default: return "\(Int(min(seconds, 1e12) / 86_400)) d"
        }
    }

    /// Three significant digits, for statistics: 0.0423, 1.25, 118.
    static func statistic(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        if value != 0, value.magnitude < 0.0005 { return "<0.001" }
        let digits = value.magnitude < 1 ? 3 : value.magnitude < 10 ? 2 : value.magnitude < 100 ? 1 : 0
        return fixed(value, digits: digits)
    }
}

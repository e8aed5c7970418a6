import Foundation

/// Quantities as people read them.
public enum Formatting {
    /// 12345 → "12,345".
    public static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }

    /// "1 example", "1,200 examples".
    static func count(_ value: Int, _ noun: String) -> String { "\(count(value)) \(noun)\(value == 1 ? "" : "s")" }

    /// Decimal units, three digits: 25216 → "25.2 kB".
    public static func bytes(_ value: Int) -> String {
        guard value >= 1_000 else { return "\(value) B" }
        var scaled = Double(value)
        for unit in ["kB", "MB", "GB"] {
            scaled /= 1_000
            // What would round to 1000 belongs to the next unit.
            if scaled < 999.5 { return "\(threeDigits(scaled)) \(unit)" }
        }
        return "\(threeDigits(scaled / 1_000)) TB"
    }

    /// Two units at most: 0.0042 → "4.2 ms", 7503 → "2 h 05 min".
    public static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "–" }
        if seconds < 0.9995 { return "\(threeDigits(seconds * 1_000)) ms" }
        if seconds < 59.95 { return "\(threeDigits(seconds)) s" }
        let whole = Int(min(seconds, 1e12).rounded())
        let (minutes, rest) = whole.quotientAndRemainder(dividingBy: 60)
        if minutes < 60 { return "\(minutes) min \(padded(rest)) s" }
        let (hours, restMinutes) = minutes.quotientAndRemainder(dividingBy: 60)
        if hours < 24 { return "\(hours) h \(padded(restMinutes)) min" }
        return "\(hours / 24) d \(padded(hours % 24)) h"
    }

    /// 0.9213 → "92.1"; `nil` → "–".
    public static func percent(_ share: Double?, digits: Int = 1) -> String {
        guard let share, share.isFinite else { return "–" }
        let text = String(format: "%.\(digits)f", share * 100)
        // Nothing lost is nothing, whichever side it was rounded from.
        return text.contains(where: { $0.isNumber && $0 != "0" }) ? text : text.replacing("-", with: "")
    }

    /// 9812.4 → "9,812", 3.27 → "3.3".
    public static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite, perSecond.magnitude < 1e15 else { return "–" }
        return perSecond < 99.95 ? String(format: "%.1f", perSecond) : count(Int(perSecond.rounded()))
    }

    private static func threeDigits(_ value: Double) -> String {
        String(format: value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value)
    }

    static func fixed(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

    private static func padded(_ value: Int) -> String { String(format: "%02d", value) }
}

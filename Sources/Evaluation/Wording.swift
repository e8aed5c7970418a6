import Foundation

/// A share as percentage points: 0.031 → "3.1".
func points(_ share: Double) -> String { fixed(share * 100, digits: 1) }

/// A share in percent: 0.92 → "92.0 %".
func percent(_ share: Double, digits: Int = 1) -> String { fixed(share * 100, digits: digits) + " %" }

/// "1 example", "3 examples".
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

private func fixed(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

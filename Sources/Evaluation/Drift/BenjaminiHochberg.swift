/// Adjusted p-values: comparing each with α keeps the expected share of false ones among those below at most α.
///
/// - SeeAlso: Benjamini and Hochberg 1995, Controlling the False Discovery Rate.
package func benjaminiHochbergAdjusted(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var lowest = 1.0
    for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated().reversed() {
        lowest = min(lowest, pValues[index] * Double(pValues.count) / Double(rank + 1))
        adjusted[index] = lowest
    }
    return adjusted
}

/// Named amounts as horizontal bars.
struct Bars {
    struct Bar {
        var name: String
        var value: Double
        var text: String
    }

    var title: String
    var bars: [Bar]
    var width = 640.0

    func svg() -> String {
        let row = 22.0
        let nameWidth = min(220.0, 14 + 6.6 * Double(bars.map { min($0.name.count, 32) }.max() ?? 0))
        let textWidth = 12 + 6.6 * Double(bars.map(\.text.count).max() ?? 0)
        let most = max(bars.map(\.value).max() ?? 0, 1e-9)
        let body = bars.enumerated().map { index, bar in
            let y = Double(index) * row
            let length = (width - nameWidth - textWidth) * max(0, bar.value) / most
            return Markup.text(bar.name.fitted(to: 32), x: nameWidth - 8, y: y + 15, anchor: .end, style: "axis")
                + Markup.rectangle(
                    x: nameWidth, y: y + 4, width: length, height: row - 8, style: "bar", title: bar.name)
                + Markup.text(bar.text, x: nameWidth + length + 6, y: y + 15, style: "value")
        }
        return Markup.drawing(width: width, height: max(row, row * Double(bars.count)), label: title, body.joined())
    }
}

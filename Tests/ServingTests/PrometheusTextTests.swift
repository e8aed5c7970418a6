import Serving
import Testing

@Suite struct PrometheusTextTests {
    @Test func labelsAndHelpAreEscaped() {
        var text = PrometheusText()
        text.family("x_total", .counter, "A \"b\"\nc\\d")
        text.sample("x_total", [("l", "a\"b\nc\\d")], 3)
        #expect(
            text.text == #"""
                # HELP x_total A "b"\nc\\d
                # TYPE x_total counter
                x_total{l="a\"b\nc\\d"} 3

                """#)
    }

    @Test func histogramBucketsAddUp() {
        var histogram = Histogram(bounds: [0.5, 1])
        for value in [0.25, 0.5, 0.75, 4] { histogram.observe(value) }
        var text = PrometheusText()
        text.histogram("h", [("r", "x")], histogram)
        #expect(
            text.text == """
                h_bucket{r="x",le="0.5"} 2
                h_bucket{r="x",le="1"} 3
                h_bucket{r="x",le="+Inf"} 4
                h_sum{r="x"} 5.5
                h_count{r="x"} 4

                """)
    }

    @Test(arguments: [
        (0.1, "0.1"), (2, "2"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e20, "1e+20"),
    ])
    func numbersAreWrittenAsPrometheusReadsThem(_ value: Double, _ written: String) {
        var text = PrometheusText()
        text.sample("x", [], value)
        #expect(text.text == "x \(written)\n")
    }
}

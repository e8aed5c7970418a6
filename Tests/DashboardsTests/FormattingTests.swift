import Dashboards
import Testing

@Suite("Formatting")
struct FormattingTests {
    @Test("groups counts by thousands", arguments: [(0, "0"), (999, "999"), (12_345, "12,345"), (-1_000, "-1,000")])
    func counts(value: Int, text: String) {
        #expect(Formatting.count(value) == text)
    }

    @Test(
        "gives bytes three digits and a decimal unit",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1.00 kB"), (25_216, "25.2 kB"), (999_499, "999 kB"),
            (999_500, "1.00 MB"), (312_400_000, "312 MB"), (5_000_000_000_000, "5.00 TB"),
        ])
    func bytes(value: Int, text: String) {
        #expect(Formatting.bytes(value) == text)
    }

    @Test(
        "gives durations two units at most",
        arguments: [
            (0.0019, "1.90 ms"), (0.9996, "1.00 s"), (8, "8.00 s"), (59.96, "1 min 00 s"), (75, "1 min 15 s"),
            (7_503, "2 h 05 min"), (266_400, "3 d 02 h"), (-1, "–"), (.nan, "–"), (.infinity, "–"),
        ] as [(Double, String)])
    func durations(seconds: Double, text: String) {
        #expect(Formatting.duration(seconds: seconds) == text)
    }

    @Test(
        "gives shares in percent, and a dash for none",
        arguments: [(0.9213, "92.1"), (1, "100.0"), (-0.032, "-3.2"), (-0.00001, "0.0"), (nil, "–")]
            as [(Double?, String)])
    func percents(share: Double?, text: String) {
        #expect(Formatting.percent(share) == text)
    }

    @Test("gives rates a decimal where they are small", arguments: [(3.27, "3.3"), (99.96, "100"), (9_812.4, "9,812")])
    func rates(value: Double, text: String) {
        #expect(Formatting.rate(value) == text)
    }

    @Test(
        "A bar fills by eighths and never leaves its width",
        arguments: [
            (0, "░░░░"), (0.5, "██░░"), (0.3, "█▏░░"), (1, "████"), (-3, "░░░░"), (7, "████"), (.nan, "░░░░"),
        ] as [(Double, String)])
    func bar(fraction: Double, text: String) {
        #expect(ProgressBar.text(fraction, width: 4) == text)
    }

    @Test("A sparkline shows the last values between its bounds")
    func sparkline() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([0, 0.5, nil, 1], width: 3) == "▁ █")
        #expect(Sparkline.text([0.5, 0.75, 1, 2], width: 9, range: 0.5...1) == "▁▅██")
        #expect(Sparkline.text([3, 3], width: 2) == "▅▅")
        #expect(Sparkline.text([], width: 5).isEmpty)
    }

    @Test("A table aligns its columns and cuts the flexible ones where it must")
    func table() {
        var table = TextTable([.init("NAME", isFlexible: true), .init("COUNT", alignsRight: true), .init("NOTE")])
        table.append(["a rather long name", "7", "x"])
        table.append(["漢字", "1,234"])
        #expect(
            table.text(width: 80) == """
                NAME                COUNT  NOTE
                a rather long name      7  x
                漢字                1,234

                """)
        #expect(
            table.text(width: 20) == """
                NAME     COUNT  NOTE
                a rath…      7  x
                漢字     1,234

                """)
    }
}

import Evaluation
import Schema
import Testing

@Suite("Accuracy matrix as CSV")
struct MatrixFileTests {
    @Test("A square matrix with headings, percent and an untrained row defines every metric")
    func full() throws {
        let file = try MatrixFile(
            csv: """
                update,first,second,third
                untrained,10,10,10
                v1,90,20,10
                v2,80,95,30
                v3,70,85,100
                """)
        #expect(file.slices == ["first", "second", "third"])
        #expect(file.accuracy == [[0.9, nil, nil], [0.8, 0.95, nil], [0.7, 0.85, 1]])
        let report = file.report(task: try TaskName("matrix"))
        func close(_ value: Double?, _ expected: Double) -> Bool { abs((value ?? .nan) - expected) < 1e-12 }
        #expect(close(report.averageAccuracy, 0.85))
        #expect(close(report.forgetting, (0.2 + 0.1) / 2))
        #expect(close(report.backwardTransfer, -(0.2 + 0.1) / 2))
        #expect(close(report.forwardTransfer, (0.1 + 0.2) / 2))
        #expect(close(report.plasticity, (0.9 + 0.95 + 1) / 3))
        #expect(close(report.minimumAccuracy, (0.7 + 0.85) / 2))
        #expect(close(report.averageAnytimeAccuracy, (0.9 + 0.875 + 0.85) / 3))
    }

    @Test(
        "Headings, names and unknown cells may be missing or written in several ways",
        arguments: [
            "0.9,\n0.8,1", "1,0.9,nan\nv2,0.8,1", "a,b\n0.9,-\n0.8,1.0", "update,1,2\n1,90 %,\n2,80 %,100 %",
            "\r\n,\"x\",\"y\"\r\nv1,0.9,\r\nv2,0.8,1\r\n",
        ])
    func forms(text: String) throws {
        #expect(try MatrixFile(csv: text).accuracy == [[0.9, nil], [0.8, 1]])
    }

    @Test(
        "A column of names under an empty heading, or of numbers that count up, is no slice",
        arguments: [
            ",a,b\n0,0.9,\n1,0.8,1", "step 2,a,b\n1,0.9,\n2,0.8,1", ",0,1\n0,0.9,\n1,0.8,1", "run,a,b\n7,90,\n8,80,100",
        ])
    func index(text: String) throws {
        let file = try MatrixFile(csv: text)
        #expect(file.accuracy == [[0.9, nil], [0.8, 1]])
        #expect(file.versions.count == 2 && file.slices.count == 2)
    }

    @Test("Whole numbers that do not count up, or a single one, are a slice")
    func noIndex() throws {
        #expect(try MatrixFile(csv: "a,b\n1,\n1,1").accuracy == [[1, nil], [1, 1]])
        #expect(try MatrixFile(csv: "a,b\n1,0.5").accuracy == [[1, 0.5]])
    }

    @Test("Held-out counts weigh what is taken over all examples")
    func heldOut() throws {
        let file = try MatrixFile(csv: "held out,30,10\nv1,1,\nv2,0.5,1")
        #expect(file.report(task: try TaskName("m")).averageAnytimeAccuracy == (1 + 0.625) / 2)
    }

    @Test(
        "What cannot be read is named with its line",
        arguments: [
            ("", 0, "no values"), ("0.9,x\n0.8,1", 1, "\"x\" is no number"),
            ("0.9,1\n0.8", 2, "1 cells where line 1 has 2"),
            ("v1,0.9\nv2,zero", 2, "\"zero\" is no number"), ("0.9,101", 0, "101.0 is no accuracy"),
            ("-0.5,1", 0, "is no accuracy"), (",", 0, "no values"),
            ("v1,0.9\n\n\r\nv2,zero", 4, "\"zero\" is no number"),
            ("held out,1e30,50\nv1,0.9,0.8", 1, "1e+30 is no number of examples"),
            ("held out,9e18,9e18\nv1,0.9,0.8", 1, "is no number of examples"),
            ("v1,0.9,0.8\nheld out,-40,50", 2, "-40.0 is no number of examples"),
            ("held out,1.5,50\nv1,0.9,0.8", 1, "0 to 2147483648"),
        ])
    func faults(text: String, line: Int, message: String) {
        let fault = #expect(throws: MatrixFile.Fault.self) { try MatrixFile(csv: text) }
        #expect(fault?.line == line)
        #expect(fault?.message.contains(message) == true, "\(String(describing: fault))")
    }
}

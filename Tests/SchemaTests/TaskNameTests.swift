import Schema
import Testing

@Suite("Task names")
struct TaskNameTests {
    @Test("take lower-case letters, digits and . _ - after the first", arguments: ["a", "helpdesk", "0x.y_z-9"])
    func accepts(name: String) throws {
        #expect(try TaskName(name).rawValue == name)
    }

    @Test(
        "refuse anything else, naming it",
        arguments: ["", "A", ".x", "-x", "a/b", "ä", String(repeating: "a", count: 65)])
    func refuses(name: String) {
        #expect(throws: SchemaError.invalidTaskName(name)) { try TaskName(name) }
    }

    @Test("Adapter selectors take champion, vN and sha256", arguments: ["v0", "v01", "3", "sha256:12", "Champion", ""])
    func selectors(text: String) throws {
        #expect(try AdapterSelector("champion") == .champion)
        #expect(try AdapterSelector("v12") == .version("v12"))
        #expect(throws: SchemaError.invalidAdapterReference(text)) { try AdapterSelector(text) }
    }
}

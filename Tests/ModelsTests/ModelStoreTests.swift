import Foundation
import Models
import Testing

@Suite("Model store")
struct ModelStoreTests {
    @Test("A directory put there by hand is listed, and cannot be verified")
    func withoutManifest() async throws {
        try await withTemporaryDirectory { directory in
            let model = directory.appending(path: "mine", directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: model.appending(path: "config.json"))
            let store = ModelStore(directory: directory, settings: try NetworkSettings(environment: [:]))
            let entry = try #require(store.list().first)
            #expect(entry.name == "mine" && entry.directory == model && entry.manifest == nil)
            #expect(throws: ModelError.noManifest("mine", path: "perennial-model.json")) { try store.verify("mine") }
        }
    }

    @Test("A home without models has none")
    func emptyHome() throws {
        let store = ModelStore(
            directory: URL(filePath: "/nonexistent/models", directoryHint: .isDirectory),
            settings: try NetworkSettings(environment: [:]))
        #expect(try store.list().isEmpty)
    }

    @Test("A home that cannot be written is named")
    func unwritableHome() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "file")
            try Data().write(to: file)
            let store = ModelStore(
                directory: file.appending(path: "models"), settings: try NetworkSettings(environment: [:]))
            let error = await #expect(throws: ModelError.self) { try await store.pull(.standard) }
            guard case .cannotWrite = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(
        "References name a packaged model or a repository at a revision",
        arguments: [
            ("all-MiniLM-L6-v2", "all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
            ("owner/name", "owner/name", "owner--name"),
            ("owner/name@main", "owner/name", "owner--name"),
            ("owner/name@v1.0", "owner/name@v1.0", "owner--name@v1.0"),
            ("owner/name@refs/pr/1", "owner/name@refs/pr/1", "owner--name@refs--pr--1"),
        ])
    func references(text: String, description: String, directory: String) throws {
        let reference = try ModelReference(text)
        #expect(reference.description == description)
        #expect(reference.directoryName == directory)
    }

    @Test(
        "What could leave the directory or the address is no reference",
        arguments: [
            "", "name", "a/b/c", "../name", "owner/..", "owner/", "owner/na me", "owner/name@", "o/n@../x", "o/n?x",
        ])
    func invalidReferences(text: String) {
        #expect(throws: ModelError.invalidReference(text, packaged: ["all-MiniLM-L6-v2"])) {
            try ModelReference(text)
        }
    }

    @Test(
        "Proxies follow the usual variables",
        arguments: [
            ([:], "https://a.example", nil),
            (["HTTPS_PROXY": "http://proxy:3128"], "https://a.example", "http://proxy:3128"),
            (["https_proxy": "proxy:3128"], "https://a.example", "http://proxy:3128"),
            (["HTTPS_PROXY": "http://proxy:3128"], "http://a.example", nil),
            (["http_proxy": "http://proxy:1"], "http://a.example", "http://proxy:1"),
            (["ALL_PROXY": "http://proxy:2"], "https://a.example", "http://proxy:2"),
            (["HTTPS_PROXY": "http://proxy", "NO_PROXY": "b.example, .a.example"], "https://x.a.example", nil),
            (["HTTPS_PROXY": "http://proxy", "NO_PROXY": "a.example"], "https://aa.example", "http://proxy"),
            (["HTTPS_PROXY": "http://proxy", "no_proxy": "*"], "https://a.example", nil),
        ] as [([String: String], String, String?)])
    func proxies(environment: [String: String], address: String, proxy: String?) throws {
        let settings = try NetworkSettings(environment: environment)
        let url = try #require(URL(string: address))
        #expect(try settings.proxy(for: url)?.absoluteString == proxy)
    }

    @Test("An address that is none is refused by the variable's name, never repeated")
    func invalidAddress() throws {
        let error = #expect(throws: ModelError.self) {
            try NetworkSettings(environment: ["PIP_INDEX_URL": "u:secret@"])
        }
        #expect(error == .invalidAddress(variable: "PIP_INDEX_URL"))
        #expect(error?.description.contains("secret") == false)
    }
}

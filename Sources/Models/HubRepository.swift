import Foundation

/// A model repository of the Hugging Face Hub.
struct HubRepository {
    /// A file as the hub lists it at one commit.
    struct File: Decodable, Equatable {
        struct LargeFile: Decodable, Equatable {
            /// SHA-256 of the content.
            let oid: String
        }

        let path: String
        let size: Int64
        /// Git's blob id; of a large file's pointer where `lfs` is given.
        let oid: String
        let lfs: LargeFile?
    }

    let name: String
    let transfer: HTTPTransfer

    private var headers: [(String, String)] {
        transfer.settings.hubToken.map { [("authorization", "Bearer \($0)")] } ?? []
    }

    /// The commit a branch, tag or abbreviated commit stands for.
    func commit(of revision: String) async throws -> String {
        struct Revision: Decodable { let sha: String }
        return try await decoded(Revision.self, at: "api/models/\(name)/revision/\(Self.escaped(revision))").sha
    }

    func files(at commit: String) async throws -> [File] {
        // Directories are listed with the files and have no content to fetch.
        struct Entry: Decodable {
            let type: String
            let file: File?

            enum CodingKeys: CodingKey { case type }

            init(from decoder: any Decoder) throws {
                type = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .type)
                file = type == "file" ? try File(from: decoder) : nil
            }
        }
        return try await decoded([Entry].self, at: "api/models/\(name)/tree/\(commit)").compactMap(\.file)
            // A name becomes a path on this machine.
            .filter { !$0.path.contains("/") }
    }

    /// Fetches a file and checks it against the digest the hub states.
    func download(
        _ file: File, at commit: String, to directory: URL,
        onProgress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws {
        let url = transfer.settings.hub.appending(path: "\(name)/resolve/\(commit)/\(file.path)")
        let download = Download(
            url: url, destination: directory.appending(path: file.path), subject: "\(name)/\(file.path)",
            headers: headers, onProgress: onProgress)
        try await download.run(over: transfer) { content in try Self.check(content, is: file) }
    }

    private static func check(_ content: URL, is file: File) throws {
        let size = try FileDigest.size(of: content)
        guard size == file.size else {
            throw ModelError.sizeMismatch(file: file.path, expected: file.size, found: size)
        }
        let expected = file.lfs?.oid ?? file.oid
        let found = try file.lfs == nil ? FileDigest.gitBlobID(of: content) : FileDigest.sha256(of: content)
        guard found == expected else {
            throw ModelError.checksumMismatch(file: file.path, expected: expected, found: found)
        }
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, at path: String) async throws -> Value {
        // Appended as text: a revision's escaped slashes must stay escaped.
        let root = transfer.settings.hub.absoluteString
        guard let url = URL(string: root.hasSuffix("/") ? root + path : "\(root)/\(path)") else {
            throw ModelError.notFound(name, address: root)
        }
        let (body, address) = try await transfer.page(url, of: name, headers: headers)
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch {
            throw ModelError.malformedResponse(
                address: address.withoutCredentials.absoluteString, expected: "the hub's JSON")
        }
    }

    private static func escaped(_ revision: String) -> String { revision.replacing("/", with: "%2F") }
}

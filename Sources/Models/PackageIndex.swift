import Foundation

/// The Python package index, asked for the address of a file by its simple API.
///
/// - SeeAlso: PEP 503 (HTML) and PEP 691 (JSON); hosts answer with either.
struct PackageIndex {
    let transfer: HTTPTransfer

    /// The address of a project's file.
    func address(of file: String, in project: String) async throws -> URL {
        let page = transfer.settings.packageIndex.appending(path: project, directoryHint: .isDirectory)
        let (body, base) = try await transfer.page(
            page, of: project,
            headers: [("accept", "application/vnd.pypi.simple.v1+json, text/html;q=0.5")])
        let links =
            (try? JSONDecoder().decode(Listing.self, from: body))?.files.map(\.url)
            ?? Self.links(inHTML: String(decoding: body, as: UTF8.self))
        for link in links {
            guard let url = URL(string: link, relativeTo: base)?.absoluteURL, url.lastPathComponent == file else {
                continue
            }
            return url.host() == page.host() ? url.withCredentials(of: page) : url
        }
        throw ModelError.missingFile(file, source: page.withoutCredentials.absoluteString)
    }

    private struct Listing: Decodable {
        struct File: Decodable { let url: String }
        let files: [File]
    }

    /// The targets of all anchors, without their fragments.
    static func links(inHTML page: String) -> [String] {
        page.matches(of: /href\s*=\s*["']([^"'#]*)/.ignoresCase()).map { match in
            String(match.1.replacing("&amp;", with: "&"))
        }
    }
}

extension URL {
    fileprivate func withCredentials(of other: URL) -> URL {
        var components = URLComponents(url: self, resolvingAgainstBaseURL: true)
        components?.user = other.user()
        components?.password = other.password()
        return components?.url ?? self
    }
}

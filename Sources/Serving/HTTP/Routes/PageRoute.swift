import Foundation
import Hummingbird
import Schema
import Store

/// Draws the overview and the reports of some of its tasks as one HTML page.
public typealias PageRenderer = @Sendable (ServiceOverview, [TaskReport]) -> String

/// `GET /`: the report as a page that keeps itself fresh; `?task=NAME` shows that task, else the worst ones are shown.
struct PageRoute: Sendable {
    let reporter: Reporter
    let render: PageRenderer

    /// Tasks shown in full where none is named.
    static let tasks = 3

    func add(to router: Router<ServiceContext>) {
        router.resource("/", get: show)
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let overview = try await reporter.overview()
        let asked = request.uri.queryParameters.getAll("task")
        let names = asked.isEmpty ? overview.worstFirst.prefix(Self.tasks).map(\.name) : asked.map { String($0) }
        var reports: [TaskReport] = []
        for name in names {
            do {
                reports.append(try await reporter.report(try TaskName(name)))
            } catch StoreError.unknownTask where asked.isEmpty {
                // Deleted since the list was read.
                continue
            }
        }
        var headers = HTTPFields()
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        // The page holds its style and script; nothing may be fetched from elsewhere.
        headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src 'self'"
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: render(overview, reports)))
        )
    }
}

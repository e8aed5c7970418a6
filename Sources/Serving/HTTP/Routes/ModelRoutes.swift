import Hummingbird
import Schema

/// `GET /v1/models` in OpenAI's shape: the base model, and each task's champion on it.
struct ModelRoutes: Sendable {
    let engine: InferenceEngine
    let refresher: SnapshotRefresher

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/models", get: list)
    }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        guard let base = engine.loadedClassifier?.name, let snapshot = refresher.snapshot.current else {
            throw ServingError.notReady
        }
        var models = [Model(id: base, created: 0, root: base)]
        for entry in snapshot.tasks.values.sorted(by: { $0.task.name < $1.task.name }) {
            guard let champion = entry.champion else { continue }
            models.append(
                Model(
                    id: entry.task.name.rawValue, created: Int(champion.createdAt.seconds), root: base, parent: base,
                    adapter: champion.reference))
        }
        return try .json(ObjectList(data: models))
    }

    private struct Model: Encodable {
        var id: String
        var object = "model"
        /// Seconds since 1970; 0 for the base, which was made elsewhere.
        var created: Int
        var owner = "perennial"
        var root: String
        var parent: String?
        var adapter: AdapterReference?

        enum CodingKeys: String, CodingKey {
            case id, object, created
            case owner = "owned_by"
            case root, parent, adapter
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(id, forKey: .id)
            try values.encode(object, forKey: .object)
            try values.encode(created, forKey: .created)
            try values.encode(owner, forKey: .owner)
            try values.encode(root, forKey: .root)
            try values.encode(parent, forKey: .parent)
            try values.encodeIfPresent(adapter, forKey: .adapter)
        }
    }
}

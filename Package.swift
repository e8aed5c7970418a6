// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "perennial",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "perennial", targets: ["Perennial"]),
        .library(name: "Replay", targets: ["Replay"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.20.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        // Values every stage speaks.
        .target(name: "Schema", swiftSettings: strict),
        // Bytes → examples, or rejections that name line, field, rule and fix.
        .target(
            name: "Intake", dependencies: ["Schema", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict),

        // Numerics: C kernels and BLAS behind Tensors, models and adapters above.
        .target(name: "CKernels"),
        .target(name: "CProcess"),
        .target(name: "COpenBLAS"),
        .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS", "CProcess"], swiftSettings: strict),
        .target(name: "Transformers", dependencies: ["Tensors"], swiftSettings: strict),
        .target(
            name: "Adapters",
            dependencies: ["Schema", "Tensors", "Transformers", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(name: "Tokenizers", exclude: ["Unicode/record_tables.py"], swiftSettings: strict),

        // Base checkpoints in Hugging Face layout: fetched, verified, listed.
        .target(name: "CInflate", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "Models",
            dependencies: [
                "CInflate", "Schema", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),

        // Memory.
        .systemLibrary(name: "CZstd", path: "Replay/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "Replay", dependencies: ["CZstd"], path: "Replay", exclude: ["CZstd", "README.md"],
            swiftSettings: strict),

        // Learning and judging.
        .target(
            name: "Training", dependencies: ["Schema", "Tensors", "Transformers", "Adapters"], swiftSettings: strict),
        .target(name: "Evaluation", dependencies: ["Schema"], swiftSettings: strict),

        // Service.
        .target(
            name: "Store",
            dependencies: [
                "Schema", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "Pipeline",
            dependencies: [
                "Schema", "Intake", "Tensors", "Transformers", "Adapters", "Tokenizers", "Training", "Evaluation",
                "Store",
                "Replay", "CProcess",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "Serving",
            dependencies: [
                "Schema", "Intake", "Tensors", "Transformers", "Adapters", "Tokenizers", "Store", "Evaluation",
                "CProcess",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(name: "Dashboards", dependencies: ["Schema"], swiftSettings: strict),
        .executableTarget(
            name: "Perennial",
            dependencies: [
                "Schema", "Intake", "Tensors", "Transformers", "Adapters", "Tokenizers", "Replay", "Training",
                "Evaluation", "Store", "Pipeline", "Serving", "Dashboards", "Models", "CProcess",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),

        .testTarget(name: "SchemaTests", dependencies: ["Schema"]),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Store", "Schema", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ModelsTests",
            dependencies: [
                "Models", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(name: "TensorsTests", dependencies: ["CKernels", "CProcess", "Tensors"]),
        .testTarget(
            name: "TransformersTests", dependencies: ["Tensors", "Transformers"], resources: [.copy("Fixtures")]),
        .testTarget(name: "IntakeTests", dependencies: ["Intake", "Schema"]),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Adapters", "RecordedLog", "Serving", "Schema", "Store",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "Adapters", "Pipeline", "RecordedLog", "Schema", "Store", "Tensors", "TinyBert", "Tokenizers",
                "Transformers",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "Perennial", "Adapters", "Intake", "Schema", "Store", "Tensors",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
            ]),
        .testTarget(name: "ReplayTests", dependencies: ["Replay"]),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Evaluation", "Replay", "Schema"], resources: [.copy("Fixtures")]),
        .target(
            name: "RecordedLog", dependencies: [.product(name: "Logging", package: "swift-log")],
            path: "Tests/RecordedLog"),
        .target(
            name: "TinyBert", dependencies: ["Adapters", "Schema", "Tensors", "Transformers"], path: "Tests/TinyBert",
            exclude: ["adapter", "base", "reference", "make_fixture.py"]),
        .testTarget(name: "AdaptersTests", dependencies: ["Adapters", "Schema", "Tensors", "TinyBert"]),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "Adapters", "Schema", "Tensors", "TinyBert"]),
        .testTarget(name: "DashboardsTests", dependencies: ["Dashboards", "Evaluation", "Schema"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)

// swift-tools-version: 6.1
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
// Kernels are C with their own instruction sets; tests in debug builds need them fast, and contraction would change
// bytes.
let kernelSettings: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=off"])]
// Per-token and per-byte Swift loops (tokenizer, reader), and thousands of simulated runs, would crawl in debug builds.
let optimized: [SwiftSetting] = swiftSettings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
  name: "longhaul",
  products: [.executable(name: "longhaul", targets: ["longhaul"])],
  traits: [
    // With its libraries a build has three times the steps, so only what is released has it.
    .trait(name: "TLS", description: "HTTPS by 'longhaul serve --tls-cert', with HTTP/2.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
  ],
  targets: [
    // MARK: C
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLibcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CWire", linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(name: "CKernels", cSettings: kernelSettings),
    .target(name: "CPlatform", cSettings: [.unsafeFlags(["-O3"])]),

    // MARK: Nouns
    .target(name: "Core", swiftSettings: optimized),
    .target(name: "Paging", dependencies: ["Core"], swiftSettings: optimized),

    // MARK: Data plane
    .target(name: "Tensors", dependencies: ["Core", "CKernels", "CPlatform"], swiftSettings: optimized),
    .target(
      name: "Weights", dependencies: ["Core", "JSON", "Tensors", "CKernels"],
      exclude: ["README.md", "Architectures/README.md"],
      swiftSettings: optimized),
    .target(
      name: "Attention", dependencies: ["Core", "Paging", "Tensors", "CKernels"], exclude: ["README.md"],
      swiftSettings: optimized),
    .target(name: "Backend", dependencies: ["Core", "Paging"], swiftSettings: optimized),
    .target(
      name: "Transformer", dependencies: ["Backend", "Core", "Paging", "Tensors", "Weights", "Attention", "CKernels"],
      swiftSettings: optimized),

    // MARK: Control plane
    .target(
      name: "Cluster", dependencies: ["Core", "Paging"], exclude: ["README.md"], swiftSettings: optimized),
    .target(name: "Scheduling", dependencies: ["Core", "Paging"], swiftSettings: optimized),
    .target(name: "Tokenization", dependencies: ["Core"], swiftSettings: optimized),
    .target(name: "JSON", swiftSettings: optimized),
    .target(name: "ChatTemplates", dependencies: ["JSON"], swiftSettings: optimized),
    .target(name: "Grammars", dependencies: ["Core", "JSON"], swiftSettings: optimized),

    // MARK: Wire
    .target(name: "Wire", dependencies: ["Core", "CWire"], swiftSettings: swiftSettings),
    .target(name: "Transport", dependencies: ["Core", "CZeroMQ", "CPlatform"], swiftSettings: swiftSettings),
    .target(name: "Credentials", dependencies: ["Transport"], swiftSettings: swiftSettings),
    .target(
      name: "Sockets",
      dependencies: ["Core", "Wire", "Transport", .product(name: "Logging", package: "swift-log")],
      swiftSettings: swiftSettings),

    // MARK: Weights on their way
    .target(
      name: "WeightDistribution",
      dependencies: [
        "Core", "Wire", "Transport", "CLibcrypto", .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["README.md"], swiftSettings: optimized),

    // MARK: Models from elsewhere
    .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: swiftSettings),
    .target(name: "Hub", dependencies: ["HTTPClient", "JSON", "CLibcrypto"], swiftSettings: swiftSettings),

    // MARK: Processes
    .target(
      name: "Worker",
      dependencies: [
        "Backend", "Core", "Grammars", "Paging", "Tokenization", "Transformer", "Weights", "Tensors", "Wire",
        "Transport", "Sockets", "WeightDistribution", "CPlatform", .product(name: "Logging", package: "swift-log"),
      ],
      // Tests may let faults happen at exact places; the program that is installed cannot.
      swiftSettings: swiftSettings + [.define("FAILPOINTS", .when(configuration: .debug))]),
    .target(
      name: "Telemetry", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
      swiftSettings: swiftSettings),
    .target(
      name: "Coordinator",
      dependencies: [
        "Core", "Scheduling", "Cluster", "Wire", "Transport", "Sockets", "WeightDistribution", "Telemetry",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: swiftSettings),
    // The page's files are in the program, so that it stays one file.
    .target(name: "WebPage", resources: [.embedInCode("Files")], swiftSettings: optimized),
    .target(
      name: "OpenAIAPI",
      dependencies: [
        "Core", "Grammars", "Tokenization", "ChatTemplates", "JSON", "WebPage",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
        .product(name: "NIOTLS", package: "swift-nio", condition: .when(traits: ["TLS"])),
        .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: .when(traits: ["TLS"])),
        .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras", condition: .when(traits: ["TLS"])),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: swiftSettings),
    .target(
      name: "Evaluation", dependencies: ["Core", "Tokenization"], exclude: ["README.md"], swiftSettings: optimized),
    .executableTarget(
      name: "longhaul",
      dependencies: [
        "Core", "Grammars", "Paging", "Tensors", "Weights", "Transformer", "Tokenization", "ChatTemplates", "JSON",
        "Cluster", "Coordinator", "Scheduling", "Worker", "OpenAIAPI", "Transport", "Credentials", "Evaluation",
        "WeightDistribution", "Telemetry", "CPlatform", "Hub", "HTTPClient",
        .product(name: "Yams", package: "Yams"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      // What `up` puts on hosts is in the program: units are links to those of deploy/systemd.
      resources: [
        .copy("Resources/longhaul-demo.gguf"), .copy("Resources/demo-text.txt"), .embedInCode("Hosts/Files"),
      ],
      swiftSettings: swiftSettings),

    // For people who work on kernels: checks and times every variant of each. Not a product.
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "CKernels", "CPlatform", "Tensors", "Weights",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: optimized),

    // MARK: Tests
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    .target(name: "Fixtures", dependencies: ["Core", "Tensors"], path: "Tests/Fixtures", swiftSettings: swiftSettings),
    .target(
      name: "PlainBackend", dependencies: ["Backend", "Core", "Paging", "Tensors", "Weights"],
      path: "Tests/PlainBackend",
      swiftSettings: optimized),
    .target(name: "TestTraits", dependencies: ["Fixtures"], path: "Tests/TestTraits", swiftSettings: swiftSettings),
    .testTarget(name: "CoreTests", dependencies: ["Core"], swiftSettings: swiftSettings),
    .testTarget(name: "PagingTests", dependencies: ["Paging", "Core"], swiftSettings: swiftSettings),
    .testTarget(
      name: "KernelTests", dependencies: ["Fixtures", "CKernels"], exclude: ["Goldens"], swiftSettings: optimized),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: swiftSettings),
    .testTarget(
      name: "WeightsTests", dependencies: ["Fixtures", "TestTraits", "Weights", "Core", "Tensors", "CKernels"],
      exclude: ["Goldens"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "AttentionTests", dependencies: ["Fixtures", "Attention", "Paging", "Core", "Tensors"],
      swiftSettings: optimized),
    .testTarget(
      name: "TransformerTests",
      dependencies: [
        "Fixtures", "TestTraits", "PlainBackend", "Backend", "Transformer", "Attention", "Paging", "Core", "Tensors",
        "Weights",
        "CKernels", "CAllocationCount",
      ],
      swiftSettings: optimized),
    .testTarget(
      name: "TokenizationTests", dependencies: ["Fixtures", "TestTraits", "Tokenization", "Weights", "Core"],
      exclude: ["Goldens"], swiftSettings: optimized),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: swiftSettings),
    .testTarget(
      name: "ChatTemplatesTests", dependencies: ["Fixtures", "ChatTemplates", "JSON"], exclude: ["Goldens"],
      swiftSettings: swiftSettings),
    .testTarget(name: "GrammarsTests", dependencies: ["Fixtures", "Grammars", "Core"], swiftSettings: optimized),
    .testTarget(
      name: "ClusterTests", dependencies: ["Fixtures", "Cluster", "Core"], swiftSettings: swiftSettings),
    .testTarget(
      name: "SchedulingTests", dependencies: ["Fixtures", "Scheduling", "Paging", "Core"],
      swiftSettings: swiftSettings),
    .testTarget(name: "WireTests", dependencies: ["Wire", "Core"], swiftSettings: swiftSettings),
    .testTarget(
      name: "WeightDistributionTests",
      dependencies: ["Fixtures", "WeightDistribution", "Wire"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TransportTests", dependencies: ["Fixtures", "Transport", "CPlatform"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HubTests", dependencies: ["Fixtures", "TestTraits", "Hub", "CLibcrypto"], swiftSettings: swiftSettings),
    .testTarget(name: "CredentialsTests", dependencies: ["Credentials", "Transport"], swiftSettings: swiftSettings),
    .testTarget(
      name: "TelemetryTests",
      dependencies: ["Telemetry", .product(name: "CoreMetrics", package: "swift-metrics")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "OpenAIAPITests",
      dependencies: [
        "Fixtures", "TestTraits", "OpenAIAPI", "WebPage", "Core", "Grammars", "JSON", "Tokenization", "ChatTemplates",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "WorkerTests",
      dependencies: [
        "Fixtures", "TestTraits", "PlainBackend", "Grammars", "Worker", "Backend", "Transformer", "Scheduling", "Core",
        "Paging", "Tensors", "Weights", "Wire", "Transport", "WeightDistribution",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CoordinatorTests",
      dependencies: [
        "Fixtures", "TestTraits", "Coordinator", "Scheduling", "Worker", "Weights", "Tensors", "Cluster", "Core",
        "Transport", "Wire", "WeightDistribution", "Telemetry",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "EvaluationTests", dependencies: ["Evaluation", "Core", "Tokenization"], exclude: ["Goldens"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Fixtures", "TestTraits", "Benchmarks", "Core", "Tensors", "Wire", "Transport", "WeightDistribution",
      ],
      exclude: ["Goldens", "LMEval"], swiftSettings: swiftSettings),
    // The control plane over a toy model and a network that fails; `swift run longhaul-sim FIRST-SEED COUNT` for any
    // number.
    .target(
      name: "Simulation", dependencies: ["Fixtures", "Cluster", "Scheduling", "Paging", "Core", "Worker"],
      path: "Tests/Simulation", exclude: ["Transcripts"],
      swiftSettings: optimized),
    .executableTarget(
      name: "longhaul-sim", dependencies: ["Simulation"], path: "Tests/longhaul-sim", swiftSettings: optimized),
    .testTarget(
      name: "SimulationTests", dependencies: ["Simulation", "Fixtures", "TestTraits"], swiftSettings: optimized),
    .testTarget(
      name: "ProgramTests",
      dependencies: [
        "longhaul", "Fixtures", "Transport", "ChatTemplates", "Cluster", "Coordinator", "Core", "Evaluation", "JSON",
        "OpenAIAPI",
        "Worker",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["Hosts/Goldens"], swiftSettings: swiftSettings),
    .testTarget(name: "TidyTests", exclude: ["Baselines"], swiftSettings: optimized),
  ],
  swiftLanguageModes: [.v6]
)

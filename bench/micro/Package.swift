// swift-tools-version: 6.2
import PackageDescription

/// The microbenchmarks: a package of their own, so that the product needs nothing of valgrind.
///
/// Built like the product: release, the same language settings, Swift's library linked statically.
let package = Package(
    name: "micro",
    dependencies: [.package(name: "routerc", path: "../..")],
    targets: [
        .systemLibrary(name: "CValgrind", providers: [.apt(["valgrind"])]),
        .executableTarget(
            name: "micro",
            dependencies: ["CValgrind", .product(name: "DataPath", package: "routerc")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableExperimentalFeature("Lifetimes"),
                .strictMemorySafety(),
                .treatAllWarnings(as: .error),
            ]),
    ]
)

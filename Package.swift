// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is held to the same rules.
///
/// `docs/decisions/0001-package.md` says why.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A target of the product.
///
/// Who may import whom is decided in `Tests/TidyTests/ImportLaw.swift`.
func layer(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// What several test targets share; no part of the product.
func testSupport(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Tests/\(name)",
        exclude: name == "Fuzzing" ? ["Corpus", "Dictionaries", "Found"] : [],
        swiftSettings: settings)
}

func tests(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// The fuzz targets as a static library, for `scripts/fuzz` alone, which sets the variable.
let fuzzing: [Product] =
    Context.environment["ROUTERC_FUZZING"] == nil
    ? [] : [.library(name: "Fuzzing", type: .static, targets: ["Fuzzing"])]

let package = Package(
    name: "routerc",
    products: [
        .executable(name: "routerc", targets: ["routerc"]),
        // What a request runs through without sockets, for bench/micro.
        .library(
            name: "DataPath", targets: ["Digest", "Pattern", "Routing", "TableFormat", "Wire"]),
    ] + fuzzing,
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(
            name: "CLibCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLinux"),

        layer("TableFormat"),
        layer("Digest", uses: [.product(name: "Crypto", package: "swift-crypto")]),
        layer("Pattern", uses: ["CPCRE2"]),
        layer("Wire"),
        layer("SpecCompiler", uses: ["CLibYAML", "Digest", "Pattern", "TableFormat"]),
        layer("Routing", uses: ["Pattern", "TableFormat"]),
        layer(
            "Runtime",
            uses: [
                "CLibCurl", "CLinux", "Digest", "Pattern", "Routing", "TableFormat", "Wire",
                nioCore,
                nioPosix, nioHTTP1, nioTLS, nioSSL, logging,
            ]),
        .executableTarget(
            name: "routerc",
            dependencies: [
                "Digest", "Pattern", "Routing", "Runtime", "SpecCompiler", "TableFormat", "Wire",
                logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        tests("TidyTests"),
        tests(
            "TableFormatTests",
            uses: [
                "Digest", "Pattern", "RandomNumbers", "Routing", "SpecCompiler", "TableFormat",
            ]),
        testSupport("RandomNumbers"),
        testSupport("ReferenceParsers"),
        tests("WireTests", uses: ["RandomNumbers", "ReferenceParsers", "Wire"]),
        testSupport("SpecFiles", uses: ["SpecCompiler"]),
        tests(
            "SpecCompilerTests",
            uses: [
                "Digest", "Pattern", "RandomNumbers", "SpecCompiler", "SpecFiles", "TableFormat",
            ]),
        tests(
            "RoutingTests",
            uses: [
                "Digest", "Pattern", "RandomNumbers", "Routing", "SpecCompiler", "SpecFiles",
                "TableFormat",
            ]),
        tests(
            "RuntimeTests",
            uses: [
                "RandomNumbers", "Routing", "Runtime", "SpecCompiler", "TableFormat", "Wire",
                nioCore, nioPosix,
            ]),
        testSupport(
            "Fuzzing",
            uses: [
                "Digest", "Pattern", "RandomNumbers", "ReferenceParsers", "Routing",
                "SpecCompiler", "TableFormat", "Wire", nioCore, nioEmbedded, nioHTTP1,
            ]),
        tests("FuzzRegressionTests", uses: ["Fuzzing", "RandomNumbers"]),
    ]
)

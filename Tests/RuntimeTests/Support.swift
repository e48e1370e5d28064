import Foundation

/// Whether the long versions of tests are asked for.
let soak = ProcessInfo.processInfo.environment["ROUTERC_SOAK"] != nil

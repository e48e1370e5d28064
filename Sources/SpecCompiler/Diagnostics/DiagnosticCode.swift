/// A stable code of a diagnostic.
///
/// `R0xx` is reading, `R1xx` shapes and values, `R2xx` names, `R3xx` meaning, `R4xx` limits. A code
/// is never used for something else; a retired one stays unused.
public enum DiagnosticCode: String, CaseIterable, Sendable, Comparable {
    /// The file is not YAML.
    case syntax = "R001"
    /// A mapping has one key twice.
    case duplicateKey = "R002"
    /// The file is not UTF-8 text.
    case notText = "R003"
    /// The file is too large.
    case fileTooLarge = "R004"
    /// An alias refers to nothing, to itself or to too much.
    case badAlias = "R005"
    /// A value has a YAML tag.
    case tagged = "R006"
    /// The file holds a second YAML document.
    case secondDocument = "R007"
    /// Lists and mappings nest too deep.
    case tooDeep = "R008"
    /// A mapping has a YAML merge key.
    case mergeKey = "R009"
    /// An include finds no file.
    case nothingIncluded = "R010"
    /// An included file or folder cannot be read.
    case unreadableFile = "R011"
    /// A file is included twice.
    case includedTwice = "R012"

    /// The language has no such key.
    case unknownKey = "R101"
    /// A value has the wrong shape.
    case wrongShape = "R102"
    /// A key that must be there is missing.
    case missingKey = "R103"
    /// A value is empty.
    case emptyValue = "R104"
    /// A text is not a duration that fits here.
    case badDuration = "R105"
    /// A text is not a size that fits here.
    case badSize = "R106"
    /// A text is not a number that fits here.
    case badNumber = "R107"
    /// A text is none of the words that fit here.
    case badChoice = "R108"
    /// A part of the language is not supported yet.
    case notSupportedYet = "R109"
    /// A text is not the URL of an endpoint.
    case badURL = "R110"
    /// The path of a URL names no version of the API.
    case unversionedPath = "R111"
    /// A text is not an address to listen on.
    case badAddress = "R112"
    /// A text is not a name.
    case badName = "R113"
    /// A secret has a form that is not understood.
    case badSecret = "R114"
    /// A secret of an upstream is written into the spec.
    case literalCredential = "R115"
    /// A text is not a date or time.
    case badDate = "R116"
    /// A pattern is refused by PCRE2.
    case badPattern = "R117"
    /// A text is not a matcher or model id.
    case badMatcher = "R118"
    /// The spec wants another version of routerc.
    case unsupportedVersion = "R119"
    /// A header name is malformed or not for a spec to set.
    case badHeaderName = "R120"
    /// A header value is malformed.
    case badHeaderValue = "R121"
    /// Two keys of one mapping exclude each other.
    case contradiction = "R122"
    /// A text is not a request path.
    case badPath = "R123"
    /// A text is not the path of a file.
    case badFilePath = "R124"
    /// A text is not a section or field of the statistics.
    case unknownStatistic = "R125"
    /// A text is not the path of an include.
    case badInclude = "R126"
    /// A Traefik file holds something that is not understood.
    case notTraefik = "R127"
    /// A text is not an origin.
    case badOrigin = "R128"
    /// A text is not a network.
    case badNetwork = "R129"

    /// No pool has this name.
    case unknownPool = "R201"
    /// No endpoint has this name.
    case unknownEndpoint = "R202"
    /// Two things of one kind have one name.
    case duplicateName = "R203"
    /// An included file defines what its include does not allow.
    case notOwned = "R204"
    /// No rule takes this model.
    case unknownModel = "R205"
    /// No key has this name.
    case unknownKeyName = "R206"

    /// A pool has no endpoints.
    case emptyPool = "R301"
    /// An earlier model rule takes all requests of this one.
    case unreachableRule = "R302"
    /// All weights of a pool are 0.
    case weightlessPool = "R303"
    /// Two keys have one secret.
    case sharedSecret = "R304"
    /// A secret of a key is written into the spec.
    case literalSecret = "R305"
    /// A pool has one endpoint twice.
    case repeatedEndpoint = "R306"
    /// Two endpoints have one URL.
    case sharedURL = "R307"
    /// Two names differ in case only.
    case similarNames = "R308"
    /// Send_as "*" needs a matcher with exactly one star.
    case starWithoutStar = "R309"
    /// A secret from the environment cannot change while serving.
    case environmentSecret = "R310"
    /// A pinned key has a list of models.
    case pinnedWithModels = "R311"
    /// Two listeners have one address.
    case sharedAddress = "R312"
    /// A matcher looks like a pattern and is none.
    case lookalikeMatcher = "R313"
    /// Send_as sends a star as it stands.
    case literalStar = "R314"
    /// Authorities to trust are named for an endpoint without TLS.
    case caWithoutTLS = "R315"
    /// The admin address can be reached from elsewhere and no key may use it.
    case exposedAdmin = "R316"
    /// Patterns of two files match one model.
    case overlappingRules = "R317"
    /// A model rule is for a model that is skipped.
    case skippedRule = "R318"
    /// An entry of a list says nothing that another does not say.
    case repeatedEntry = "R319"
    /// A comment that is to silence a warning is not understood.
    case badSilencing = "R320"
    /// A comment silences nothing.
    case idleSilencing = "R321"
    /// Nothing leads to a pool.
    case unusedPool = "R322"
    /// No pool has an endpoint.
    case unusedEndpoint = "R323"
    /// No model rule takes what a key may use.
    case deadMatcher = "R324"
    /// Other rules take all models of a pattern.
    case shadowedPattern = "R325"
    /// A timeout is never reached.
    case idleTimeout = "R326"
    /// A credential goes to a public host in plain text.
    case plainCredential = "R327"
    /// One credential goes to hosts of different domains.
    case spreadCredential = "R328"
    /// An endpoint is the router itself.
    case ownAddress = "R329"
    /// A router without keys listens to everybody.
    case openListener = "R330"
    /// Send_as changes nothing.
    case idleSendAs = "R331"
    /// A request without a key may do more than one with a key.
    case looserAnonymous = "R332"
    /// A URL has the port of the other scheme.
    case otherPort = "R333"
    /// A key without a list of models may use a cloud.
    case unrestrictedKey = "R334"
    /// A list names one thing twice.
    case repeatedMatcher = "R335"
    /// Nothing is served at a path that a key may ask for.
    case unservedPath = "R336"
    /// Every address is a trusted proxy.
    case trustedEverybody = "R337"
    /// A pattern can match no model.
    case idlePattern = "R338"
    /// All endpoints of a pool drain.
    case drainedPool = "R339"
    /// Pools say different things of the health of one endpoint.
    case differentHealth = "R345"
    /// Probes are described, and nobody is asked.
    case idleHealth = "R346"
    /// A text is not what a probe can ask for.
    case badHealthPath = "R347"

    /// The spec has more of something than a table holds.
    case tooMany = "R401"

    /// All codes, ascending.
    public static var all: [DiagnosticCode] { allCases }

    /// How grave findings of this code are.
    public var severity: Severity {
        switch self {
        case .literalSecret,
            .repeatedEndpoint,
            .sharedURL,
            .similarNames,
            .environmentSecret,
            .lookalikeMatcher,
            .skippedRule,
            .repeatedEntry,
            .badSilencing,
            .idleSilencing,
            .unusedPool,
            .unusedEndpoint,
            .deadMatcher,
            .shadowedPattern,
            .idleTimeout,
            .plainCredential,
            .spreadCredential,
            .ownAddress,
            .openListener,
            .idleSendAs,
            .looserAnonymous,
            .otherPort,
            .unrestrictedKey,
            .repeatedMatcher,
            .unservedPath,
            .trustedEverybody,
            .idlePattern,
            .drainedPool,
            .idleHealth:
            .warning
        default:
            .error
        }
    }

    /// By their numbers.
    public static func < (left: DiagnosticCode, right: DiagnosticCode) -> Bool {
        left.rawValue < right.rawValue
    }
}

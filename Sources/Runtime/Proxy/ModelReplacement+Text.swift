package import Routing
package import TableFormat
internal import Wire

extension ModelReplacement {
    /// The id that goes upstream for a client's model id.
    package func text(of asked: RawSpan, in view: borrowing TableView) -> [UInt8] {
        switch self {
        case .unchanged: bytes(of: asked)
        case .text(let ref): unquotedJSON(view.string(ref))
        case .star(let range): bytes(of: asked.extracting(range))
        case .known(let model, let range):
            bytes(of: view.string(view.load(ModelRecord.name, at: model)).extracting(range))
        }
    }
}

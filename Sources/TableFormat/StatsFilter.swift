/// What of `/stats` may be seen: a bit a section, and in each a bit a field.
///
/// Fails closed: a field is seen only where both its bit and that of its section are set, and bits
/// without a meaning show nothing.
public struct StatsFilter: Sendable, Equatable {
    /// A bit for each section that is shown.
    public private(set) var sections: UInt32
    /// By the number of the section; of one that is not shown, nothing.
    private var masks: [UInt32]

    /// All there is: what a spec shows that does not say.
    public static var everything: StatsFilter {
        StatsFilter(
            sections: StatsSection.all, masks: StatsSection.allCases.map(\.allFields))
    }

    /// Not even that there is something.
    public static var nothing: StatsFilter {
        StatsFilter(sections: 0, masks: StatsSection.allCases.map { _ in 0 })
    }

    /// Shows these sections only, whatever was shown before of them.
    public mutating func keep(sections kept: [StatsSection]) {
        sections &= kept.reduce(0) { $0 | $1.bit }
        for section in StatsSection.allCases where !shows(section) {
            masks[Int(section.rawValue)] = 0
        }
    }

    /// Shows of a section these fields only; those that it does not have are no fields.
    public mutating func keep(fields: [String], of section: StatsSection) {
        var mask: UInt32 = 0
        for (place, name) in section.fields.enumerated() where fields.contains(name) {
            mask |= 1 << UInt32(place)
        }
        masks[Int(section.rawValue)] &= mask
    }

    /// Whether anything of a section is shown, be it no more than that there is one.
    public func shows(_ section: StatsSection) -> Bool { sections & section.bit != 0 }

    /// The bits of the fields of a section that are shown.
    public func fields(of section: StatsSection) -> UInt32 {
        shows(section) ? masks[Int(section.rawValue)] & section.allFields : 0
    }
}

extension StatsFilter {
    /// What a validated table says; everything where it says nothing.
    public init(_ view: borrowing TableView) {
        self = .everything
        guard view.count(StatsRecord.self) > 0 else { return }
        let row = view.row(StatsRecord.self, 0)
        sections = view.load(StatsRecord.sections, row)
        for section in StatsSection.allCases {
            let field = StatsRecord.fields(of: section)
            masks[Int(section.rawValue)] = field.map { view.load($0, row) } ?? 0
        }
    }

    /// The record that says it.
    public var record: RecordArray<StatsRecord> {
        var records = RecordArray<StatsRecord>(count: 1)
        records.store(sections, StatsRecord.sections, at: 0)
        for section in StatsSection.allCases {
            if let field = StatsRecord.fields(of: section) {
                records.store(fields(of: section), field, at: 0)
            }
        }
        return records
    }

    /// As a dump shows it: each section, with its fields in brackets where some are missing.
    var text: String {
        let shown = StatsSection.allCases.filter(shows).map { section in
            let mask = fields(of: section)
            guard mask != section.allFields else { return section.name }
            let names = section.fields.enumerated()
                .filter { mask & (1 << UInt32($0.offset)) != 0 }.map(\.element)
            return "\(section.name) [\(names.joined(separator: ", "))]"
        }
        return shown.isEmpty ? "nothing" : shown.joined(separator: ", ")
    }
}

extension StatsRecord {
    /// The mask of a section's fields; nil for one that has none.
    static func fields(of section: StatsSection) -> Field<StatsRecord, UInt32>? {
        switch section {
        case .timestamp: nil
        case .system: systemFields
        case .cpu: cpuFields
        case .memory: memoryFields
        case .swap: swapFields
        case .disk: diskFields
        case .network: networkFields
        case .processes: processesFields
        }
    }
}

// MARK: - Checks

extension RecordChecks {
    /// At most one record, and no bit without a meaning: a reader that does not know a field could
    /// not tell what hiding it means.
    func stats() throws(TableFault) {
        guard view.count(StatsRecord.self) <= 1 else {
            let entry = FileHeader.size + SectionKind.stats.position * DirectoryEntry.size
            throw TableFault(.badValue(.stats), at: entry)
        }
        guard view.count(StatsRecord.self) == 1 else { return }
        let row = view.row(StatsRecord.self, 0)
        let sections = view.load(StatsRecord.sections, row)
        guard sections & ~StatsSection.all == 0 else {
            throw fail(TableFault.Cause.badValue, StatsRecord.sections, row)
        }
        try zero(StatsRecord.reserved0, row)
        for section in StatsSection.allCases {
            guard let field = StatsRecord.fields(of: section) else { continue }
            let known = sections & section.bit != 0 ? section.allFields : 0
            guard view.load(field, row) & ~known == 0 else {
                throw fail(TableFault.Cause.badValue, field, row)
            }
        }
        try zero(StatsRecord.reserved1, row)
    }
}

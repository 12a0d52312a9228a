/// The names by which clients may ask for the served model.
struct ModelNames: Hashable, Sendable {
  /// The name that answers bear: the first alias, or the model's own name.
  let id: String
  /// The names in the listing of models.
  let listed: [String]
  private let accepted: Set<String>
  private let acceptsAny: Bool

  /// - Parameters:
  ///   - id: the model's own name.
  ///   - aliases: names to use in its place; `*` lets clients ask for it by any.
  ///   - fileName: of the model's file, without folders; nil when there is none.
  init(id: String, aliases: [String] = [], fileName: String? = nil) {
    acceptsAny = aliases.contains("*")
    let aliases = aliases.filter { $0 != "*" }
    self.id = aliases.first ?? id
    listed = aliases.isEmpty ? [id] : aliases
    var accepted = Set(aliases + [id])
    // Many clients allow no blank in a name.
    accepted.formUnion(accepted.map { $0.replacing(" ", with: "-") })
    if let fileName {
      accepted.insert(fileName)
      if fileName.hasSuffix(".gguf") { accepted.insert(String(fileName.dropLast(5))) }
    }
    self.accepted = accepted
  }

  func contains(_ name: String) -> Bool { acceptsAny || accepted.contains(name) }

  /// Throws for a name that is not the model's; none, or an empty one, is.
  func check(_ name: String?) throws {
    guard let name, !name.isEmpty, !contains(name) else { return }
    throw APIError.unknownModel(name, served: id)
  }
}

/// A filter, test, function or method of Jinja: what it takes and what it does.
struct Builtin<Receiver>: Sendable {
  typealias Body =
    @Sendable (Receiver, BoundArguments, inout RenderContext) throws(ChatTemplateError) -> TemplateValue

  private let parameters: [String]
  private let body: Body

  /// - Parameter parameters: names in order; a last `*` takes any further arguments.
  init(_ parameters: String..., body: @escaping Body) {
    self.parameters = parameters
    self.body = body
  }

  func call(
    _ name: String, _ receiver: Receiver, _ arguments: CallArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    try body(receiver, BoundArguments(arguments, parameters, callee: name), &context)
  }
}

/// Names the rules of a device's arithmetic: stages that would round differently must not share a plan.
package enum NumericsID {
  /// The CPU's rules in this build, by which a coordinator expects its workers to compute. The kernels give the same
  /// bytes on every instruction set. Raised whenever an order of accumulation, a rounding or a polynomial changes, or
  /// what a file's metadata ask for.
  package static let current = "lh-5"
}

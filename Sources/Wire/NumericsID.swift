/// Names the arithmetic of a build: workers that would round differently must not share a model.
///
/// Every kernel gives the same bytes on every instruction set, so the rules alone are named. Raised whenever an order
/// of accumulation, a rounding or a polynomial changes.
package enum NumericsID {
  package static let current = "lh-3"
}

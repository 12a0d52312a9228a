/// A published method that gives far keys positions within the trained ones. The raw value is its name everywhere.
package enum PositionMethod: String, CaseIterable, Sendable {
  /// Far keys share positions in groups (arXiv 2401.01325). With G = 1 it is plain attention.
  case selfExtend = "self-extend"
}

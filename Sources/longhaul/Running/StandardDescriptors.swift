import Foundation

/// Descriptors 0, 1 and 2, which a caller may have closed (`>&-`).
enum StandardDescriptors {
  /// Takes those that are free, else the first file or socket that is opened would get what is written for the user.
  /// None of them is open for writing: that output cannot be written is found out, and said.
  static func occupy() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free one is given.
      _ = open("/dev/null", O_RDONLY)
    }
  }
}

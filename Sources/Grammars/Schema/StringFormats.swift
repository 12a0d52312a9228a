/// Formats of JSON Schema as regular expressions, none wider than its definition.
enum StringFormats {
  /// The expression of a format; empty where any text will do.
  /// - Throws: `GrammarError` for formats that are not regular, or not known.
  static func pattern(_ name: String) throws(GrammarError) -> String {
    guard let pattern = patterns[name] else {
      let known = patterns.keys.sorted().joined(separator: ", ")
      throw GrammarError("names \(name.prefix(64)), which cannot be enforced: use one of \(known)")
    }
    return pattern
  }

  private static let patterns: [String: String] = [
    "date": date, "time": time, "date-time": "(\(date))T(\(time))",
    "duration": "P(\\d+W|(\\d+Y(\\d+M(\\d+D)?)?|\\d+M(\\d+D)?|\\d+D)(T\(clock))?|T\(clock))",
    "uuid": "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "email": "[A-Za-z0-9_+-]+(\\.[A-Za-z0-9_+-]+)*@\(hostname)",
    "hostname": hostname, "ipv4": ipv4, "ipv6": ipv6,
    "uri": "\(scheme):\(path)(\\?\(query))?(#\(query))?",
    "uri-reference": "(\(scheme):)?\(relativePath)(\\?\(query))?(#\(query))?",
    "json-pointer": "(/([^~/]|~[01])*)*",
    "relative-json-pointer": "(0|[1-9]\\d*)(#|(/([^~/]|~[01])*)*)",
    // Hints for forms that restrict no text.
    "password": "[^]*",
  ]

  /// RFC 3339, years from 1000 on; February has its 29th day in leap years only.
  private static let date: String = {
    let leap = "([1-9]\\d([2468][048]|[13579][26]|0[48])|([2468][048]|[13579][26])00)-02-29"
    let days = "(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8])"
    return "[1-9]\\d{3}-(\(days))|\(leap)"
  }()
  private static let time = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)"
  private static let clock = "(\\d+H(\\d+M(\\d+S)?)?|\\d+M(\\d+S)?|\\d+S)"

  private static let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
  /// Up to four labels stay below the 253 characters that names may have.
  private static let hostname = "\(label)(\\.\(label)){0,2}"
  private static let byte = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
  private static let ipv4 = "(\(byte)\\.){3}\(byte)"
  /// Eight groups, or fewer around one `::`.
  private static let ipv6: String = {
    let group = "[0-9a-fA-F]{1,4}"
    let shortened = (0...5).map { before in
      "(\(group)(:\(group)){0,\(before)})?::(\(group)(:\(group)){0,\(5 - before)})?"
    }
    return "(\(group):){7}\(group)|" + shortened.joined(separator: "|")
  }()

  private static let scheme = "[A-Za-z][A-Za-z0-9+.-]*"
  private static let pathCharacter = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
  private static let query = "([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
  private static let authority = "(\(hostname)|\(ipv4))(:\\d{1,4})?"
  private static let path = "(//\(authority)(/\(pathCharacter)*)*|/?\(pathCharacter)+(/\(pathCharacter)*)*)"
  private static let segment = "([A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})"
  private static let relativePath = "(//\(authority)(/\(pathCharacter)*)*|/?(\(segment)+(/\(pathCharacter)*)*)?)"
}
